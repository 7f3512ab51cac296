//! The sessions of a person: the browsers in which they are signed in.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{Problem, Viewer};

/// A session as its owner sees it: never the id that is in the browser's cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Names it for ending it, and lets nobody in.
    pub id: String,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    /// Epoch milliseconds of its last use, exact to a minute.
    pub seen_at: Option<i64>,
    /// The browser in short words, such as “Firefox on Linux”.
    pub browser: Option<String>,
}

/// The sessions area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait BrowserSessions: Send + Sync {
    /// The viewer's sessions, used last first.
    async fn list(&self, viewer: &Viewer) -> Result<Vec<SessionRow>, Problem>;
    /// Ends one of the viewer's sessions at once.
    async fn end(&self, viewer: &Viewer, id: &str) -> Result<(), Problem>;
    /// Ends all of the viewer's sessions but this one; answers how many.
    async fn end_others(&self, viewer: &Viewer, this: &str) -> Result<u64, Problem>;
}
