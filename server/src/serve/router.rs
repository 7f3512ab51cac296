//! Every route, and the layers around them.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tower_http::compression::predicate::{NotForContentType, Predicate};
use tower_http::compression::{CompressionLayer, DefaultPredicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::ServeDir;
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_http::trace::TraceLayer;
use waymark_app::areas::{Areas, Problem, ProblemKind};

use super::{download, refused};
use crate::auth::{self, hardening};
use crate::state::App;
use crate::{api, events, export, pages, tokens, webhooks};

/// Larger requests are refused; a webhook may be larger, up to GitHub's own cap.
const LARGEST_REQUEST: usize = 2 * 1024 * 1024;

/// A body that takes longer is given up.
const BODY_WITHIN: Duration = Duration::from_secs(60);

/// Texts; never the program, which anyone may ask for.
fn worth_compressing() -> impl Predicate {
    DefaultPredicate::new().and(NotForContentType::const_new("application/octet-stream"))
}

/// The whole server.
pub fn router(app: &App, areas: &Areas) -> Router {
    let site = ServeDir::new(&app.config.site_dir).precompressed_br().append_index_html_on_directories(false);
    let people = Router::new()
        .merge(auth::routes())
        .nest("/api/v1", api::routes(app, areas))
        .merge(export::routes(areas))
        .merge(pages::routes(app, areas))
        .route("/events", get(events::stream_events))
        .layer(from_fn_with_state(app.clone(), auth::limit::limit))
        .layer(map_response(auth::rate::tell))
        .layer(from_fn_with_state(app.clone(), auth::gate))
        .layer(from_fn_with_state(app.clone(), tokens::bearer))
        .layer(from_fn_with_state(app.clone(), auth::load_viewer))
        .layer(auth::layer(&app.db, &app.config))
        .layer(from_fn_with_state(app.clone(), database_answers))
        .layer(from_fn(|request, next| refused::keep_what_was_typed(request, next, LARGEST_REQUEST)))
        .layer(RequestBodyLimitLayer::new(LARGEST_REQUEST));
    let request_id = header::HeaderName::from_static("x-request-id");
    Router::new()
        .merge(people)
        .merge(webhooks::routes())
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/download/waymark", get(download::program))
        .route("/download/waymark.sha256", get(download::digest))
        .merge(
            Router::new()
                .nest_service("/pkg", ServeDir::new(app.config.site_dir.join("pkg")).precompressed_br())
                .route_service("/live.js", site.clone())
                .route_service("/style.css", site.clone())
                .route_service("/favicon.svg", site.clone())
                .route_service("/icons.svg", site.clone())
                .route_service("/robots.txt", site)
                .layer(from_fn(revalidated)),
        )
        .with_state(app.clone())
        .layer(from_fn_with_state(app.clone(), hardening::same_site))
        .layer(from_fn(hardening::one_host))
        .layer(from_fn_with_state(app.clone(), hardening::headers))
        .layer(RequestBodyDeadlineLayer::new(BODY_WITHIN))
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
}

/// The path without its query, which may hold what somebody typed.
fn span(request: &axum::http::Request<Body>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}

/// The site's files are public and asked for again each time; an unchanged one costs a 304.
async fn revalidated(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    if answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED {
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    }
    answer
}

/// Cheap, and the same for all who ask within a second.
async fn healthy(State(app): State<App>) -> Response {
    match app.db.answers().await {
        Ok(()) => "well\n".into_response(),
        Err(down) => (StatusCode::SERVICE_UNAVAILABLE, format!("{down}\n")).into_response(),
    }
}

/// Whether what people do can be kept: this writes.
async fn ready(State(app): State<App>) -> Response {
    match app.db.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database takes no writes; the log says why\n")
            .into_response(),
    }
}

/// Answers at once while a database server is away, instead of letting each query wait for it.
async fn database_answers(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.db.is_reachable().await {
        return next.run(request).await;
    }
    let problem = Problem::new(ProblemKind::Internal, "Waymark's database does not answer.")
        .next("Try again in a moment.");
    let wait = [(header::RETRY_AFTER, "5")];
    (StatusCode::SERVICE_UNAVAILABLE, wait, Json(json!({ "problems": [problem] }))).into_response()
}
