//! The JSON API under `/api/v1`: thin adapters over the areas.
//!
//! Who may do what is decided by the areas, as for pages; nothing is decided here. Every refusal is
//! `{"problems": [...]}` with the status of its first problem.

mod dispatches;
mod plans;
mod reply;
mod repositories;

use axum::routing::{get, post, put};
use axum::{Extension, Router};
use waymark_app::areas::Areas;

use crate::state::App;

/// The routes, to be nested under `/api/v1`.
pub fn routes(areas: &Areas) -> Router<App> {
    Router::new()
        .route("/viewer", get(repositories::viewer))
        .route("/repositories", get(repositories::search))
        .route("/repositories/{owner}/{name}", get(repositories::prerequisites))
        .route("/repositories/{owner}/{name}/branches", get(repositories::branches))
        .route("/repositories/{owner}/{name}/connection", put(repositories::connect))
        .route("/repositories/{owner}/{name}/mend/{key}", post(repositories::mend))
        .route("/repositories/{owner}/{name}/plans/{number}", get(plans::plan))
        .route("/repositories/{owner}/{name}/plans/{number}/text", put(plans::edit))
        .route("/repositories/{owner}/{name}/plans/{number}/actions", post(plans::act))
        .route("/plans", get(plans::overview))
        .route("/preview", post(dispatches::preview))
        .route("/dispatches", post(dispatches::dispatch))
        .route("/dispatches/{id}", get(dispatches::get))
        .route("/dispatches/{id}/commands", post(dispatches::command))
        .fallback(reply::no_such_route)
        .layer(Extension(areas.clone()))
}
