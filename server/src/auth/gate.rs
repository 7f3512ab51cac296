//! The gate: in private mode nothing answers those who are not signed in, and nothing ever answers a session of
//! somebody who may no longer come in.
//!
//! The rule is by default: a new route is behind the gate and needs no line here. Outside it are only signing in,
//! health checks, webhooks (signed), the site's static files and what workflows download.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use waymark_app::areas::{Problem, ProblemKind};

use super::viewer::Current;
use crate::api::Refusal;
use crate::state::App;

/// What answers everybody.
const OPEN: [&str; 4] = ["/sign-in", "/auth/github", "/auth/github/callback", "/auth/sign-out"];

/// Why a request with a good session is nobody's: an extension of the request.
#[derive(Clone, Debug)]
pub struct TurnedAway(pub Problem);

/// Refuses who may not come in.
pub async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let away = request.extensions().get::<TurnedAway>().map(|away| away.0.clone());
    let signed_in = request.extensions().get::<Current>().is_some_and(|current| current.0.is_some());
    let problem = match away {
        Some(problem) => problem,
        None if app.config.entry.private && !signed_in => {
            Problem::new(ProblemKind::SignedOut, "This Waymark is private, and you are not signed in.")
                .next("Sign in with GitHub.")
        }
        None => return next.run(request).await,
    };
    refuse(&request, problem)
}

/// A page leads to signing in, a form says how to keep what was typed, a program gets the problem.
fn refuse(request: &Request, problem: Problem) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("text/html")) {
        return Refusal::from(problem).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        // These forms come back with what was typed in them.
        if ["/do/", "/auth/"].iter().any(|start| request.uri().path().starts_with(start)) {
            return Refusal::from(problem.next("Sign in in another tab, then send it again."))
                .into_response();
        }
        let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let words = "Nothing was done. Go back in your browser: what you typed is still in its form. Sign in in \
                     another tab, then send it again.";
        return (status, format!("{} {words}\n", problem.message)).into_response();
    }
    let to = request.uri().path_and_query().map_or("/", |to| to.as_str());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match problem.kind {
        ProblemKind::SignedOut => {}
        ProblemKind::Forbidden => {
            query.append_pair("problem", "outside");
        }
        _ => {
            query.append_pair("problem", "unreachable");
        }
    }
    let query = query.append_pair("to", to).finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}
