//! Dispatches of our own, as a fact about their plan.
//!
//! Properties kept:
//! - A plan's row says that its dispatch is under way or stopped as soon as the journal does, without
//!   asking GitHub.
//! - It is written in the transaction that reads the journal, so that a reading of GitHub at the same time
//!   cannot put an older state back.

use sqlx::AnyConnection;
use waymark_app::areas::{DispatchState, DispatchView, OperationState, PlanRow, RepoName};
use waymark_domain::lifecycle::facts::Dispatch;

use super::facts::{self, View};
use super::snapshot::Snapshot;
use super::{refresh, store};
use crate::dispatch::journal;
use crate::state::App;

/// Computes everything of a reading, with what the journal holds of the plan.
pub(super) async fn view(
    db: &mut AnyConnection,
    repo: &RepoName,
    snapshot: &Snapshot,
    now: i64,
) -> Result<View, sqlx::Error> {
    let dispatches = journal::of_plan(db, repo, snapshot.issue.number).await?;
    let under_way = dispatches.iter().any(|one| one.active && one.state == DispatchState::Running);
    let stopped = dispatches.into_iter().find(|one| one.state == DispatchState::Stopped).map(|one| one.id);
    let view = facts::view_with(snapshot, fact(under_way, stopped.is_some()), now);
    Ok(View { stopped, ..view })
}

/// The same for dispatches that were read already.
pub(super) fn of_views(dispatches: &[DispatchView]) -> Dispatch {
    let is_open = |one: &DispatchView| {
        let open = |state| !matches!(state, OperationState::Done | OperationState::Skipped);
        one.operations.iter().any(|op| !op.best_effort && open(op.state))
    };
    let under_way = dispatches.iter().any(|one| one.state == DispatchState::Running && is_open(one));
    fact(under_way, dispatches.iter().any(|one| one.state == DispatchState::Stopped))
}

fn fact(under_way: bool, stopped: bool) -> Dispatch {
    match (stopped, under_way) {
        (true, _) => Dispatch::Stopped,
        (false, true) => Dispatch::UnderWay,
        (false, false) => Dispatch::None,
    }
}

/// Brings the row of a plan up to date with its dispatches.
///
/// # Errors
/// The database's.
pub(crate) async fn retell(app: &App, repo: &RepoName, number: i64) -> Result<(), sqlx::Error> {
    let mut db = app.db.pool().acquire().await?;
    if told(&mut db, repo, number).await?.is_none() {
        return Ok(());
    }
    drop(db);
    let mut tx = app.db.begin().await?;
    let version = store::next_version(&mut tx, repo).await?;
    let Some((kept, view, row)) = told(&mut tx, repo, number).await? else { return Ok(()) };
    store::put_plan(&mut tx, version, &row, &view, &kept.snapshot).await?;
    if let Some(why) = &kept.stale {
        store::set_plan_stale(&mut tx, version, repo, number, why).await?;
    }
    tx.commit().await?;
    refresh::publish(app, repo, Some(number));
    Ok(())
}

/// The row as it should be; nothing when it is so, or when the plan has none.
async fn told(
    db: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
) -> Result<Option<(store::Kept, View, PlanRow)>, sqlx::Error> {
    let Some(kept) = store::plan(&mut *db, repo, number).await? else { return Ok(None) };
    let view = view(db, repo, &kept.snapshot, super::now_ms()).await?;
    let row = facts::row(repo, &kept.snapshot, &view, kept.as_of);
    let same = (row.phase, &row.stopped) == (kept.row.phase, &kept.row.stopped);
    Ok((!same).then_some((kept, view, row)))
}
