//! Working off what was received: every plan that any waiting delivery points to is read once.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use sqlx::Row;
use waymark_app::areas::RepoName;

use super::target;
use crate::state::App;

/// Deliveries that are taken together.
const BATCH: i64 = 200;
/// Plans that are read at the same time.
const AT_ONCE: usize = 4;
/// After so many failures a delivery is left to the regular reading.
const MOST_ATTEMPTS: i64 = 5;
/// Events that tell of a change of who may see a repository.
const ACCESS_EVENTS: [&str; 4] = ["repository", "public", "member", "team"];

/// Starts the worker.
pub fn spawn(app: &App) {
    let app = app.clone();
    crate::supervise::spawn("the work on deliveries", move || {
        let app = app.clone();
        async move {
            loop {
                let more = match work(&app).await {
                    Ok(more) => more,
                    Err(error) => {
                        tracing::error!(%error, "deliveries cannot be worked off");
                        false
                    }
                };
                if !more {
                    // Failed ones are tried again after a while also when nothing new arrives.
                    let _ = tokio::time::timeout(Duration::from_secs(20), app.inbox.notified()).await;
                }
            }
        }
    });
}

/// Takes one batch; whether there may be more.
async fn work(app: &App) -> Result<bool, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT guid, event, repo, body, attempts FROM deliveries WHERE state = 'new' ORDER BY received_at LIMIT $1",
    )
    .bind(BATCH)
    .fetch_all(app.db.pool())
    .await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let tracked = crate::mirror::tracked(app).await?;
    let full = rows.len() as i64 == BATCH;
    // The plans to read, each with the deliveries that point to it.
    let mut dirty: BTreeMap<(RepoName, i64), Vec<String>> = BTreeMap::new();
    let mut attempts: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows {
        let guid: String = row.try_get(0)?;
        let event: String = row.try_get(1)?;
        let repo: Option<String> = row.try_get(2)?;
        let body: String = row.try_get(3)?;
        let repo = repo.as_deref().and_then(RepoName::parse);
        // Who may see a repository is asked anew after anything that may have changed it.
        if let Some(repo) = repo.as_ref().filter(|_| ACCESS_EVENTS.contains(&event.as_str())) {
            app.access.forget_repository(repo);
        }
        // GitHub's names are alike whatever their case, and it was connected under the name that was typed.
        let name = repo.map(|repo| repo.to_string()).unwrap_or_default();
        let repo = tracked.iter().find(|known| known.to_string().eq_ignore_ascii_case(&name));
        let plans = match repo {
            Some(repo) => {
                let payload = serde_json::from_str(&body).unwrap_or_default();
                target::plans(app, repo, &target::hints(&event, &payload)).await?
            }
            None => Default::default(),
        };
        if plans.is_empty() {
            end(app, &guid, "ignored", None).await?;
        }
        attempts.insert(guid.clone(), row.try_get(4)?);
        for plan in plans {
            if let Some(repo) = repo {
                dirty.entry((repo.clone(), plan)).or_default().push(guid.clone());
            }
        }
    }
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    let mut reads = futures::stream::iter(dirty.keys().cloned())
        .map(|(repo, plan)| async move {
            let result = crate::mirror::catch_up(app, &repo, plan).await;
            ((repo, plan), result)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((plan, result)) = reads.next().await {
        if let Err(problem) = result {
            tracing::info!(repo = %plan.0, plan = plan.1, %problem, "a plan could not be read after a delivery");
            for guid in &dirty[&plan] {
                failed.insert(guid.clone(), problem.message.clone());
            }
        }
    }
    let mut again = false;
    for guids in dirty.values() {
        for guid in guids {
            match failed.get(guid) {
                None => end(app, guid, "done", None).await?,
                Some(reason) if attempts[guid] + 1 >= MOST_ATTEMPTS => {
                    end(app, guid, "failed", Some(reason)).await?
                }
                Some(reason) => {
                    sqlx::query("UPDATE deliveries SET attempts = attempts + 1, detail = $1 WHERE guid = $2")
                        .bind(reason)
                        .bind(guid)
                        .execute(app.db.pool())
                        .await?;
                    again = true;
                }
            }
        }
    }
    Ok(full && !again)
}

async fn end(app: &App, guid: &str, state: &str, detail: Option<&String>) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE deliveries SET state = $1, ended_at = $2, detail = $3 WHERE guid = $4")
        .bind(state)
        .bind(jiff::Timestamp::now().as_millisecond())
        .bind(detail)
        .bind(guid)
        .execute(app.db.pool())
        .await?;
    Ok(())
}
