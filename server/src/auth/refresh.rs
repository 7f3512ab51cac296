//! The token to act with. One that expires is refreshed under a lock of its account, because using a
//! refresh token once ends both old tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use waymark_app::areas::{Problem, ProblemKind};

use super::accounts::{self, Person, Sealed, Stored};
use super::flow::Begun;
use super::oauth::{Granted, Oauth, OauthError, SetupError};
use super::seal::Seal;
use crate::config::Config;
use crate::db::Db;
use crate::github::Client;

/// A token with less time left than this is refreshed before it is used.
const MARGIN_MS: i64 = 5 * 60 * 1000;

/// The tokens of all accounts.
#[derive(Clone)]
pub struct Tokens {
    db: Db,
    seal: Seal,
    pub(super) oauth: Oauth,
    locks: Arc<Mutex<HashMap<i64, Arc<tokio::sync::Mutex<()>>>>>,
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn signed_out() -> Problem {
    Problem::new(ProblemKind::SignedOut, "The sign-in with GitHub is no longer valid.")
        .next("Sign in again, then go on.")
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "the tokens of an account cannot be read or written");
    Problem::new(ProblemKind::Internal, "Waymark could not read your sign-in.").next("Try again.")
}

impl Tokens {
    /// # Errors
    /// Addresses that cannot be used for signing in.
    pub fn new(db: &Db, config: &Config) -> Result<Self, SetupError> {
        let seal = Seal::new(&config.encryption_key);
        Ok(Tokens { db: db.clone(), seal, oauth: Oauth::new(config)?, locks: Arc::default() })
    }

    /// A sign-in that has begun, readable here alone.
    pub(super) fn seal_sign_in(&self, begun: &Begun) -> String {
        let text = serde_json::to_string(begun).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(self.seal.seal(0, "sign-in", &text.into()))
    }

    /// What [`Tokens::seal_sign_in`] sealed.
    pub(super) fn open_sign_in(&self, sealed: &str) -> Option<Begun> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = self.seal.open(0, "sign-in", &sealed).ok()?;
        serde_json::from_str(text.expose_secret()).ok()
    }

    /// The access token of an account, refreshed if it is about to expire.
    ///
    /// # Errors
    /// [`ProblemKind::SignedOut`] when the person must sign in again; otherwise a fault that may pass.
    pub async fn of(&self, account: i64) -> Result<SecretString, Problem> {
        let stored = self.stored(account).await?;
        if !due(&stored) {
            return self.open(account, &stored);
        }
        let lock =
            Arc::clone(self.locks.lock().unwrap_or_else(PoisonError::into_inner).entry(account).or_default());
        let _one = lock.lock().await;
        // Somebody may have refreshed it while this waited.
        let stored = self.stored(account).await?;
        if due(&stored) { self.refresh(account, &stored).await } else { self.open(account, &stored) }
    }

    /// Forgets the token with which this client was answered 401, so that the person signs in again. A
    /// token that was renewed while the answer was on its way stays.
    pub async fn refused(&self, account: i64, used: &Client) {
        let Ok(Some(stored)) = accounts::tokens(&self.db, account).await else { return };
        let used = |known: SecretString| {
            used.token().is_some_and(|used| used.expose_secret() == known.expose_secret())
        };
        if !self.open(account, &stored).is_ok_and(used) {
            return;
        }
        if let Err(error) = accounts::forget(&self.db, account, stored.version).await {
            tracing::warn!(%error, account, "a refused token could not be forgotten");
        }
    }

    pub(super) async fn keep(&self, person: &Person, granted: &Granted) -> Result<(), sqlx::Error> {
        accounts::signed_in(&self.db, person, &self.sealed(person.id, granted), now_ms()).await
    }

    async fn stored(&self, account: i64) -> Result<Stored, Problem> {
        accounts::tokens(&self.db, account).await.map_err(|error| broken(&error))?.ok_or_else(signed_out)
    }

    fn open(&self, account: i64, stored: &Stored) -> Result<SecretString, Problem> {
        let sealed = stored.access.as_deref().ok_or_else(signed_out)?;
        self.seal.open(account, "access", sealed).map_err(|_| signed_out())
    }

    fn sealed(&self, account: i64, granted: &Granted) -> Sealed {
        let life = granted.expires_in.map(|life| i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
        Sealed {
            access: self.seal.seal(account, "access", &granted.access),
            refresh: granted.refresh.as_ref().map(|token| self.seal.seal(account, "refresh", token)),
            expires_at: life.map(|life| now_ms().saturating_add(life)),
        }
    }

    async fn refresh(&self, account: i64, stored: &Stored) -> Result<SecretString, Problem> {
        let sealed = stored.refresh.as_deref().ok_or_else(signed_out)?;
        let token = self.seal.open(account, "refresh", sealed).map_err(|_| signed_out())?;
        match self.oauth.refresh(&token).await {
            Ok(granted) => {
                let sealed = self.sealed(account, &granted);
                // When a new sign-in came in between, its tokens stay.
                accounts::refreshed(&self.db, account, stored.version, &sealed)
                    .await
                    .map_err(|error| broken(&error))?;
                Ok(granted.access)
            }
            Err(OauthError::Refused(reason)) => {
                tracing::info!(account, reason, "a refresh token was refused");
                accounts::forget(&self.db, account, stored.version).await.map_err(|error| broken(&error))?;
                Err(signed_out())
            }
            Err(OauthError::Unreachable) => Err(Problem::new(
                ProblemKind::GitHub,
                "GitHub could not be reached when the sign-in was renewed.",
            )
            .next("Try again in a moment.")),
        }
    }
}

fn due(stored: &Stored) -> bool {
    stored.refresh.is_some() && stored.expires_at.is_some_and(|at| at - now_ms() < MARGIN_MS)
}
