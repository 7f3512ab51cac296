//! The pull request: state, review, checks, size, and how to check it out.

use leptos::prelude::*;

use super::jobs::{status_icon, status_word};
use crate::areas::{Checks, PrState, PullRequest, ReviewState};
use crate::components::{ago, copy_button, icon, words::count};

pub(super) fn pull_request(pr: &PullRequest, checkout: &[String]) -> AnyView {
    let checks = pr.check_list.iter().map(|(name, state, url)| {
        let (status, conclusion) = split(state);
        let name = match url {
            Some(url) => view! { <a href=url.clone()>{name.clone()}</a> }.into_any(),
            None => name.clone().into_any(),
        };
        view! { <li>{status_icon(status, conclusion)} " " {name} " " <span class="muted">{status_word(status, conclusion)}</span></li> }
    });
    let checks =
        (!pr.check_list.is_empty()).then(|| view! { <ul class="checks">{checks.collect_view()}</ul> });
    let blocked = pr.blocked.clone().map(|why| view! { <p class="help">{icon("info")} " " {why}</p> });
    let commands = checkout.join("\n");
    let checkout = (!checkout.is_empty()).then(|| {
        view! {
            <details id="checkout">
                <summary>"Check it out"</summary>
                <div class="content">
                    <p class="content-name">"Commands" {copy_button("checkout commands", &commands)}</p>
                    <pre tabindex="0" aria-label="Checkout commands">{commands.clone()}</pre>
                </div>
            </details>
        }
    });
    view! {
        <section class="panel-part" id="pull-request" aria-labelledby="pull-request-heading">
            <h2 id="pull-request-heading">"Pull request"</h2>
            <p class="row">
                {pr_state(pr.summary.state)}
                <a href=pr.summary.url.clone()>{format!("#{}", pr.summary.number)}</a>
                {review(pr.summary.review)}
            </p>
            <p class="muted small">
                <span class="added">{format!("+{}", pr.additions)}</span> " "
                <span class="deleted">{format!("−{}", pr.deletions)}</span>
                " in " {count(pr.changed_files, "file")} ", " {count(pr.commits, "commit")}
                ", read " {ago(pr.as_of)}
            </p>
            {checks}
            {blocked}
            {checkout}
        </section>
    }
    .into_any()
}

/// A check's state is `status` or `status/conclusion`, or a bare conclusion.
fn split(state: &str) -> (&str, Option<&str>) {
    match state.split_once('/') {
        Some((status, conclusion)) => (status, Some(conclusion)),
        None if matches!(
            state,
            "queued" | "in_progress" | "waiting" | "requested" | "pending" | "expected"
        ) =>
        {
            (state, None)
        }
        None => ("completed", Some(state)),
    }
}

pub(in crate::pages) fn pr_state(state: PrState) -> AnyView {
    let (class, name, word) = match state {
        PrState::Draft => ("idle", "git-pull-request-draft", "Draft"),
        PrState::Open => ("review", "git-pull-request", "Open"),
        PrState::Merged => ("merged", "git-merge", "Merged"),
        PrState::Closed => ("failed", "git-pull-request-closed", "Closed"),
    };
    view! { <span class=format!("mark tone-{class}")>{icon(name)} <span>{word}</span></span> }.into_any()
}

pub(in crate::pages) fn review(review: ReviewState) -> Option<AnyView> {
    let (class, word) = match review {
        ReviewState::None => return None,
        ReviewState::Approved => ("review", "approved"),
        ReviewState::ChangesRequested => ("failed", "changes requested"),
        ReviewState::Commented => ("idle", "commented"),
    };
    Some(view! { <span class=format!("tag tone-{class}")>{word}</span> }.into_any())
}

/// The checks in one line: icons with numbers, words for readers.
pub(in crate::pages) fn checks(checks: Checks) -> Option<AnyView> {
    let part = |number: u32, class: &'static str, name: &'static str, word: &'static str| {
        (number > 0).then(|| {
            let words = format!("{} {word}", count(number, "check"));
            let title = words.clone();
            view! {
                <span class=format!("mark tone-{class}") title=title>
                    {icon(name)} <span class="tabular" aria-hidden="true">{number}</span> <span class="sr">{words}</span>
                </span>
            }
        })
    };
    let any = checks.passed + checks.failed + checks.pending + checks.skipped > 0;
    any.then(|| {
        view! {
            <span class="row tight">
                {part(checks.failed, "failed", "x-circle", "failed")}
                {part(checks.pending, "waiting", "clock", "pending")}
                {part(checks.passed, "review", "check-circle", "passed")}
                {part(checks.skipped, "ended", "skip", "skipped")}
            </span>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_checks_are_told_apart() {
        assert_eq!(split("queued"), ("queued", None));
        assert_eq!(split("completed/success"), ("completed", Some("success")));
        assert_eq!(split("failure"), ("completed", Some("failure")));
    }
}
