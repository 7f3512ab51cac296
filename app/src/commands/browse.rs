//! What islands look up while a person types. Nothing here changes anything.

use leptos::prelude::*;

use crate::areas::{OverviewQuery, Problem, RepoName};
use crate::context::{areas, viewer};
use crate::islands::Suggestion;

/// Repositories whose name matches, at most twenty.
#[server(prefix = "/do", endpoint = "find-repositories")]
pub async fn find_repositories(#[server(default)] text: String) -> Result<Vec<Suggestion>, Problem> {
    let Some(viewer) = viewer() else { return Ok(Vec::new()) };
    let found = areas().repositories.search(&viewer, &text).await.inspect_err(refused)?;
    Ok(found.iter().take(20).map(Suggestion::of).collect())
}

/// Branches of a repository whose name matches, at most twenty.
#[server(prefix = "/do", endpoint = "find-branches")]
pub async fn find_branches(
    #[server(default)] repo: String,
    #[server(default)] text: String,
) -> Result<Vec<Suggestion>, Problem> {
    let (Some(viewer), Some(repo)) = (viewer(), RepoName::parse(&repo)) else { return Ok(Vec::new()) };
    let found = areas().repositories.branches(&viewer, &repo, &text).await.inspect_err(refused)?;
    Ok(found.into_iter().take(20).map(|value| Suggestion { value, note: String::new() }).collect())
}

/// Plans that match, for the palette, at most eight: their address and title.
#[server(prefix = "/do", endpoint = "find-plans")]
pub async fn find_plans(#[server(default)] text: String) -> Result<Vec<Suggestion>, Problem> {
    let query = OverviewQuery { q: text, ..OverviewQuery::default() };
    let found = areas().plans.overview(viewer().as_ref(), &query).await.inspect_err(refused)?;
    Ok(found
        .rows
        .into_iter()
        .take(8)
        .map(|row| Suggestion {
            value: format!("/{}/plans/{}", row.repo, row.number),
            note: format!("{} · {} #{}", row.title, row.repo, row.number),
        })
        .collect())
}

impl Suggestion {
    pub(crate) fn of(choice: &crate::areas::RepositoryChoice) -> Suggestion {
        let mut notes = Vec::new();
        if choice.archived {
            notes.push("archived");
        } else if !choice.can_write {
            notes.push("read only");
        }
        if choice.private {
            notes.push("private");
        }
        Suggestion { value: choice.repo.to_string(), note: notes.join(", ") }
    }
}

fn refused(problem: &Problem) {
    crate::context::set_status(problem.kind.status());
}
