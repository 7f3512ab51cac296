//! Personal tokens of the JSON API.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{Problem, Viewer};

/// What a token may do. Whatever it is, a token never may more than its owner may on GitHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    #[default]
    Read,
    Write,
}

/// A token as its owner sees it: never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    pub id: String,
    pub name: String,
    pub scope: TokenScope,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds; nothing when it never expires.
    pub expires_at: Option<i64>,
    /// Epoch milliseconds of its last use, exact to a minute.
    pub used_at: Option<i64>,
}

/// The form for a new token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenForm {
    pub name: String,
    pub scope: TokenScope,
    /// Days until it expires; nothing for never.
    pub days: Option<u32>,
}

/// The tokens area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait ApiTokens: Send + Sync {
    /// The viewer's tokens, newest first.
    async fn list(&self, viewer: &Viewer) -> Result<Vec<ApiToken>, Problem>;
    /// Makes a token and answers its id. The secret waits to be revealed.
    async fn create(&self, viewer: &Viewer, form: &TokenForm) -> Result<String, Problem>;
    /// The secret of a token that was just made: once, and to its owner only.
    async fn reveal(&self, viewer: &Viewer, id: &str) -> Option<String>;
    /// Ends a token at once.
    async fn revoke(&self, viewer: &Viewer, id: &str) -> Result<(), Problem>;
}
