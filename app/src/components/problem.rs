//! A page that says why it cannot be shown: what happened, what to do, and the request id, small.

use leptos::prelude::*;

use super::{PageTitle, icon};
use crate::address::address;
use crate::areas::{Problem, ProblemKind};
use crate::context::{RequestId, here, set_status, viewer};

/// The page for a problem, with its status.
#[component]
pub(crate) fn ProblemPage(problem: Problem) -> impl IntoView {
    set_status(problem.kind.status());
    let request = use_context::<RequestId>();
    let heading = heading(problem.kind);
    let may_help = match problem.kind {
        ProblemKind::SignedOut => true,
        ProblemKind::NotFound => viewer().is_none(),
        _ => false,
    };
    let sign_in = may_help
        .then(|| address("/auth/github", [("to", here().as_str())]))
        .map(|to| view! { <a class="button primary" href=to>{icon("mark-github")} "Sign in to go on"</a> });
    let next = problem.next.clone().or_else(|| usual_next(problem.kind).map(str::to_owned));
    view! {
        <PageTitle text=heading/>
        <main id="main" class="page narrow" tabindex="-1">
            <h1>{heading}</h1>
            <p>{problem.message.clone()}</p>
            {next.map(|next| view! { <p class="muted">{next}</p> })}
            <p class="row">
                {sign_in}
                <a class="button" href="/">"Go to the plans"</a>
            </p>
            {request.map(|id| view! { <p class="small muted">"Request " <code>{id.0}</code></p> })}
        </main>
    }
}

/// [`ProblemPage`] as one erased view.
pub(crate) fn problem_page(problem: Problem) -> AnyView {
    view! { <ProblemPage problem/> }.into_any()
}

fn heading(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::SignedOut => "Sign in to see this page",
        ProblemKind::Forbidden => "Not allowed",
        ProblemKind::NotFound => "Page not found",
        ProblemKind::Conflict => "Changed meanwhile",
        ProblemKind::Invalid => "This cannot be read",
        ProblemKind::TooMany => "Too many requests",
        ProblemKind::GitHub => "GitHub did not answer",
        ProblemKind::Internal => "Waymark failed",
    }
}

fn usual_next(kind: ProblemKind) -> Option<&'static str> {
    match kind {
        ProblemKind::NotFound => {
            Some("It may be private: check that your GitHub account can see the repository.")
        }
        ProblemKind::TooMany => Some("Wait a minute, then load the page again."),
        ProblemKind::GitHub | ProblemKind::Internal => {
            Some("Load the page again. If it stays, tell the people who run Waymark the request id.")
        }
        _ => None,
    }
}
