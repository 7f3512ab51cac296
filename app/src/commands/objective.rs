//! What can be done to an objective.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::address::local;
use crate::areas::{ObjectiveCommand, Problem, ProblemKind, RepoName};
use crate::context::areas;

/// Carries out a command of the roadmap page; `back` is the page that asked.
#[server(prefix = "/do", endpoint = "objective")]
pub async fn objective_do(
    repo: String,
    number: i64,
    #[server(rename = "do")] action: String,
    #[server(default)] mend: String,
    #[server(default)] back: String,
) -> Result<(), Problem> {
    let back = if back.is_empty() { format!("/{repo}/objectives/{number}") } else { local(&back) };
    let command = match action.as_str() {
        "refresh" => Some((ObjectiveCommand::Refresh, "Read again from GitHub.")),
        "close" => Some((ObjectiveCommand::Close, "The objective is closed.")),
        "mend" => Some((ObjectiveCommand::Mend { mend }, "Mended on GitHub.")),
        _ => None,
    };
    let result = match (person(), RepoName::parse(&repo), command) {
        (Err(problem), ..) => Err(problem),
        (_, None, _) | (_, _, None) => {
            Err(Problem::new(ProblemKind::Invalid, "There is no such command for an objective."))
        }
        (Ok(viewer), Some(repo), Some((command, done))) => {
            let made = areas().objectives.command(&viewer, &repo, number, command).await;
            made.map(|()| done)
        }
    };
    let result = result.map(|done| (back.clone(), Some(done.to_owned())));
    answer(result.map_err(|problem| vec![problem]), &back)
}
