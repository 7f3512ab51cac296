//! Who lets nodes start by themselves, and the starts: Waymark's own tables.

use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Executor, Row};
use waymark_app::areas::{RepoName, Viewer};

use super::decide::{Start, State};

/// Before the reason of a start that failed stands the batch in which it did.
const BATCH: &str = "batch:";

/// Auto-start of an objective, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auto {
    pub repo: RepoName,
    pub number: i64,
    /// Whoever enabled it: what is started runs as this account.
    pub account_id: i64,
    pub login: String,
    /// Nodes that may be worked on at the same time.
    pub most: u32,
    pub paused: bool,
    /// Why Waymark paused it.
    pub reason: Option<String>,
}

impl Auto {
    pub fn viewer(&self) -> Viewer {
        Viewer { account_id: self.account_id, login: self.login.clone(), name: None, avatar_url: None }
    }
}

fn auto(row: &AnyRow) -> Result<Auto, sqlx::Error> {
    let repo: String = row.try_get("repo")?;
    let repo = RepoName::parse(&repo).ok_or_else(|| sqlx::Error::Decode("not a repository".into()))?;
    Ok(Auto {
        repo,
        number: row.try_get("number")?,
        account_id: row.try_get("account_id")?,
        login: row.try_get("login")?,
        most: u32::try_from(row.try_get::<i64, _>("most")?).unwrap_or_default(),
        paused: row.try_get::<i64, _>("paused")? != 0,
        reason: row.try_get("reason")?,
    })
}

/// Auto-start of one objective, when it is on.
pub async fn load<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    number: i64,
) -> Result<Option<Auto>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM objective_auto WHERE repo = $1 AND number = $2")
        .bind(repo.to_string())
        .bind(number)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(auto).transpose()
}

/// Every objective with auto-start.
pub async fn all<'e>(db: impl Executor<'e, Database = Any>) -> Result<Vec<Auto>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM objective_auto ORDER BY repo, number").fetch_all(db).await?;
    rows.iter().map(auto).collect()
}

/// Turns it on, or on again, as this person.
pub async fn enable(
    db: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    viewer: &Viewer,
    most: u32,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO objective_auto (repo, number, account_id, login, most, paused, enabled_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6)
         ON CONFLICT (repo, number) DO UPDATE SET account_id = $3, login = $4, most = $5, paused = 0,
             reason = NULL, enabled_at = $6",
    )
    .bind(repo.to_string())
    .bind(number)
    .bind(viewer.account_id)
    .bind(&viewer.login)
    .bind(i64::from(most))
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Pauses it, with the reason when Waymark does so.
pub async fn pause(
    db: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    reason: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE objective_auto SET paused = 1, reason = $3 WHERE repo = $1 AND number = $2")
        .bind(repo.to_string())
        .bind(number)
        .bind(reason.map(str::to_owned))
        .execute(db)
        .await?;
    Ok(())
}

/// Turns it off and forgets its starts; what was begun goes on.
pub async fn disable(db: &mut AnyConnection, repo: &RepoName, number: i64) -> Result<(), sqlx::Error> {
    for table in [
        "DELETE FROM objective_auto WHERE repo = $1 AND number = $2",
        "DELETE FROM objective_starts WHERE repo = $1 AND number = $2",
    ] {
        sqlx::query(table).bind(repo.to_string()).bind(number).execute(&mut *db).await?;
    }
    Ok(())
}

/// The starts of an objective, first due first.
pub async fn starts<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    number: i64,
) -> Result<Vec<Start>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT node, due_at, state, detail FROM objective_starts WHERE repo = $1 AND number = $2
         ORDER BY due_at, node",
    )
    .bind(repo.to_string())
    .bind(number)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let (state, detail): (String, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
            let detail = detail.unwrap_or_default();
            let state = match state.as_str() {
                "vetoed" => State::Vetoed(detail),
                "started" => State::Started(detail),
                "failed" => match detail.strip_prefix(BATCH).and_then(|rest| rest.split_once(' ')) {
                    Some((batch, why)) => State::Held { why: why.to_owned(), batch: Some(batch.to_owned()) },
                    None => State::Held { why: detail, batch: None },
                },
                _ => State::Announced,
            };
            Ok(Start { node: row.try_get(0)?, due_at: row.try_get(1)?, state })
        })
        .collect()
}

/// Changes a start, when it still is as `from` says (or is not there); answers whether it was.
pub async fn turn(
    db: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    from: Option<&Start>,
    to: &Start,
) -> Result<bool, sqlx::Error> {
    let (state, detail) = columns(&to.state);
    let sql = match from {
        None => {
            "INSERT INTO objective_starts (repo, number, node, due_at, state, detail)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (repo, number, node) DO NOTHING"
        }
        Some(_) => {
            "UPDATE objective_starts SET due_at = $4, state = $5, detail = $6
             WHERE repo = $1 AND number = $2 AND node = $3 AND state = $7 AND due_at = $8"
        }
    };
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(number)
        .bind(&to.node)
        .bind(to.due_at)
        .bind(state)
        .bind(detail);
    let query = match from {
        None => query,
        Some(from) => query.bind(columns(&from.state).0).bind(from.due_at),
    };
    Ok(query.execute(db).await?.rows_affected() > 0)
}

/// Forgets a start, when it still is as it was seen.
pub async fn forget(
    db: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    seen: &Start,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM objective_starts WHERE repo = $1 AND number = $2 AND node = $3 AND state = $4 AND due_at = $5",
    )
    .bind(repo.to_string())
    .bind(number)
    .bind(&seen.node)
    .bind(columns(&seen.state).0)
    .bind(seen.due_at)
    .execute(db)
    .await?;
    Ok(())
}

fn columns(state: &State) -> (&'static str, Option<String>) {
    match state {
        State::Announced => ("announced", None),
        State::Vetoed(who) => ("vetoed", Some(who.clone())),
        State::Started(batch) => ("started", Some(batch.clone())),
        State::Held { why, batch: None } => ("failed", Some(why.clone())),
        State::Held { why, batch: Some(batch) } => ("failed", Some(format!("{BATCH}{batch} {why}"))),
    }
}

/// When the next announced start is due, after `now`.
pub async fn next_due<'e>(
    db: impl Executor<'e, Database = Any>,
    now: i64,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT MIN(s.due_at) FROM objective_starts s JOIN objective_auto a
             ON a.repo = s.repo AND a.number = s.number
         WHERE s.state = 'announced' AND s.due_at > $1 AND a.paused = 0",
    )
    .bind(now)
    .fetch_one(db)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_start_changes_only_from_what_was_seen() {
        let pool = crate::db::in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        let repo = RepoName::parse("acme/widgets").expect("a name");
        let viewer = Viewer { account_id: 7, login: "ada".into(), name: None, avatar_url: None };
        enable(&mut db, &repo, 5, &viewer, 2, 1).await.expect("on");
        pause(&mut db, &repo, 5, Some("why")).await.expect("paused");
        let kept = load(&mut *db, &repo, 5).await.expect("read").expect("on");
        assert_eq!((kept.most, kept.paused, kept.reason.as_deref()), (2, true, Some("why")));
        enable(&mut db, &repo, 5, &viewer, 3, 2).await.expect("on again");
        let kept = all(&mut *db).await.expect("read");
        assert_eq!((kept[0].most, kept[0].paused, &kept[0].reason), (3, false, &None));

        let announced = Start { node: "1.1".into(), due_at: 50, state: State::Announced };
        assert!(turn(&mut db, &repo, 5, None, &announced).await.expect("announced"));
        let later = Start { due_at: 60, ..announced.clone() };
        assert!(!turn(&mut db, &repo, 5, None, &later).await.expect("asked"), "it is announced once");
        assert_eq!(next_due(&mut *db, 49).await.expect("read"), Some(50));
        assert_eq!(next_due(&mut *db, 50).await.expect("read"), None);
        let vetoed = Start { state: State::Vetoed("bob".into()), ..announced.clone() };
        assert!(turn(&mut db, &repo, 5, Some(&announced), &vetoed).await.expect("vetoed"));
        let begun = Start { state: State::Started("b".into()), ..announced.clone() };
        assert!(
            !turn(&mut db, &repo, 5, Some(&announced), &begun).await.expect("asked"),
            "the veto came first"
        );
        forget(&mut db, &repo, 5, &announced).await.expect("asked");
        assert_eq!(starts(&mut *db, &repo, 5).await.expect("read"), [vetoed]);
        let held = State::Held { why: "a b".into(), batch: Some("c0".into()) };
        let held = Start { node: "1.2".into(), due_at: 70, state: held };
        assert!(turn(&mut db, &repo, 5, None, &held).await.expect("held"));
        assert_eq!(starts(&mut *db, &repo, 5).await.expect("read")[1], held);
        disable(&mut db, &repo, 5).await.expect("off");
        assert!(starts(&mut *db, &repo, 5).await.expect("read").is_empty());
    }
}
