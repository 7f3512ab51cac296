//! What can be done to a plan, and saving an edited plan text.

use leptos::prelude::*;

use super::draft::keep;
use super::fields::lines;
use super::reply::{answer, person};
use crate::address::with;
use crate::areas::{ActionKind, EditRefusal, NewForm, Problem, ProblemKind, RepoName};
use crate::context::areas;

/// Carries out an action of the plan page. `method` is the merge method.
#[server(prefix = "/do", endpoint = "act")]
pub async fn act(
    repo: String,
    number: i64,
    action: String,
    #[server(default)] method: String,
) -> Result<(), Problem> {
    let back = format!("/{repo}/plans/{number}");
    let kind: Option<ActionKind> = serde_json::from_value(serde_json::Value::String(action)).ok();
    let result = match (person(), RepoName::parse(&repo), kind) {
        (Err(problem), ..) => Err(problem),
        (Ok(viewer), Some(repo), Some(kind)) => {
            let method = (!method.is_empty()).then_some(method.as_str());
            areas().plans.act(&viewer, &repo, number, kind, method).await
        }
        (_, None, _) => return answer(Err(vec![no_repository(&repo)]), "/"),
        (_, _, None) => Err(Problem::new(ProblemKind::Invalid, "There is no such action for a plan.")),
    };
    answer(result.map(|()| (back.clone(), None)).map_err(|problem| vec![problem]), &back)
}

/// Saves an edited plan text to GitHub. The text is kept as a draft first; when someone changed the
/// plan meanwhile, the page shows both texts.
#[server(prefix = "/do", endpoint = "edit-plan")]
pub async fn edit_plan(
    repo: String,
    number: i64,
    #[server(default)] version: String,
    #[server(default)] text: String,
    #[server(default)] draft: String,
    #[server(default)] then: String,
) -> Result<(), Problem> {
    let page = format!("/{repo}/plans/{number}");
    let Some(name) = RepoName::parse(&repo) else { return answer(Err(vec![no_repository(&repo)]), "/") };
    let areas = areas();
    let text = lines(&text);
    let form = NewForm { repo, instruction: text.clone(), plan: Some(number), ..NewForm::default() };
    let kept = keep(&draft, &form).await?;
    let editing = with(&page, &[("edit", kept.as_str())]);
    let viewer = match person() {
        Ok(viewer) => viewer,
        Err(problem) => return answer(Err(vec![problem]), &editing),
    };
    match areas.plans.edit(&viewer, &name, number, &version, &text).await {
        Ok(()) => {
            // The text is on GitHub: a draft that stays behind is only untidy.
            let _ = areas.dispatches.discard_draft(Some(&viewer), &kept).await;
            if then != "continue" {
                return answer(Ok((page, Some("Plan saved to GitHub.".to_owned()))), "");
            }
            let gone_on = areas.plans.act(&viewer, &name, number, ActionKind::Continue, None).await;
            let said = gone_on.map(|()| (page.clone(), Some("Plan saved; the work goes on.".to_owned())));
            answer(said.map_err(|problem| vec![problem]), &page)
        }
        Err(EditRefusal::Changed { .. }) => {
            let problem = Problem::new(
                ProblemKind::Conflict,
                "Someone changed the plan on GitHub while you were editing. Your text is kept.",
            )
            .next("Compare both texts below, then save again.");
            answer(Err(vec![problem]), &with(&editing, &[("conflict", "1")]))
        }
        Err(EditRefusal::Problem(problem)) => answer(Err(vec![problem]), &editing),
    }
}

fn no_repository(text: &str) -> Problem {
    Problem::new(ProblemKind::Invalid, format!("{text:?} is not a repository name (owner/name)."))
}
