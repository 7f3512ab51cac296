//! Who may do what: GitHub's answer to the viewer's own token, remembered for at most five minutes.
//!
//! Whoever may not come in at all may do nothing in any repository, also where their work goes on without them.
//! A repository that the viewer may not see answers exactly like one that does not exist.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use crate::auth::door;
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
    /// As GitHub writes it.
    pub name: RepoName,
    pub level: Level,
    pub private: bool,
    pub archived: bool,
    pub default_branch: String,
    pub description: Option<String>,
    /// `merge`, `squash`, `rebase`, as the repository allows.
    pub methods: Vec<String>,
}

/// The answers that are remembered.
#[derive(Clone, Debug, Default)]
pub struct AccessCache(Arc<Mutex<Answers>>);

#[derive(Debug, Default)]
struct Answers {
    /// What GitHub answered an account, and when; nothing for "there is no such repository".
    of: HashMap<(i64, String), (Instant, Option<Access>)>,
    /// Whether a repository is public.
    public: HashMap<String, (Instant, bool)>,
}

/// GitHub takes a name in capitals for the same.
fn folded(repo: &RepoName) -> String {
    repo.to_string().to_ascii_lowercase()
}

impl AccessCache {
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, viewer: &Viewer, repo: &RepoName) -> Option<Option<Access>> {
        let answers = self.answers();
        let kept = answers.of.get(&(viewer.account_id, folded(repo)));
        kept.filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, access)| access.clone())
    }

    fn put(&self, viewer: &Viewer, repo: &RepoName, access: Option<Access>) {
        let mut answers = self.answers();
        if answers.of.len() >= MOST {
            answers.of.clear();
        }
        answers.of.insert((viewer.account_id, folded(repo)), (Instant::now(), access));
    }

    /// Forgets what is known of a viewer and a repository, because GitHub has refused them something.
    pub fn forget(&self, viewer: Option<&Viewer>, repo: &RepoName) {
        if let Some(viewer) = viewer {
            self.answers().of.remove(&(viewer.account_id, folded(repo)));
        }
    }

    /// Forgets what is known of a repository, because something about who may see it changed.
    pub(crate) fn forget_repository(&self, repo: &RepoName) {
        let name = folded(repo);
        let mut answers = self.answers();
        answers.public.remove(&name);
        answers.of.retain(|(_, known), _| *known != name);
    }

    /// Whether the repository is public, where that is known.
    pub(super) fn is_public(&self, repo: &RepoName) -> Option<bool> {
        let answers = self.answers();
        answers
            .public
            .get(&folded(repo))
            .filter(|(at, _)| at.elapsed() < REMEMBERED)
            .map(|(_, public)| *public)
    }

    /// Keeps whether a repository is public, as a reading with a token says.
    pub fn set_public(&self, repo: &RepoName, public: bool) {
        let mut answers = self.answers();
        if answers.public.len() >= MOST {
            answers.public.clear();
        }
        answers.public.insert(folded(repo), (Instant::now(), public));
    }
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
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

impl Repository {
    fn access(self, asked: &RepoName) -> Access {
        let repository = self;
        let Permissions { admin, push } = repository.permissions;
        let allowed = [
            ("merge", repository.allow_merge_commit),
            ("squash", repository.allow_squash_merge),
            ("rebase", repository.allow_rebase_merge),
        ];
        Access {
            name: RepoName::parse(&repository.full_name).unwrap_or_else(|| asked.clone()),
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

fn signed_out() -> Problem {
    Problem::new(ProblemKind::SignedOut, "You are not signed in.").next("Sign in with GitHub.")
}

/// The client that acts for the viewer. What GitHub refuses it is heard: a token that GitHub does not take is
/// forgotten, and so is what was known of a repository in which something was refused.
///
/// # Errors
/// [`ProblemKind::SignedOut`] when nobody is signed in, or the viewer must sign in again.
pub async fn client(app: &App, viewer: Option<&Viewer>) -> Result<Client, Problem> {
    let viewer = viewer.ok_or_else(signed_out)?;
    let client = app.github.client(app.tokens.of(viewer.account_id).await?);
    let (app, viewer, used) = (app.clone(), viewer.clone(), client.clone());
    Ok(client.on_refusal(move |path, status| {
        let (app, viewer, used, repo) = (app.clone(), viewer.clone(), used.clone(), repository_of(path));
        Box::pin(async move {
            if status == 401 {
                app.tokens.refused(viewer.account_id, &used).await;
            }
            if let Some(repo) = repo {
                app.access.forget(Some(&viewer), &repo);
            }
        })
    }))
}

/// The repository that a path of the API is about.
fn repository_of(path: &str) -> Option<RepoName> {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let mut parts = path.strip_prefix("/repos/")?.split('/');
    RepoName::parse(&format!("{}/{}", parts.next()?, parts.next()?))
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
    let viewer = viewer.ok_or_else(signed_out)?;
    door::admit(app, viewer).await?;
    let access = access(app, viewer, repo).await?.ok_or_else(|| no_repository(repo))?;
    if access.level >= level {
        return Ok(access);
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
    let read: Repository = client.get(&format!("/repos/{repo}")).await?;
    Ok(read.access(repo))
}

async fn access(app: &App, viewer: &Viewer, repo: &RepoName) -> Result<Option<Access>, Problem> {
    if let Some(known) = app.access.get(viewer, repo) {
        return Ok(known);
    }
    let client = client(app, Some(viewer)).await?;
    let access = match read(&client, repo).await {
        Ok(access) => Some(access),
        Err(error) if error.is_not_found() => None,
        Err(Error::Answer { status: 401, .. }) => {
            return Err(Problem::new(ProblemKind::SignedOut, "GitHub no longer takes your sign-in.")
                .next("Sign in again, then go on."));
        }
        Err(error) => return Err(error.problem(&format!("{repo} was read"))),
    };
    app.access.put(viewer, repo, access.clone());
    Ok(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_of_a_call_is_read_from_its_path() {
        let name = |path| repository_of(path).map(|repo| repo.to_string());
        assert_eq!(name("/repos/acme/widgets"), Some("acme/widgets".into()));
        assert_eq!(name("/repos/acme/widgets/branches?per_page=100"), Some("acme/widgets".into()));
        assert_eq!(name("/repos/acme/widgets?x=/y"), Some("acme/widgets".into()));
        assert_eq!(name("/user/repos"), None);
    }
}
