//! Which repositories of the mirror the viewer may see.

use futures::stream::{self, StreamExt};
use sqlx::Row;
use waymark_app::areas::{PlanRow, Problem, ProblemKind, RepoName, Viewer};

use crate::mirror::access::{self, Level};
use crate::mirror::fault;
use crate::state::App;

/// The repositories that the viewer may see.
#[derive(Debug, Default)]
pub(crate) struct Visible {
    pub repos: Vec<RepoName>,
    /// There are no others in the mirror.
    pub all: bool,
    /// Those of them whose copy is old, with the reason.
    pub stale: Vec<(RepoName, String)>,
}

impl Visible {
    /// What of these may be seen: a repository may have come after the others were asked about.
    pub fn only(&self, mut rows: Vec<PlanRow>) -> Vec<PlanRow> {
        rows.retain(|row| self.repos.contains(&row.repo));
        rows
    }
}

/// Asks GitHub, or what it answered before, about each private repository.
pub(crate) async fn visible(app: &App, viewer: Option<&Viewer>) -> Result<Visible, Problem> {
    let known = sqlx::query("SELECT repo, private, stale FROM mirror_repositories ORDER BY repo");
    let known = known.fetch_all(app.db.pool()).await.map_err(fault)?;
    let mut repositories = Vec::with_capacity(known.len());
    for row in known {
        let name: String = row.try_get(0).map_err(fault)?;
        let private = row.try_get::<i64, _>(1).map_err(fault)? != 0;
        let stale: Option<String> = row.try_get(2).map_err(fault)?;
        repositories.extend(RepoName::parse(&name).map(|repo| (repo, private, stale)));
    }
    let asked = stream::iter(repositories).map(|(repo, private, stale)| async move {
        let seen = match (private, viewer) {
            (false, _) => Ok(()),
            (true, None) => Err(ProblemKind::NotFound),
            (true, Some(_)) => access::require(app, viewer, &repo, Level::Read)
                .await
                .map(drop)
                .map_err(|problem| problem.kind),
        };
        seen.map(|()| (repo, stale))
    });
    let answers: Vec<Result<(RepoName, Option<String>), ProblemKind>> = asked.buffered(8).collect().await;
    let known = answers.len();
    let (mut found, mut unasked) = (Visible::default(), false);
    for answer in answers {
        match answer {
            Ok((repo, why)) => {
                found.stale.extend(why.map(|why| (repo.clone(), why)));
                found.repos.push(repo);
            }
            Err(ProblemKind::GitHub | ProblemKind::TooMany) => unasked = true,
            Err(_) => {}
        }
    }
    found.all = found.repos.len() == known;
    // Whether the viewer may see those is not known, so they are not named.
    if let (true, Some(repo)) = (unasked, found.repos.first()) {
        let why = "GitHub cannot be asked which private repositories you may see; they are left out for now.";
        found.stale.push((repo.clone(), why.to_owned()));
    }
    Ok(found)
}
