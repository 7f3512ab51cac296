//! What GitHub's answers mean: what they bind, and which refusals say that it is there already.

use serde_json::Value;

use crate::dispatch::describe::Kind;
use crate::dispatch::journal::Dispatch;
use crate::dispatch::slots::Slot;
use crate::github::Error;

/// Takes the values that `made` gives into the dispatch; fails with the name of what is missing.
pub fn bind(kind: Kind, made: &Value, dispatch: &mut Dispatch) -> Result<(), &'static str> {
    let number = |field: &str| made[field].as_i64().filter(|number| *number > 0);
    match kind {
        Kind::Issue => {
            let number = number("number").ok_or("the issue's number")?;
            dispatch.issue = Some(number);
            dispatch.bindings.insert(Slot::Issue, number.to_string());
        }
        Kind::PlanComment => {
            let id = number("id").ok_or("the comment's id")?;
            dispatch.bindings.insert(Slot::PlanComment, id.to_string());
        }
        Kind::ObjectiveComment => {
            let id = number("id").ok_or("the comment's id")?;
            dispatch.bindings.insert(Slot::Comment, id.to_string());
        }
        Kind::Tree | Kind::Commit => {
            let sha = made["sha"].as_str().filter(|sha| !sha.is_empty()).ok_or("the object's id")?;
            let slot = if kind == Kind::Tree { Slot::TreeSha } else { Slot::CommitSha };
            dispatch.bindings.insert(slot, sha.to_owned());
        }
        Kind::Pull => {
            let number = number("number").ok_or("the pull request's number")?;
            dispatch.bindings.insert(Slot::Pr, number.to_string());
        }
        Kind::Run => {
            let id = number("id").ok_or("the run's id")?;
            let url = made["html_url"].as_str().ok_or("the run's address")?;
            let node = made["node_id"].as_str().filter(|node| !node.is_empty()).unwrap_or("null");
            dispatch.bindings.insert(Slot::RunId, id.to_string());
            dispatch.bindings.insert(Slot::RunUrl, url.to_owned());
            dispatch.bindings.insert(Slot::RunNode, node.to_owned());
            dispatch.active = false;
        }
        _ => {}
    }
    Ok(())
}

/// What an operation made, for people.
pub fn detail(kind: Kind, dispatch: &Dispatch) -> Option<String> {
    let bound = |slot| dispatch.bound(slot);
    match kind {
        Kind::Issue => bound(Slot::Issue).map(|number| format!("Issue #{number}")),
        Kind::Pull => bound(Slot::Pr).map(|number| format!("Pull request #{number}")),
        Kind::Run => bound(Slot::RunId).map(|id| format!("Run {id}")),
        Kind::Commit => {
            bound(Slot::CommitSha).and_then(|sha| sha.get(..7)).map(|sha| format!("Commit {sha}"))
        }
        _ => None,
    }
}

fn answered(error: &Error) -> Option<(u16, &str, Option<&str>)> {
    match error {
        Error::Answer { status, message, code, .. } => Some((*status, message, code.as_deref())),
        _ => None,
    }
}

/// GitHub says that what should be made exists.
pub fn already(kind: Kind, error: &Error) -> bool {
    let Some((422, message, code)) = answered(error) else { return false };
    let message = message.to_ascii_lowercase();
    match kind {
        Kind::Label => code == Some("already_exists") || message.contains("already_exists"),
        Kind::Branch => message.contains("already exists"),
        Kind::Pull => message.contains("already exists") || code == Some("already_exists"),
        _ => false,
    }
}

/// The run has ended: nothing is left to cancel.
pub fn nothing_to_cancel(error: &Error) -> bool {
    matches!(answered(error), Some((409, _, _)))
}

/// Nobody can comment there (any more): it is locked, or gone.
pub fn cannot_be_said(kind: Kind, error: &Error) -> bool {
    kind == Kind::Comment && matches!(answered(error), Some((403 | 404 | 410 | 422, ..)))
}

/// GitHub says in so many words that the branch to be deleted is not there.
pub fn nothing_to_delete(kind: Kind, error: &Error) -> bool {
    let says = |message: &str| message.to_ascii_lowercase().contains("does not exist");
    kind == Kind::DeleteBranch && matches!(answered(error), Some((422, message, _)) if says(message))
}

/// Where what an operation takes away can be read; nothing for operations that take nothing away.
pub fn thing(kind: Kind, path: &str) -> Option<String> {
    match kind {
        Kind::CancelRun => Some(path.trim_end_matches("/cancel").to_owned()),
        Kind::DeleteBranch => Some(path.replacen("/git/refs/", "/git/ref/", 1)),
        Kind::ClosePull | Kind::CloseIssue | Kind::DeleteComment => Some(path.to_owned()),
        _ => None,
    }
}

/// An older GitHub does not know `return_run_details`.
pub fn unknown_field(error: &Error) -> bool {
    matches!(answered(error), Some((400, _, _)))
}
