//! GitHub's REST API, one file per resource; the paths are GitHub's.

mod accounts;
mod apps;
mod branches;
mod checks;
mod comments;
mod commits;
mod contents;
mod gists;
mod git_data;
mod git_refs;
mod hooks;
mod issues;
mod labels;
mod pulls;
mod repos;
mod reviews;
mod secrets;

use axum::Router;

use crate::{
    http::path::Path,
    world::{World, refusal::Refusal},
};

/// Owner and name of a repository, from the path.
pub type Place = Path<(String, String)>;
/// Owner, name, and a number or another last segment.
pub type Under<T> = Path<(String, String, T)>;

pub fn router() -> Router<World> {
    Router::new()
        .merge(accounts::router())
        .merge(apps::router())
        .merge(branches::router())
        .merge(checks::router())
        .merge(comments::router())
        .merge(commits::router())
        .merge(contents::router())
        .merge(gists::router())
        .merge(git_data::router())
        .merge(git_refs::router())
        .merge(hooks::router())
        .merge(issues::router())
        .merge(labels::router())
        .merge(pulls::router())
        .merge(repos::router())
        .merge(reviews::router())
        .merge(secrets::router())
}

/// Nothing lives here.
pub async fn nothing() -> Refusal {
    Refusal::not_found()
}
