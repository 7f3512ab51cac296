//! The JSON API under `/api/v1`: thin adapters over the areas, described at `/api/v1/openapi.json`.
//!
//! Who may do what is decided by the areas, as for pages; nothing is decided here. Every refusal is
//! `{"problems": [...]}` with the status of its first problem.

mod described;
mod dispatches;
mod idempotency;
mod objectives;
mod paging;
mod plans;
mod reply;
mod repositories;
mod submissions;
mod unchanged;

use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use waymark_app::areas::Areas;

use crate::state::App;
use idempotency::Keys;

pub(crate) use reply::Refusal;

/// Where the routes are.
const PREFIX: &str = "/api/v1";

/// What every route takes and answers (OpenAPI 3.1).
const DESCRIPTION: &str = include_str!("openapi.json");

/// The routes, to be nested under `/api/v1`.
pub fn routes(app: &App, areas: &Areas) -> Router<App> {
    Router::new()
        .route("/openapi.json", get(description))
        .route("/viewer", get(repositories::viewer))
        .route("/repositories", get(repositories::search))
        .route("/repositories/{owner}/{name}", get(repositories::prerequisites))
        .route("/repositories/{owner}/{name}/branches", get(repositories::branches))
        .route(
            "/repositories/{owner}/{name}/connection",
            put(repositories::connect).delete(repositories::disconnect),
        )
        .route("/repositories/{owner}/{name}/mend/{key}", post(repositories::mend))
        .route("/repositories/{owner}/{name}/plans/{number}", get(plans::plan))
        .route("/repositories/{owner}/{name}/plans/{number}/jobs/{job}/log", get(plans::log))
        .route("/repositories/{owner}/{name}/plans/{number}/text", put(plans::edit))
        .route("/repositories/{owner}/{name}/plans/{number}/actions", post(plans::act))
        .route("/repositories/{owner}/{name}/objectives/{number}", get(objectives::objective))
        .route("/repositories/{owner}/{name}/objectives/{number}/commands", post(objectives::command))
        .route("/objectives", get(objectives::list).post(objectives::create))
        .route("/objectives/preview", post(objectives::preview))
        .route("/plans", get(plans::overview).post(submissions::create))
        .route("/plans/find", get(plans::find))
        .route("/plans/preview", post(submissions::preview))
        .route("/preview", post(dispatches::preview))
        .route("/dispatches", get(dispatches::list).post(dispatches::dispatch))
        .route("/dispatches/{id}", get(dispatches::get))
        .route("/dispatches/{id}/commands", post(dispatches::command))
        .route("/submissions", post(submissions::submit))
        .route("/submissions/check", post(submissions::check))
        .route("/batches/{id}", get(submissions::batch))
        .route("/batches/{id}/items/{item}/retry", post(submissions::retry))
        .method_not_allowed_fallback(reply::no_such_method)
        .fallback(reply::no_such_route)
        .layer(from_fn_with_state(Keys::new(&app.db), idempotency::idempotent))
        .layer(from_fn(described::described))
        .layer(from_fn(unchanged::unchanged))
        .layer(Extension(areas.clone()))
}

async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}
