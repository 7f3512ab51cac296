//! Who may do what: GitHub's answer to the viewer's own token, remembered for at most five minutes.
//!
//! A repository that the viewer may not see answers exactly like one that does not exist.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use crate::github::{Client, Error};
use crate::state::App;

/// An answer of GitHub is believed for so long.
const REMEMBERED: Duration = Duration::from_secs(5 * 60);
/// More answers than this are not kept.
const MOST: usize = 20_000;

/// What is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Read,
    Write,
    Admin,
}

/// What the viewer may do in a repository, and what the repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub level: Level,
    pub private: bool,
    pub archived: bool,
    pub default_branch: String,
    pub description: Option<String>,
    /// `merge`, `squash`, `rebase`, as the repository allows.
    pub methods: Vec<String>,
}

type Key = (Option<i64>, RepoName);

/// The answers that are remembered.
#[derive(Clone, Debug, Default)]
pub struct AccessCache(Arc<Mutex<Answers>>);

/// What GitHub answered, and when; nothing for "there is no such repository".
type Answers = HashMap<Key, (Instant, Option<Access>)>;

impl AccessCache {
    fn get(&self, key: &Key) -> Option<Option<Access>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, access)| access.clone())
    }

    fn put(&self, key: Key, access: Option<Access>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (Instant::now(), access));
    }

    /// Forgets what is known of a viewer and a repository, because GitHub has refused them something.
    pub fn forget(&self, viewer: Option<&Viewer>, repo: &RepoName) {
        let key = (viewer.map(|viewer| viewer.account_id), repo.clone());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

#[derive(Deserialize)]
struct Repository {
    private: bool,
    #[serde(default)]
    archived: bool,
    default_branch: String,
    description: Option<String>,
    #[serde(default)]
    permissions: Permissions,
    allow_merge_commit: Option<bool>,
    allow_squash_merge: Option<bool>,
    allow_rebase_merge: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Permissions {
    admin: bool,
    push: bool,
}

impl From<Repository> for Access {
    fn from(repository: Repository) -> Access {
        let Permissions { admin, push } = repository.permissions;
        let allowed = [
            ("merge", repository.allow_merge_commit),
            ("squash", repository.allow_squash_merge),
            ("rebase", repository.allow_rebase_merge),
        ];
        Access {
            level: if admin {
                Level::Admin
            } else if push {
                Level::Write
            } else {
                Level::Read
            },
            private: repository.private,
            archived: repository.archived,
            default_branch: repository.default_branch,
            description: repository.description,
            methods: allowed
                .iter()
                .filter(|(_, yes)| yes.unwrap_or(true))
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        }
    }
}

/// The client that acts for the viewer, or without a token for somebody not signed in.
///
/// # Errors
/// [`ProblemKind::SignedOut`] when the viewer must sign in again.
pub async fn client(app: &App, viewer: Option<&Viewer>) -> Result<Client, Problem> {
    match viewer {
        Some(viewer) => Ok(app.github.client(app.tokens.of(viewer.account_id).await?)),
        None => Ok(app.github.anonymous()),
    }
}

/// What somebody who may not see a repository is told; the same as when there is none.
pub fn no_repository(repo: &RepoName) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no repository {repo}, or you may not see it."))
        .next("Check the name, or ask its owner for access.")
}

/// Asks that the viewer may do `level` in the repository.
///
/// # Errors
/// `NotFound` when they may not see it, `Forbidden` when they see it and may not do that, `SignedOut`
/// when they must sign in, and GitHub's own faults.
pub async fn require(
    app: &App,
    viewer: Option<&Viewer>,
    repo: &RepoName,
    level: Level,
) -> Result<Access, Problem> {
    let access = access(app, viewer, repo).await?.ok_or_else(|| no_repository(repo))?;
    if access.level >= level {
        return Ok(access);
    }
    if viewer.is_none() {
        return Err(
            Problem::new(ProblemKind::SignedOut, "You are not signed in.").next("Sign in with GitHub.")
        );
    }
    let needed = if level == Level::Admin { "administrator rights" } else { "write access" };
    Err(Problem::new(ProblemKind::Forbidden, format!("You may read {repo}, but this needs {needed}."))
        .next(format!("Ask an administrator of {repo} for {needed}.")))
}

/// What a repository is, as GitHub tells this client.
///
/// # Errors
/// GitHub's refusal, or no answer.
pub async fn read(client: &Client, repo: &RepoName) -> Result<Access, Error> {
    client.get::<Repository>(&format!("/repos/{repo}")).await.map(Access::from)
}

async fn access(app: &App, viewer: Option<&Viewer>, repo: &RepoName) -> Result<Option<Access>, Problem> {
    let key = (viewer.map(|viewer| viewer.account_id), repo.clone());
    if let Some(known) = app.access.get(&key) {
        return Ok(known);
    }
    let client = client(app, viewer).await?;
    let access = match read(&client, repo).await {
        Ok(access) => Some(access),
        Err(error) if error.is_not_found() => None,
        Err(Error::Answer { status: 401, .. }) => {
            if let Some(viewer) = viewer {
                app.tokens.refused(viewer.account_id, &client).await;
            }
            return Err(Problem::new(ProblemKind::SignedOut, "GitHub no longer takes your sign-in.")
                .next("Sign in again, then go on."));
        }
        Err(error) => return Err(error.problem(&format!("{repo} was read"))),
    };
    app.access.put(key, access.clone());
    Ok(access)
}
