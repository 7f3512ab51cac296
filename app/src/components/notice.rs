//! What the page says about the last command: a summary on top that takes the focus.

use leptos::prelude::*;

use super::icon;
use crate::areas::{Problem, RepoName};
use crate::commands::Notice;

/// The notice of this request, when there is one. Problems of a field link to it.
pub(crate) fn notice_view(notice: &Notice) -> AnyView {
    let done = notice
        .done
        .clone()
        .map(|text| view! { <p class="notice done" role="status">{icon("check")} <span>{text}</span></p> });
    view! { {done}{problem_summary(&notice.problems)} }.into_any()
}

/// All problems of a form in one place.
fn problem_summary(problems: &[Problem]) -> Option<AnyView> {
    if problems.is_empty() {
        return None;
    }
    let heading = match problems.len() {
        1 => "One thing needs your attention".to_owned(),
        count => format!("{count} things need your attention"),
    };
    let items = problems.iter().map(problem_line).collect_view();
    Some(
        view! {
            <div class="notice problems" role="alert" tabindex="-1" autofocus id="problems">
                <p class="notice-head">{icon("alert")} <strong>{heading}</strong></p>
                <ul>{items}</ul>
            </div>
        }
        .into_any(),
    )
}

fn problem_line(problem: &Problem) -> AnyView {
    let message = problem.message.clone();
    let message = match &problem.field {
        Some(field) => view! { <a href=format!("#field-{field}")>{message}</a> }.into_any(),
        None => message.into_any(),
    };
    let next = problem.next.clone().map(|next| view! { " " <span class="next">{next}</span> });
    view! { <li>{message}{next}</li> }.into_any()
}

/// Which repositories of a list are not fresh, and whether some are left out.
pub(crate) fn not_fresh(stale: &[(RepoName, String)], unasked: bool) -> AnyView {
    let stale = stale.iter().map(|(repo, why)| {
        view! { <p class="notice hint">{icon("clock")} <span><strong>{repo.to_string()}</strong> " is not fresh: " {why.clone()}</span></p> }
    });
    let unasked = unasked.then(|| {
        view! { <p class="notice hint">{icon("clock")} <span>"GitHub cannot be asked which private repositories you may see; they are left out for now. Load the page again in a moment."</span></p> }
    });
    view! { {stale.collect_view()} {unasked} }.into_any()
}
