//! Drafts: the form as typed, before anything is checked, also for someone not signed in.
//!
//! A draft's id is an unguessable capability until somebody signs in with it; then it is theirs alone.

use sqlx::{AnyConnection, Row, any::AnyRow};
use waymark_app::areas::{Draft, NewForm};

/// A draft with its owner.
#[derive(Clone, Debug)]
pub struct Kept {
    pub account_id: Option<i64>,
    pub draft: Draft,
}

fn read(row: &AnyRow) -> Result<Kept, sqlx::Error> {
    let form: String = row.try_get("form")?;
    let form: NewForm = serde_json::from_str(&form)
        .map_err(|error| sqlx::Error::ColumnDecode { index: "form".to_owned(), source: Box::new(error) })?;
    Ok(Kept {
        account_id: row.try_get("account_id")?,
        draft: Draft { id: row.try_get("id")?, form, saved_at: row.try_get("saved_at")? },
    })
}

pub async fn load(db: &mut AnyConnection, id: &str) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM drafts WHERE id = $1").bind(id).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// Keeps the draft; an owner, once there, stays.
pub async fn save(db: &mut AnyConnection, kept: &Kept) -> Result<(), sqlx::Error> {
    let form = serde_json::to_string(&kept.draft.form).unwrap_or_default();
    sqlx::query(
        "INSERT INTO drafts (id, account_id, form, saved_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET form = excluded.form, saved_at = excluded.saved_at, \
         account_id = COALESCE(drafts.account_id, excluded.account_id)",
    )
    .bind(&kept.draft.id)
    .bind(kept.account_id)
    .bind(form)
    .bind(kept.draft.saved_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The drafts of an account that were not dispatched, newest first.
pub async fn of_account(db: &mut AnyConnection, account: i64) -> Result<Vec<Draft>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM drafts WHERE account_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM dispatches WHERE dispatches.draft_id = drafts.id AND dispatches.state <> 'undone') \
         ORDER BY saved_at DESC",
    )
    .bind(account)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| read(row).map(|kept| kept.draft)).collect()
}

pub async fn delete(db: &mut AnyConnection, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM drafts WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}
