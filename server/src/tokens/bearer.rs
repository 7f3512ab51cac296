//! `Authorization: Bearer wmk_...` on the API, the exports and the events: who asks, in place of a session.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use waymark_app::areas::{Problem, ProblemKind, TokenScope};

use super::{fault, hash, now_ms, table};
use crate::api::Refusal;
use crate::auth::{Credential, Current, TurnedAway, door};
use crate::state::App;

/// Posts that write nothing anywhere.
const READING: [&str; 4] =
    ["/api/v1/preview", "/api/v1/plans/preview", "/api/v1/objectives/preview", "/api/v1/submissions/check"];

/// What programs ask for.
fn takes_tokens(path: &str) -> bool {
    path.starts_with("/api/v1/") || path.starts_with("/export/") || path == "/events"
}

/// Puts the owner of a token into the request. A token that is not good is refused, whatever session
/// there may be; pages take no tokens.
pub async fn bearer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !takes_tokens(request.uri().path()) {
        return next.run(request).await;
    }
    let given = request.headers().get(header::AUTHORIZATION);
    let Some(secret) = given.map(|value| value.to_str().ok().and_then(secret).map(str::to_owned)) else {
        return next.run(request).await;
    };
    let now = now_ms();
    let hash = hash(secret.as_deref().unwrap_or_default());
    match table::owner(&app.db, &hash, now).await {
        Ok(Some((_, TokenScope::Read))) if !reads(request.method(), request.uri().path()) => {
            let words = "This token may only read.";
            let next = "Make a token that may write, under API tokens.";
            Refusal::from(Problem::new(ProblemKind::Forbidden, words).next(next)).into_response()
        }
        Ok(Some((viewer, _))) => {
            if let Err(problem) = door::admit(&app, &viewer).await {
                return Refusal::from(problem).into_response();
            }
            request.extensions_mut().remove::<TurnedAway>();
            if let Err(error) = table::used(&app.db, &hash, now).await {
                tracing::warn!(%error, "the use of a token was not noted");
            }
            request.extensions_mut().insert(Current(Some(viewer)));
            request.extensions_mut().insert(Credential::Token(hash));
            next.run(request).await
        }
        Ok(None) => refused(),
        Err(error) => Refusal::from(fault(error)).into_response(),
    }
}

/// Whose a token with this hash is now, for answers that take long.
pub async fn owner(app: &App, hash: &str) -> Option<i64> {
    let (viewer, _) = table::owner(&app.db, hash, now_ms()).await.ok()??;
    door::admit(app, &viewer).await.ok()?;
    Some(viewer.account_id)
}

fn refused() -> Response {
    let problem =
        Problem::new(ProblemKind::SignedOut, "This token is not known, has expired or was revoked.")
            .next("Make a new one under API tokens.");
    let mut answer = Refusal::from(problem).into_response();
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

fn secret(header: &str) -> Option<&str> {
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

fn reads(method: &Method, path: &str) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || READING.contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_follows_its_scheme() {
        assert_eq!(secret("Bearer wmk_1"), Some("wmk_1"));
        assert_eq!(secret("bearer  wmk_1 "), Some("wmk_1"));
        assert_eq!(secret("Basic wmk_1"), None);
        assert_eq!(secret("wmk_1"), None);
    }

    #[test]
    fn only_what_writes_nothing_is_reading() {
        assert!(reads(&Method::GET, "/api/v1/plans") && reads(&Method::POST, "/api/v1/preview"));
        assert!(!reads(&Method::POST, "/api/v1/dispatches") && !reads(&Method::PUT, "/api/v1/preview/x"));
    }
}
