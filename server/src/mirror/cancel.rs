//! Cancelling a run until it settles: asked, forced after a minute, and the state that GitHub then
//! tells is named.
//!
//! What is asked is recorded before it is sent, so that it is forced also when the process ended meanwhile.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use sqlx::Row;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use super::{access, fault, now_ms, refresh_plan};
use crate::github::Error;
use crate::github::model::Run;
use crate::state::App;

/// Between two looks at a run that was asked to stop.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So long a run that was asked to stop is looked at.
const LONGEST: i64 = 3_600_000;

/// A run that was asked to stop and is not known to have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub repo: RepoName,
    pub run: i64,
    pub plan: i64,
    account_id: i64,
    /// Epoch milliseconds.
    pub asked_at: i64,
    pub forced_at: Option<i64>,
}

/// Asks for the run to be cancelled and follows it until it has ended.
///
/// # Errors
/// `Conflict` when it is over already; otherwise GitHub's refusal in words.
pub async fn cancel(app: &App, viewer: &Viewer, repo: &RepoName, plan: i64, run: i64) -> Result<(), Problem> {
    let client = access::client(app, Some(viewer)).await?;
    let asked = Asked {
        repo: repo.clone(),
        run,
        plan,
        account_id: viewer.account_id,
        asked_at: now_ms(),
        forced_at: None,
    };
    save(app, &asked).await.map_err(fault)?;
    let path = format!("/repos/{repo}/actions/runs/{run}/cancel");
    let refused = match client.send::<Value>(Method::POST, &path, None).await {
        Ok(_) => {
            follow(app, &asked);
            return Ok(());
        }
        Err(Error::Answer { status: 409, .. }) => {
            let words = format!("Run {run} can no longer be cancelled.");
            Problem::new(ProblemKind::Conflict, words).next("Look at how it ended.")
        }
        Err(error) => error.problem(&format!("run {run} was cancelled")),
    };
    forget(app, &asked).await.map_err(fault)?;
    Err(refused)
}

/// Carries on with the cancellations that were under way when the process ended.
pub async fn resume_all(app: &App) -> Result<(), sqlx::Error> {
    for row in sqlx::query("SELECT * FROM cancellations").fetch_all(app.db.pool()).await? {
        if let Some(asked) = read(&row)? {
            follow(app, &asked);
        }
    }
    Ok(())
}

/// The runs of a plan that were asked to stop.
pub async fn of_plan(app: &App, repo: &RepoName, plan: i64) -> Result<Vec<Asked>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM cancellations WHERE repo = $1 AND plan = $2 ORDER BY run")
        .bind(repo.to_string())
        .bind(plan)
        .fetch_all(app.db.pool())
        .await?;
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

fn follow(app: &App, asked: &Asked) {
    let (server, of, run) = (app.clone(), asked.repo.clone(), asked.run);
    app.cancellations.start("a cancellation", &format!("{of}#{run}"), move || {
        let (app, repo) = (server.clone(), of.clone());
        async move {
            if let Err(error) = settle(&app, &repo, run).await {
                tracing::error!(%repo, run, %error, "a cancellation is followed again later");
            }
        }
    });
}

async fn settle(app: &App, repo: &RepoName, run: i64) -> Result<(), sqlx::Error> {
    let path = format!("/repos/{repo}/actions/runs/{run}");
    let force_after = i64::try_from(app.config.force_cancel_after.as_millis()).unwrap_or(i64::MAX);
    let asked = loop {
        // GitHub may have refused it meanwhile: then it is not recorded any more.
        let Some(asked) = of_run(app, repo, run).await? else { return Ok(()) };
        let waited = now_ms() - asked.asked_at;
        let mut forced = asked.forced_at.is_some();
        if let Ok(token) = app.tokens.of(asked.account_id).await {
            let client = app.github.client(token);
            match client.get::<Run>(&path).await {
                Ok(run) if run.is_completed() => break asked,
                Err(error) if error.is_not_found() => break asked,
                _ => {}
            }
            if waited >= force_after && !forced {
                let answer = client.send::<Value>(Method::POST, &format!("{path}/force-cancel"), None).await;
                if let Err(error) = answer {
                    tracing::warn!(%repo, run, %error, "a run could not be forced to stop");
                }
                // Whatever it answered, the run's own state is told from now on.
                forced = true;
                note_forced(app, &asked, now_ms()).await?;
                refresh(app, &asked).await;
            }
        }
        if waited > LONGEST {
            break asked;
        }
        let pause = if forced { LOOK_EVERY * 5 } else { LOOK_EVERY };
        tokio::time::sleep(pause.min(app.config.force_cancel_after)).await;
    };
    forget(app, &asked).await?;
    refresh(app, &asked).await;
    Ok(())
}

async fn refresh(app: &App, asked: &Asked) {
    let (repo, plan) = (&asked.repo, asked.plan);
    if let Err(problem) = refresh_plan(app, repo, plan).await {
        tracing::debug!(%repo, plan, %problem, "a plan was not read after a cancellation");
    }
    let change =
        crate::events::Change { repo: repo.clone(), plan: Some(plan), objective: None, dispatch: None };
    app.events.publish(change);
}

async fn save(app: &App, asked: &Asked) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO cancellations (repo, run, plan, account_id, asked_at, forced_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (repo, run) DO NOTHING",
    )
    .bind(asked.repo.to_string())
    .bind(asked.run)
    .bind(asked.plan)
    .bind(asked.account_id)
    .bind(asked.asked_at)
    .bind(asked.forced_at)
    .execute(app.db.pool())
    .await?;
    Ok(())
}

async fn of_run(app: &App, repo: &RepoName, run: i64) -> Result<Option<Asked>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM cancellations WHERE repo = $1 AND run = $2")
        .bind(repo.to_string())
        .bind(run)
        .fetch_optional(app.db.pool())
        .await?;
    Ok(row.as_ref().map(read).transpose()?.flatten())
}

async fn note_forced(app: &App, asked: &Asked, at: i64) -> Result<(), sqlx::Error> {
    let update = sqlx::query("UPDATE cancellations SET forced_at = $3 WHERE repo = $1 AND run = $2");
    update.bind(asked.repo.to_string()).bind(asked.run).bind(at).execute(app.db.pool()).await?;
    Ok(())
}

async fn forget(app: &App, asked: &Asked) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM cancellations WHERE repo = $1 AND run = $2");
    delete.bind(asked.repo.to_string()).bind(asked.run).execute(app.db.pool()).await?;
    Ok(())
}

fn read(row: &sqlx::any::AnyRow) -> Result<Option<Asked>, sqlx::Error> {
    let Some(repo) = RepoName::parse(&row.try_get::<String, _>("repo")?) else { return Ok(None) };
    Ok(Some(Asked {
        repo,
        run: row.try_get("run")?,
        plan: row.try_get("plan")?,
        account_id: row.try_get("account_id")?,
        asked_at: row.try_get("asked_at")?,
        forced_at: row.try_get("forced_at")?,
    }))
}
