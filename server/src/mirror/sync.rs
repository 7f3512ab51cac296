//! Reading a repository: which plans and objectives there are, and those that changed since the last time.

use futures::stream::{self, StreamExt};
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::refresh::{publish, stale_repository};
use super::{Reader, fault, now_ms, objectives, refresh_plan, store, visibility};
use crate::github::model::{Issue, millis};
use crate::state::App;

/// Labels by which plans and objectives are found.
const LABELS: [&str; 3] = ["erk-plan", "erk-pr", objectives::LABEL];
/// Changes up to so long before the last one are read again, in seconds: GitHub's lists lag.
const OVERLAP: i64 = 60;

/// Reads a connected repository: new and changed plans, and those that may change by themselves.
///
/// # Errors
/// Why GitHub could not be read; the reason is kept with the repository, and the plans stay as they are.
pub async fn sync_repo(app: &App, repo: &RepoName) -> Result<(), Problem> {
    match read(app, repo).await {
        Ok(()) => Ok(()),
        Err(problem) => {
            stale_repository(app, repo, &problem).await?;
            Err(problem)
        }
    }
}

async fn read(app: &App, repo: &RepoName) -> Result<(), Problem> {
    let reader = Reader::of(app, repo).await?;
    let client = &reader.client;
    let access = match visibility::confirm(app, client, repo).await {
        Ok(access) => access,
        Err(error) => return Err(reader.failed(app, error, &format!("{repo} was read")).await),
    };
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::put_repository(&mut tx, repo, &access).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    let since = store::since(app.db.pool(), repo).await.map_err(fault)?;
    let from = since.as_deref().and_then(earlier);
    let mut plans: Vec<i64> = store::unsettled(app.db.pool(), repo).await.map_err(fault)?;
    plans.extend(objectives::store::unsettled(app.db.pool(), repo).await.map_err(fault)?);
    let mut newest = since.clone();
    for label in LABELS {
        let mut path =
            format!("/repos/{repo}/issues?labels={label}&state=all&sort=updated&direction=asc&per_page=100");
        if let Some(from) = &from {
            path.push_str(&format!("&since={from}"));
        }
        let issues: Vec<Issue> = client
            .get_all(&path)
            .await
            .map_err(|error| error.problem(&format!("the plans of {repo} were listed")))?;
        for issue in issues {
            plans.push(issue.number);
            if newest.as_deref().and_then(millis) < millis(&issue.updated_at) {
                newest = Some(issue.updated_at);
            }
        }
    }
    plans.sort_unstable();
    plans.dedup();
    let failed: Vec<Problem> = stream::iter(plans)
        .map(|number| async move { refresh_plan(app, repo, number).await.err() })
        .buffer_unordered(4)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    if let Some(problem) = failed.into_iter().next() {
        return Err(problem);
    }
    let before = store::repositories(app.db.pool()).await.map_err(fault)?;
    let known = before.into_iter().find(|known| known.repo == *repo);
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::synced(&mut tx, repo, now_ms(), newest.as_deref()).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    if known.is_none_or(|known| known.synced_at.is_none() || known.stale.is_some()) {
        publish(app, repo, None);
    }
    Ok(())
}

/// A little before a time, as GitHub's `since` wants it.
fn earlier(time: &str) -> Option<String> {
    let at = jiff::Timestamp::from_second(millis(time)? / 1000 - OVERLAP).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Drops the mirror and reads every connected repository anew. Answers what could not be read.
pub async fn rebuild(app: &App) -> Result<Vec<(RepoName, Problem)>, Problem> {
    let connections = store::connections(app.db.pool()).await.map_err(fault)?;
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::drop_all(&mut tx).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    let mut failed = Vec::new();
    for connection in connections {
        match read(app, &connection.repo).await {
            Ok(()) => {}
            Err(problem) if problem.kind == ProblemKind::Internal => return Err(problem),
            Err(problem) => failed.push((connection.repo, problem)),
        }
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_overlaps_by_a_minute() {
        assert_eq!(earlier("2026-01-01T00:00:30Z").as_deref(), Some("2025-12-31T23:59:30Z"));
        assert_eq!(earlier("x"), None);
    }
}
