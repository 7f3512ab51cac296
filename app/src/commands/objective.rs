//! What can be done to an objective.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::address::{address, local};
use crate::areas::{BatchWork, ObjectiveCommand, Problem, ProblemKind, RepoName};
use crate::context::areas;

/// Carries out a command of the roadmap page; `back` is the page that asked.
#[server(prefix = "/do", endpoint = "objective")]
pub async fn objective_do(
    repo: String,
    number: i64,
    #[server(rename = "do")] action: String,
    #[server(default)] mend: String,
    #[server(default)] node: String,
    #[server(default)] most: String,
    #[server(default)] back: String,
) -> Result<(), Problem> {
    let back = if back.is_empty() { format!("/{repo}/objectives/{number}") } else { local(&back) };
    let command = match action.as_str() {
        "refresh" => Some((ObjectiveCommand::Refresh, "Read again from GitHub.")),
        "close" => Some((ObjectiveCommand::Close, "The objective is closed.")),
        "mend" => Some((ObjectiveCommand::Mend { mend }, "Mended on GitHub.")),
        // What is no number is refused like one that is too small.
        "auto-on" => Some((
            ObjectiveCommand::AutoOn { most: most.trim().parse().unwrap_or_default() },
            "Nodes that are ready start by themselves now, after an announcement.",
        )),
        "auto-pause" => Some((ObjectiveCommand::AutoPause, "Auto-start is paused.")),
        "auto-off" => Some((ObjectiveCommand::AutoOff, "Auto-start is off.")),
        "veto" => Some((ObjectiveCommand::Veto { node }, "It does not start by itself.")),
        "allow" => Some((ObjectiveCommand::Allow { node }, "It is announced again.")),
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

/// Plans several nodes, one after the other in the order of the roadmap. `nodes` are their ids between
/// blanks; `batch` makes a repeated request the same batch.
#[server(prefix = "/do", endpoint = "plan-nodes")]
pub async fn plan_nodes(
    repo: String,
    number: i64,
    #[server(default)] nodes: String,
    #[server(default)] batch: String,
) -> Result<(), Problem> {
    let nodes: Vec<String> = nodes.split_whitespace().map(str::to_owned).collect();
    let result = async {
        let viewer = person()?;
        let Some(repo) = RepoName::parse(&repo) else {
            return Err(Problem::new(ProblemKind::Invalid, "This is not the name of a repository."));
        };
        let forms = areas().objectives.forms(&viewer, &repo, number, &nodes).await?;
        let work = forms.into_iter().map(|form| BatchWork::OneShot { form }).collect();
        areas().dispatches.begin_batch(&viewer, super::draft::some(&batch), work).await
    }
    .await;
    let back = RepoName::parse(&repo)
        .map_or_else(|| "/objectives".to_owned(), |repo| nodes_address(&repo, number, &nodes));
    answer(result.map(|id| (format!("/batches/{id}"), None)).map_err(|problem| vec![problem]), &back)
}

/// The address of the page that plans these nodes.
pub(crate) fn nodes_address(repo: &RepoName, number: i64, nodes: &[String]) -> String {
    let path = format!("/{repo}/objectives/{number}/plan");
    address(&path, nodes.iter().map(|node| ("node", node.as_str())))
}
