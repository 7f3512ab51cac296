//! The mirror's tables.

use sqlx::{Any, AnyConnection, Executor, Row};
use waymark_app::areas::{PlanRow, RepoName};
use waymark_domain::lifecycle::Phase;

use super::access::Access;
use super::facts::{self, View};
use super::snapshot::Snapshot;

/// Who connected a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub repo: RepoName,
    pub account_id: i64,
    pub login: String,
}

/// What the mirror knows of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub repo: RepoName,
    pub private: bool,
    /// The login whose token reads.
    pub login: Option<String>,
    /// Epoch milliseconds.
    pub synced_at: Option<i64>,
    pub stale: Option<String>,
    pub methods: Vec<String>,
    pub default_branch: String,
    pub plans: u32,
}

/// A plan as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub snapshot: Snapshot,
    pub row: PlanRow,
    pub as_of: i64,
    pub stale: Option<String>,
}

fn name(text: String) -> Result<RepoName, sqlx::Error> {
    RepoName::parse(&text).ok_or_else(|| sqlx::Error::Decode("not owner/name".into()))
}

/// Keeps the first connection of a repository; `replace` puts another person in its place.
pub async fn connect(
    tx: &mut AnyConnection,
    connection: &Connection,
    now: i64,
    replace: bool,
) -> Result<(), sqlx::Error> {
    let sql = if replace {
        "INSERT INTO connections (repo, account_id, login, connected_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (repo) DO UPDATE SET account_id = $2, login = $3, connected_at = $4"
    } else {
        "INSERT INTO connections (repo, account_id, login, connected_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (repo) DO NOTHING"
    };
    sqlx::query(sql)
        .bind(connection.repo.to_string())
        .bind(connection.account_id)
        .bind(&connection.login)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn connection<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Option<Connection>, sqlx::Error> {
    let row = sqlx::query("SELECT account_id, login FROM connections WHERE repo = $1")
        .bind(repo.to_string())
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok(Connection { repo: repo.clone(), account_id: row.try_get(0)?, login: row.try_get(1)? }))
        .transpose()
}

pub async fn connections<'e>(db: impl Executor<'e, Database = Any>) -> Result<Vec<Connection>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT repo, account_id, login FROM connections ORDER BY repo").fetch_all(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Connection {
                repo: name(row.try_get(0)?)?,
                account_id: row.try_get(1)?,
                login: row.try_get(2)?,
            })
        })
        .collect()
}

/// Keeps what a repository is. What was read of its plans stays.
pub async fn put_repository(
    tx: &mut AnyConnection,
    repo: &RepoName,
    access: &Access,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mirror_repositories (repo, private, archived, default_branch, description, methods)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (repo) DO UPDATE SET private = $2, archived = $3, default_branch = $4,
             description = $5, methods = $6",
    )
    .bind(repo.to_string())
    .bind(i64::from(access.private))
    .bind(i64::from(access.archived))
    .bind(&access.default_branch)
    .bind(access.description.clone())
    .bind(access.methods.join(","))
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes a complete read, and up to which change it saw.
pub async fn synced(
    tx: &mut AnyConnection,
    repo: &RepoName,
    now: i64,
    since: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE mirror_repositories SET synced_at = $2, since = COALESCE($3, since), stale = NULL WHERE repo = $1",
    )
    .bind(repo.to_string())
    .bind(now)
    .bind(since.map(str::to_owned))
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes why a repository can not be read now. Answers whether that is news.
pub async fn set_stale(tx: &mut AnyConnection, repo: &RepoName, why: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE mirror_repositories SET stale = $2 WHERE repo = $1 AND (stale IS NULL OR stale <> $2)",
    )
    .bind(repo.to_string())
    .bind(why)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn since<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("SELECT since FROM mirror_repositories WHERE repo = $1")
        .bind(repo.to_string())
        .fetch_optional(db)
        .await?;
    row.map_or(Ok(None), |row| row.try_get(0))
}

pub async fn default_branch<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT default_branch FROM mirror_repositories WHERE repo = $1")
        .bind(repo.to_string())
        .fetch_optional(db)
        .await
}

/// Every repository in the mirror.
pub async fn repositories<'e>(db: impl Executor<'e, Database = Any>) -> Result<Vec<Repository>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT r.repo, r.private, c.login, r.synced_at, r.stale, r.methods, r.default_branch,
                (SELECT COUNT(*) FROM mirror_plans p WHERE p.repo = r.repo)
         FROM mirror_repositories r LEFT JOIN connections c ON c.repo = r.repo ORDER BY r.repo",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let methods: String = row.try_get(5)?;
            let plans: i64 = row.try_get(7)?;
            Ok(Repository {
                repo: name(row.try_get(0)?)?,
                private: row.try_get::<i64, _>(1)? != 0,
                login: row.try_get(2)?,
                synced_at: row.try_get(3)?,
                stale: row.try_get(4)?,
                methods: methods.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect(),
                default_branch: row.try_get(6)?,
                plans: u32::try_from(plans).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Keeps a plan with what leads deliveries to it.
pub async fn put_plan(
    tx: &mut AnyConnection,
    row: &PlanRow,
    view: &View,
    snapshot: &Snapshot,
) -> Result<(), sqlx::Error> {
    let json = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let repo = row.repo.to_string();
    let labels = format!(",{},", row.labels.join(",").to_lowercase());
    let pr = row.pr.as_ref().map(|pr| format!("#{}", pr.number)).unwrap_or_default();
    let branch = row.branch.clone().unwrap_or_default();
    let search = format!("{} #{} {pr} {} {branch}", row.title, row.number, row.author).to_lowercase();
    sqlx::query(
        "INSERT INTO mirror_plans (repo, number, title, author, phase, phase_rank, ended, labels, objective,
             dispatched_by, search, changed_at, as_of, stale, summary, snapshot)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL, $14, $15)
         ON CONFLICT (repo, number) DO UPDATE SET title = $3, author = $4, phase = $5, phase_rank = $6,
             ended = $7, labels = $8, objective = $9, dispatched_by = $10, search = $11, changed_at = $12,
             as_of = $13, stale = NULL, summary = $14, snapshot = $15",
    )
    .bind(&repo)
    .bind(row.number)
    .bind(&row.title)
    .bind(&row.author)
    .bind(row.phase.slug())
    .bind(rank(row.phase))
    .bind(i64::from(row.phase.is_final()))
    .bind(labels)
    .bind(row.objective)
    .bind(view.dispatched_by.clone())
    .bind(search)
    .bind(row.changed_at)
    .bind(row.as_of)
    .bind(serde_json::to_string(row).map_err(json)?)
    .bind(serde_json::to_string(snapshot).map_err(json)?)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM mirror_links WHERE repo = $1 AND number = $2")
        .bind(&repo)
        .bind(row.number)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM mirror_people WHERE repo = $1 AND number = $2")
        .bind(&repo)
        .bind(row.number)
        .execute(&mut *tx)
        .await?;
    for person in facts::involved(snapshot, view) {
        sqlx::query(
            "INSERT INTO mirror_people (login, repo, number, own, needed, phase, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(person.login)
        .bind(&repo)
        .bind(row.number)
        .bind(i64::from(person.own))
        .bind(i64::from(person.needed))
        .bind(row.phase.slug())
        .bind(row.changed_at)
        .execute(&mut *tx)
        .await?;
    }
    for (kind, value) in links(snapshot) {
        sqlx::query(
            "INSERT INTO mirror_links (repo, kind, value, number) VALUES ($1, $2, $3, $4)
             ON CONFLICT (repo, kind, value, number) DO NOTHING",
        )
        .bind(&repo)
        .bind(kind)
        .bind(value)
        .bind(row.number)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Counts the plans of a repository anew, after some were put or removed. What is written first makes
/// others who count them wait.
pub async fn count_plans(tx: &mut AnyConnection, repo: &RepoName) -> Result<(), sqlx::Error> {
    let run = |sql: &'static str| sqlx::query(sql).bind(repo.to_string());
    run("UPDATE mirror_counts SET plans = 0 WHERE repo = $1").execute(&mut *tx).await?;
    run("INSERT INTO mirror_counts (repo, phase, plans)
         SELECT repo, phase, COUNT(*) FROM mirror_plans WHERE repo = $1 GROUP BY repo, phase
         ON CONFLICT (repo, phase) DO UPDATE SET plans = excluded.plans")
    .execute(&mut *tx)
    .await?;
    Ok(())
}

fn rank(phase: Phase) -> i64 {
    Phase::ALL.iter().zip(0..).find(|(known, _)| **known == phase).map_or(0, |(_, rank)| rank)
}

fn links(snapshot: &Snapshot) -> Vec<(&'static str, String)> {
    let mut links: Vec<(&str, String)> =
        snapshot.runs.iter().map(|run| ("run", run.id.to_string())).collect();
    if let Some(pull) = &snapshot.pull {
        links.push(("pull", pull.number.to_string()));
        links.push(("sha", pull.head.sha.clone()));
    }
    links.extend(snapshot.branch().map(|branch| ("branch", branch)));
    links
}

/// The plans that a run, pull request, branch or commit belongs to.
pub async fn linked<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    kind: &str,
    value: &str,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT number FROM mirror_links WHERE repo = $1 AND kind = $2 AND value = $3")
        .bind(repo.to_string())
        .bind(kind)
        .bind(value)
        .fetch_all(db)
        .await
}

/// The same in every repository, the newest plan first.
pub async fn linked_anywhere<'e>(
    db: impl Executor<'e, Database = Any>,
    kind: &str,
    value: &str,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT repo, number FROM mirror_links WHERE kind = $1 AND value = $2 ORDER BY number DESC",
    )
    .bind(kind)
    .bind(value)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

pub async fn plan<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    number: i64,
) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT snapshot, summary, as_of, stale FROM mirror_plans WHERE repo = $1 AND number = $2",
    )
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
            as_of: row.try_get(2)?,
            stale: row.try_get(3)?,
        })
    })
    .transpose()
}

pub async fn remove_plan(tx: &mut AnyConnection, repo: &RepoName, number: i64) -> Result<bool, sqlx::Error> {
    let delete = |sql: &'static str| sqlx::query(sql).bind(repo.to_string()).bind(number);
    delete("DELETE FROM mirror_links WHERE repo = $1 AND number = $2").execute(&mut *tx).await?;
    delete("DELETE FROM mirror_people WHERE repo = $1 AND number = $2").execute(&mut *tx).await?;
    let done = delete("DELETE FROM mirror_plans WHERE repo = $1 AND number = $2").execute(&mut *tx).await?;
    Ok(done.rows_affected() > 0)
}

/// Notes why a plan could not be read again.
pub async fn set_plan_stale(
    tx: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    why: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE mirror_plans SET stale = $3
         WHERE repo = $1 AND number = $2 AND (stale IS NULL OR stale <> $3)",
    )
    .bind(repo.to_string())
    .bind(number)
    .bind(why)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Plans that may still change by themselves, and those whose last read failed.
pub async fn unsettled<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT number FROM mirror_plans WHERE repo = $1 AND (ended = 0 OR stale IS NOT NULL) ORDER BY number",
    )
    .bind(repo.to_string())
    .fetch_all(db)
    .await
}

/// The newest plan numbers of a repository.
pub async fn plans_of<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT number FROM mirror_plans WHERE repo = $1 ORDER BY number")
        .bind(repo.to_string())
        .fetch_all(db)
        .await
}

/// Empties the mirror. What is Waymark's own stays.
pub async fn drop_all(tx: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM mirror_links",
        "DELETE FROM mirror_people",
        "DELETE FROM mirror_counts",
        "DELETE FROM mirror_plans",
        "DELETE FROM mirror_objectives",
        "DELETE FROM mirror_repositories",
        "DELETE FROM mirror_logs",
    ] {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    Ok(())
}
