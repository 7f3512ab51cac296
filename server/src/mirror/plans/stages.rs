//! The stepper: which phases this plan goes through, when it entered each, and what shows it.

use std::cmp::Ordering;

use waymark_app::areas::{Evidence, Mode, Stage, StageState};
use waymark_domain::lifecycle::Phase;
use waymark_domain::lifecycle::facts::Work;

use super::evidence::Witness;
use crate::github::model::{Run, millis};
use crate::mirror::facts::{View, implements, work};
use crate::mirror::snapshot::{Snapshot, text};

/// The stages in order, with the current phase among them. `mode` is that of our own dispatch, when one
/// made the plan: it fixes the stages from the beginning.
pub(super) fn stages(witness: &Witness<'_>, view: &View, mode: Option<Mode>) -> Vec<Stage> {
    let snapshot = witness.snapshot;
    let current = view.phase();
    let mut path = path(snapshot, current, mode);
    let queue = path.iter().position(|phase| is_queued(*phase));
    let at = match path.iter().position(|phase| *phase == current) {
        Some(at) => at,
        None if is_queued(current) && !approved(snapshot) && queue.is_some() => queue.unwrap_or_default(),
        None => {
            // A state beside the path stands after the last stage that was reached.
            let reached = path.iter().rposition(|phase| entered(snapshot, *phase).is_some());
            let at = reached.map_or(0, |reached| reached + 1);
            path.insert(at, current);
            at
        }
    };
    let times: Vec<Option<i64>> = path[..=at]
        .iter()
        .map(|phase| entered(snapshot, *phase).or_else(|| ended(snapshot, *phase)))
        .collect();
    let stage = |(index, phase): (usize, &Phase)| {
        let place = index.cmp(&at);
        Stage {
            // The one stage of the queue bears the name of where in it the plan is.
            phase: if place == Ordering::Equal { current } else { *phase },
            state: match place {
                Ordering::Less => StageState::Done,
                Ordering::Equal => StageState::Current,
                Ordering::Greater => StageState::Ahead,
            },
            entered_at: times.get(index).copied().flatten(),
            left_at: left(snapshot, *phase)
                .or_else(|| times.get(index + 1..).and_then(|later| later.iter().flatten().next().copied()))
                .filter(|_| place == Ordering::Less),
            evidence: match place {
                Ordering::Less => shown(witness, *phase).into_iter().collect(),
                Ordering::Equal => {
                    view.derivation.because.iter().filter_map(|fact| witness.of(*fact)).collect()
                }
                Ordering::Greater => Vec::new(),
            },
        }
    };
    path.iter().enumerate().map(stage).collect()
}

/// Whether a phase is part of the one stage before any work begins.
fn is_queued(phase: Phase) -> bool {
    matches!(phase, Phase::Prompted | Phase::Submitted | Phase::Dispatched)
}

/// The normal phases of this plan.
fn path(snapshot: &Snapshot, current: Phase, mode: Option<Mode>) -> Vec<Phase> {
    let is = |wanted: Work| snapshot.runs.iter().any(|run| work(run) == wanted);
    let queued = snapshot.trusted().any(|comment| comment.text().starts_with("🔄 One-Shot Dispatched"));
    let plan_first = mode == Some(Mode::PlanFirst) || is(Work::PlanOnly) || current == Phase::NeedsApproval;
    let one_shot = plan_first
        || mode.is_some()
        || queued
        || is(Work::OneShot)
        || matches!(current, Phase::Prompted | Phase::Planning);
    let mut path = match one_shot {
        true => vec![Phase::Prompted, Phase::Planning],
        false => vec![Phase::Created, Phase::Submitted],
    };
    path.extend(plan_first.then_some(Phase::NeedsApproval));
    path.extend([Phase::Implementing, Phase::Complete, Phase::Merged]);
    path
}

/// Whether a plan that waited for approval is being implemented, or was.
fn approved(snapshot: &Snapshot) -> bool {
    let after = snapshot.runs.iter().skip_while(|run| work(run) != Work::PlanOnly);
    after.skip(1).any(|run| work(run) == Work::Implement)
}

/// The run that a plan was dispatched with: after an approval, the one that implements.
fn dispatched(snapshot: &Snapshot) -> Option<&Run> {
    let approved = approved(snapshot);
    snapshot.runs.iter().find(|run| !approved || work(run) == Work::Implement)
}

/// The run that planned, when one did.
fn planning(snapshot: &Snapshot) -> Option<&Run> {
    snapshot.runs.iter().rev().find(|run| work(run) != Work::Implement)
}

/// When the first job of the planning or the implementing part of the latest such run began.
fn begun(snapshot: &Snapshot, implementing: bool) -> Option<i64> {
    snapshot.runs.iter().rev().find_map(|run| {
        let whole = work(run) == Work::Implement;
        let jobs = run.jobs.iter().filter(|job| {
            (whole || implements(job)) == implementing && job.conclusion.as_deref() != Some("skipped")
        });
        jobs.filter_map(|job| job.started_at.as_deref().and_then(millis)).min()
    })
}

/// When a phase was entered, in epoch milliseconds, as far as GitHub tells.
fn entered(snapshot: &Snapshot, phase: Phase) -> Option<i64> {
    match phase {
        Phase::Created | Phase::Prompted => millis(&snapshot.issue.created_at),
        Phase::Submitted => {
            let first = snapshot.trusted().find(|comment| comment.text().contains("submission-queued"));
            let queued = first.and_then(|comment| millis(&comment.created_at));
            let pull = snapshot.pull.as_ref().and_then(|pull| millis(&pull.created_at));
            [queued, pull].into_iter().flatten().min()
        }
        Phase::Dispatched => {
            // A re-run waits anew: it does not wait since the first attempt.
            let run = dispatched(snapshot)?;
            let rerun = run.run_started_at.as_deref().filter(|_| run.run_attempt.is_some_and(|n| n > 1));
            millis(rerun.unwrap_or(&run.created_at))
        }
        Phase::Planning => begun(snapshot, false),
        Phase::NeedsApproval => planning(snapshot)
            .filter(|run| work(run) == Work::PlanOnly && run.is_completed())
            .and_then(|run| millis(&run.updated_at)),
        Phase::Implementing => begun(snapshot, true),
        Phase::Complete => snapshot
            .newest("erk-implementation-status")
            .filter(|(_, status)| text(status, "status").as_deref() == Some("complete"))
            .and_then(|(comment, _)| millis(&comment.updated_at)),
        Phase::Merged => snapshot.pull.as_ref()?.merged_at.as_deref().and_then(millis),
        _ => None,
    }
}

/// When the planning part ended: what came between it and the implementing part of a re-run is not its
/// time.
fn left(snapshot: &Snapshot, phase: Phase) -> Option<i64> {
    if phase != Phase::Planning {
        return None;
    }
    let jobs = planning(snapshot)?.jobs.iter().filter(|job| !implements(job));
    jobs.filter_map(|job| job.completed_at.as_deref().and_then(millis)).max()
}

/// When a state beside the path was entered.
fn ended(snapshot: &Snapshot, phase: Phase) -> Option<i64> {
    match phase {
        Phase::Failed | Phase::Cancelled | Phase::Stuck | Phase::NoChanges | Phase::Complete => {
            snapshot.latest_run().filter(|run| run.is_completed()).and_then(|run| millis(&run.updated_at))
        }
        Phase::Closed => {
            let issue = snapshot.issue.closed_at.as_deref().and_then(millis);
            issue.or_else(|| snapshot.pull.as_ref()?.closed_at.as_deref().and_then(millis))
        }
        _ => None,
    }
}

/// What shows that a stage was gone through.
fn shown(witness: &Witness<'_>, phase: Phase) -> Option<Evidence> {
    let snapshot = witness.snapshot;
    let of_run =
        |run: &Run, words: String| Evidence { fact: words, url: Some(run.html_url.clone()), ..witness.run() };
    let evidence = match phase {
        Phase::Created | Phase::Prompted => {
            let issue = &snapshot.issue;
            let words = format!("Issue #{} was opened by {}", issue.number, issue.author());
            Some(Evidence { fact: words, ..witness.issue() })
        }
        Phase::Submitted => {
            witness.comment("submission-queued", "The work was queued").or_else(|| witness.pull())
        }
        Phase::Dispatched => {
            dispatched(snapshot).map(|run| of_run(run, format!("Run {} was started", run.id)))
        }
        Phase::Planning => planning(snapshot).map(|run| of_run(run, format!("Run {} planned", run.id))),
        Phase::NeedsApproval => {
            planning(snapshot).map(|run| of_run(run, format!("Run {} stopped for approval", run.id)))
        }
        Phase::Implementing => witness.status().or_else(|| Some(witness.run())),
        Phase::Complete => witness.pull(),
        _ => None,
    };
    evidence.map(|evidence| Evidence { at: entered(snapshot, phase).or(evidence.at), ..evidence })
}

#[cfg(test)]
mod tests {
    use waymark_domain::lifecycle::facts::Dispatch;

    use super::*;
    use crate::github::model::{End, Issue, Pull};
    use crate::mirror::facts::view;

    #[test]
    fn a_dispatch_of_ours_shows_the_same_stages_from_its_first_write_to_its_end() {
        let mut snapshot = Snapshot::default();
        snapshot.issue.created_at = "2026-01-01T00:00:00Z".into();
        let phases = |snapshot: &Snapshot, mode| {
            let view = crate::mirror::facts::view_with(snapshot, Dispatch::UnderWay, 0);
            let stages = stages(&Witness { snapshot, seen_at: 5 }, &view, Some(mode));
            assert_eq!(stages[0].state, StageState::Current);
            stages.iter().map(|stage| stage.phase.label()).collect::<Vec<_>>()
        };
        let one_shot = ["Queued", "Planning", "Implementing", "Ready for review", "Merged"];
        let plan_first =
            ["Queued", "Planning", "Needs approval", "Implementing", "Ready for review", "Merged"];
        for runs in [vec![], vec![Run { status: Some("queued".into()), ..Run::default() }]] {
            snapshot.runs = runs;
            assert_eq!(phases(&snapshot, Mode::OneShot), one_shot);
            assert_eq!(phases(&snapshot, Mode::PlanFirst), plan_first);
        }
    }

    #[test]
    fn there_is_one_current_stage_whatever_the_phase() {
        let issue =
            Issue { state: "open".into(), created_at: "2026-01-01T00:00:00Z".into(), ..Issue::default() };
        let run = |conclusion: &str| Run {
            path: ".github/workflows/one-shot.yml".into(),
            status: Some("completed".into()),
            conclusion: Some(conclusion.into()),
            created_at: "2026-01-01T00:01:00Z".into(),
            updated_at: "2026-01-01T00:02:00Z".into(),
            ..Run::default()
        };
        let pull = |merged: Option<&str>| Pull {
            state: if merged.is_some() { "closed".into() } else { "open".into() },
            merged_at: merged.map(Into::into),
            created_at: "2026-01-01T00:00:30Z".into(),
            head: End::default(),
            ..Pull::default()
        };
        let plain = Snapshot { issue, ..Snapshot::default() };
        let failed = Snapshot { runs: vec![run("failure")], ..plain.clone() };
        let merged = Snapshot { pull: Some(pull(Some("2026-01-01T00:03:00Z"))), ..plain.clone() };
        for (snapshot, phase, done) in
            [(plain, Phase::PlanMissing, 1), (failed, Phase::Failed, 1), (merged, Phase::Merged, 4)]
        {
            let view = view(&snapshot, 0);
            let stages = stages(&Witness { snapshot: &snapshot, seen_at: 5 }, &view, None);
            let current: Vec<_> = stages.iter().filter(|s| s.state == StageState::Current).collect();
            assert_eq!(current.iter().map(|s| s.phase).collect::<Vec<_>>(), [phase]);
            assert!(!current[0].evidence.is_empty(), "{phase:?}");
            assert_eq!(stages.iter().filter(|s| s.state == StageState::Done).count(), done, "{phase:?}");
        }
    }
}
