//! Receiving: checked over the raw bytes, kept, then acknowledged.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use waymark_app::areas::RepoName;

use crate::mirror;
use crate::state::App;

/// `POST /webhooks/github`: 202 when it is kept, was kept before or concerns nobody here, 401 for a wrong
/// signature.
pub(super) async fn receive(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !signed(&app.config.webhook_secret, text("x-hub-signature-256"), &body) {
        return (StatusCode::UNAUTHORIZED, "The signature does not fit this server's webhook secret.");
    }
    let (Some(guid), Some(event)) = (text("x-github-delivery"), text("x-github-event")) else {
        return (StatusCode::BAD_REQUEST, "A delivery needs X-GitHub-Delivery and X-GitHub-Event.");
    };
    let (Ok(body), Ok(payload)) = (std::str::from_utf8(&body), serde_json::from_slice::<Value>(&body)) else {
        return (
            StatusCode::BAD_REQUEST,
            "A delivery is JSON; set the webhook's content type to application/json.",
        );
    };
    // Of repositories nobody has connected nothing is kept: connecting one reads it whole. What becomes of a
    // repository itself (a new name, say) may concern a connected one all the same.
    let repo = payload["repository"]["full_name"].as_str();
    if event != "repository" && !connected(&app, repo).await {
        return (StatusCode::ACCEPTED, "This repository is not connected.");
    }
    let kept = sqlx::query(
        "INSERT INTO deliveries (guid, event, action, repo, received_at, body, state, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, 'new', 0) ON CONFLICT (guid) DO NOTHING",
    )
    .bind(guid)
    .bind(event)
    .bind(payload["action"].as_str())
    .bind(repo)
    .bind(jiff::Timestamp::now().as_millisecond())
    .bind(body)
    .execute(app.db.pool())
    .await;
    match kept {
        Ok(done) => {
            if done.rows_affected() > 0 {
                app.inbox.notify_one();
            }
            (StatusCode::ACCEPTED, "kept")
        }
        Err(error) => {
            tracing::error!(%error, guid, "a delivery cannot be kept");
            (StatusCode::SERVICE_UNAVAILABLE, "The delivery cannot be kept now.")
        }
    }
}

async fn connected(app: &App, repo: Option<&str>) -> bool {
    let Some(repo) = repo.and_then(RepoName::parse) else { return false };
    // Where the database cannot say, the delivery is kept, or refused with it.
    let tracked = mirror::tracked(app).await.unwrap_or_else(|_| vec![repo.clone()]);
    tracked.iter().any(|known| known.to_string().eq_ignore_ascii_case(&repo.to_string()))
}

/// Whether the signature is that of the body, compared in constant time.
fn signed(secret: &SecretString, signature: Option<&str>, body: &[u8]) -> bool {
    let Some(given) = signature.and_then(|text| hex::decode(text.strip_prefix("sha256=")?).ok()) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation on validating deliveries.
    #[test]
    fn githubs_own_example_verifies() {
        let secret = "It's a Secret to Everybody".into();
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(signed(&secret, Some(signature), b"Hello, World!"));
        assert!(!signed(&secret, Some(signature), b"Hello, World?"));
        assert!(!signed(&secret, Some(&signature.replace("757", "758")), b"Hello, World!"));
        assert!(!signed(&secret, Some("sha256="), b"Hello, World!"));
        assert!(!signed(&secret, None, b"Hello, World!"));
    }
}
