//! The buttons of the form, and of a dispatch that stopped.

use leptos::prelude::*;

use super::draft::keep;
use super::fields::Fields;
use super::reply::{answer, person};
use crate::address::{address, local};
use crate::areas::{DispatchCommand, Problem, ProblemKind};
use crate::context::areas;

/// Keeps the form and opens its preview. Writes nothing to GitHub.
#[server(prefix = "/do", endpoint = "preview")]
pub async fn preview(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    let (draft, form) = fields.read();
    let id = keep(&draft, &form).await?;
    let page = address("/new", [("draft", id.as_str()), ("show", "preview")]);
    answer(person().map(|_| (page.clone(), None)).map_err(|problem| vec![problem]), &page)
}

/// Keeps the form, then starts the work and opens its page.
#[server(prefix = "/do", endpoint = "dispatch")]
pub async fn dispatch(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    let (draft, form) = fields.read();
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
