//! The mirror of GitHub: droppable, rebuilt from GitHub alone.

pub mod access;

use waymark_app::areas::{Problem, RepoName, Viewer};

use crate::state::App;

/// Reads the plan again from GitHub.
pub async fn refresh_plan(_app: &App, _repo: &RepoName, _number: i64) -> Result<(), Problem> {
    Ok(())
}

/// Starts to mirror the repository.
pub async fn track(_app: &App, _viewer: &Viewer, _repo: &RepoName) -> Result<(), Problem> {
    Ok(())
}
