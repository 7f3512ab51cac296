//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): what is asked for twice is done once.
//!
//! - A key belongs to one person. With the same request it answers what the first one was answered, with another
//!   it is refused; while the first is under way it conflicts.
//! - Once begun, such a request is carried out to its end, whether or not somebody still waits for its answer.
//! - What was refused has done nothing, so it frees its key. Other answers are kept for a day.
//! - What is recorded under the key's [`Once`] is not recorded again even where its answer was lost.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use sqlx::Row;
use waymark_app::areas::{Problem, ProblemKind};

use super::reply::Refusal;
use crate::auth::Current;
use crate::db::Db;

const LONGEST: usize = 255;
const LARGEST_BODY: usize = 2 * 1024 * 1024;
/// Answers are kept for so long.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The keys of requests that are under way in this process, and the database with the answers.
#[derive(Clone)]
pub(super) struct Keys {
    db: Db,
    busy: Arc<Mutex<HashSet<(i64, String)>>>,
}

/// What identifies a request with a key, to record something under: letters and digits. Nothing without a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Once(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Once>().cloned().unwrap_or_default())
    }
}

/// A key that is taken; free again when this goes.
struct Taken(Keys, (i64, String));

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// The first answer.
struct Answer {
    request: String,
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
}

impl Keys {
    pub fn new(db: &Db) -> Keys {
        Keys { db: db.clone(), busy: Arc::default() }
    }

    fn take(&self, account: i64, key: &str) -> Option<Taken> {
        let name = (account, key.to_owned());
        let new = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        new.then(|| Taken(self.clone(), name))
    }

    async fn answered(&self, account: i64, key: &str, now: i64) -> Result<Option<Answer>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT request, status, location, body FROM idempotency_keys
             WHERE account_id = $1 AND key = $2 AND answered_at > $3",
        )
        .bind(account)
        .bind(key)
        .bind(now - KEPT_MS)
        .fetch_optional(self.db.pool())
        .await?;
        let read = |row: sqlx::any::AnyRow| {
            let status: i64 = row.try_get(1)?;
            Ok(Answer {
                request: row.try_get(0)?,
                status: u16::try_from(status).unwrap_or(200),
                location: row.try_get(2)?,
                body: row.try_get(3)?,
            })
        };
        row.map(read).transpose()
    }

    async fn keep(&self, account: i64, key: &str, answer: &Answer, now: i64) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM idempotency_keys WHERE answered_at <= $1")
            .bind(now - KEPT_MS)
            .execute(self.db.pool())
            .await?;
        sqlx::query(
            "INSERT INTO idempotency_keys (account_id, key, request, status, location, body, answered_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, key) DO NOTHING",
        )
        .bind(account)
        .bind(key)
        .bind(&answer.request)
        .bind(i64::from(answer.status))
        .bind(answer.location.clone())
        .bind(answer.body.clone())
        .bind(now)
        .execute(self.db.pool())
        .await?;
        Ok(())
    }
}

fn refused(status: StatusCode, kind: ProblemKind, code: &str, words: &str, next: &str) -> Response {
    let refusal = Refusal::from(Problem::new(kind, words).next(next).code(code).field("Idempotency-Key"));
    (status, axum::Json(refusal)).into_response()
}

/// The key as it is kept: the text of a structured field string, or a bare one.
fn key(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let fits = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic());
    (fits && !text.contains(['"', '\\'])).then(|| text.to_owned())
}

/// Carries out a request with a key once.
pub(super) async fn idempotent(State(keys): State<Keys>, request: Request, next: Next) -> Response {
    let changes = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    let viewer = request.extensions().get::<Current>().and_then(|current| current.0.clone());
    let (Some(given), Some(viewer), true) = (request.headers().get("idempotency-key"), viewer, changes)
    else {
        return next.run(request).await;
    };
    let Some(key) = key(given) else {
        let words = "An Idempotency-Key has from 1 to 255 visible ASCII characters without quotes inside.";
        return refused(
            StatusCode::BAD_REQUEST,
            ProblemKind::Invalid,
            "idempotency_key_invalid",
            words,
            "Use a UUID.",
        );
    };
    let account = viewer.account_id;
    let Some(taken) = keys.take(account, &key) else {
        return refused(
            StatusCode::CONFLICT,
            ProblemKind::Conflict,
            "idempotency_key_in_use",
            "A request with this Idempotency-Key is under way.",
            "Ask again in a moment for its answer.",
        );
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let fingerprint = fingerprint(&parts, &body);
    let now = jiff::Timestamp::now().as_millisecond();
    match keys.answered(account, &key, now).await {
        Ok(Some(answer)) if answer.request == fingerprint => return again(answer),
        Ok(Some(_)) => {
            return refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                ProblemKind::Invalid,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request.",
                "Use a new key for each request that is not a repetition.",
            );
        }
        Ok(None) => {}
        Err(error) => return fault(&error),
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    let once = Sha256::digest(format!("{account}\n{key}\n{fingerprint}"));
    request.extensions_mut().insert(Once(Some(hex::encode(&once.as_slice()[..20]))));
    #[expect(clippy::disallowed_methods, reason = "it is awaited below")]
    let carried_out = tokio::spawn(async move {
        let answer = next.run(request).await;
        let answer = if answer.status().is_success() {
            keep(&keys, account, &key, fingerprint, answer).await
        } else {
            answer
        };
        drop(taken);
        answer
    });
    carried_out.await.unwrap_or_else(|error| fault(&error))
}

fn fault(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a request with an Idempotency-Key could not be carried out");
    Refusal::from(
        Problem::new(ProblemKind::Internal, "Waymark could not use its database.").next("Try again."),
    )
    .into_response()
}

fn fingerprint(parts: &Parts, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{} {}\n", parts.method, parts.uri));
    hash.update(body);
    hex::encode(hash.finalize())
}

async fn keep(keys: &Keys, account: i64, key: &str, request: String, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let kept = Answer {
        request,
        status: parts.status.as_u16(),
        location: location.map(str::to_owned),
        body: body.to_vec(),
    };
    let now = jiff::Timestamp::now().as_millisecond();
    if let Err(error) = keys.keep(account, key, &kept, now).await {
        tracing::error!(%error, "the answer to a request with an Idempotency-Key was not kept");
    }
    Response::from_parts(parts, Body::from(body))
}

fn again(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = answer.location.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_string_with_or_without_quotes() {
        let read = |text: &'static str| key(&HeaderValue::from_static(text));
        assert_eq!(read("\"8e03978e\""), Some("8e03978e".into()));
        assert_eq!(read("8e03978e"), Some("8e03978e".into()));
        for bad in ["", "\"\"", "a b", "a\"b", "\"a\\\"b\""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
