//! The world as the app sees it: one trait per area, implemented by the server.
//!
//! Authorization lives in the implementations, once; pages, server functions and the JSON API are
//! thin adapters over these traits. A repository that the viewer may not see answers exactly like
//! one that does not exist.

mod account;
mod admin;
mod batches;
mod dispatches;
mod objective_texts;
mod objectives;
mod plans;
mod problem;
mod repositories;
mod sessions;
mod tokens;

pub use account::*;
pub use admin::*;
pub use batches::*;
pub use dispatches::*;
pub use objective_texts::*;
pub use objectives::*;
pub use plans::*;
pub use problem::*;
pub use repositories::*;
pub use sessions::*;
pub use tokens::*;

/// The areas together, as the server provides them to routes and server functions.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct Areas {
    pub account: std::sync::Arc<dyn Account>,
    pub administration: std::sync::Arc<dyn Administration>,
    pub dispatches: std::sync::Arc<dyn Dispatches>,
    pub objective_texts: std::sync::Arc<dyn ObjectiveTexts>,
    pub objectives: std::sync::Arc<dyn Objectives>,
    pub plans: std::sync::Arc<dyn Plans>,
    pub repositories: std::sync::Arc<dyn Repositories>,
    pub sessions: std::sync::Arc<dyn BrowserSessions>,
    pub tokens: std::sync::Arc<dyn ApiTokens>,
}
