//! The stepper: which phases this plan goes through, when it entered each, and what shows it.

use std::cmp::Ordering;

use waymark_app::areas::{Evidence, Stage, StageState};
use waymark_domain::lifecycle::Phase;
use waymark_domain::lifecycle::facts::Work;

use super::evidence::Witness;
use crate::github::model::{Run, millis};
use crate::mirror::facts::{View, implements, work};
use crate::mirror::snapshot::{Snapshot, text};

/// The stages in order, with the current phase among them.
pub(super) fn stages(witness: &Witness<'_>, view: &View) -> Vec<Stage> {
    let snapshot = witness.snapshot;
    let current = view.phase();
    let mut path = path(snapshot, current);
    let at = path.iter().position(|phase| *phase == current).unwrap_or_else(|| {
        // A state beside the path stands after the last stage that was reached.
        let reached = path.iter().rposition(|phase| entered(snapshot, *phase).is_some());
        let at = reached.map_or(0, |reached| reached + 1);
        path.insert(at, current);
        at
    });
    let times: Vec<Option<i64>> = path[..=at]
        .iter()
        .map(|phase| entered(snapshot, *phase).or_else(|| ended(snapshot, *phase)))
        .collect();
    let stage = |(index, phase): (usize, &Phase)| {
        let place = index.cmp(&at);
        Stage {
            phase: *phase,
            state: match place {
                Ordering::Less => StageState::Done,
                Ordering::Equal => StageState::Current,
                Ordering::Greater => StageState::Ahead,
            },
            entered_at: times.get(index).copied().flatten(),
            left_at: times.get(index + 1..).and_then(|later| later.iter().flatten().next().copied()),
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

/// The normal phases of this plan.
fn path(snapshot: &Snapshot, current: Phase) -> Vec<Phase> {
    let is = |wanted: Work| snapshot.runs.iter().any(|run| work(run) == wanted);
    let queued = snapshot.trusted().any(|comment| comment.text().starts_with("🔄 One-Shot Dispatched"));
    let plan_first = is(Work::PlanOnly) || current == Phase::NeedsApproval;
    let one_shot =
        plan_first || queued || is(Work::OneShot) || matches!(current, Phase::Prompted | Phase::Planning);
    let first = if one_shot { Phase::Prompted } else { Phase::Created };
    let mut path = match (approved(snapshot), plan_first, one_shot) {
        // What was dispatched after the approval is the implementation.
        (true, ..) => {
            vec![first, Phase::Submitted, Phase::Planning, Phase::NeedsApproval, Phase::Dispatched]
        }
        (_, true, _) => {
            vec![first, Phase::Submitted, Phase::Dispatched, Phase::Planning, Phase::NeedsApproval]
        }
        (_, _, true) => vec![first, Phase::Submitted, Phase::Dispatched, Phase::Planning],
        _ => vec![first, Phase::Submitted, Phase::Dispatched],
    };
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
        Phase::Dispatched => dispatched(snapshot).and_then(|run| millis(&run.created_at)),
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
    use super::*;
    use crate::github::model::{End, Issue, Pull};
    use crate::mirror::facts::view;

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
            [(plain, Phase::PlanMissing, 1), (failed, Phase::Failed, 3), (merged, Phase::Merged, 5)]
        {
            let view = view(&snapshot, 0);
            let stages = stages(&Witness { snapshot: &snapshot, seen_at: 5 }, &view);
            let current: Vec<_> = stages.iter().filter(|s| s.state == StageState::Current).collect();
            assert_eq!(current.iter().map(|s| s.phase).collect::<Vec<_>>(), [phase]);
            assert!(!current[0].evidence.is_empty(), "{phase:?}");
            assert_eq!(stages.iter().filter(|s| s.state == StageState::Done).count(), done, "{phase:?}");
        }
    }
}
