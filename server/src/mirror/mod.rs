//! The mirror of GitHub: droppable, rebuilt from GitHub alone.
//!
//! Properties kept:
//! - A plan is read whole or not at all; when a read fails the last good copy stays, with the reason.
//! - However many ask for a plan at once, it is read once for all who asked before the read began.
//! - No database transaction is open while GitHub is asked.

pub mod access;
mod cancel;
mod disconnect;
mod due;
pub mod facts;
mod housekeeping;
mod listing;
mod logs;
pub mod objectives;
mod own;
pub(crate) mod plans;
pub mod read;
mod refresh;
mod repositories;
pub mod snapshot;
pub mod store;
mod sync;
pub mod text;
mod visibility;

use std::time::Duration;

use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

pub use disconnect::disconnect;
pub(crate) use own::retell;
pub(crate) use plans::PlanTable;
pub use plans::{Plans, explain};
pub use refresh::Mirror;
pub use repositories::Repositories;
pub use sync::{rebuild, sync_repo};
pub use visibility::visible;
pub(crate) use visibility::{Visible, all_visible, may_read};

use crate::github::{Client, Error};
use crate::state::App;
use access::Level;
use store::Connection;

/// How often cancellations without a task are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Follows the runs that were being stopped when the process ended, and now and then those whose task was lost on
/// the way.
pub fn spawn_cancellations(app: &App) {
    let app = app.clone();
    crate::supervise::spawn("the cancellations under way", move || {
        let app = app.clone();
        async move {
            loop {
                if let Err(error) = cancel::resume_all(&app).await {
                    tracing::error!(%error, "the cancellations under way could not be read");
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    });
}

/// Starts to mirror a repository with this person's token, unless somebody's token does so already,
/// and reads it for the first time in the background.
pub async fn track(app: &App, viewer: &Viewer, repo: &RepoName) -> Result<(), Problem> {
    let access = access::require(app, Some(viewer), repo, Level::Read).await?;
    // As GitHub writes it, whatever was typed.
    let repo = &access.name.clone();
    let known = store::connection(app.db.pool(), repo).await.map_err(fault)?;
    let works = match &known {
        Some(known) => app.tokens.of(known.account_id).await.is_ok(),
        None => false,
    };
    if works && known.as_ref().is_some_and(|known| known.account_id != viewer.account_id) {
        return Ok(());
    }
    let connection =
        Connection { repo: repo.clone(), account_id: viewer.account_id, login: viewer.login.clone() };
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::connect(&mut tx, &connection, now_ms(), true).await.map_err(fault)?;
    store::put_repository(&mut tx, repo, &access).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    app.access.set_public(repo, !access.private);
    if known.is_none() || !works {
        let (app, repo) = (app.clone(), repo.clone());
        crate::supervise::detach("the first reading of a repository", async move {
            if let Err(problem) = sync_repo(&app, &repo).await {
                tracing::warn!(%repo, %problem, "a repository could not be read");
            }
        });
    }
    Ok(())
}

/// The name under which a repository is connected, whatever the case of the one that was asked for; that one, when
/// nobody connected it.
///
/// # Errors
/// The database's, in words.
pub async fn connected_name(app: &App, repo: &RepoName) -> Result<RepoName, Problem> {
    let known = store::connection(app.db.pool(), repo).await.map_err(fault)?;
    Ok(known.map_or_else(|| repo.clone(), |known| known.repo))
}

/// Reads a plan again: issue, comments, pull request, runs, jobs and checks. An issue that is an
/// objective is read as one.
///
/// # Errors
/// `NotFound` when nobody connected the repository; otherwise why GitHub could not be read.
pub async fn refresh_plan(app: &App, repo: &RepoName, number: i64) -> Result<(), Problem> {
    app.mirror.refresh(app, repo, number).await
}

/// The same for what nobody waits for: it leaves people their part of GitHub's limits.
///
/// # Errors
/// As [`refresh_plan`]; `TooMany` while reading waits for GitHub's limits.
pub async fn catch_up(app: &App, repo: &RepoName, number: i64) -> Result<(), Problem> {
    app.mirror.catch_up(app, repo, number).await
}

/// Lets the mirror catch up with a plan that something happens to, without waiting for it.
pub fn follow(app: &App, repo: &RepoName, number: i64) {
    app.mirror.follow(app, repo, number);
}

/// Who reads a repository for the mirror: the GitHub App where it is installed, else the person who connected
/// the repository.
pub(crate) struct Reader {
    pub(crate) client: Client,
    repo: RepoName,
    /// The person's account; nothing when the App reads.
    account_id: Option<i64>,
}

impl Reader {
    /// # Errors
    /// `NotFound` when nobody connected the repository, `SignedOut` when whoever did must sign in again.
    pub(crate) async fn of(app: &App, repo: &RepoName) -> Result<Reader, Problem> {
        let Some(connection) = store::connection(app.db.pool(), repo).await.map_err(fault)? else {
            return Err(Problem::new(ProblemKind::NotFound, format!("Nobody has connected {repo} yet."))
                .next("Connect it under Repositories."));
        };
        let repo = connection.repo.clone();
        match app.installations.token(&repo).await {
            Ok(Some(token)) => {
                return Ok(Reader { client: app.github.client(token), repo, account_id: None });
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%repo, %error, "the GitHub App cannot read; a person's token does"),
        }
        match app.tokens.of(connection.account_id).await {
            Ok(token) => {
                let account_id = Some(connection.account_id);
                Ok(Reader { client: app.github.client(token), repo, account_id })
            }
            Err(problem) if problem.kind == ProblemKind::SignedOut => {
                // Nobody can say any more that it is public.
                app.access.set_public(&repo, false);
                let login = &connection.login;
                Err(Problem::new(
                    ProblemKind::SignedOut,
                    format!("{repo} is synced as {login}, whose sign-in with GitHub is no longer valid."),
                )
                .next(format!("{login} signs in again, or somebody else connects {repo}.")))
            }
            Err(problem) => Err(problem),
        }
    }

    /// What went wrong when it read; a token that GitHub refuses is forgotten.
    async fn failed(&self, app: &App, error: Error, doing: &str) -> Problem {
        if error.status() == Some(401) {
            match self.account_id {
                Some(account) => app.tokens.refused(account, &self.client).await,
                None => app.installations.refused(&self.repo),
            }
        }
        error.problem(doing)
    }
}

/// A problem as one line, for a banner.
fn words(problem: &Problem) -> String {
    match &problem.next {
        Some(next) => format!("{} {next}", problem.message),
        None => problem.message.clone(),
    }
}

/// The repositories that are mirrored.
///
/// # Errors
/// The database's.
pub async fn tracked(app: &App) -> Result<Vec<RepoName>, sqlx::Error> {
    let connections = store::connections(app.db.pool()).await?;
    Ok(connections.into_iter().map(|connection| connection.repo).collect())
}

/// Every plan that is linked to this value of a kind: `run`, `pull`, `branch` or `sha`.
pub async fn plans_linked(
    app: &App,
    repo: &RepoName,
    kind: &str,
    value: &str,
) -> Result<Vec<i64>, sqlx::Error> {
    store::linked(app.db.pool(), repo, kind, value).await
}

/// The plan whose work is on this branch.
pub async fn plan_of_branch(app: &App, repo: &RepoName, branch: &str) -> Option<i64> {
    linked(app, repo, "branch", branch).await
}

/// The plan whose pull request has this number.
pub async fn plan_of_pull(app: &App, repo: &RepoName, pull: i64) -> Option<i64> {
    linked(app, repo, "pull", &pull.to_string()).await
}

/// The plan that this run works for.
pub async fn plan_of_run(app: &App, repo: &RepoName, run: i64) -> Option<i64> {
    linked(app, repo, "run", &run.to_string()).await
}

/// The plan whose pull request has this commit at its head.
pub async fn plan_of_sha(app: &App, repo: &RepoName, sha: &str) -> Option<i64> {
    linked(app, repo, "sha", sha).await
}

async fn linked(app: &App, repo: &RepoName, kind: &str, value: &str) -> Option<i64> {
    match store::linked(app.db.pool(), repo, kind, value).await {
        Ok(plans) => plans.into_iter().max(),
        Err(error) => {
            tracing::error!(%error, "the mirror could not be asked");
            None
        }
    }
}

/// What a person is told when the database failed; the cause goes to the log.
pub(crate) fn fault(error: sqlx::Error) -> Problem {
    tracing::error!(%error, "the mirror's tables could not be used");
    Problem::new(ProblemKind::Internal, "Waymark could not use its database.")
        .next("Try again; when it stays so, ask whoever runs this Waymark to look at its log.")
}

/// Now, in epoch milliseconds.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
