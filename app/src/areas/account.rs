//! Who is looking.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::Problem;

/// A signed-in person. Made only by the server, from the session or an API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Waymark's own id of the account.
    pub account_id: i64,
    /// The GitHub login.
    pub login: String,
    /// The display name, when set.
    pub name: Option<String>,
    pub avatar_url: Option<String>,
}

/// What a page must know of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Where Waymark is reached, without a trailing slash.
    pub public_url: String,
    /// Where people open GitHub, without a trailing slash.
    pub github_url: String,
    /// Whether this is the embedded sandbox with its demo agent; pages say so.
    pub sandbox: bool,
    /// Whether it holds the demo world, which people may reset.
    pub demo: bool,
    /// Who administers this Waymark: users (`ada`), organisations (`@acme`) and teams (`@acme/core`).
    pub admins: Vec<String>,
}

/// The account area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Account: Send + Sync {
    fn installation(&self) -> Installation;
    /// Puts the demo world and everything Waymark keeps of it back to the start, a moment after this answers.
    fn reset_demo(&self, viewer: &Viewer) -> Result<(), Problem>;
    /// Whether the viewer is known to administer this Waymark. For offering a link: the area decides.
    fn administers(&self, viewer: &Viewer) -> bool;
}
