//! The mirror's tables.

use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Executor, Row};
use waymark_app::areas::{PlanRow, RepoName};

use super::access::Access;
use super::facts::{self, Involved, View};
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

/// Drops the connection of a repository with its copy, and ends the auto-start of its objectives.
pub async fn disconnect(tx: &mut AnyConnection, repo: &RepoName) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM connections WHERE repo = $1",
        "DELETE FROM mirror_links WHERE repo = $1",
        "DELETE FROM mirror_plans WHERE repo = $1",
        "DELETE FROM mirror_objectives WHERE repo = $1",
        "DELETE FROM mirror_logs WHERE repo = $1",
        "DELETE FROM mirror_repositories WHERE repo = $1",
        "DELETE FROM objective_auto WHERE repo = $1",
    ] {
        sqlx::query(sql).bind(repo.to_string()).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The connection of a repository, whatever the case of its name: GitHub knows one of a name.
pub async fn connection<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Option<Connection>, sqlx::Error> {
    let row = sqlx::query("SELECT repo, account_id, login FROM connections WHERE LOWER(repo) = $1")
        .bind(repo.to_string().to_lowercase())
        .fetch_optional(db)
        .await?;
    let read = |row: AnyRow| {
        Ok(Connection { repo: name(row.try_get(0)?)?, account_id: row.try_get(1)?, login: row.try_get(2)? })
    };
    row.map(read).transpose()
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

/// Keeps what a repository is. What was read of its plans stays. The versions of a new one begin at the time in
/// microseconds: after the mirror was dropped they are higher than any before.
pub async fn put_repository(
    tx: &mut AnyConnection,
    repo: &RepoName,
    access: &Access,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mirror_repositories (repo, private, archived, default_branch, description, methods,
             version, removed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (repo) DO UPDATE SET private = $2, archived = $3, default_branch = $4,
             description = $5, methods = $6",
    )
    .bind(repo.to_string())
    .bind(i64::from(access.private))
    .bind(i64::from(access.archived))
    .bind(&access.default_branch)
    .bind(access.description.clone())
    .bind(access.methods.join(","))
    .bind(jiff::Timestamp::now().as_microsecond())
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that a repository is not known to be public any more.
pub async fn set_private<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<(), sqlx::Error> {
    let update = sqlx::query("UPDATE mirror_repositories SET private = 1 WHERE repo = $1");
    update.bind(repo.to_string()).execute(db).await.map(drop)
}

/// Whether a repository was public when it was read last.
pub async fn was_public<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<bool, sqlx::Error> {
    let private: Option<i64> = sqlx::query_scalar("SELECT private FROM mirror_repositories WHERE repo = $1")
        .bind(repo.to_string())
        .fetch_optional(db)
        .await?;
    Ok(private == Some(0))
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

/// Begins to change plans of a repository: answers the version that what is written gets. Others who change
/// them wait until the transaction ends, so that whoever has seen a version has seen all before it.
pub async fn next_version(tx: &mut AnyConnection, repo: &RepoName) -> Result<i64, sqlx::Error> {
    let version = sqlx::query_scalar(
        "UPDATE mirror_repositories SET version = version + 1 WHERE repo = $1 RETURNING version",
    )
    .bind(repo.to_string())
    .fetch_optional(tx)
    .await?;
    // What is written before its repository is known belongs to the repository's first version.
    Ok(version.unwrap_or_default())
}

/// Keeps a plan with what leads deliveries to it.
pub async fn put_plan(
    tx: &mut AnyConnection,
    version: i64,
    row: &PlanRow,
    view: &View,
    snapshot: &Snapshot,
) -> Result<(), sqlx::Error> {
    let json = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let repo = row.repo.to_string();
    sqlx::query(
        "INSERT INTO mirror_plans (repo, number, ended, objective, changed_at, as_of, stale, summary, snapshot,
             people, version)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, $9, $10)
         ON CONFLICT (repo, number) DO UPDATE SET ended = $3, objective = $4, changed_at = $5, as_of = $6,
             stale = NULL, summary = $7, snapshot = $8, people = $9, version = $10",
    )
    .bind(&repo)
    .bind(row.number)
    .bind(i64::from(row.phase.is_final()))
    .bind(row.objective)
    .bind(row.changed_at)
    .bind(row.as_of)
    .bind(serde_json::to_string(row).map_err(json)?)
    .bind(serde_json::to_string(snapshot).map_err(json)?)
    .bind(serde_json::to_string(&facts::involved(snapshot, view)).map_err(json)?)
    .bind(version)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM mirror_links WHERE repo = $1 AND number = $2")
        .bind(&repo)
        .bind(row.number)
        .execute(&mut *tx)
        .await?;
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

/// Selects the plans of a repository that were written after a version, by number.
pub const WRITTEN_SINCE: &str = "SELECT summary, as_of, stale, people FROM mirror_plans
     WHERE repo = $1 AND version > $2 ORDER BY number";

/// The rows of a repository's plans that were written after a version, by number, each with who has to do
/// with it.
pub async fn written_since<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    version: i64,
) -> Result<Vec<(PlanRow, Vec<Involved>)>, sqlx::Error> {
    let rows = sqlx::query(WRITTEN_SINCE).bind(repo.to_string()).bind(version).fetch_all(db).await?;
    rows.iter().map(shown).collect()
}

/// The row of one plan, with who has to do with it.
pub async fn row<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    number: i64,
) -> Result<Option<(PlanRow, Vec<Involved>)>, sqlx::Error> {
    let row =
        sqlx::query("SELECT summary, as_of, stale, people FROM mirror_plans WHERE repo = $1 AND number = $2")
            .bind(repo.to_string())
            .bind(number)
            .fetch_optional(db)
            .await?;
    row.as_ref().map(shown).transpose()
}

fn shown(line: &AnyRow) -> Result<(PlanRow, Vec<Involved>), sqlx::Error> {
    let json = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    let row: PlanRow = serde_json::from_str(line.try_get(0)?).map_err(json)?;
    let row = PlanRow { as_of: line.try_get(1)?, stale: line.try_get(2)?, ..row };
    Ok((row, serde_json::from_str(line.try_get(3)?).map_err(json)?))
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

pub async fn remove_plan(
    tx: &mut AnyConnection,
    version: i64,
    repo: &RepoName,
    number: i64,
) -> Result<bool, sqlx::Error> {
    let with = |sql: &'static str, value: i64| sqlx::query(sql).bind(repo.to_string()).bind(value);
    with("DELETE FROM mirror_links WHERE repo = $1 AND number = $2", number).execute(&mut *tx).await?;
    let done =
        with("DELETE FROM mirror_plans WHERE repo = $1 AND number = $2", number).execute(&mut *tx).await?;
    with("UPDATE mirror_repositories SET removed = $2 WHERE repo = $1", version).execute(tx).await?;
    Ok(done.rows_affected() > 0)
}

/// Notes why a plan could not be read again.
pub async fn set_plan_stale(
    tx: &mut AnyConnection,
    version: i64,
    repo: &RepoName,
    number: i64,
    why: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE mirror_plans SET stale = $3, version = $4
         WHERE repo = $1 AND number = $2 AND (stale IS NULL OR stale <> $3)",
    )
    .bind(repo.to_string())
    .bind(number)
    .bind(why)
    .bind(version)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A plan that is not over, or whose last read failed.
#[derive(Clone, Debug)]
pub struct Unsettled {
    pub row: PlanRow,
    /// Whether the last read failed.
    pub stale: bool,
}

/// Plans that may still change by themselves, and those whose last read failed.
pub async fn unsettled<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
) -> Result<Vec<Unsettled>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT summary, as_of, stale, people FROM mirror_plans
         WHERE repo = $1 AND (ended = 0 OR stale IS NOT NULL) ORDER BY number",
    )
    .bind(repo.to_string())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| shown(row).map(|(row, _)| Unsettled { stale: row.stale.is_some(), row })).collect()
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
        "DELETE FROM mirror_plans",
        "DELETE FROM mirror_objectives",
        "DELETE FROM mirror_repositories",
        "DELETE FROM mirror_logs",
    ] {
        sqlx::query(sql).execute(&mut *tx).await?;
    }
    Ok(())
}
