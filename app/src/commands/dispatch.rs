//! The buttons of the form, and of a dispatch that stopped.

use leptos::prelude::*;

use super::draft::{form, some};
use super::reply::{answer, person};
use crate::address::{address, local};
use crate::areas::{DispatchCommand, NewForm, Problem, ProblemKind};
use crate::context::{areas, viewer};

/// Keeps the form and opens its preview. Writes nothing to GitHub.
#[allow(clippy::too_many_arguments)] // one argument per field of the form
#[server(prefix = "/do", endpoint = "preview")]
pub async fn preview(
    #[server(default)] draft: String,
    #[server(default)] repo: String,
    #[server(default)] base: String,
    #[server(default)] instruction: String,
    #[server(default)] mode: String,
    #[server(default)] model: String,
    #[server(default)] objective: String,
    #[server(default)] node: String,
    #[server(default)] override_node: String,
) -> Result<(), Problem> {
    let form = form(repo, base, instruction, &mode, model, objective, node, &override_node);
    let id = keep(&draft, &form).await?;
    let page = address("/new", [("draft", id.as_str()), ("show", "preview")]);
    answer(person().map(|_| (page.clone(), None)).map_err(|problem| vec![problem]), &page)
}

/// Keeps the form, then starts the work and opens its page.
#[allow(clippy::too_many_arguments)] // one argument per field of the form
#[server(prefix = "/do", endpoint = "dispatch")]
pub async fn dispatch(
    #[server(default)] draft: String,
    #[server(default)] repo: String,
    #[server(default)] base: String,
    #[server(default)] instruction: String,
    #[server(default)] mode: String,
    #[server(default)] model: String,
    #[server(default)] objective: String,
    #[server(default)] node: String,
    #[server(default)] override_node: String,
) -> Result<(), Problem> {
    let form = form(repo, base, instruction, &mode, model, objective, node, &override_node);
    let id = keep(&draft, &form).await?;
    let back = address("/new", [("draft", id.as_str())]);
    let viewer = match person() {
        Ok(viewer) => viewer,
        Err(problem) => return answer(Err(vec![problem]), &back),
    };
    let started = areas().dispatches.dispatch(&viewer, Some(&id), &form).await;
    answer(started.map(|id| (format!("/dispatches/{id}"), None)), &back)
}

/// Resumes, undoes, retries or settles a dispatch; `back` is the page that asked.
#[server(prefix = "/do", endpoint = "dispatch-command")]
pub async fn command(
    id: String,
    #[server(rename = "do")] action: String,
    #[server(default)] operation: String,
    #[server(default)] back: String,
) -> Result<(), Problem> {
    let back = if back.is_empty() { format!("/dispatches/{id}") } else { local(&back) };
    let command = match action.as_str() {
        "resume" => Some(DispatchCommand::Resume),
        "undo" => Some(DispatchCommand::Undo),
        "retry" => Some(DispatchCommand::Retry { operation }),
        "settle-made" => Some(DispatchCommand::Settle { operation, made: true }),
        "settle-missing" => Some(DispatchCommand::Settle { operation, made: false }),
        _ => None,
    };
    let result = match (person(), command) {
        (Err(problem), _) => Err(problem),
        (_, None) => Err(Problem::new(ProblemKind::Invalid, "There is no such command for a dispatch.")),
        (Ok(viewer), Some(command)) => areas().dispatches.command(&viewer, &id, command).await,
    };
    answer(result.map(|()| (back.clone(), None)).map_err(|problem| vec![problem]), &back)
}

pub(super) async fn keep(draft: &str, form: &NewForm) -> Result<String, Problem> {
    let areas = areas();
    let viewer = viewer();
    let kept = areas.dispatches.save_draft(viewer.as_ref(), some(draft), form).await;
    // An id that is not this person's, or no longer known, must not cost the text.
    match kept {
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Forbidden) => {
            areas.dispatches.save_draft(viewer.as_ref(), None, form).await.map(|draft| draft.id)
        }
        kept => kept.map(|draft| draft.id),
    }
}
