//! The table of tokens.

use sqlx::Row;
use sqlx::any::AnyRow;
use waymark_app::areas::{ApiToken, TokenScope, Viewer};

use crate::db::Db;

fn scope(writes: i64) -> TokenScope {
    if writes == 0 { TokenScope::Read } else { TokenScope::Write }
}

fn read(row: &AnyRow) -> Result<ApiToken, sqlx::Error> {
    Ok(ApiToken {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        scope: scope(row.try_get("writes")?),
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        used_at: row.try_get("used_at")?,
    })
}

pub(super) async fn of_account(db: &Db, account: i64) -> Result<Vec<ApiToken>, sqlx::Error> {
    let sql = "SELECT id, name, writes, created_at, expires_at, used_at FROM api_tokens
               WHERE account_id = $1 ORDER BY created_at DESC, id";
    let rows = sqlx::query(sql).bind(account).fetch_all(db.pool()).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn insert(db: &Db, account: i64, token: &ApiToken, hash: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO api_tokens (id, account_id, name, hash, writes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&token.id)
    .bind(account)
    .bind(&token.name)
    .bind(hash)
    .bind(i64::from(token.scope == TokenScope::Write))
    .bind(token.created_at)
    .bind(token.expires_at)
    .execute(db.pool())
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &Db, account: i64, id: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM api_tokens WHERE account_id = $1 AND id = $2")
        .bind(account)
        .bind(id)
        .execute(db.pool())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Whose token it is and what it may do, while it is good. `now` is in epoch milliseconds.
pub(super) async fn owner(
    db: &Db,
    hash: &str,
    now: i64,
) -> Result<Option<(Viewer, TokenScope)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT a.id, a.login, a.name, a.avatar_url, t.writes FROM api_tokens t
         JOIN accounts a ON a.id = t.account_id
         WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(db.pool())
    .await?;
    row.map(|row| {
        let viewer = Viewer {
            account_id: row.try_get(0)?,
            login: row.try_get(1)?,
            name: row.try_get(2)?,
            avatar_url: row.try_get(3)?,
        };
        Ok((viewer, scope(row.try_get(4)?)))
    })
    .transpose()
}

/// Notes a use, at most once a minute.
pub(super) async fn used(db: &Db, hash: &str, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE api_tokens SET used_at = $2 WHERE hash = $1 AND (used_at IS NULL OR used_at < $3)")
        .bind(hash)
        .bind(now)
        .bind(now - 60_000)
        .execute(db.pool())
        .await?;
    Ok(())
}
