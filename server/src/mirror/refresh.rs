//! Reading plans again: coalesced per plan, a few at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use tokio::sync::{Mutex, Semaphore};
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::snapshot::Snapshot;
use super::{Reader, facts, fault, housekeeping, now_ms, objectives, own, read, store, words};
use crate::events::Change;
use crate::github::Client;
use crate::objectives::flow;
use crate::state::App;

/// Plans that are read at the same time.
const AT_ONCE: usize = 4;

#[derive(Default)]
struct Slot {
    asked: AtomicU64,
    /// Up to which asking the last read counts, and what came of it.
    last: Mutex<(u64, Option<Problem>)>,
}

type Slots = HashMap<(RepoName, i64), Arc<Slot>>;

/// What the mirror keeps in memory; cheap to clone.
#[derive(Clone)]
pub struct Mirror {
    slots: Arc<StdMutex<Slots>>,
    running: Arc<Semaphore>,
}

impl Default for Mirror {
    fn default() -> Self {
        Mirror { slots: Arc::default(), running: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Mirror {
    fn slot(&self, repo: &RepoName, number: i64) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody holds a slot that only the map knows.
        if slots.len() > 1024 {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry((repo.clone(), number)).or_default().clone()
    }

    /// Reads a plan, or waits for a read that began after this was called.
    pub(super) async fn refresh(&self, app: &App, repo: &RepoName, number: i64) -> Result<(), Problem> {
        let slot = self.slot(repo, number);
        let mine = slot.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut last = slot.last.lock().await;
        if last.0 < mine {
            let upto = slot.asked.load(Ordering::SeqCst);
            let permit = self.running.acquire().await;
            let result = refresh(app, repo, number).await;
            drop(permit);
            *last = (upto, result.err());
        }
        last.1.clone().map_or(Ok(()), Err)
    }
}

async fn refresh(app: &App, repo: &RepoName, number: i64) -> Result<(), Problem> {
    let reader = match Reader::of(app, repo).await {
        Ok(reader) => reader,
        Err(problem) if problem.kind == ProblemKind::SignedOut => {
            stale_repository(app, repo, &problem).await?;
            return Err(problem);
        }
        Err(problem) => return Err(problem),
    };
    let before = store::plan(app.db.pool(), repo, number).await.map_err(fault)?;
    let as_of = now_ms();
    let snapshot = match read::plan(&reader.client, repo, number, before.as_ref().map(|b| &b.snapshot)).await
    {
        Ok(snapshot) => snapshot,
        Err(error) => {
            let problem = reader.failed(app, error, &format!("plan #{number} of {repo} was read")).await;
            let mut tx = app.db.begin().await.map_err(fault)?;
            let version = store::next_version(&mut tx, repo).await.map_err(fault)?;
            let why = words(&problem);
            let news = store::set_plan_stale(&mut tx, version, repo, number, &why).await.map_err(fault)?;
            tx.commit().await.map_err(fault)?;
            if news {
                publish(app, repo, Some(number));
            }
            return Err(problem);
        }
    };
    let snapshot = match snapshot {
        Some(snapshot) => Some(tidied(app, &reader.client, repo, snapshot).await?),
        None => None,
    };
    let mut tx = app.db.begin().await.map_err(fault)?;
    let version = store::next_version(&mut tx, repo).await.map_err(fault)?;
    let changed = match &snapshot {
        Some(snapshot) => {
            let view = own::view(&mut tx, repo, snapshot, as_of).await.map_err(fault)?;
            let row = facts::row(repo, snapshot, &view, as_of);
            store::put_plan(&mut tx, version, &row, &view, snapshot).await.map_err(fault)?;
            before.is_none_or(|before| {
                before.snapshot != *snapshot || before.row.phase != row.phase || before.row.stopped != row.stopped || before.stale.is_some()
            })
        }
        None => store::remove_plan(&mut tx, version, repo, number).await.map_err(fault)?,
    };
    tx.commit().await.map_err(fault)?;
    if changed {
        publish(app, repo, Some(number));
    }
    match &snapshot {
        Some(_) if changed => flow::plan_changed(app, repo, number).await,
        Some(_) => {}
        None => objectives::refresh(app, &reader.client, repo, number).await?,
    }
    Ok(())
}

/// The reading after Waymark's own housekeeping.
async fn tidied(
    app: &App,
    client: &Client,
    repo: &RepoName,
    snapshot: Snapshot,
) -> Result<Snapshot, Problem> {
    let default = store::default_branch(app.db.pool(), repo).await.map_err(fault)?;
    let Some(default) = default else { return Ok(snapshot) };
    if housekeeping::close_after_merge(client, repo, &snapshot, &default).await {
        let again = read::plan(client, repo, snapshot.issue.number, Some(&snapshot)).await;
        return Ok(again.ok().flatten().unwrap_or(snapshot));
    }
    Ok(snapshot)
}

/// Notes that a repository can not be read, and tells those who look.
pub(super) async fn stale_repository(app: &App, repo: &RepoName, problem: &Problem) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    let news = store::set_stale(&mut tx, repo, &words(problem)).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    if news {
        publish(app, repo, None);
    }
    Ok(())
}

pub(super) fn publish(app: &App, repo: &RepoName, plan: Option<i64>) {
    app.events.publish(Change { repo: repo.clone(), plan, objective: None, dispatch: None });
}
