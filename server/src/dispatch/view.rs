//! A dispatch as the pages show it.

use waymark_app::areas::{DispatchView, OperationState, OperationView};

use super::describe::undo;
use super::journal::{Dispatch, Recorded};
use super::slots::Slot;

/// The dispatch with its operations, in order.
pub fn view(dispatch: Dispatch, operations: Vec<Recorded>) -> DispatchView {
    let branch = operations.iter().find_map(undo::branch_of).map(|branch| dispatch.fill(branch));
    let made = |key: &str| {
        operations
            .iter()
            .any(|op| op.key == key && matches!(op.state, OperationState::Done | OperationState::Undone))
    };
    DispatchView {
        issue: dispatch.issue,
        branch: branch.filter(|_| made("create-branch")),
        pr: dispatch.number(Slot::Pr),
        run_id: dispatch.number(Slot::RunId),
        workflow: dispatch.workflow.trim_end_matches(".yml").to_owned(),
        mode: dispatch.mode,
        operations: operations.into_iter().map(|op| operation(&dispatch, op)).collect(),
        id: dispatch.id,
        repo: dispatch.repo,
        title: dispatch.title,
        instruction: dispatch.instruction,
        dispatched_by: dispatch.dispatched_by,
        state: dispatch.state,
        created_at: dispatch.created_at,
    }
}

fn operation(dispatch: &Dispatch, operation: Recorded) -> OperationView {
    OperationView {
        title: dispatch.slots.named(&dispatch.fill(&operation.title)),
        key: operation.key,
        state: operation.state,
        best_effort: operation.best_effort,
        detail: operation.detail,
        url: operation.url,
        problem: operation.problem,
        began_at: operation.began_at,
        ended_at: operation.ended_at,
    }
}
