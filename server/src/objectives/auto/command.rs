//! What a person does about auto-start, and what the page shows of it.

use waymark_app::areas::{
    AutoNode, AutoStart, AutoState, ObjectiveCommand, Problem, ProblemKind, RepoName, Viewer,
};

use super::decide::{Start, State};
use super::store;
use crate::mirror::access::Access;
use crate::mirror::objectives as mirrored;
use crate::mirror::objectives::store::Kept;
use crate::mirror::{fault, now_ms};
use crate::state::App;

/// The most nodes that may be worked on at the same time.
const MOST: u32 = 50;

/// Auto-start of an objective as its page shows it.
///
/// # Errors
/// A fault of the database.
pub async fn shown(app: &App, repo: &RepoName, number: i64) -> Result<Option<AutoStart>, Problem> {
    let Some(auto) = store::load(app.db.pool(), repo, number).await.map_err(fault)? else { return Ok(None) };
    let starts = store::starts(app.db.pool(), repo, number).await.map_err(fault)?;
    let mut nodes = Vec::with_capacity(starts.len());
    for Start { node, due_at, state } in starts {
        let state = match state {
            State::Announced => AutoState::Announced,
            State::Vetoed(who) => AutoState::Vetoed { who },
            State::Held { why, batch: None } => AutoState::Held { why, dispatch: None },
            State::Held { why, batch: Some(batch) } => {
                let item = crate::dispatch::first_of_batch(app, &batch).await?;
                AutoState::Held { why, dispatch: item.and_then(|item| item.dispatch).map(|made| made.id) }
            }
            State::Started(_) => AutoState::Started,
        };
        nodes.push(AutoNode { node, due_at, state });
    }
    Ok(Some(AutoStart {
        login: auto.login,
        most: auto.most,
        paused: auto.paused,
        reason: auto.reason,
        nodes,
    }))
}

/// Carries out a command about auto-start for somebody who may write.
///
/// # Errors
/// `Invalid` for a number that is none, `Conflict` when it is not as the command supposes, `Forbidden` in
/// an archived repository.
pub async fn command(
    app: &App,
    viewer: &Viewer,
    access: &Access,
    kept: &Kept,
    command: ObjectiveCommand,
) -> Result<(), Problem> {
    let (repo, number) = (&kept.row.repo, kept.row.number);
    let auto = store::load(app.db.pool(), repo, number).await.map_err(fault)?;
    match command {
        ObjectiveCommand::AutoOn { most } => {
            may_be_on(kept, access, most)?;
            let mut tx = app.db.begin().await.map_err(fault)?;
            store::enable(&mut tx, repo, number, viewer, most, now_ms()).await.map_err(fault)?;
            tx.commit().await.map_err(fault)?;
        }
        ObjectiveCommand::AutoPause | ObjectiveCommand::AutoOff if auto.is_none() => return Err(is_off()),
        ObjectiveCommand::AutoPause => {
            let mut tx = app.db.begin().await.map_err(fault)?;
            store::pause(&mut tx, repo, number, None).await.map_err(fault)?;
            tx.commit().await.map_err(fault)?;
        }
        ObjectiveCommand::AutoOff => {
            let mut tx = app.db.begin().await.map_err(fault)?;
            store::disable(&mut tx, repo, number).await.map_err(fault)?;
            tx.commit().await.map_err(fault)?;
        }
        ObjectiveCommand::Veto { node } => {
            let late = || {
                let words = format!("Node {node} is not announced (any more).");
                Problem::new(ProblemKind::Conflict, words)
                    .next("When it has started, undo its dispatch or close its plan.")
            };
            let announced = |start: &Start| start.state == State::Announced;
            let to = State::Vetoed(viewer.login.clone());
            turn(app, kept, &node, announced, to, None).await?.ok_or_else(late)?;
        }
        ObjectiveCommand::Allow { node } => {
            if auto.is_none_or(|auto| auto.paused) {
                let words = "Auto-start is off or paused, so nothing is announced.";
                return Err(Problem::new(ProblemKind::Conflict, words).next("Resume it first."));
            }
            let nothing = || {
                let words = format!("Node {node} is neither vetoed nor held back (any more).");
                Problem::new(ProblemKind::Conflict, words)
            };
            let waits = |start: &Start| matches!(start.state, State::Vetoed(_) | State::Held { .. });
            let delay = i64::try_from(app.config.autostart_delay.as_millis()).unwrap_or(i64::MAX / 2);
            let due = Some(now_ms() + delay);
            turn(app, kept, &node, waits, State::Announced, due).await?.ok_or_else(nothing)?;
        }
        ObjectiveCommand::Refresh | ObjectiveCommand::Close | ObjectiveCommand::Mend { .. } => {}
    }
    mirrored::publish(app, repo, number);
    Ok(())
}

fn is_off() -> Problem {
    Problem::new(ProblemKind::Conflict, "Auto-start is off already.")
}

fn may_be_on(kept: &Kept, access: &Access, most: u32) -> Result<(), Problem> {
    let repo = &kept.row.repo;
    if access.archived {
        let words = format!("{repo} is archived, so nothing can be written to it.");
        return Err(Problem::new(ProblemKind::Forbidden, words).next("Unarchive it on GitHub first."));
    }
    if !(1..=MOST).contains(&most) {
        let words = format!("At most {most} nodes at a time is not possible.");
        let problem = Problem::new(ProblemKind::Invalid, words).field("most");
        return Err(problem.next(format!("Give a number from 1 to {MOST}.")));
    }
    if !kept.row.open {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "This objective is closed, so nothing starts in it.",
        )
        .next("Reopen it on GitHub first."));
    }
    kept.snapshot.roadmap().map(drop).map_err(|error| {
        Problem::new(ProblemKind::Conflict, format!("The roadmap cannot be used: {error}."))
            .next("Mend the roadmap first.")
    })
}

/// Changes a start that is as `from` wants it; nothing when there is none such.
async fn turn(
    app: &App,
    kept: &Kept,
    node: &str,
    from: impl Fn(&Start) -> bool,
    to: State,
    due: Option<i64>,
) -> Result<Option<()>, Problem> {
    let (repo, number) = (&kept.row.repo, kept.row.number);
    let starts = store::starts(app.db.pool(), repo, number).await.map_err(fault)?;
    let Some(start) = starts.into_iter().find(|start| start.node == node && from(start)) else {
        return Ok(None);
    };
    let to = Start { state: to, due_at: due.unwrap_or(start.due_at), ..start.clone() };
    let mut tx = app.db.begin().await.map_err(fault)?;
    let turned = store::turn(&mut tx, repo, number, Some(&start), &to).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    Ok(turned.then_some(()))
}
