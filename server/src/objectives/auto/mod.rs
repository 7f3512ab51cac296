//! Auto-start: nodes that become ready are announced, and started unless somebody says no.
//!
//! Properties kept:
//! - A start is the same dispatch as a person's, as whoever enabled it: their permission is asked of
//!   GitHub again at each start, with their token.
//! - What is to happen is in the database, and a start is claimed there before it is begun under an id that
//!   follows from the claim: a process that ends anywhere goes on with it and begins nothing twice.
//! - What cannot be started pauses auto-start, with the reason and what to do.

mod command;
mod decide;
mod facts;
mod store;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use sha2::{Digest, Sha256};
use waymark_app::areas::{BatchWork, Dispatches, Problem, ProblemKind, RepoName};

use crate::mirror::access::{self, Level};
use crate::mirror::objectives as mirrored;
use crate::mirror::{self, fault, now_ms};
use crate::state::App;
use decide::{Start, State, Step};
use facts::Known;
use store::Auto;

pub use command::{command, shown};

/// Starts the driver: it looks after an objective when something changes in its repository, when a start
/// is due, and now and then.
pub fn spawn(app: &App) {
    let app = app.clone();
    crate::supervise::spawn("auto-start", move || drive(app.clone()));
}

async fn drive(app: App) {
    let repositories = Arc::new(mirror::Repositories::new(app.clone()));
    let dispatches: Arc<dyn Dispatches> = Arc::new(crate::dispatch::Area::new(app.clone(), repositories));
    let mut changes = Box::pin(app.events.subscribe());
    let mut changed: Option<HashSet<RepoName>> = None;
    loop {
        if let Err(problem) = turn(&app, dispatches.as_ref(), changed.as_ref()).await {
            tracing::error!(%problem, "auto-start could not look around");
        }
        changed = tokio::select! {
            () = tokio::time::sleep(until_due(&app).await) => None,
            change = changes.next() => {
                let Some(change) = change else { return };
                let mut repos = HashSet::from([change.repo]);
                while let Some(Some(change)) = changes.next().now_or_never() {
                    repos.insert(change.repo);
                }
                Some(repos)
            }
        };
    }
}

/// How long nothing is due, at most the pace of the regular reading.
async fn until_due(app: &App) -> Duration {
    let now = now_ms();
    let next = store::next_due(app.db.pool(), now).await.unwrap_or_default();
    let wait = next.map(|at| Duration::from_millis((at - now).unsigned_abs()));
    wait.unwrap_or(app.config.reconcile_every).min(app.config.reconcile_every)
}

/// Looks after the objectives of these repositories, or all.
async fn turn(
    app: &App,
    dispatches: &dyn Dispatches,
    repos: Option<&HashSet<RepoName>>,
) -> Result<(), Problem> {
    for auto in store::all(app.db.pool()).await.map_err(fault)? {
        if repos.is_some_and(|repos| !repos.contains(&auto.repo)) {
            continue;
        }
        if let Err(problem) = look(app, dispatches, &auto).await {
            let (repo, objective) = (&auto.repo, auto.number);
            tracing::info!(%repo, objective, %problem, "auto-start tries again later");
        }
    }
    Ok(())
}

/// Does what is to be done for one objective now.
///
/// # Errors
/// What may pass by itself.
async fn look(app: &App, dispatches: &dyn Dispatches, auto: &Auto) -> Result<(), Problem> {
    let Some(known) = facts::known(app, auto).await? else { return Ok(()) };
    let mut steps = decide::decide(&known.facts());
    let starts = |steps: &[Step]| steps.iter().any(|step| matches!(step, Step::Start { .. }));
    if starts(&steps) {
        if let Err(problem) = allowed(app, auto).await {
            return match problem.kind {
                ProblemKind::SignedOut | ProblemKind::Forbidden | ProblemKind::NotFound => {
                    pause(app, auto, &problem).await
                }
                _ => Err(problem),
            };
        }
        // Decided once more, on what GitHub holds now.
        mirror::refresh_plan(app, &auto.repo, auto.number).await?;
        let Some(known) = facts::known(app, auto).await? else { return Ok(()) };
        steps = decide::decide(&known.facts());
        return carry_out(app, dispatches, auto, &known, steps).await;
    }
    carry_out(app, dispatches, auto, &known, steps).await
}

/// Whether whoever enabled it may still write, asked of GitHub.
async fn allowed(app: &App, auto: &Auto) -> Result<(), Problem> {
    let viewer = auto.viewer();
    app.access.forget(Some(&viewer), &auto.repo);
    let access = access::require(app, Some(&viewer), &auto.repo, Level::Write).await?;
    if access.archived {
        let words = format!("{} is archived, so nothing can be written to it.", auto.repo);
        return Err(Problem::new(ProblemKind::Forbidden, words).next("Unarchive it on GitHub, then resume."));
    }
    Ok(())
}

async fn carry_out(
    app: &App,
    dispatches: &dyn Dispatches,
    auto: &Auto,
    known: &Known,
    steps: Vec<Step>,
) -> Result<(), Problem> {
    if steps.is_empty() {
        return Ok(());
    }
    let seen = |node: &str| known.starts.iter().find(|start| start.node == node);
    for step in steps {
        match step {
            Step::Announce { node, due_at } => {
                put(app, auto, None, &Start { node, due_at, state: State::Announced }).await?;
            }
            Step::Hold { node, why } => {
                let due_at = seen(&node).map_or_else(now_ms, |start| start.due_at);
                let held = Start { due_at, state: State::Held { why, batch: None }, node };
                put(app, auto, seen(&held.node), &held).await?;
            }
            Step::Drop { node } => {
                if let Some(start) = seen(&node) {
                    let mut tx = app.db.begin().await.map_err(fault)?;
                    store::forget(&mut tx, &auto.repo, auto.number, start).await.map_err(fault)?;
                    tx.commit().await.map_err(fault)?;
                }
            }
            Step::Fail { node, why } => {
                if let Some(start) = seen(&node) {
                    let batch = match &start.state {
                        State::Started(batch) => Some(batch.clone()),
                        _ => None,
                    };
                    let held = Start { state: State::Held { why: why.clone(), batch }, ..start.clone() };
                    put(app, auto, Some(start), &held).await?;
                }
                let words = format!("Node {node} was not started: {why}");
                pause(app, auto, &Problem::new(ProblemKind::Conflict, words)).await?;
            }
            Step::Start { node } => {
                if let Some(start) = seen(&node) {
                    begin(app, dispatches, auto, known, start).await?;
                }
            }
        }
    }
    mirrored::publish(app, &auto.repo, auto.number);
    Ok(())
}

/// Claims the start, then begins it as a batch of one whose id follows from the claim.
async fn begin(
    app: &App,
    dispatches: &dyn Dispatches,
    auto: &Auto,
    known: &Known,
    start: &Start,
) -> Result<(), Problem> {
    let Some(form) = known.form(&start.node) else { return Ok(()) };
    let id = match &start.state {
        State::Started(id) => id.clone(),
        _ => {
            let id = batch_id(auto, start);
            let claimed = Start { state: State::Started(id.clone()), ..start.clone() };
            if !put(app, auto, Some(start), &claimed).await? {
                // A veto was quicker.
                return Ok(());
            }
            id
        }
    };
    dispatches.begin_batch(&auto.viewer(), Some(&id), vec![BatchWork::OneShot { form }]).await.map(drop)
}

fn batch_id(auto: &Auto, start: &Start) -> String {
    let start = format!("{}#{} {} {}", auto.repo, auto.number, start.node, start.due_at);
    let mut id = hex::encode(Sha256::digest(start.as_bytes()));
    id.truncate(40);
    id
}

async fn put(app: &App, auto: &Auto, from: Option<&Start>, to: &Start) -> Result<bool, Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    let done = store::turn(&mut tx, &auto.repo, auto.number, from, to).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(done)
}

/// Pauses because of this; announcements end with the pause.
async fn pause(app: &App, auto: &Auto, problem: &Problem) -> Result<(), Problem> {
    let why = words(problem);
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::pause(&mut tx, &auto.repo, auto.number, Some(&why)).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    mirrored::publish(app, &auto.repo, auto.number);
    Ok(())
}

/// A problem as one line.
fn words(problem: &Problem) -> String {
    match &problem.next {
        Some(next) => format!("{} {next}", problem.message),
        None => problem.message.clone(),
    }
}
