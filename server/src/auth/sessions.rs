//! Sessions in our own database. The table holds a hash of the id in the cookie, and the id nowhere, so that
//! reading it does not let anyone in.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use sqlx::Row;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};
use tower_sessions::{Expiry, SessionManagerLayer};

use super::viewer::{ACCOUNT, BROWSER, SEEN, SINCE};
use crate::config::Config;
use crate::db::Db;

/// A session that is not used for so long ends.
const IDLE: Duration = Duration::days(14);
/// Sessions of one person.
const OF_PERSON: i64 = 50;

/// The layer that gives every request its session.
pub fn layer(db: &Db, config: &Config) -> SessionManagerLayer<Sessions> {
    let https = config.is_https();
    SessionManagerLayer::new(Sessions(db.clone()))
        .with_name(if https { "__Host-waymark" } else { "waymark" })
        .with_secure(https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(IDLE))
}

/// What names a session among those of its person, and lets nobody in.
pub fn session_name(id: &Id) -> String {
    hashed(id)
}

/// The store.
#[derive(Clone, Debug)]
pub struct Sessions(Db);

fn hashed(id: &Id) -> String {
    hex::encode(Sha256::digest(id.0.to_be_bytes()))
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

impl Sessions {
    /// Ends every session of an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_all(&self, account: i64) -> std::result::Result<(), sqlx::Error> {
        let delete = sqlx::query("DELETE FROM sessions WHERE account_id = $1").bind(account);
        delete.execute(self.0.pool()).await.map(drop)
    }

    pub fn new(db: &Db) -> Self {
        Sessions(db.clone())
    }

    /// Of a person the sessions that were used last are kept.
    async fn end_oldest(&self, record: &Record) -> Result<()> {
        let Some(account) = record.data.get(ACCOUNT).and_then(serde_json::Value::as_i64) else {
            return Ok(());
        };
        let delete = "DELETE FROM sessions WHERE account_id = $1 AND id NOT IN (SELECT id FROM sessions \
                      WHERE account_id = $2 ORDER BY COALESCE(seen_at, created_at, 0) DESC, id LIMIT $3)";
        let delete = sqlx::query(delete).bind(account).bind(account).bind(OF_PERSON);
        delete.execute(self.0.pool()).await.map(drop).map_err(backend)
    }

    /// Writes a record with this statement; answers whether it did. What is looked for or shown of a session is in
    /// columns of its own.
    async fn write(&self, record: &Record, statement: &'static str) -> Result<bool> {
        let data = serde_json::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let number = |key: &str| record.data.get(key).and_then(serde_json::Value::as_i64);
        let done = sqlx::query(statement)
            .bind(hashed(&record.id))
            .bind(data)
            .bind(millis(record.expiry_date))
            .bind(number(ACCOUNT))
            .bind(number(SINCE))
            .bind(number(SEEN))
            .bind(record.data.get(BROWSER).and_then(serde_json::Value::as_str))
            .execute(self.0.pool())
            .await
            .map_err(backend)?;
        Ok(done.rows_affected() > 0)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let insert = "INSERT INTO sessions (id, data, expires_at, account_id, created_at, seen_at, browser) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
        while !self.write(record, insert).await? {
            record.id = Id::default();
        }
        self.end_oldest(record).await
    }

    /// One that has ended while a request was under way stays ended. Only the last use can be lost here, and what the
    /// request did is done: its answer is given whatever the database says.
    async fn save(&self, record: &Record) -> Result<()> {
        let update = "UPDATE sessions SET data = $2, expires_at = $3, account_id = $4, created_at = $5, \
                      seen_at = $6, browser = $7 WHERE id = $1";
        if let Err(error) = self.write(record, update).await {
            tracing::warn!(%error, "the use of a session was not noted");
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = sqlx::query("SELECT data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2")
            .bind(hashed(id))
            .bind(millis(OffsetDateTime::now_utc()))
            .fetch_optional(self.0.pool())
            .await
            .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let data: Vec<u8> = row.try_get(0).map_err(backend)?;
        let data = serde_json::from_slice(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expires_at: i64 = row.try_get(1).map_err(backend)?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * 1_000_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let delete = sqlx::query("DELETE FROM sessions WHERE id = $1").bind(hashed(id));
        delete.execute(self.0.pool()).await.map_err(backend)?;
        Ok(())
    }
}
