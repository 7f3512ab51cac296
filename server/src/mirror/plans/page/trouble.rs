//! What went wrong with a plan, where, and what to do.

use waymark_app::areas::{DispatchState, DispatchView, OperationState, Trouble};
use waymark_domain::lifecycle::Phase;
use waymark_domain::lifecycle::facts::PlanText;

use crate::mirror::facts::View;
use crate::mirror::read::failed_job;
use crate::mirror::snapshot::Snapshot;

pub(super) fn trouble(snapshot: &Snapshot, view: &View, dispatches: &[DispatchView]) -> Option<Trouble> {
    let job = snapshot.latest_run().and_then(failed_job);
    let failed = |conclusion: &Option<String>| matches!(conclusion.as_deref(), Some("failure" | "timed_out"));
    let step = job.and_then(|job| job.steps.iter().find(|step| failed(&step.conclusion)));
    let (message, next) = match view.phase() {
        Phase::Failed => {
            let place = match (job, step) {
                (Some(job), Some(step)) => format!(" at the step “{}” of the job “{}”", step.name, job.name),
                (Some(job), None) => format!(" in the job “{}”", job.name),
                _ => String::new(),
            };
            let next = "Read the end of the log. Then run the failed jobs again, or edit the plan first.";
            (format!("{}{place}.", ending(snapshot)), next)
        }
        Phase::Stopped => (stopped(dispatches), "Resume the dispatch to go on where it stopped, or undo it."),
        Phase::Cancelled => (
            "The run was cancelled before it was done.".to_owned(),
            "Run its jobs again to go on, or close the plan.",
        ),
        Phase::Stuck => (
            stuck(snapshot, view),
            "Look at the repository's Actions page. Then dispatch the instruction again, or close the plan.",
        ),
        Phase::PlanMissing => (
            "The issue has the header of a plan, but no comment holds the plan.".to_owned(),
            "Repair it where Waymark was to write it, write the plan here, or close the plan.",
        ),
        Phase::NoChanges => (
            "The run ended without changing anything.".to_owned(),
            "The work may be done already: close the plan, or dispatch a clearer instruction.",
        ),
        Phase::Unknown => ("The plan could not be read.".to_owned(), "Read it again in a moment."),
        _ => return None,
    };
    let log = snapshot.log.as_ref().filter(|log| Some(log.job) == job.map(|job| job.id));
    Some(Trouble {
        message,
        job: job.map(|job| job.name.clone()),
        step: step.map(|step| step.name.clone()),
        log_tail: log.map(|log| log.text.clone()),
        next: next.to_owned(),
        repair: dispatches
            .iter()
            .find(|one| {
                view.phase() == Phase::Stopped
                    && view.facts.plan == PlanText::Missing
                    && is_creation(one)
                    && one.state == DispatchState::Stopped
            })
            .map(|one| one.id.clone()),
    })
}

/// Whether a dispatch made the plan itself and starts no work.
pub(super) fn is_creation(dispatch: &DispatchView) -> bool {
    dispatch.workflow == "create"
}

/// Where the dispatch stopped, and why.
fn stopped(dispatches: &[DispatchView]) -> String {
    let of = dispatches.iter().filter(|one| one.state == DispatchState::Stopped);
    let open = |state| matches!(state, OperationState::Failed | OperationState::Doubtful);
    let at = of.flat_map(|one| &one.operations).find(|op| open(op.state) && !op.best_effort);
    let why = at.and_then(|op| op.problem.as_ref()).map(|why| format!(": {}", why.message));
    let at = at.map(|op| format!(" at “{}”", op.title)).unwrap_or_default();
    format!("The dispatch stopped{at}{}", why.unwrap_or_else(|| ".".to_owned()))
}

fn ending(snapshot: &Snapshot) -> String {
    let Some(run) = snapshot.latest_run() else { return "The run failed".to_owned() };
    match run.conclusion.as_deref() {
        Some("timed_out") => format!("Run {} took too long and was stopped", run.id),
        Some("startup_failure") => format!("Run {} could not start", run.id),
        _ => format!("Run {} failed", run.id),
    }
}

fn stuck(snapshot: &Snapshot, view: &View) -> String {
    match snapshot.latest_run() {
        Some(run) if run.conclusion.as_deref() == Some("skipped") => {
            "GitHub skipped every job of the run.".to_owned()
        }
        Some(run) => format!("Run {} is over, but nothing came of it.", run.id),
        None if snapshot.run_missing => "The run that the plan names is not there any more.".to_owned(),
        None if view.facts.queued => "The work was queued, but no run of the workflow appeared.".to_owned(),
        None => "The skeleton was never filled with a plan.".to_owned(),
    }
}
