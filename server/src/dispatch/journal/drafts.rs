//! Drafts: the form as typed, before anything is checked, also for someone not signed in.
//!
//! - A draft's id is an unguessable capability until somebody signs in with it; then it is theirs alone.
//! - Whoever keeps saving one draft is never refused; only new ones are counted.

use sqlx::{AnyConnection, Row, any::AnyRow};
use waymark_app::areas::{Draft, NewForm};

/// A draft with its owner.
#[derive(Clone, Debug)]
pub struct Kept {
    pub account_id: Option<i64>,
    /// The hashed address of somebody who is not signed in.
    pub address: Option<String>,
    pub draft: Draft,
}

/// New drafts that one address may have of people who are not signed in: an office of thirty.
const OF_ADDRESS: i64 = 30;
/// The same of all addresses together. With [`LARGEST_OF_NOBODY`] that is 125 MiB at most, for a day.
const OF_NOBODY: i64 = 1_000;
/// Bytes of one of them: twice the longest instruction in English.
const LARGEST_OF_NOBODY: usize = 128 * 1024;
/// Drafts of one person that were not dispatched.
const OF_ACCOUNT: i64 = 200;

/// Why a draft is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Large,
    ManyOfAddress,
    ManyOfNobody,
    ManyOfAccount,
}

/// Whether the draft has room; `new` when it is not kept yet.
pub async fn room(db: &mut AnyConnection, kept: &Kept, new: bool) -> Result<Option<Refused>, sqlx::Error> {
    if kept.account_id.is_none() && size(&kept.draft) > LARGEST_OF_NOBODY {
        return Ok(Some(Refused::Large));
    }
    if !new {
        return Ok(None);
    }
    if let Some(account) = kept.account_id {
        let mine: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM drafts WHERE account_id = $1 AND NOT EXISTS \
             (SELECT 1 FROM dispatches WHERE dispatches.draft_id = drafts.id AND dispatches.state <> 'undone')",
        )
        .bind(account)
        .fetch_one(db)
        .await?;
        return Ok((mine >= OF_ACCOUNT).then_some(Refused::ManyOfAccount));
    }
    let here: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM drafts WHERE account_id IS NULL AND address = $1")
            .bind(&kept.address)
            .fetch_one(&mut *db)
            .await?;
    if here >= OF_ADDRESS {
        return Ok(Some(Refused::ManyOfAddress));
    }
    let all: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM drafts WHERE account_id IS NULL").fetch_one(db).await?;
    Ok((all >= OF_NOBODY).then_some(Refused::ManyOfNobody))
}

fn size(draft: &Draft) -> usize {
    serde_json::to_string(&draft.form).map_or(usize::MAX, |form| form.len())
}

fn read(row: &AnyRow) -> Result<Kept, sqlx::Error> {
    let form: String = row.try_get("form")?;
    let form: NewForm = serde_json::from_str(&form)
        .map_err(|error| sqlx::Error::ColumnDecode { index: "form".to_owned(), source: Box::new(error) })?;
    Ok(Kept {
        account_id: row.try_get("account_id")?,
        address: row.try_get("address")?,
        draft: Draft { id: row.try_get("id")?, form, saved_at: row.try_get("saved_at")? },
    })
}

pub async fn load(db: &mut AnyConnection, id: &str) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM drafts WHERE id = $1").bind(id).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// Keeps the draft; an owner, once there, stays.
pub async fn save(db: &mut AnyConnection, kept: &Kept) -> Result<(), sqlx::Error> {
    let form = super::record::json(&kept.draft.form)?;
    sqlx::query(
        "INSERT INTO drafts (id, account_id, form, saved_at, address) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET form = excluded.form, saved_at = excluded.saved_at, \
         account_id = COALESCE(drafts.account_id, excluded.account_id)",
    )
    .bind(&kept.draft.id)
    .bind(kept.account_id)
    .bind(form)
    .bind(kept.draft.saved_at)
    .bind(&kept.address)
    .execute(db)
    .await?;
    Ok(())
}

/// The drafts of an account that became no plan (yet), newest first: a dispatch that stops before GitHub has
/// the issue leaves its text here.
pub async fn of_account(db: &mut AnyConnection, account: i64) -> Result<Vec<Draft>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM drafts WHERE account_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM dispatches WHERE dispatches.draft_id = drafts.id AND dispatches.state <> 'undone' \
          AND dispatches.issue IS NOT NULL) \
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
