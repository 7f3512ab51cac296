//! Who may see what the mirror holds of a repository: one answer for a page, for a list and for live updates.
//!
//! Properties kept:
//! - A repository is public while whoever reads it for the mirror is told so by GitHub: within the last five
//!   minutes, or before GitHub could no longer be asked. A refusal ends that at once. When nobody can read it any
//!   more, nobody can say that it is public.
//! - What is not public is seen by those whom GitHub lets read it with their own token, at most five minutes ago.
//! - Somebody who is not signed in never makes GitHub be asked without a token.

use futures::stream::{self, StreamExt};
use sqlx::Row;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use super::access::{self, Access, Level};
use super::{Reader, fault, store};
use crate::github::{Client, Error};
use crate::state::App;

/// Asks that the viewer may read the repository.
///
/// # Errors
/// `NotFound` when they may not see it or there is none, and why GitHub could not be asked.
pub(crate) async fn may_read(app: &App, viewer: Option<&Viewer>, repo: &RepoName) -> Result<(), Problem> {
    let public = public(app, repo).await;
    match (public, viewer) {
        (Ok(true), _) => Ok(()),
        (_, Some(_)) => access::require(app, viewer, repo, Level::Read).await.map(drop),
        (Ok(false), None) => Err(access::no_repository(repo).next(
            "Sign in with GitHub: it may be private, or nobody has connected it. Otherwise check the name.",
        )),
        (Err(problem), None) => Err(problem),
    }
}

/// What the mirror knows of a repository that the viewer may see, and what they may do there. The name may be
/// written in capitals or not, as on GitHub.
///
/// # Errors
/// As [`may_read`].
pub async fn visible(
    app: &App,
    viewer: Option<&Viewer>,
    repo: &RepoName,
) -> Result<(Option<store::Repository>, Option<Access>), Problem> {
    let known = store::repositories(app.db.pool()).await.map_err(fault)?;
    let name = repo.to_string();
    let known = known.into_iter().find(|known| known.repo.to_string().eq_ignore_ascii_case(&name));
    let repo = known.as_ref().map_or(repo, |known| &known.repo);
    may_read(app, viewer, repo).await?;
    // What everybody may read stays readable while GitHub cannot be asked what else this viewer may do.
    let access = match viewer {
        Some(_) => access::require(app, viewer, repo, Level::Read).await.ok(),
        None => None,
    };
    Ok((known, access))
}

/// A repository of the mirror, and how far what is known of its plans has come.
#[derive(Debug)]
pub(crate) struct Repository {
    pub name: RepoName,
    /// Grows with every writing of its plans.
    pub version: i64,
    /// The version at which a plan was removed last.
    pub removed: i64,
}

/// The repositories that the viewer may see, by name.
#[derive(Debug, Default)]
pub(crate) struct Visible {
    pub repositories: Vec<Repository>,
    /// Those of them whose copy is old, with the reason.
    pub stale: Vec<(RepoName, String)>,
    /// Whether GitHub could not be asked about some. Whether the viewer may see those is not known, so they are
    /// not named.
    pub unasked: bool,
}

impl Visible {
    pub fn names(&self) -> impl Iterator<Item = &RepoName> {
        self.repositories.iter().map(|repository| &repository.name)
    }
}

/// Every repository of the mirror that the viewer may see.
pub(crate) async fn all_visible(app: &App, viewer: Option<&Viewer>) -> Result<Visible, Problem> {
    let known = sqlx::query("SELECT repo, stale, version, removed FROM mirror_repositories ORDER BY repo");
    let known = known.fetch_all(app.db.pool()).await.map_err(fault)?;
    let mut repositories = Vec::with_capacity(known.len());
    for row in known {
        let name: String = row.try_get(0).map_err(fault)?;
        let stale: Option<String> = row.try_get(1).map_err(fault)?;
        let (version, removed) = (row.try_get(2).map_err(fault)?, row.try_get(3).map_err(fault)?);
        let name = RepoName::parse(&name);
        repositories.extend(name.map(|name| (Repository { name, version, removed }, stale)));
    }
    let asked = stream::iter(repositories).map(|(repository, stale)| async move {
        let seen = may_read(app, viewer, &repository.name).await.map_err(|problem| problem.kind);
        seen.map(|()| (repository, stale))
    });
    let answers: Vec<Result<(Repository, Option<String>), ProblemKind>> = asked.buffered(8).collect().await;
    let mut found = Visible::default();
    for answer in answers {
        match answer {
            Ok((repository, why)) => {
                found.stale.extend(why.map(|why| (repository.name.clone(), why)));
                found.repositories.push(repository);
            }
            Err(ProblemKind::GitHub | ProblemKind::TooMany | ProblemKind::Internal) => found.unasked = true,
            Err(_) => {}
        }
    }
    Ok(found)
}

/// Whether the repository is connected and public.
async fn public(app: &App, repo: &RepoName) -> Result<bool, Problem> {
    if let Some(known) = app.access.is_public(repo) {
        return Ok(known);
    }
    match Reader::of(app, repo).await {
        Ok(reader) => {
            let _ = confirm(app, &reader.client, repo).await;
        }
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::SignedOut) => {
            app.access.set_public(repo, false);
        }
        Err(problem) => return Err(problem),
    }
    Ok(app.access.is_public(repo) == Some(true))
}

/// What a repository is, as GitHub tells whoever reads it for the mirror; keeps whether it is public.
///
/// # Errors
/// GitHub's refusal, or no answer.
pub(super) async fn confirm(app: &App, client: &Client, repo: &RepoName) -> Result<Access, Error> {
    let answer = access::read(client, repo).await;
    let public = match &answer {
        Ok(access) => Ok(!access.private),
        Err(error) if error.is_refusal() => store::set_private(app.db.pool(), repo).await.map(|()| false),
        // While GitHub cannot be asked, what it said last holds.
        Err(_) => store::was_public(app.db.pool(), repo).await,
    };
    let public = public.unwrap_or_else(|error| {
        tracing::error!(%error, %repo, "whether a repository is public cannot be kept");
        false
    });
    app.access.set_public(repo, public);
    answer
}
