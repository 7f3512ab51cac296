//! Acting as the GitHub App itself: a short-lived token for one repository, to read it for the mirror
//! and to keep house in it.
//!
//! Properties kept:
//! - A token reaches one repository and only what the mirror needs.
//! - A token is kept in memory alone, until shortly before it ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::Method;
use octocrab::auth::AppAuth;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Mutex as AsyncMutex;
use waymark_app::areas::RepoName;

use super::{Error, GitHub};

/// A token of an installation lives an hour; it is used for so long.
const USED: Duration = Duration::from_secs(50 * 60);
/// So long it is believed that the App is not installed in a repository.
const ABSENT: Duration = Duration::from_secs(5 * 60);

/// The App's tokens by repository; without an App there are none.
#[derive(Clone)]
pub struct Installations {
    github: GitHub,
    app: Option<AppAuth>,
    tokens: Arc<Mutex<Tokens>>,
    /// Held by whoever asks GitHub, so that others find what was answered.
    asking: Arc<AsyncMutex<()>>,
}

/// Until when a token is used, or it is believed that there is none.
type Tokens = HashMap<RepoName, (Instant, Option<SecretString>)>;

impl Installations {
    pub fn new(github: GitHub, app: Option<AppAuth>) -> Self {
        Installations { github, app, tokens: Arc::default(), asking: Arc::default() }
    }

    /// A token for the repository; nothing without an App, or where it is not installed.
    ///
    /// # Errors
    /// GitHub's refusal, or no answer: the key is wrong, or the App lacks a permission.
    pub async fn token(&self, repo: &RepoName) -> Result<Option<SecretString>, Error> {
        let Some(app) = &self.app else { return Ok(None) };
        if let Some(known) = self.known(repo) {
            return Ok(known);
        }
        let _one = self.asking.lock().await;
        if let Some(known) = self.known(repo) {
            return Ok(known);
        }
        let token = self.ask(app, repo).await?;
        let until = Instant::now() + if token.is_some() { USED } else { ABSENT };
        self.tokens().insert(repo.clone(), (until, token.clone()));
        Ok(token)
    }

    fn known(&self, repo: &RepoName) -> Option<Option<SecretString>> {
        let tokens = self.tokens();
        tokens.get(repo).filter(|(until, _)| Instant::now() < *until).map(|(_, token)| token.clone())
    }

    async fn ask(&self, app: &AppAuth, repo: &RepoName) -> Result<Option<SecretString>, Error> {
        let jwt = app.generate_bearer_token().map_err(|_| Error::Unreadable)?;
        let client = self.github.once(jwt.into());
        let installation: Value = match client.get(&format!("/repos/{repo}/installation")).await {
            Ok(installation) => installation,
            Err(Error::Answer { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = format!("/app/installations/{}/access_tokens", installation["id"]);
        let narrow = json!({
            "repositories": [repo.name],
            "permissions": {
                "actions": "read", "checks": "read", "contents": "read", "issues": "write",
                "pull_requests": "read",
            },
        });
        let made: Value = client.send(Method::POST, &path, Some(&narrow)).await?.body;
        made["token"].as_str().map(|token| Some(token.into())).ok_or(Error::Unreadable)
    }

    /// Whether the App has been found to serve the repository, without asking GitHub.
    pub fn serves(&self, repo: &RepoName) -> bool {
        self.tokens().get(repo).is_some_and(|(_, token)| token.is_some())
    }

    /// GitHub no longer takes the token of this repository.
    pub fn refused(&self, repo: &RepoName) {
        self.tokens().remove(repo);
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
