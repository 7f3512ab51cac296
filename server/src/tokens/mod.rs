//! Personal tokens of the API.
//!
//! Properties kept:
//! - Only the hash of a token is stored; the secret is shown once, to its owner, and then forgotten.
//! - A token never may more than its owner may on GitHub, and one that reads changes nothing.
//! - Revoked or expired, a token is refused from that moment on.

mod bearer;
mod table;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use waymark_app::areas::{ApiToken, ApiTokens, Problem, ProblemKind, TokenForm, Viewer};

pub use bearer::{bearer, owner};

use crate::db::Db;

/// What every token begins with, so that it is recognised where it should not be.
const PREFIX: &str = "wmk_";
/// A secret that nobody looked at is forgotten after so long.
const SHOWN_FOR: Duration = Duration::from_secs(5 * 60);
/// Tokens that one person may have.
const MOST: usize = 50;
const LONGEST_NAME: usize = 100;
const MOST_DAYS: u32 = 3660;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A secret on its way to the page: whose it is, and since when it waits.
type Waiting = HashMap<String, (i64, String, Instant)>;

/// The area on the database.
pub struct Area {
    db: Db,
    waiting: Mutex<Waiting>,
}

impl Area {
    pub fn new(db: &Db) -> Self {
        Area { db: db.clone(), waiting: Mutex::default() }
    }
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn fault(error: sqlx::Error) -> Problem {
    tracing::error!(%error, "the tokens of the API cannot be read or written");
    Problem::new(ProblemKind::Internal, "Waymark could not use its database.").next("Try again.")
}

fn invalid(field: &str, words: String) -> Problem {
    Problem::new(ProblemKind::Invalid, words).field(field)
}

/// The name as it is kept.
fn checked(form: &TokenForm) -> Result<&str, Problem> {
    let name = form.name.trim();
    if name.is_empty() {
        return Err(invalid("name", "A token needs a name, so that you know later what it is for.".into()));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(invalid("name", format!("A name has at most {LONGEST_NAME} characters on one line.")));
    }
    if form.days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
        return Err(invalid("days", format!("A token lasts from 1 to {MOST_DAYS} days, or for ever.")));
    }
    Ok(name)
}

#[async_trait::async_trait]
impl ApiTokens for Area {
    async fn list(&self, viewer: &Viewer) -> Result<Vec<ApiToken>, Problem> {
        table::of_account(&self.db, viewer.account_id).await.map_err(fault)
    }

    async fn create(&self, viewer: &Viewer, form: &TokenForm) -> Result<String, Problem> {
        let name = checked(form)?;
        if self.list(viewer).await?.len() >= MOST {
            return Err(Problem::new(ProblemKind::Conflict, format!("You have {MOST} tokens already."))
                .next("Revoke one that you no longer use."));
        }
        let secret = format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()));
        let id = hex::encode(rand::random::<[u8; 8]>());
        let now = now_ms();
        let token = ApiToken {
            id: id.clone(),
            name: name.to_owned(),
            scope: form.scope,
            created_at: now,
            expires_at: form.days.map(|days| now + i64::from(days) * DAY_MS),
            used_at: None,
        };
        table::insert(&self.db, viewer.account_id, &token, &hash(&secret)).await.map_err(fault)?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (.., since)| since.elapsed() < SHOWN_FOR);
        waiting.insert(id.clone(), (viewer.account_id, secret, Instant::now()));
        Ok(id)
    }

    async fn reveal(&self, viewer: &Viewer, id: &str) -> Option<String> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (.., since)| since.elapsed() < SHOWN_FOR);
        let (account, ..) = waiting.get(id)?;
        if *account != viewer.account_id {
            return None;
        }
        waiting.remove(id).map(|(_, secret, _)| secret)
    }

    async fn revoke(&self, viewer: &Viewer, id: &str) -> Result<(), Problem> {
        if table::delete(&self.db, viewer.account_id, id).await.map_err(fault)? {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::NotFound, "You have no such token.")
            .next("It may be revoked already: load the page again."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waymark_app::areas::TokenScope;

    #[test]
    fn a_token_needs_a_name_and_a_sensible_life() {
        let form = |name: &str, days| TokenForm { name: name.into(), scope: TokenScope::Read, days };
        assert_eq!(checked(&form(" ci ", Some(30))), Ok("ci"));
        assert_eq!(checked(&form("ci", None)), Ok("ci"));
        for (bad, field) in [
            (form("  ", None), "name"),
            (form(&"x".repeat(101), None), "name"),
            (form("a\nb", None), "name"),
            (form("ci", Some(0)), "days"),
            (form("ci", Some(u32::MAX)), "days"),
        ] {
            assert_eq!(checked(&bad).map_err(|problem| problem.field), Err(Some(field.to_owned())));
        }
    }
}
