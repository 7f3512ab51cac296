//! Reading plans again: coalesced per plan, a few at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore};
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::listing::Listing;
use super::read::Known;
use super::snapshot::Snapshot;
use super::{Reader, facts, fault, housekeeping, now_ms, objectives, own, read, store, words};
use crate::events::Change;
use crate::github::model::Issue;
use crate::github::{Client, Error};
use crate::objectives::flow;
use crate::state::App;

/// Plans that are read at the same time.
const AT_ONCE: usize = 4;
/// Between two readings of a plan that is followed.
const GAP: Duration = Duration::from_secs(2);
/// The longest pause after readings that failed, in milliseconds.
const LONGEST_PAUSE: i64 = 3_600_000;

#[derive(Default)]
struct Slot {
    asked: AtomicU64,
    /// Up to which asking the last read counts, and what came of it.
    last: Mutex<(u64, Option<Problem>)>,
    /// Whether a reading is to begin by itself.
    followed: AtomicBool,
    begun: StdMutex<Option<Instant>>,
}

type Slots = HashMap<(RepoName, i64), Arc<Slot>>;
/// The lists of a repository as they were read last; held by whoever reads the repository.
pub(super) type Listed = Arc<Mutex<Option<Listing>>>;
type Failures = HashMap<(RepoName, i64), (u32, i64)>;

/// What the mirror keeps in memory; cheap to clone.
#[derive(Clone)]
pub struct Mirror {
    slots: Arc<StdMutex<Slots>>,
    running: Arc<Semaphore>,
    listed: Arc<StdMutex<HashMap<RepoName, Listed>>>,
    /// How often in a row a plan could not be read, and when it is tried again, in epoch milliseconds.
    failed: Arc<StdMutex<Failures>>,
}

impl Default for Mirror {
    fn default() -> Self {
        Mirror {
            slots: Arc::default(),
            running: Arc::new(Semaphore::new(AT_ONCE)),
            listed: Arc::default(),
            failed: Arc::default(),
        }
    }
}

/// For whom a plan is read.
#[derive(Clone, Copy)]
enum For<'a> {
    /// Somebody waits for it.
    Person,
    Background,
    /// A regular reading, which has read the lists of the repository.
    Lists(&'a Listing),
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

    pub(super) fn listed(&self, repo: &RepoName) -> Listed {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.entry(repo.clone()).or_default().clone()
    }

    /// Reads a plan for somebody who waits, or waits for a read that began after this was called.
    pub(super) async fn refresh(&self, app: &App, repo: &RepoName, number: i64) -> Result<(), Problem> {
        self.coalesced(app, repo, number, For::Person).await
    }

    /// The same in the background, which leaves people their part of GitHub's limits.
    pub(super) async fn catch_up(&self, app: &App, repo: &RepoName, number: i64) -> Result<(), Problem> {
        self.coalesced(app, repo, number, For::Background).await
    }

    async fn coalesced(&self, app: &App, repo: &RepoName, number: i64, who: For<'_>) -> Result<(), Problem> {
        let slot = self.slot(repo, number);
        let mine = slot.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut last = slot.last.lock().await;
        if last.0 < mine {
            let upto = slot.asked.load(Ordering::SeqCst);
            *slot.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            let permit = self.running.acquire().await;
            let result = refresh(app, repo, number, who).await;
            drop(permit);
            // What the background may not read, somebody who waits still may.
            if let (For::Background, Err(problem)) = (who, &result)
                && problem.kind == ProblemKind::TooMany
            {
                return result;
            }
            *last = (upto, result.err());
        }
        last.1.clone().map_or(Ok(()), Err)
    }

    /// Reads a plan with the lists of its repository. It counts for nobody who asked meanwhile, since the lists
    /// may be older than the asking.
    pub(super) async fn refresh_listed(
        &self,
        app: &App,
        repo: &RepoName,
        number: i64,
        listing: &Listing,
    ) -> Result<(), Problem> {
        let slot = self.slot(repo, number);
        let _turn = slot.last.lock().await;
        let _permit = self.running.acquire().await;
        refresh(app, repo, number, For::Lists(listing)).await
    }

    /// Reads a plan in the background: at once, or a little after the last reading, and once for all that is
    /// asked for until then.
    pub(super) fn follow(&self, app: &App, repo: &RepoName, number: i64) {
        let slot = self.slot(repo, number);
        if slot.followed.swap(true, Ordering::SeqCst) {
            return;
        }
        let (app, repo) = (app.clone(), repo.clone());
        crate::supervise::detach("the mirror", async move {
            let begun = *slot.begun.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(begun) = begun {
                tokio::time::sleep(GAP.saturating_sub(begun.elapsed())).await;
            }
            slot.followed.store(false, Ordering::SeqCst);
            if let Err(problem) = app.mirror.catch_up(&app, &repo, number).await {
                tracing::debug!(%repo, number, %problem, "the mirror did not catch up");
            }
        });
    }

    /// Whether a plan that could not be read is due to be tried again.
    pub(super) fn may_retry(&self, repo: &RepoName, number: i64, now: i64) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(&(repo.clone(), number)).is_none_or(|(_, at)| *at <= now)
    }

    fn note(&self, repo: &RepoName, number: i64, worked: bool) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (repo.clone(), number);
        if worked {
            failed.remove(&key);
            return;
        }
        let (times, at) = failed.entry(key).or_default();
        *times += 1;
        *at = now_ms() + pause(*times);
    }
}

/// How long a plan is left alone after so many failures in a row, in milliseconds.
fn pause(failures: u32) -> i64 {
    match failures {
        0 | 1 => 0,
        more => (60_000_i64 << (more - 1).min(10)).min(LONGEST_PAUSE),
    }
}

async fn refresh(app: &App, repo: &RepoName, number: i64, who: For<'_>) -> Result<(), Problem> {
    let mut reader = match Reader::of(app, repo).await {
        Ok(reader) => reader,
        Err(problem) if problem.kind == ProblemKind::SignedOut => {
            stale_repository(app, repo, &problem).await?;
            return Err(problem);
        }
        Err(problem) => return Err(problem),
    };
    if !matches!(who, For::Person) {
        reader.client = reader.client.in_background();
    }
    if let Err(wait) = reader.client.may_begin() {
        return Err(limited(app, repo, &Error::Reserved(wait)).await);
    }
    let before = store::plan(app.db.pool(), repo, number).await.map_err(fault)?;
    let as_of = now_ms();
    // A reading that failed may have missed what the lists show no more.
    let listing = match who {
        For::Lists(listing) if before.as_ref().is_none_or(|before| before.stale.is_none()) => Some(listing),
        _ => None,
    };
    if let (Some(listing), Some(before)) = (listing, &before)
        && before.as_of >= listing.at
    {
        return Ok(());
    }
    let known = Known { before: before.as_ref().map(|before| &before.snapshot), listing };
    let snapshot = match read::plan(&reader.client, repo, number, known).await {
        Ok(snapshot) => snapshot,
        Err(error) if error.is_limit() => {
            return Err(match who {
                For::Person => error.problem(&format!("{repo} was read")),
                _ => limited(app, repo, &error).await,
            });
        }
        Err(error) => {
            let problem = reader.failed(app, error, &format!("plan #{number} of {repo} was read")).await;
            app.mirror.note(repo, number, false);
            let listed = listing.and_then(|listing| listing.issues.get(&number)).filter(|_| before.is_none());
            mark(app, repo, number, listed, &problem).await?;
            return Err(problem);
        }
    };
    app.mirror.note(repo, number, true);
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
                before.snapshot != *snapshot
                    || before.row.phase != row.phase
                    || before.row.stopped != row.stopped
                    || before.stale.is_some()
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

/// Notes why a plan could not be read. Of one that was never read, what the list told stays until it is.
async fn mark(
    app: &App,
    repo: &RepoName,
    number: i64,
    listed: Option<&Issue>,
    problem: &Problem,
) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    let version = store::next_version(&mut tx, repo).await.map_err(fault)?;
    if let Some(issue) = listed.filter(|issue| read::is_plan(issue)) {
        let snapshot = Snapshot { issue: issue.clone(), ..Snapshot::default() };
        let view = facts::view(&snapshot, now_ms());
        let row = facts::row(repo, &snapshot, &view, now_ms());
        store::put_plan(&mut tx, version, &row, &view, &snapshot).await.map_err(fault)?;
    }
    let why = words(problem);
    let news = store::set_plan_stale(&mut tx, version, repo, number, &why).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    if news {
        publish(app, repo, Some(number));
    }
    Ok(())
}

/// A limit concerns the repository rather than the plan that met it: one notice tells it.
async fn limited(app: &App, repo: &RepoName, error: &Error) -> Problem {
    let problem = error.problem(&format!("{repo} was read"));
    stale_repository(app, repo, &problem).await.err().unwrap_or(problem)
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
        let known = Known { before: Some(&snapshot), listing: None };
        let again = read::plan(client, repo, snapshot.issue.number, known).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_cannot_be_read_is_tried_less_and_less() {
        let minutes = [1, 2, 3, 4, 8, 40].map(|failures| pause(failures) / 60_000);
        assert_eq!(minutes, [0, 2, 4, 8, 60, 60]);
    }
}
