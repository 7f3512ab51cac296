//! What taking a dispatch back writes: it touches only what the dispatch made.

use serde_json::json;
use waymark_app::areas::OperationState;

use super::{Kind, Operation, objective, roadmap, texts};
use crate::dispatch::journal::{Dispatch, Recorded};
use crate::dispatch::slots::Slot;
use crate::github::encode;

/// The writes that undo `made`, in order. The run ends first, so that it cannot
/// push to the branch after that is gone.
pub fn operations(dispatch: &Dispatch, made: &[Recorded]) -> Vec<Operation> {
    let repo = &dispatch.repo;
    let who = &dispatch.acts_as;
    let has = |kind: Kind| made.iter().find(|op| op.kind == kind && op.state == OperationState::Done);
    let mut undo = Vec::new();
    if let (Some(_), Some(run)) = (has(Kind::Run), dispatch.number(Slot::RunId)) {
        undo.push(Operation::new(
            "undo-run",
            Kind::CancelRun,
            "Cancel the run",
            "POST",
            format!("/repos/{repo}/actions/runs/{run}/cancel"),
        ));
    }
    if let (Some(_), Some(pull)) = (has(Kind::Pull), dispatch.number(Slot::Pr)) {
        undo.push(comment(
            dispatch,
            "undo-comment-pull",
            "Say why on the pull request",
            pull,
            format!("Closed by Waymark: **{who}** undid the dispatch that opened this pull request."),
        ));
        undo.push(
            Operation::new(
                "undo-pull",
                Kind::ClosePull,
                "Close the pull request",
                "PATCH",
                format!("/repos/{repo}/pulls/{pull}"),
            )
            .body(json!({"state": "closed"})),
        );
    }
    match (has(Kind::Issue), dispatch.issue) {
        (Some(_), Some(issue)) => {
            let what = if dispatch.workflow == objective::WORKFLOW { "objective" } else { "plan" };
            undo.push(comment(
                dispatch,
                "undo-comment-issue",
                &format!("Say why on the {what}'s issue"),
                issue,
                format!("Closed by Waymark: **{who}** undid the dispatch that created this {what}."),
            ));
            undo.push(
                Operation::new(
                    "undo-issue",
                    Kind::CloseIssue,
                    "Close the issue",
                    "PATCH",
                    format!("/repos/{repo}/issues/{issue}"),
                )
                .body(json!({"state": "closed", "state_reason": "not_planned"})),
            );
        }
        (None, Some(issue)) if has(Kind::Run).is_some() => undo.push(comment(
            dispatch,
            "undo-comment-issue",
            "Say why on the plan issue",
            issue,
            format!(
                "**{who}** undid the dispatch of `{}`; its run is cancelled. {}",
                dispatch.workflow.trim_end_matches(".yml"),
                match has(Kind::Branch) {
                    Some(_) => "Its branch is deleted and its pull request closed.",
                    None => "The branch stays as it is.",
                }
            ),
        )),
        _ => {}
    }
    // An objective that was not upgraded to the end is as it was without the comment.
    if let (Some(_), None, None, Some(comment)) = (
        has(Kind::ObjectiveComment),
        has(Kind::ObjectiveLink),
        has(Kind::Issue),
        dispatch.number(Slot::Comment),
    ) {
        undo.push(Operation::new(
            "undo-comment-objective",
            Kind::DeleteComment,
            "Delete the comment",
            "DELETE",
            format!("/repos/{repo}/issues/comments/{comment}"),
        ));
    }
    if let Some(branch) = has(Kind::Branch).and_then(branch_of) {
        let branch = dispatch.fill(branch);
        undo.push(Operation::new(
            "undo-branch",
            Kind::DeleteBranch,
            format!("Delete the branch {branch}"),
            "DELETE",
            format!("/repos/{repo}/git/refs/heads/{}", encode(&branch)),
        ));
    }
    undo.extend(has(Kind::Node).and_then(|node| roadmap::restore_node(dispatch, node)));
    undo.extend(has(Kind::Table).and_then(|table| roadmap::restore_table(dispatch, table)));
    undo
}

/// The branch that an operation of kind [`Kind::Branch`] creates, with its stand-ins.
pub fn branch_of(operation: &Recorded) -> Option<&str> {
    operation.body.as_ref()?.get("ref")?.as_str()?.strip_prefix("refs/heads/")
}

/// Which operation an undoing one takes back.
pub fn undone_by(kind: Kind) -> Option<Kind> {
    match kind {
        Kind::CancelRun => Some(Kind::Run),
        Kind::ClosePull => Some(Kind::Pull),
        Kind::CloseIssue => Some(Kind::Issue),
        Kind::DeleteBranch => Some(Kind::Branch),
        Kind::DeleteComment => Some(Kind::ObjectiveComment),
        Kind::RestoreNode => Some(Kind::Node),
        Kind::RestoreTable => Some(Kind::Table),
        _ => None,
    }
}

fn comment(dispatch: &Dispatch, key: &str, title: &str, number: i64, text: String) -> Operation {
    let marker = texts::marker(&dispatch.id, key);
    Operation::new(
        key,
        Kind::Comment,
        title,
        "POST",
        format!("/repos/{}/issues/{number}/comments", dispatch.repo),
    )
    .body(json!({"body": format!("{text}\n\n{marker}")}))
}
