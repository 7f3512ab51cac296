//! How often one caller may do what costs much: signing in, by address; dispatching, by person.
//!
//! Counted in memory over fixed windows of a minute; a restart forgets the counts.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use waymark_app::areas::{Problem, ProblemKind};

use super::viewer::Current;

const WINDOW: Duration = Duration::from_secs(60);
/// Sign-ins that one address may begin or finish in a window; many people may share a proxy's.
const SIGN_INS: u32 = 240;
/// Dispatches that one person may ask for in a window; GitHub takes about eighty writes.
const DISPATCHES: u32 = 30;
/// Counts of more callers than this are not kept.
const MOST: usize = 50_000;

type Counts = HashMap<(&'static str, String), (Instant, u32)>;

/// The counts of all callers.
#[derive(Clone, Debug, Default)]
pub struct Limits(Arc<Mutex<Counts>>);

impl Limits {
    /// Counts one more, or says how long to wait.
    fn take(&self, kind: &'static str, who: String, most: u32, now: Instant) -> Result<(), Duration> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST {
            counts.retain(|_, (begun, _)| now.duration_since(*begun) < WINDOW);
        }
        let (begun, count) = counts.entry((kind, who)).or_insert((now, 0));
        if now.duration_since(*begun) >= WINDOW {
            (*begun, *count) = (now, 0);
        }
        if *count >= most {
            return Err(WINDOW.saturating_sub(now.duration_since(*begun)));
        }
        *count += 1;
        Ok(())
    }
}

/// Refuses with 429 what comes too often.
pub async fn limit(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let asked = match (request.method(), request.uri().path()) {
        (_, "/auth/github" | "/auth/github/callback") => {
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
            Some(("sign-in", peer.map(|peer| peer.0.ip().to_string()).unwrap_or_default(), SIGN_INS))
        }
        (&Method::POST, "/do/dispatch" | "/api/v1/dispatches" | "/api/v1/plans" | "/api/v1/submissions") => {
            request
                .extensions()
                .get::<Current>()
                .and_then(|current| current.0.as_ref())
                .map(|viewer| ("dispatch", viewer.account_id.to_string(), DISPATCHES))
        }
        _ => None,
    };
    let taken = asked.map_or(Ok(()), |(kind, who, most)| limits.take(kind, who, most, Instant::now()));
    match taken {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let seconds = wait.as_secs() + 1;
            let problem = Problem::new(ProblemKind::TooMany, "This was asked for too often within a minute.")
                .next(format!("Try again in {seconds} seconds."));
            let wait = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait, Json(json!({ "problems": [problem] }))).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_count_of_its_own_for_a_minute() {
        let limits = Limits::default();
        let start = Instant::now();
        for _ in 0..3 {
            assert!(limits.take("x", "a".into(), 3, start).is_ok());
        }
        let later = start + Duration::from_secs(20);
        assert_eq!(limits.take("x", "a".into(), 3, later), Err(Duration::from_secs(40)));
        assert!(limits.take("x", "b".into(), 3, later).is_ok());
        assert!(limits.take("y", "a".into(), 3, later).is_ok());
        assert!(limits.take("x", "a".into(), 3, start + WINDOW).is_ok());
    }
}
