//! The engine: carries out the recorded operations of a dispatch, one after the other.
//!
//! Properties kept:
//! - An operation is on disk as begun before it is sent, and its answer is on disk before the next begins.
//! - What was sent without an answer is looked up before anything is sent again.
//! - One task per dispatch, one write at a time per account, one writer per issue.
//! - A person's choice (undo) is seen between two operations.

pub mod answer;
mod carry;
pub mod clock;
mod lookup;
mod pace;
mod rewrite;
mod run;
mod send;
mod words;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::Mutex as AsyncMutex;
use waymark_app::areas::{DispatchState, OperationState, Problem, ProblemKind};

pub use clock::now_ms;
pub use lookup::{Seen, look};

use super::describe::undo;
use super::journal::{self, Dispatch, Recorded};
use crate::events::Change;
use crate::state::App;
use crate::tasks::Tasks;
use carry::Flow;
use pace::Pace;

/// So many faults of the database in a row stop a dispatch, once the database can be written again.
const MOST_FAULTS: u32 = 8;
/// From a fault to the next try; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The tasks that carry out dispatches, and what they share.
#[derive(Clone, Default)]
pub struct Engine(Arc<Inner>);

#[derive(Default)]
struct Inner {
    running: Tasks,
    batches: Tasks,
    accounts: Mutex<HashMap<i64, Arc<AsyncMutex<Pace>>>>,
    texts: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
}

impl Engine {
    /// Starts to carry out the dispatch, or makes its task look at it once more.
    pub fn start(&self, app: &App, id: &str) {
        let (engine, app, dispatch) = (self.clone(), app.clone(), id.to_owned());
        self.0.running.start("a dispatch", id, move || {
            let (engine, app, id) = (engine.clone(), app.clone(), dispatch.clone());
            async move {
                engine.carry_through(&app, &id).await;
                publish(&app, &id).await;
            }
        });
    }

    /// Carries on until the dispatch rests, whatever the database does meanwhile: what is recorded tells what
    /// is to be looked up. A fault that stays stops the dispatch, so that a person can resume or undo it.
    async fn carry_through(&self, app: &App, id: &str) {
        let mut faults = 0;
        loop {
            let fault = match AssertUnwindSafe(self.carry_on(app, id)).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(problem)) => problem.message,
                Err(_) => "Its task panicked.".to_owned(),
            };
            faults += 1;
            tracing::error!(dispatch = %id, faults, fault, "a dispatch could not go on and tries again");
            if faults >= MOST_FAULTS && stop(app, id, &fault).await.is_ok() {
                return;
            }
            tokio::time::sleep((FIRST_PAUSE * 2_u32.pow(faults.min(6) - 1)).min(LONGEST_PAUSE)).await;
        }
    }

    /// The tasks of batches.
    pub fn batches(&self) -> &Tasks {
        &self.0.batches
    }

    /// Carries out what is to be done until nothing is left or it stops.
    async fn carry_on(&self, app: &App, id: &str) -> Result<(), Problem> {
        loop {
            let Some(dispatch) = load(app, id).await? else { return Ok(()) };
            let operations = operations(app, id).await?;
            let next = match dispatch.state {
                DispatchState::Running => {
                    let next = operations.iter().find(|op| !op.undoes() && !op.over()).cloned();
                    if next.is_none() {
                        self.sent(app, dispatch.clone()).await?;
                    }
                    next
                }
                DispatchState::Undoing => self.next_undo(app, &dispatch, &operations).await?,
                _ => None,
            };
            let Some(operation) = next else {
                match load(app, id).await? {
                    Some(now) if now.state != dispatch.state => continue,
                    _ => return Ok(()),
                }
            };
            let from = dispatch.state;
            match self.carry_out(app, dispatch, operation).await? {
                Flow::Next => {}
                Flow::Stop => {
                    turn(app, id, from, DispatchState::Stopped).await?;
                    publish(app, id).await;
                }
            }
        }
    }

    /// The next operation of an undo: first what is in doubt is settled, then the list is recorded.
    async fn next_undo(
        &self,
        app: &App,
        dispatch: &Dispatch,
        operations: &[Recorded],
    ) -> Result<Option<Recorded>, Problem> {
        let in_doubt = |op: &&Recorded| !op.undoes() && (op.lost || op.state == OperationState::Sending);
        if let Some(operation) = operations.iter().find(in_doubt) {
            return Ok(Some(operation.clone()));
        }
        if operations.iter().any(Recorded::undoes) {
            let next = operations.iter().find(|op| op.undoes() && !op.over()).cloned();
            if next.is_none() {
                self.undone(app, dispatch.clone()).await?;
            }
            return Ok(next);
        }
        let undo = undo::operations(dispatch, operations);
        if undo.is_empty() {
            self.undone(app, dispatch.clone()).await?;
            return Ok(None);
        }
        let after = operations.iter().map(|op| op.seq).max().unwrap_or_default() + 1;
        let recorded: Vec<Recorded> =
            undo.into_iter().zip(after..).map(|(op, seq)| Recorded::waiting(&dispatch.id, seq, op)).collect();
        let mut tx = app.db.begin().await.map_err(fault)?;
        journal::add(&mut tx, &recorded).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        Ok(recorded.into_iter().next())
    }

    /// Everything is done. What starts no run is no longer active either.
    async fn sent(&self, app: &App, mut dispatch: Dispatch) -> Result<(), Problem> {
        dispatch.active = false;
        let mut tx = app.db.begin().await.map_err(fault)?;
        journal::bind(&mut tx, &dispatch, now_ms()).await.map_err(fault)?;
        let from = [DispatchState::Running];
        journal::turn(&mut tx, &dispatch.id, &from, DispatchState::Sent, now_ms()).await.map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    async fn undone(&self, app: &App, mut dispatch: Dispatch) -> Result<(), Problem> {
        dispatch.active = false;
        let mut tx = app.db.begin().await.map_err(fault)?;
        journal::bind(&mut tx, &dispatch, now_ms()).await.map_err(fault)?;
        let from = [DispatchState::Undoing];
        journal::turn(&mut tx, &dispatch.id, &from, DispatchState::Undone, now_ms()).await.map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    /// The writes of an account, which go out one at a time.
    fn pace_of(&self, account: i64) -> Arc<AsyncMutex<Pace>> {
        let mut accounts = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.entry(account).or_default().clone()
    }

    /// The one writer of a text on GitHub (the body of an issue or pull request), by its path.
    pub fn writer_of(&self, path: &str) -> Arc<AsyncMutex<()>> {
        let mut texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.retain(|_, lock| Arc::strong_count(lock) > 1);
        texts.entry(path.to_owned()).or_default().clone()
    }
}

/// A fault of the database: the cause goes to the log, the words to people.
pub fn fault(error: sqlx::Error) -> Problem {
    tracing::error!(%error, "the journal could not be used");
    Problem::new(ProblemKind::Internal, "Waymark could not use its database.")
        .next("Try again; when it stays so, ask the person who runs this Waymark to look at its log.")
}

pub async fn load(app: &App, id: &str) -> Result<Option<Dispatch>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    journal::load(&mut db, id).await.map_err(fault)
}

pub async fn operations(app: &App, id: &str) -> Result<Vec<Recorded>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    journal::operations(&mut db, id).await.map_err(fault)
}

async fn turn(app: &App, id: &str, from: DispatchState, to: DispatchState) -> Result<bool, Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    let turned = journal::turn(&mut tx, id, &[from], to, now_ms()).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(turned)
}

/// Stops a dispatch that cannot go on, with the reason at the operation that was next.
async fn stop(app: &App, id: &str, why: &str) -> Result<(), sqlx::Error> {
    let mut tx = app.db.begin().await?;
    if let Ok(operations) = journal::operations(&mut tx, id).await
        && let Some(mut next) = operations.into_iter().find(|operation| !operation.over())
    {
        next.lost |= next.state == OperationState::Sending;
        next.state = OperationState::Failed;
        let problem = Problem::new(ProblemKind::Internal, format!("Waymark could not go on here: {why}"));
        next.problem = Some(problem.next("Resume: what was sent is looked up first. Or undo."));
        journal::save(&mut tx, &next).await?;
    }
    let from = [DispatchState::Running, DispatchState::Undoing];
    journal::turn(&mut tx, id, &from, DispatchState::Stopped, now_ms()).await?;
    tx.commit().await
}

/// Tells the pages that something of the dispatch changed.
pub async fn publish(app: &App, id: &str) {
    if let Ok(Some(dispatch)) = load(app, id).await {
        if let Some(issue) = dispatch.issue
            && let Err(error) = crate::mirror::retell(app, &dispatch.repo, issue).await
        {
            tracing::warn!(%error, dispatch = id, "a plan's row could not be told of its dispatch");
        }
        app.events.publish(Change {
            repo: dispatch.repo,
            plan: dispatch.issue,
            objective: dispatch.node.map(|(objective, _)| objective),
            dispatch: Some(dispatch.id),
        });
    }
}
