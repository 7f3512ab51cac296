//! Which repositories of the mirror the viewer may see.

use futures::stream::{self, StreamExt};
use sqlx::Row;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use crate::mirror::access::{self, Level};
use crate::mirror::fault;
use crate::state::App;

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
}

impl Visible {
    pub fn names(&self) -> impl Iterator<Item = &RepoName> {
        self.repositories.iter().map(|repository| &repository.name)
    }
}

/// Asks GitHub, or what it answered before, about each private repository.
pub(crate) async fn visible(app: &App, viewer: Option<&Viewer>) -> Result<Visible, Problem> {
    let known =
        sqlx::query("SELECT repo, private, stale, version, removed FROM mirror_repositories ORDER BY repo");
    let known = known.fetch_all(app.db.pool()).await.map_err(fault)?;
    let mut repositories = Vec::with_capacity(known.len());
    for row in known {
        let name: String = row.try_get(0).map_err(fault)?;
        let private = row.try_get::<i64, _>(1).map_err(fault)? != 0;
        let stale: Option<String> = row.try_get(2).map_err(fault)?;
        let (version, removed) = (row.try_get(3).map_err(fault)?, row.try_get(4).map_err(fault)?);
        let name = RepoName::parse(&name);
        repositories.extend(name.map(|name| (Repository { name, version, removed }, private, stale)));
    }
    let asked = stream::iter(repositories).map(|(repository, private, stale)| async move {
        let seen = match (private, viewer) {
            (false, _) => Ok(()),
            (true, None) => Err(ProblemKind::NotFound),
            (true, Some(_)) => access::require(app, viewer, &repository.name, Level::Read)
                .await
                .map(drop)
                .map_err(|problem| problem.kind),
        };
        seen.map(|()| (repository, stale))
    });
    let answers: Vec<Result<(Repository, Option<String>), ProblemKind>> = asked.buffered(8).collect().await;
    let (mut found, mut unasked) = (Visible::default(), false);
    for answer in answers {
        match answer {
            Ok((repository, why)) => {
                found.stale.extend(why.map(|why| (repository.name.clone(), why)));
                found.repositories.push(repository);
            }
            Err(ProblemKind::GitHub | ProblemKind::TooMany) => unasked = true,
            Err(_) => {}
        }
    }
    // Whether the viewer may see those is not known, so they are not named.
    if let (true, Some(repository)) = (unasked, found.repositories.first()) {
        let why = "GitHub cannot be asked which private repositories you may see; they are left out for now.";
        found.stale.push((repository.name.clone(), why.to_owned()));
    }
    Ok(found)
}
