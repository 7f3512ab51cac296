//! The table of objectives.

use sqlx::{Any, AnyConnection, Executor, Row};
use waymark_app::areas::{ObjectiveRow, RepoName};

use super::snapshot::Snapshot;

/// An objective as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub snapshot: Snapshot,
    pub row: ObjectiveRow,
    pub stale: Option<String>,
}

pub async fn put(tx: &mut AnyConnection, row: &ObjectiveRow, snapshot: &Snapshot) -> Result<(), sqlx::Error> {
    let json = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    sqlx::query(
        "INSERT INTO mirror_objectives (repo, number, changed_at, as_of, stale, summary, snapshot)
         VALUES ($1, $2, $3, $4, NULL, $5, $6)
         ON CONFLICT (repo, number) DO UPDATE SET changed_at = $3, as_of = $4, stale = NULL, summary = $5,
             snapshot = $6",
    )
    .bind(row.repo.to_string())
    .bind(row.number)
    .bind(row.changed_at)
    .bind(row.as_of)
    .bind(serde_json::to_string(row).map_err(json)?)
    .bind(serde_json::to_string(snapshot).map_err(json)?)
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn objective<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    number: i64,
) -> Result<Option<Kept>, sqlx::Error> {
    let row =
        sqlx::query("SELECT snapshot, summary, stale FROM mirror_objectives WHERE repo = $1 AND number = $2")
            .bind(repo.to_string())
            .bind(number)
            .fetch_optional(db)
            .await?;
    row.map(|row| {
        let json = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let (snapshot, summary): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Kept {
            snapshot: serde_json::from_str(&snapshot).map_err(json)?,
            row: serde_json::from_str(&summary).map_err(json)?,
            stale: row.try_get(2)?,
        })
    })
    .transpose()
}

/// The rows of every objective, last change first.
pub async fn rows<'e>(db: impl Executor<'e, Database = Any>) -> Result<Vec<ObjectiveRow>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT summary FROM mirror_objectives ORDER BY changed_at DESC, repo, number DESC")
            .fetch_all(db)
            .await?;
    rows.into_iter()
        .map(|row| {
            let summary: String = row.try_get(0)?;
            serde_json::from_str(&summary).map_err(|error| sqlx::Error::Decode(error.into()))
        })
        .collect()
}

/// The numbers of a repository's objectives.
pub async fn numbers<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT number FROM mirror_objectives WHERE repo = $1 ORDER BY number")
        .bind(repo.to_string())
        .fetch_all(db)
        .await
}

/// Objectives whose last read failed.
pub async fn unsettled<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT number FROM mirror_objectives WHERE repo = $1 AND stale IS NOT NULL")
        .bind(repo.to_string())
        .fetch_all(db)
        .await
}

pub async fn remove(tx: &mut AnyConnection, repo: &RepoName, number: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM mirror_objectives WHERE repo = $1 AND number = $2")
        .bind(repo.to_string())
        .bind(number)
        .execute(tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes why an objective could not be read again. Answers whether that is news.
pub async fn set_stale(
    tx: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    why: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE mirror_objectives SET stale = $3
         WHERE repo = $1 AND number = $2 AND (stale IS NULL OR stale <> $3)",
    )
    .bind(repo.to_string())
    .bind(number)
    .bind(why)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
