//! Connecting a repository and mending what it lacks.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::areas::{Problem, ProblemKind, RepoName};
use crate::context::areas;

/// Starts to mirror a repository.
#[server(prefix = "/do", endpoint = "connect")]
pub async fn connect(#[server(default)] repo: String) -> Result<(), Problem> {
    let result = async {
        let viewer = person()?;
        let repo = named(&repo)?;
        areas().repositories.connect(&viewer, &repo).await?;
        Ok((format!("/{repo}/settings"), Some(format!("{repo} is connected."))))
    }
    .await;
    answer(result.map_err(|problem: Problem| vec![problem]), "/repos")
}

/// Stops reading a repository.
#[server(prefix = "/do", endpoint = "disconnect")]
pub async fn disconnect(#[server(default)] repo: String) -> Result<(), Problem> {
    let back = RepoName::parse(&repo).map_or_else(|| "/repos".to_owned(), |repo| format!("/{repo}/settings"));
    let result = async {
        let viewer = person()?;
        let repo = named(&repo)?;
        let left = areas().repositories.disconnect(&viewer, &repo).await?;
        Ok((back.clone(), Some(disconnected(&repo, left))))
    }
    .await;
    answer(result.map_err(|problem: Problem| vec![problem]), &back)
}

/// What is said when a repository was disconnected.
pub(super) fn disconnected(repo: &RepoName, left: Option<String>) -> String {
    let left = left.unwrap_or_default();
    format!("{repo} is disconnected: it is no longer read. {left}").trim_end().to_owned()
}

/// Mends one prerequisite.
#[server(prefix = "/do", endpoint = "mend")]
pub async fn mend(#[server(default)] repo: String, #[server(default)] key: String) -> Result<(), Problem> {
    let back = RepoName::parse(&repo).map_or_else(|| "/repos".to_owned(), |repo| format!("/{repo}/settings"));
    let result = async {
        let viewer = person()?;
        let repo = named(&repo)?;
        areas().repositories.mend(&viewer, &repo, &key).await
    }
    .await;
    answer(result.map(|()| (back.clone(), None)).map_err(|problem: Problem| vec![problem]), &back)
}

pub(super) fn named(text: &str) -> Result<RepoName, Problem> {
    RepoName::parse(text).ok_or_else(|| {
        Problem::new(ProblemKind::Invalid, "A repository is named owner/name, such as acme/widgets.")
            .field("repo")
    })
}
