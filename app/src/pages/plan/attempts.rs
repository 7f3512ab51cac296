//! Attempts: each dispatch with its operations, resume and undo, and its run.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use super::jobs::run;
use super::operations::{command, operations};
use crate::areas::{Attempt, DispatchState, DispatchView, Mode};
use crate::components::{ago, icon};

/// The attempts, newest first and open; older ones folded. With the phase of the plan for someone who may
/// do something about them.
pub(in crate::pages) fn attempts(
    attempts: &[Attempt],
    back: &str,
    commands: Option<Phase>,
) -> Option<AnyView> {
    if attempts.is_empty() {
        return None;
    }
    let count = attempts.len();
    let items: Vec<_> = attempts
        .iter()
        .enumerate()
        .rev()
        .map(|(index, attempt)| {
            view! { <li>{one(attempt, index + 1, index + 1 == count, back, commands)}</li> }
        })
        .collect();
    Some(
        view! {
            <section id="attempts" aria-labelledby="attempts-heading">
                <h2 id="attempts-heading">"Attempts"</h2>
                <ul class="attempts">{items}</ul>
            </section>
        }
        .into_any(),
    )
}

fn one(attempt: &Attempt, number: usize, newest: bool, back: &str, commands: Option<Phase>) -> AnyView {
    let head = attempt.dispatch.as_ref().map(|dispatch| {
        let mode = match dispatch.mode {
            Mode::OneShot => "",
            Mode::PlanFirst => ", plan first",
        };
        view! {
            <span class="muted">
                {dispatch.workflow.clone()} {mode} " · by " {dispatch.dispatched_by.clone()} " · " {ago(dispatch.created_at)}
            </span>
            {state(dispatch.state)}
        }
    });
    let head = head.map_or_else(
        || view! { <span class="muted">"Started outside Waymark"</span> }.into_any(),
        IntoAny::into_any,
    );
    let sent = attempt.dispatch.as_ref().map(|dispatch| {
        view! {
            {operations(dispatch, back, commands.is_some())}
            {commands.map(|phase| mend(dispatch, back, phase, newest))}
        }
    });
    let no_run = (attempt.run.is_none()
        && attempt.dispatch.as_ref().is_some_and(|d| d.state == DispatchState::Sent))
    .then(|| view! { <p class="muted">"The run has not been seen yet."</p> });
    view! {
        <details class="attempt" id=format!("attempt-{number}") open=newest>
            <summary><strong>"Attempt " {number}</strong> {head}</summary>
            {sent}
            {no_run}
            {attempt.run.as_ref().map(|one| run(one, back))}
        </details>
    }
    .into_any()
}

fn state(state: DispatchState) -> Option<AnyView> {
    let (class, word) = match state {
        DispatchState::Running => ("working", "dispatching"),
        DispatchState::Sent => return None,
        DispatchState::Stopped => ("failed", "stopped"),
        DispatchState::Undoing => ("working", "being undone"),
        DispatchState::Undone => ("ended", "undone"),
    };
    Some(view! { <span class=format!("tag tone-{class}")>{word}</span> }.into_any())
}

/// Resume and undo of a dispatch that stopped; undo of another, unless its work is merged, and folded away
/// once its work is done or another attempt goes on with it.
fn mend(dispatch: &DispatchView, back: &str, phase: Phase, newest: bool) -> Option<AnyView> {
    let effect = match dispatch.workflow.as_str() {
        "create" => {
            "This closes the issue with a comment that says why. The issue and its comments stay on GitHub."
        }
        "plan-implement" => {
            "This cancels the run and says so on the plan. A branch and a pull request that this dispatch made are deleted and closed; what it used or replaced stays as it is."
        }
        _ => {
            "This cancels the run, closes the pull request and the issue with a comment that says why, deletes the branch, and restores the node. The issue and its comments stay on GitHub."
        }
    };
    let undo = || {
        view! {
            <details class="confirm" id=format!("undo-{}", dispatch.id)>
                <summary class="button danger">"Undo dispatch"</summary>
                <div class="confirm-body">
                    <p>{effect}</p>
                    {command(dispatch, back, "undo", None, "Undo it now", "Undo it now", "danger")}
                </div>
            </details>
        }
    };
    match dispatch.state {
        DispatchState::Stopped => Some(
            view! {
                <div class="notice problems" id=format!("stopped-{}", dispatch.id)>
                    <p class="notice-head">{icon("alert")} <strong>"The dispatch stopped."</strong></p>
                    <p>
                        "What is marked done above is on GitHub. Resume looks up what the lost operation made, then goes on; nothing is sent twice. Undo takes back what was made."
                    </p>
                    <div class="row">
                        {command(dispatch, back, "resume", None, "Resume dispatch", "Resume dispatch", "primary")}
                        {undo()}
                    </div>
                </div>
            }
            .into_any(),
        ),
        DispatchState::Running => Some(undo().into_any()),
        DispatchState::Sent => match phase {
            Phase::Merged => None,
            _ if !newest || matches!(phase, Phase::Complete | Phase::Closed) => Some(
                view! {
                    <details class="more" id=format!("more-{}", dispatch.id)>
                        <summary>"More"</summary>
                        {undo()}
                    </details>
                }
                .into_any(),
            ),
            _ => Some(undo().into_any()),
        },
        DispatchState::Undoing | DispatchState::Undone => None,
    }
}
