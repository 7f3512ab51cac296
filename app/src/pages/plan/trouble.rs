//! What went wrong, where, and what to do.

use leptos::prelude::*;

use crate::areas::Trouble;
use crate::components::icon;

/// `commands` tells whether somebody is signed in; `back` is this page.
pub(super) fn trouble(trouble: &Trouble, back: &str, commands: bool) -> AnyView {
    let place = match (&trouble.job, &trouble.step) {
        (Some(job), Some(step)) => Some(format!("Job “{job}”, step “{step}”.")),
        (Some(job), None) => Some(format!("Job “{job}”.")),
        _ => None,
    };
    let log = trouble.log_tail.clone().map(|log| {
        view! {
            <details id="log-tail">
                <summary>"End of the log"</summary>
                <pre class="log" tabindex="0" aria-label="End of the log">{log}</pre>
            </details>
        }
    });
    let repair = trouble.repair.clone().filter(|_| commands).map(|id| {
        view! {
            <form method="post" action="/do/dispatch-command">
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="do" value="resume"/>
                <input type="hidden" name="back" value=back.to_owned()/>
                <button type="submit" class="button primary">"Repair plan"</button>
            </form>
        }
    });
    view! {
        <section class="notice problems trouble" id="trouble" aria-label="What went wrong">
            <p class="notice-head">{icon("alert")} <strong>{trouble.message.clone()}</strong></p>
            {place.map(|place| view! { <p>{place}</p> })}
            <p class="next">{trouble.next.clone()}</p>
            {repair}
            {log}
        </section>
    }
    .into_any()
}
