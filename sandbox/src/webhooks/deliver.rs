//! One delivery: signed, sent, answered within ten seconds or not, written down.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::Job;
use crate::world::{
    World,
    model::{Delivery, Hook},
};

/// GitHub waits that long for an answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Deliveries kept of each repository.
const KEPT: usize = 500;

struct Outcome {
    status: String,
    code: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Outcome {
    fn failed(status: &str, code: u16) -> Self {
        Self { status: status.to_owned(), code, headers: BTreeMap::new(), body: String::new() }
    }
}

pub async fn deliver(world: &World, job: &Job) {
    let Some(hook) = hook_of(world, job).await else { return };
    let headers = headers(job, &hook);
    let found = crate::contract::webhook(&job.event, job.action.as_deref(), &job.payload, &headers);
    world.controls().violations.add(found);
    let started = Instant::now();
    let outcome = send(world, job, &hook, &headers).await;
    record(world, job, headers, outcome, started.elapsed()).await;
}

/// The delivery never reaches its target.
pub async fn lose(world: &World, job: &Job) {
    let Some(hook) = hook_of(world, job).await else { return };
    let outcome = Outcome::failed("failed to connect to host", 502);
    record(world, job, headers(job, &hook), outcome, Duration::ZERO).await;
}

async fn hook_of(world: &World, job: &Job) -> Option<Hook> {
    world.lock().await.repos.get(&job.repo)?.hooks.get(&job.hook).cloned()
}

fn headers(job: &Job, hook: &Hook) -> BTreeMap<String, String> {
    let content =
        if hook.content_type == "form" { "application/x-www-form-urlencoded" } else { "application/json" };
    let mut all: BTreeMap<String, String> = [
        ("Accept", "*/*".to_owned()),
        ("Content-Type", content.to_owned()),
        ("User-Agent", "GitHub-Hookshot/5ac6a5d".to_owned()),
        ("X-GitHub-Delivery", job.guid.clone()),
        ("X-GitHub-Event", job.event.clone()),
        ("X-GitHub-Hook-ID", hook.id.to_string()),
        ("X-GitHub-Hook-Installation-Target-ID", job.repo.to_string()),
        ("X-GitHub-Hook-Installation-Target-Type", "repository".to_owned()),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .into();
    if let Some(secret) = &hook.secret {
        let body = body(job, hook);
        all.insert("X-Hub-Signature".to_owned(), format!("sha1={}", sign_sha1(secret, &body)));
        all.insert("X-Hub-Signature-256".to_owned(), format!("sha256={}", sign_sha256(secret, &body)));
    }
    all
}

fn body(job: &Job, hook: &Hook) -> String {
    if hook.content_type != "form" {
        return job.payload.clone();
    }
    url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &job.payload).finish()
}

fn sign_sha256(secret: &str, body: &str) -> String {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| hex::encode(mac.chain_update(body).finalize().into_bytes()))
        .unwrap_or_default()
}

fn sign_sha1(secret: &str, body: &str) -> String {
    Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        .map(|mac| hex::encode(mac.chain_update(body).finalize().into_bytes()))
        .unwrap_or_default()
}

async fn send(world: &World, job: &Job, hook: &Hook, headers: &BTreeMap<String, String>) -> Outcome {
    let mut request = world.http().post(&hook.url).timeout(LIMIT).body(body(job, hook));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_timeout() => return Outcome::failed("timed out", 504),
        Err(_) => return Outcome::failed("failed to connect to host", 502),
    };
    let code = answer.status();
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(k, v)| Some((k.to_string(), v.to_str().ok()?.to_owned())))
        .collect();
    let Ok(body) = answer.text().await else { return Outcome::failed("timed out", 504) };
    let status = if code.is_success() { "OK" } else { "Invalid HTTP Response: " };
    let status = if code.is_success() { status.to_owned() } else { format!("{status}{}", code.as_u16()) };
    Outcome { status, code: code.as_u16(), headers, body }
}

async fn record(world: &World, job: &Job, sent: BTreeMap<String, String>, outcome: Outcome, took: Duration) {
    let mut held = world.lock().await;
    let (id, now) = (held.fresh_id(), held.now());
    let delivery = Delivery {
        id,
        hook: job.hook,
        guid: job.guid.clone(),
        event: job.event.clone(),
        action: job.action.clone(),
        delivered_at: now,
        redelivery: job.redelivery,
        duration: (took.as_secs_f64() * 100.0).round() / 100.0,
        status: outcome.status.clone(),
        status_code: outcome.code,
        request_headers: sent,
        response_headers: outcome.headers,
        response_body: outcome.body,
    };
    if let Err(error) = std::fs::write(world.payload_file(id), &job.payload) {
        tracing::warn!(%error, "a delivery's payload could not be kept");
    }
    let Some(repo) = held.repos.get_mut(&job.repo) else { return };
    if let Some(hook) = repo.hooks.get_mut(&job.hook) {
        let state = if outcome.code < 300 { "active" } else { "misconfigured" };
        hook.last_response = (Some(outcome.code), Some(state.to_owned()), Some(outcome.status));
    }
    repo.deliveries.insert(id, delivery);
    while repo.deliveries.len() > KEPT {
        if let Some((old, _)) = repo.deliveries.pop_first() {
            std::fs::remove_file(world.payload_file(old)).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation on validating deliveries.
    #[test]
    fn signatures_are_githubs() {
        assert_eq!(
            sign_sha256("It's a Secret to Everybody", "Hello, World!"),
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
