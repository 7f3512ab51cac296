//! Objectives in the mirror: the issue with its roadmap, and the comment that tells it to people.
//!
//! Properties kept:
//! - An objective is read whole or not at all; when a read fails the last good copy stays, with the reason.
//! - A node that was seen to change gets a line in its history, unless Waymark wrote that change itself.

mod history;
mod row;
mod snapshot;
pub mod store;

use waymark_app::areas::{Problem, RepoName};

use super::{fault, now_ms, words};
use crate::events::Change;
use crate::github::{Client, Error};
use crate::state::App;

pub use history::{NodeState, Recorded, forget, of_node, record};
pub use row::row;
pub use snapshot::{LABEL, Snapshot, read};

/// Reads an objective again; what is none (any more) leaves the mirror.
pub(super) async fn refresh(app: &App, client: &Client, repo: &RepoName, number: i64) -> Result<(), Problem> {
    let before = store::objective(app.db.pool(), repo, number).await.map_err(fault)?;
    let as_of = now_ms();
    let snapshot = match read(client, repo, number).await {
        Ok(snapshot) => snapshot,
        Err(error) => return failed(app, repo, number, &error, before.is_some()).await,
    };
    let mut tx = app.db.begin().await.map_err(fault)?;
    let changed = match &snapshot {
        Some(snapshot) => {
            let row = row(repo, snapshot, as_of);
            store::put(&mut tx, &row, snapshot).await.map_err(fault)?;
            if let Some(before) = &before {
                history::seen(&mut tx, repo, &before.snapshot, snapshot, as_of).await.map_err(fault)?;
            }
            before.is_none_or(|before| before.snapshot != *snapshot || before.stale.is_some())
        }
        None => store::remove(&mut tx, repo, number).await.map_err(fault)?,
    };
    tx.commit().await.map_err(fault)?;
    if changed {
        publish(app, repo, number);
        crate::objectives::flow::spawn(app, repo, number);
    }
    Ok(())
}

async fn failed(app: &App, repo: &RepoName, number: i64, error: &Error, known: bool) -> Result<(), Problem> {
    let problem = error.problem(&format!("objective #{number} of {repo} was read"));
    if known {
        let mut tx = app.db.begin().await.map_err(fault)?;
        let news = store::set_stale(&mut tx, repo, number, &words(&problem)).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        if news {
            publish(app, repo, number);
        }
    }
    Err(problem)
}

/// Tells those who look at an objective that something about it changed.
pub fn publish(app: &App, repo: &RepoName, number: i64) {
    let change = Change { repo: repo.clone(), plan: None, objective: Some(number), dispatch: None };
    app.events.publish(change);
}
