//! `/sign-in`: the way in, and back to where one came from.

use leptos::prelude::*;

use crate::address::{address, local, value};
use crate::components::{PageTitle, icon};
use crate::context::{installation, query, see_other, set_status, viewer};

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let to = local(&value(&query(), "to").unwrap_or_else(|| "/".to_owned()));
    if viewer().is_some() {
        see_other(&to);
    }
    let problem = value(&query(), "problem").and_then(|code| why(&code)).map(|(status, words, next)| {
        set_status(status);
        view! {
            <div class="notice problems" role="alert">
                {icon("alert")}
                <span>{words} " " {next}</span>
            </div>
        }
    });
    let kept = to.starts_with("/new").then(|| view! { <p class="muted">"What you typed is kept."</p> });
    view! {
        <PageTitle text="Sign in"/>
        <main id="main" class="page narrow" tabindex="-1">
            <h1>"Sign in"</h1>
            {problem}
            <p>"Waymark hands work to coding agents through GitHub, with your account and your permissions."</p>
            {kept}
            <p>
                <a class="button primary" href=address("/auth/github", [("to", to.as_str())])>
                    {icon("mark-github")}
                    "Sign in with GitHub"
                </a>
            </p>
        </main>
    }
}

/// Why signing in failed, by its code: the status, what happened, and what to do. Anybody can write an address
/// with another code, which says nothing.
fn why(code: &str) -> Option<(u16, &'static str, String)> {
    let again = || "Sign in again.".to_owned();
    Some(match code {
        "outside" => {
            let admins = installation().admins;
            let next = match admins.as_slice() {
                [] => "Ask the people who run it to let you in.".to_owned(),
                admins => format!("Ask its administrators to let you in: {}.", admins.join(", ")),
            };
            let words =
                "This Waymark is open to certain people only, and your GitHub account is not among them.";
            (403, words, next)
        }
        "expired" => (400, "This sign-in took too long or began in another browser.", again()),
        "declined" => (403, "You declined on GitHub, so you are not signed in.", again()),
        "refused" => (502, "GitHub refused the sign-in.", again()),
        "unreachable" => (502, "GitHub could not be asked who you are.", "Try again in a moment.".to_owned()),
        "session" => (500, "Waymark could not keep your sign-in.", "Try again in a moment.".to_owned()),
        _ => return None,
    })
}
