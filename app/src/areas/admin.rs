//! What administrators of this Waymark see and end: who is here, with which tokens and connections.

use serde::{Deserialize, Serialize};

use super::{ApiToken, RepoName, SessionRow};
#[cfg(feature = "ssr")]
use super::{Problem, Viewer};

/// A person who has signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    pub account_id: i64,
    pub login: String,
    pub name: Option<String>,
    /// Epoch milliseconds.
    pub signed_in_at: i64,
    /// Epoch milliseconds of the last visit, exact to a minute.
    pub seen_at: Option<i64>,
    /// Used last first; none when they are signed out.
    pub sessions: Vec<SessionRow>,
}

/// A token of the API and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub login: String,
    pub token: ApiToken,
}

/// A connected repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    pub repo: RepoName,
    /// Whose token reads it, where no GitHub App does.
    pub login: String,
    /// Epoch milliseconds.
    pub connected_at: i64,
    /// Epoch milliseconds of the last complete read.
    pub synced_at: Option<i64>,
    /// Why its copy is old, in words, when it is.
    pub stale: Option<String>,
}

/// What GitHub still takes of a person whose token reads repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRow {
    pub login: String,
    /// Calls an hour, those left, and when they are given back (epoch milliseconds); nothing when GitHub did not
    /// say.
    pub calls: Option<(u64, u64, i64)>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// Last seen first; at most 500.
    pub people: Vec<PersonRow>,
    /// Newest first; at most 500.
    pub tokens: Vec<TokenRow>,
    pub connections: Vec<ConnectionRow>,
    pub limits: Vec<LimitRow>,
}

/// The administration area. Everything is refused to those who are no administrators.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Administration: Send + Sync {
    async fn household(&self, viewer: &Viewer) -> Result<Household, Problem>;
    /// Ends every session of a person. Tokens of the API stay.
    async fn sign_out(&self, viewer: &Viewer, account: i64) -> Result<(), Problem>;
    /// Ends one session of a person.
    async fn end_session(&self, viewer: &Viewer, account: i64, id: &str) -> Result<(), Problem>;
    /// Revokes anybody's token.
    async fn revoke(&self, viewer: &Viewer, token: &str) -> Result<(), Problem>;
    /// Stops reading a repository. Answers what is left to do by hand.
    async fn disconnect(&self, viewer: &Viewer, repo: &RepoName) -> Result<Option<String>, Problem>;
}
