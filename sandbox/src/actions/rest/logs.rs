//! Logs of jobs: GitHub answers with an address that is good for a minute and wants no token.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::super::{log_file, state::Status};
use crate::{
    http::{path::Path, reply::Answer},
    rest::Under,
    world::{
        World,
        access::{Caller, Need},
        ids,
        model::Time,
        refusal::Refusal,
    },
};

/// Seconds that an address is good for.
const LIFETIME: Time = 60;

/// Addresses that were given out: to which job they lead, and until when.
#[derive(Default)]
pub struct Links(Mutex<HashMap<String, (u64, Time)>>);

impl Links {
    fn all(&self) -> MutexGuard<'_, HashMap<String, (u64, Time)>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/jobs/{id}/logs", get(address))
        .route("/_sandbox/logs/{key}", get(content))
}

async fn address(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("actions"))?;
    if caller.token.is_none() {
        return Err(Refusal::forbidden("Must have admin rights to Repository."));
    }
    let job = m.actions.job_of(r.id, id).ok_or_else(Refusal::not_found)?;
    // A running job has no log yet, and a skipped one never gets one.
    if job.status != Status::Completed || !log_file(&w, id).exists() {
        return Err(Refusal::not_found());
    }
    let (key, now) = (ids::secret("", 40), m.now());
    let links = w.actions().map(|a| &a.links).ok_or_else(Refusal::not_found)?;
    let mut all = links.all();
    all.retain(|_, (_, until)| *until >= now);
    all.insert(key.clone(), (id, now + LIFETIME));
    let location = format!("{}/_sandbox/logs/{key}", m.base);
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// The log itself. As with the store behind GitHub, a token sent along is an error.
async fn content(State(w): State<World>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return (StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo\n").into_response();
    }
    let now = w.lock().await.now();
    let link = w.actions().and_then(|a| a.links.all().get(&key).copied());
    let Some((job, _)) = link.filter(|(_, until)| *until >= now) else {
        return (StatusCode::FORBIDDEN, "AuthenticationFailed\n").into_response();
    };
    match tokio::fs::read(log_file(&w, job)).await {
        Ok(log) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], log).into_response(),
        Err(_) => (StatusCode::NOT_FOUND, "BlobNotFound\n").into_response(),
    }
}
