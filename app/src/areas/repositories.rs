//! Repositories: which a person may use, and whether they are ready for work.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{Problem, Viewer};

/// `owner/name`, checked to be a well-formed pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    pub owner: String,
    pub name: String,
}

impl RepoName {
    /// Reads `owner/name`; letters, digits, `-`, `_` and `.` in each part, as GitHub allows.
    pub fn parse(text: &str) -> Option<RepoName> {
        let (owner, name) = text.trim().split_once('/')?;
        let well_formed = |part: &str| {
            !part.is_empty()
                && part.len() <= 100
                && part != "."
                && part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        (well_formed(owner) && well_formed(name))
            .then(|| RepoName { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl std::fmt::Display for RepoName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl TryFrom<String> for RepoName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        RepoName::parse(&text).ok_or_else(|| format!("{text:?} is not owner/name"))
    }
}

impl From<RepoName> for String {
    fn from(name: RepoName) -> String {
        name.to_string()
    }
}

/// A repository that can be chosen in the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryChoice {
    pub repo: RepoName,
    pub private: bool,
    pub archived: bool,
    /// Whether the person may push, which dispatching needs.
    pub can_write: bool,
    pub default_branch: String,
    pub description: Option<String>,
}

/// A connected repository, as listed on `/repos`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryRow {
    pub choice: RepositoryChoice,
    pub connected: bool,
    /// The login whose token keeps the mirror fresh, when connected.
    pub synced_as: Option<String>,
    /// Epoch milliseconds of the last complete read, when there was one.
    pub synced_at: Option<i64>,
    /// Why the mirror is stale, in words, when it is.
    pub stale: Option<String>,
    pub plans: u32,
}

/// Whether one thing that remote work needs is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    Ready,
    /// Missing, and work cannot start without it.
    Missing,
    /// Works, but should be mended (an older workflow file, no webhook).
    Advice,
    /// Could not be told, for instance because only an administrator may read it.
    Unknown,
}

/// One line of the prerequisites check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prerequisite {
    /// `workflows`, `secrets`, `labels`, `webhook`, `actions`, `scopes`, `permission`, `archived`.
    pub key: String,
    pub title: String,
    pub readiness: Readiness,
    /// What was found.
    pub detail: String,
    /// The exact words of what a person must do, when not ready.
    pub advice: Option<String>,
    /// Whether [`Repositories::mend`] can mend it for this person.
    pub mendable: bool,
}

/// The prerequisites of one repository, as one person sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prerequisites {
    pub row: RepositoryRow,
    pub lines: Vec<Prerequisite>,
    /// Epoch milliseconds at which this was read from GitHub.
    pub as_of: i64,
}

impl Prerequisites {
    /// Whether work can be dispatched.
    pub fn met(&self) -> bool {
        self.lines.iter().all(|line| line.readiness != Readiness::Missing)
    }
}

/// The repositories area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Repositories: Send + Sync {
    /// Repositories that the person may see and whose name matches; those they can write to first.
    async fn search(&self, viewer: &Viewer, query: &str) -> Result<Vec<RepositoryChoice>, Problem>;
    /// Branch names that contain `query`, the default branch first, at most 100.
    async fn branches(&self, viewer: &Viewer, repo: &RepoName, query: &str) -> Result<Vec<String>, Problem>;
    /// Names of the instruction templates in the repository's `.waymark/templates/`, without `.md`.
    async fn templates(&self, viewer: &Viewer, repo: &RepoName) -> Result<Vec<String>, Problem>;
    /// The text of a template by its name.
    async fn template(&self, viewer: &Viewer, repo: &RepoName, name: &str) -> Result<String, Problem>;
    /// Connected repositories, and those that could be connected.
    async fn list(&self, viewer: &Viewer) -> Result<Vec<RepositoryRow>, Problem>;
    async fn prerequisites(&self, viewer: &Viewer, repo: &RepoName) -> Result<Prerequisites, Problem>;
    /// Starts to mirror the repository, with this person's token where no App is configured.
    async fn connect(&self, viewer: &Viewer, repo: &RepoName) -> Result<(), Problem>;
    /// Stops reading the repository and drops its copy; Waymark's own record stays. Needs write access. Answers
    /// what is left to do by hand, such as a webhook that this person's token may not remove.
    async fn disconnect(&self, viewer: &Viewer, repo: &RepoName) -> Result<Option<String>, Problem>;
    /// Mends one prerequisite (`key` of a line): installs files, creates labels, adds the webhook.
    async fn mend(&self, viewer: &Viewer, repo: &RepoName, key: &str) -> Result<(), Problem>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_names_are_read() {
        assert_eq!(RepoName::parse(" acme/widgets ").map(|r| r.to_string()), Some("acme/widgets".into()));
        for bad in ["acme", "acme/", "/widgets", "acme/wid gets", "acme/..", "a/b/c", "a/b?x"] {
            assert_eq!(RepoName::parse(bad), None, "{bad}");
        }
    }
}
