//! Reading a repository: which plans and objectives there are, and those that changed since the last time.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::listing::{Lead, Listing};
use super::refresh::{publish, stale_repository};
use super::{Reader, due, fault, now_ms, objectives, read as reading, store, visibility};
use crate::state::App;

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
    let listed = app.mirror.listed(repo);
    // One reading of a repository at a time.
    let mut last = listed.lock().await;
    let reader = Reader::of(app, repo).await?;
    let client = reader.client.in_background();
    client.may_begin().map_err(|wait| wait.problem())?;
    let access = match visibility::confirm(app, &client, repo).await {
        Ok(access) => access,
        Err(error) => return Err(reader.failed(app, error, &format!("{repo} was read")).await),
    };
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::put_repository(&mut tx, repo, &access).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    let since = store::since(app.db.pool(), repo).await.map_err(fault)?;
    let listing = match Listing::read(&client, repo, since.as_deref(), last.as_ref()).await {
        Ok(listing) => listing,
        Err(error) => {
            return Err(reader.failed(app, error, &format!("the plans of {repo} were listed")).await);
        }
    };
    let plans = to_read(app, repo, &listing, last.as_ref()).await.map_err(fault)?;
    let failed: Vec<Problem> = stream::iter(plans)
        .map(|number| {
            let listing = &listing;
            async move { app.mirror.refresh_listed(app, repo, number, listing).await.err() }
        })
        .buffer_unordered(4)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    // A plan that cannot be read has the reason with it and is tried again. What is not the plan's fault keeps
    // the others from being read too, so everything that was listed is listed again the next time.
    let of_one = |problem: &Problem| {
        matches!(
            problem.kind,
            ProblemKind::GitHub
                | ProblemKind::NotFound
                | ProblemKind::Forbidden
                | ProblemKind::Conflict
                | ProblemKind::Invalid
        )
    };
    if let Some(problem) = failed.iter().find(|problem| !of_one(problem)) {
        return Err(problem.clone());
    }
    for problem in failed {
        tracing::info!(%repo, %problem, "a plan could not be read");
    }
    let before = store::repositories(app.db.pool()).await.map_err(fault)?;
    let known = before.into_iter().find(|known| known.repo == *repo);
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::synced(&mut tx, repo, now_ms(), listing.newest.as_deref()).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    if known.is_none_or(|known| known.synced_at.is_none() || known.stale.is_some()) {
        publish(app, repo, None);
    }
    *last = Some(listing);
    Ok(())
}

/// The plans and objectives to read: what the lists show as changed, and then what may change by itself.
async fn to_read(
    app: &App,
    repo: &RepoName,
    listing: &Listing,
    last: Option<&Listing>,
) -> Result<Vec<i64>, sqlx::Error> {
    let mut candidates = BTreeSet::new();
    for lead in listing.news(last) {
        match lead {
            Lead::Plan(number) => drop(candidates.insert(number)),
            Lead::Link(kind, value) => {
                candidates.extend(store::linked(app.db.pool(), repo, kind, &value).await?);
            }
        }
    }
    let mut numbers = Vec::new();
    for number in candidates {
        let kept = store::plan(app.db.pool(), repo, number).await?;
        let changed = match (kept, listing.issues.get(&number)) {
            (Some(kept), _) => kept.stale.is_none() && listing.differs(&kept.snapshot),
            (None, Some(issue)) if reading::is_plan(issue) => true,
            (None, Some(_)) => {
                let kept = objectives::store::objective(app.db.pool(), repo, number).await?;
                kept.is_none_or(|kept| listing.issue_differs(&kept.snapshot.issue))
            }
            (None, None) => false,
        };
        if changed {
            numbers.push(number);
        }
    }
    let now = now_ms();
    let open = store::unsettled(app.db.pool(), repo).await?;
    let open = open.iter().filter(|plan| match plan.stale {
        true => app.mirror.may_retry(repo, plan.row.number, now),
        false => due::is_due(&plan.row, now),
    });
    let mut open: Vec<i64> = open.map(|plan| plan.row.number).collect();
    open.extend(objectives::store::unsettled(app.db.pool(), repo).await?);
    open.retain(|number| !numbers.contains(number));
    numbers.extend(open);
    Ok(numbers)
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
