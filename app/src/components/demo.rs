//! What the demo says of itself: what to try, and the way back to its start.

use leptos::prelude::*;

use crate::address::address;
use crate::context::{installation, viewer};

/// What to try, for somebody who has just come in; nothing outside the demo.
pub(crate) fn what_to_try() -> Option<AnyView> {
    if !installation().demo {
        return None;
    }
    let link = |to: String, words: &'static str| view! { <a href=to>{words}</a> };
    let phase = |phase: &str| address("/", [("phase", phase)]);
    let in_first = viewer().is_none().then(|| {
        let to = address("/auth/github", [("to", "/")]);
        view! { <li>{link(to, "Sign in as writer")} ": there are no passwords, GitHub is simulated here."</li> }
    });
    Some(
        view! {
            <section class="welcome" aria-labelledby="welcome-heading">
                <h2 id="welcome-heading">"What to try"</h2>
                <ol>
                    {in_first}
                    <li>
                        {link(address("/new", [("repo", "acme/widgets")]), "Write an instruction")}
                        " for acme/widgets, dispatch it, and watch it become a pull request."
                    </li>
                    <li>
                        {link(phase("needs-approval"), "Approve the plan that waits")}
                        ", and see why "
                        {link(phase("failed"), "another one failed")}
                        "."
                    </li>
                    <li>
                        {link("/objectives".to_owned(), "Open an objective")}
                        " and plan a node that is ready; "
                        {link("/acme/handbook/settings".to_owned(), "see what acme/handbook lacks")}
                        " for remote work."
                    </li>
                </ol>
            </section>
        }
        .into_any(),
    )
}

/// The button that begins the demo anew, for whoever is signed in to it.
pub(crate) fn reset() -> Option<AnyView> {
    (installation().demo && viewer().is_some()).then(|| {
        view! {
            <details class="confirm" id="reset-demo">
                <summary class="link">"Reset the demo"</summary>
                <form class="confirm-body" method="post" action="/do/reset-demo" data-native>
                    <p>"Everything done here is undone, drafts and tokens included, and everybody is signed out. It takes some seconds."</p>
                    <button type="submit" class="button danger">"Reset the demo now"</button>
                </form>
            </details>
        }
        .into_any()
    })
}
