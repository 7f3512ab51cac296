//! The table of accounts.

use sqlx::Row;
use sqlx::any::AnyRow;
use waymark_app::areas::Viewer;

use crate::db::Db;

/// The tokens of an account as they are stored.
pub(super) struct Stored {
    pub access: Option<Vec<u8>>,
    pub refresh: Option<Vec<u8>>,
    /// Epoch milliseconds.
    pub expires_at: Option<i64>,
    pub version: i64,
}

/// Who signed in, as GitHub says.
#[derive(serde::Deserialize)]
pub(super) struct Person {
    pub id: i64,
    pub login: String,
    pub name: Option<String>,
    pub avatar_url: Option<String>,
}

/// New tokens, sealed.
pub(super) struct Sealed {
    pub access: Vec<u8>,
    pub refresh: Option<Vec<u8>>,
    pub expires_at: Option<i64>,
}

/// Keeps who signed in, with new tokens.
pub(super) async fn signed_in(
    db: &Db,
    person: &Person,
    tokens: &Sealed,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO accounts (id, login, name, avatar_url, access_token, refresh_token, access_expires_at, \
         token_version, signed_in_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8) \
         ON CONFLICT (id) DO UPDATE SET login = excluded.login, name = excluded.name, \
         avatar_url = excluded.avatar_url, access_token = excluded.access_token, \
         refresh_token = excluded.refresh_token, access_expires_at = excluded.access_expires_at, \
         token_version = accounts.token_version + 1, signed_in_at = excluded.signed_in_at",
    )
    .bind(person.id)
    .bind(&person.login)
    .bind(&person.name)
    .bind(&person.avatar_url)
    .bind(&tokens.access)
    .bind(&tokens.refresh)
    .bind(tokens.expires_at)
    .bind(now)
    .execute(db.pool())
    .await?;
    Ok(())
}

/// A person who has signed in.
pub(super) struct Known {
    pub viewer: Viewer,
    /// Epoch milliseconds.
    pub seen_at: Option<i64>,
}

pub(super) async fn viewer(db: &Db, account: i64) -> Result<Option<Known>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, login, name, avatar_url, seen_at FROM accounts \
         WHERE id = $1 AND access_token IS NOT NULL",
    )
    .bind(account)
    .fetch_optional(db.pool())
    .await?;
    let read = |row: AnyRow| {
        Ok(Known {
            viewer: Viewer {
                account_id: row.try_get(0)?,
                login: row.try_get(1)?,
                name: row.try_get(2)?,
                avatar_url: row.try_get(3)?,
            },
            seen_at: row.try_get(4)?,
        })
    };
    row.map(read).transpose()
}

/// Notes that a person is here.
pub(super) async fn seen(db: &Db, account: i64, now: i64) -> Result<(), sqlx::Error> {
    let update = sqlx::query("UPDATE accounts SET seen_at = $2 WHERE id = $1");
    update.bind(account).bind(now).execute(db.pool()).await?;
    Ok(())
}

pub(super) async fn tokens(db: &Db, account: i64) -> Result<Option<Stored>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT access_token, refresh_token, access_expires_at, token_version FROM accounts WHERE id = $1",
    )
    .bind(account)
    .fetch_optional(db.pool())
    .await?;
    let read = |row: AnyRow| {
        Ok(Stored {
            access: row.try_get(0)?,
            refresh: row.try_get(1)?,
            expires_at: row.try_get(2)?,
            version: row.try_get(3)?,
        })
    };
    row.map(read).transpose()
}

/// Replaces the tokens if they still are those of `version`; answers whether they were.
pub(super) async fn refreshed(
    db: &Db,
    account: i64,
    version: i64,
    tokens: &Sealed,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE accounts SET access_token = $1, refresh_token = $2, access_expires_at = $3, \
         token_version = token_version + 1 WHERE id = $4 AND token_version = $5",
    )
    .bind(&tokens.access)
    .bind(&tokens.refresh)
    .bind(tokens.expires_at)
    .bind(account)
    .bind(version)
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets tokens that GitHub no longer takes, if they still are those of `version`.
pub(super) async fn forget(db: &Db, account: i64, version: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE accounts SET access_token = NULL, refresh_token = NULL, token_version = token_version + 1 \
         WHERE id = $1 AND token_version = $2",
    )
    .bind(account)
    .bind(version)
    .execute(db.pool())
    .await?;
    Ok(())
}
