//! What a person decides about a dispatch: what failed is tried again, a doubt is settled, an undo is allowed.

use serde_json::Value;
use sqlx::AnyConnection;
use waymark_app::areas::{OperationState, Problem, ProblemKind, Viewer};

use super::describe::Kind;
use super::engine::{self, Seen, answer, fault, look, now_ms};
use super::journal::{self, Dispatch, Recorded};
use super::slots::Slot;
use crate::mirror::access;
use crate::state::App;

/// Puts operations that failed back among those to be done. What may have happened stays marked as such, so
/// that it is looked up before anything is sent.
pub async fn try_again(
    db: &mut AnyConnection,
    operations: impl IntoIterator<Item = Recorded>,
) -> Result<(), sqlx::Error> {
    for mut operation in operations {
        if operation.state == OperationState::Failed {
            operation.state = OperationState::Waiting;
            operation.problem = None;
            journal::save(db, &operation).await?;
        }
    }
    Ok(())
}

async fn save(app: &App, operation: &Recorded) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    journal::save(&mut tx, operation).await.map_err(fault)?;
    tx.commit().await.map_err(fault)
}

/// Settles a doubtful operation as a person says: made (then it is what was found), or not made
/// (then it is sent again).
pub async fn settle(
    app: &App,
    viewer: &Viewer,
    mut dispatch: Dispatch,
    mut operation: Recorded,
    made: bool,
) -> Result<(), Problem> {
    if operation.state != OperationState::Doubtful {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "Nothing about this operation is in doubt (any more).",
        ));
    }
    operation.problem = None;
    operation.lost = false;
    operation.settled = false;
    if !made {
        operation.state = OperationState::Waiting;
        operation.candidate = None;
        return save(app, &operation).await;
    }
    let client = access::client(app, Some(viewer)).await?;
    let thing = match look(&client, &dispatch, &operation).await {
        Ok(Seen::Made(thing)) => Some(thing),
        Ok(Seen::Unclear { candidate, .. }) => candidate,
        Ok(_) => operation.candidate.take(),
        Err(error) => return Err(error.problem("what was made was looked for")),
    };
    let Some(thing) = thing else {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "Waymark does not find it on GitHub, so it cannot go on with it.",
        )
        .next("Say that it was not made, so that it is sent again; or undo the dispatch."));
    };
    if let Err(missing) = answer::bind(operation.kind, &thing, &mut dispatch) {
        return Err(Problem::new(ProblemKind::GitHub, format!("GitHub's answer does not hold {missing}.")));
    }
    operation.state = OperationState::Done;
    operation.candidate = None;
    operation.detail = answer::detail(operation.kind, &dispatch);
    operation.url = thing["html_url"].as_str().map(str::to_owned);
    operation.ended_at = Some(now_ms());
    let mut tx = app.db.begin().await.map_err(fault)?;
    journal::save(&mut tx, &operation).await.map_err(fault)?;
    journal::bind(&mut tx, &dispatch, now_ms()).await.map_err(fault)?;
    tx.commit().await.map_err(fault)
}

/// Whether a dispatch can be undone: not when its pull request is merged.
pub async fn may_undo(app: &App, viewer: &Viewer, dispatch: &Dispatch) -> Result<(), Problem> {
    let operations = engine::operations(app, &dispatch.id).await?;
    let opened = operations.iter().any(|op| op.kind == Kind::Pull && op.state == OperationState::Done);
    let Some(pull) = dispatch.number(Slot::Pr).filter(|_| opened) else { return Ok(()) };
    let client = access::client(app, Some(viewer)).await?;
    let path = format!("/repos/{}/pulls/{pull}", dispatch.repo);
    match client.get::<Value>(&path).await {
        Ok(found) if found["merged_at"].is_string() => Err(Problem::new(
            ProblemKind::Conflict,
            format!("Pull request #{pull} is merged, so the dispatch cannot be undone."),
        )
        .next("Revert the merge on GitHub if the change is not wanted.")),
        // Whatever else is wrong comes to light, with its words, when the operations of the undo are sent.
        _ => Ok(()),
    }
}
