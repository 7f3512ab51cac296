//! The JSON API under `/api/v1`: thin adapters over the areas, described at `/api/v1/openapi.json`.
//!
//! Who may do what is decided by the areas, as for pages; nothing is decided here. Every refusal is
//! `{"problems": [...]}` with the status of its first problem.

mod dispatches;
mod objectives;
mod plans;
mod reply;
mod repositories;
mod submissions;

use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use waymark_app::areas::Areas;

use crate::state::App;

pub(crate) use reply::Refusal;

/// What every route takes and answers (OpenAPI 3.1).
const DESCRIPTION: &str = include_str!("openapi.json");

/// The routes, to be nested under `/api/v1`.
pub fn routes(areas: &Areas) -> Router<App> {
    Router::new()
        .route("/openapi.json", get(description))
        .route("/viewer", get(repositories::viewer))
        .route("/repositories", get(repositories::search))
        .route("/repositories/{owner}/{name}", get(repositories::prerequisites))
        .route("/repositories/{owner}/{name}/branches", get(repositories::branches))
        .route("/repositories/{owner}/{name}/connection", put(repositories::connect))
        .route("/repositories/{owner}/{name}/mend/{key}", post(repositories::mend))
        .route("/repositories/{owner}/{name}/plans/{number}", get(plans::plan))
        .route("/repositories/{owner}/{name}/plans/{number}/text", put(plans::edit))
        .route("/repositories/{owner}/{name}/plans/{number}/actions", post(plans::act))
        .route("/repositories/{owner}/{name}/objectives/{number}", get(objectives::objective))
        .route("/repositories/{owner}/{name}/objectives/{number}/commands", post(objectives::command))
        .route("/objectives", get(objectives::list))
        .route("/plans", get(plans::overview).post(submissions::create))
        .route("/plans/find", get(plans::find))
        .route("/plans/preview", post(submissions::preview))
        .route("/preview", post(dispatches::preview))
        .route("/dispatches", post(dispatches::dispatch))
        .route("/dispatches/{id}", get(dispatches::get))
        .route("/dispatches/{id}/commands", post(dispatches::command))
        .route("/submissions", post(submissions::submit))
        .route("/submissions/check", post(submissions::check))
        .route("/batches/{id}", get(submissions::batch))
        .route("/batches/{id}/items/{item}/retry", post(submissions::retry))
        .method_not_allowed_fallback(reply::no_such_method)
        .fallback(reply::no_such_route)
        .layer(Extension(areas.clone()))
}

async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_described_and_the_other_way_round() {
        let routes = include_str!("mod.rs").split(".fallback(").next().unwrap_or_default();
        let mut served: Vec<&str> =
            routes.split(".route(\"").skip(1).filter_map(|route| route.split('"').next()).collect();
        served.retain(|path| *path != "/openapi.json");
        served.sort_unstable();
        let api: serde_json::Value = serde_json::from_str(DESCRIPTION).expect("JSON");
        let mut described: Vec<&str> =
            api["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(served, described);
    }
}
