//! The gate: in private mode nothing answers those who are not signed in, and nothing ever answers a session of
//! somebody who may no longer come in.
//!
//! The rule is by default: a new route is behind the gate and needs no line here. Outside it are only signing in,
//! health checks, webhooks (signed), the site's static files and what workflows download, and keeping what somebody
//! typed whose session has ended meanwhile: it becomes a draft that is shown once they have signed in.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use waymark_app::areas::{Problem, ProblemKind};

use super::viewer::Current;
use crate::api::Refusal;
use crate::state::App;

/// What answers everybody.
const OPEN: [&str; 4] = ["/sign-in", "/auth/github", "/auth/github/callback", "/auth/sign-out"];

/// What keeps the text of a form before it asks who sends it, and then leads to signing in.
const KEEP: [&str; 11] = [
    "/do/preview",
    "/do/dispatch",
    "/do/use-template",
    "/do/preview-plan",
    "/do/create-plan",
    "/do/edit-plan",
    "/do/preview-objective",
    "/do/create-objective",
    "/do/save-objective",
    "/do/import-objective",
    "/do/arrange-objective",
];

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
            if is_form(&request) && KEEP.contains(&request.uri().path()) {
                return next.run(request).await;
            }
            Problem::new(ProblemKind::SignedOut, "This Waymark is private, and you are not signed in.")
                .next("Sign in with GitHub.")
        }
        None => return next.run(request).await,
    };
    refuse(&request, problem)
}

/// Whether a browser sends a form that a person filled in.
fn is_form(request: &Request) -> bool {
    request.method() == Method::POST && wants_page(request)
}

fn wants_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A page leads to signing in; whatever else is asked gets the problem, which a browser sees as a page with
/// everything that was typed.
fn refuse(request: &Request, problem: Problem) -> Response {
    if !wants_page(request) || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Refusal::from(problem).into_response();
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
