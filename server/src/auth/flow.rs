//! The routes of signing in and out.
//!
//! A sign-in that has begun is known to the browser that began it, in a sealed cookie, and to nobody else:
//! nothing is written here before GitHub has said who it is.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::accounts::Person;
use super::oauth::OauthError;
use super::sessions::Sessions;
use super::viewer::{ACCOUNT, BROWSER, Current, SEEN, SINCE};
use super::{browsers, door};
use crate::state::App;

/// A sign-in that takes longer must begin anew; GitHub's codes live as long.
const LIFE_MS: i64 = 10 * 60 * 1000;
/// Longer addresses are not returned to: browsers keep at least 4,096 bytes of a cookie.
const LONGEST_TO: usize = 1_500;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/auth/github", get(begin))
        .route("/auth/github/callback", get(finish))
        .route("/auth/sign-out", post(sign_out))
        .route("/auth/sign-out-everywhere", post(sign_out_everywhere))
}

#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    state: String,
    verifier: String,
    to: String,
    at: i64,
}

#[derive(Deserialize)]
struct Beginning {
    to: Option<String>,
}

#[derive(Deserialize)]
struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// A path of this site, or `/`: never an address elsewhere.
fn local(to: Option<String>) -> String {
    to.filter(|to| {
        to.starts_with('/')
            && !to.starts_with("//")
            && !to.contains('\\')
            && to.chars().all(|c| c.is_ascii_graphic())
            && !to.starts_with("/auth/")
            && !to.starts_with("/do/")
            && to.len() <= LONGEST_TO
    })
    .unwrap_or_else(|| "/".to_owned())
}

fn back(problem: &str, to: &str) -> Response {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("problem", problem)
        .append_pair("to", to)
        .finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}

/// The cookie of a sign-in that has begun; empty and over at once without a value.
fn cookie(app: &App, value: Option<String>) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    let life = if value.is_some() { Duration::milliseconds(LIFE_MS) } else { Duration::ZERO };
    let cookie = Cookie::build((cookie_name(app), value.unwrap_or_default()))
        .path("/")
        .max_age(life)
        .http_only(true)
        .secure(app.config.is_https())
        .same_site(SameSite::Lax);
    AppendHeaders([(header::SET_COOKIE, cookie.build().to_string())])
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.is_https() { "__Host-waymark-sign-in" } else { "waymark-sign-in" }
}

fn begun(app: &App, headers: &HeaderMap) -> Option<Begun> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let cookie = cookies.find(|cookie| cookie.name() == cookie_name(app))?;
    app.tokens.open_sign_in(cookie.value())
}

async fn begin(State(app): State<App>, Query(query): Query<Beginning>) -> Response {
    let to = local(query.to);
    let beginning = app.tokens.oauth.begin();
    let at = jiff::Timestamp::now().as_millisecond();
    let begun = Begun { state: beginning.state, verifier: beginning.verifier, to, at };
    let sealed = app.tokens.seal_sign_in(&begun);
    (cookie(&app, Some(sealed)), Redirect::to(&beginning.address)).into_response()
}

async fn finish(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Query(query): Query<Callback>,
) -> Response {
    let begun = begun(&app, &headers);
    // Whatever comes of it, the browser forgets it: a state works once.
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let browser = browsers::in_words(agent);
    (cookie(&app, None), finished(&app, &session, browser, begun, query).await).into_response()
}

async fn finished(
    app: &App,
    session: &Session,
    browser: String,
    begun: Option<Begun>,
    query: Callback,
) -> Response {
    let Some(begun) = begun else { return back("expired", "/") };
    let fresh = jiff::Timestamp::now().as_millisecond() - begun.at < LIFE_MS;
    let same = query.state.as_deref().is_some_and(|state| {
        bool::from(subtle::ConstantTimeEq::ct_eq(state.as_bytes(), begun.state.as_bytes()))
    });
    if !fresh || !same {
        return back("expired", &begun.to);
    }
    if query.error.is_some() {
        return back("declined", &begun.to);
    }
    let Some(code) = query.code else { return back("expired", &begun.to) };
    match signed_in(app, session, browser, code, begun.verifier).await {
        Ok(()) => Redirect::to(&begun.to).into_response(),
        Err(problem) => back(problem, &begun.to),
    }
}

async fn signed_in(
    app: &App,
    session: &Session,
    browser: String,
    code: String,
    verifier: String,
) -> Result<(), &'static str> {
    let granted = app.tokens.oauth.exchange(code, verifier).await.map_err(|error| match error {
        OauthError::Refused(reason) => {
            tracing::info!(reason, "GitHub refused a sign-in");
            "refused"
        }
        OauthError::Unreachable => "unreachable",
    })?;
    // Asked each time: the person may have switched accounts.
    let person: Person = app.github.client(granted.access.clone()).get("/user").await.map_err(|error| {
        tracing::warn!(%error, "GitHub did not say who signed in");
        "unreachable"
    })?;
    match door::admits(app, &person, granted.access.clone()).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::info!(login = person.login, "somebody outside the list was refused");
            return Err("outside");
        }
        Err(error) => {
            tracing::warn!(%error, "GitHub did not say whether somebody may come in");
            return Err("unreachable");
        }
    }
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a sign-in cannot be kept");
        "session"
    };
    app.tokens.keep(&person, &granted).await.map_err(|error| broken(&error))?;
    session.cycle_id().await.map_err(|error| broken(&error))?;
    session.insert(ACCOUNT, person.id).await.map_err(|error| broken(&error))?;
    let now = jiff::Timestamp::now().as_millisecond();
    session.insert(SINCE, now).await.map_err(|error| broken(&error))?;
    session.insert(SEEN, now).await.map_err(|error| broken(&error))?;
    session.insert(BROWSER, browser).await.map_err(|error| broken(&error))
}

async fn sign_out(session: Session) -> Redirect {
    if let Err(error) = session.flush().await {
        tracing::error!(%error, "a session cannot be ended");
    }
    Redirect::to("/")
}

/// Ends every session of the person, this one included.
async fn sign_out_everywhere(
    State(app): State<App>,
    Extension(Current(viewer)): Extension<Current>,
    session: Session,
) -> Redirect {
    if let Some(viewer) = viewer
        && let Err(error) = Sessions::new(&app.db).end_all(viewer.account_id).await
    {
        tracing::error!(%error, "the sessions of an account cannot be ended");
        return Redirect::to("/settings/sessions");
    }
    sign_out(session).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_returns_only_to_this_site() {
        for (to, expected) in [
            ("/new?draft=1", "/new?draft=1"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("/\u{b}/x", "/"),
            ("/\u{e4}", "/"),
            ("/auth/sign-out", "/"),
            ("", "/"),
            (&format!("/{}", "a".repeat(LONGEST_TO)), "/"),
        ] {
            assert_eq!(local(Some(to.to_owned())), expected, "{to}");
        }
    }
}
