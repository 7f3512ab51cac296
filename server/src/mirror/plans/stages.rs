//! The stepper: which phases this plan goes through, when it entered each, and what shows it.

use std::cmp::Ordering;

use waymark_app::areas::{Evidence, Mode, Stage, StageState};
use waymark_domain::lifecycle::Phase;
use waymark_domain::lifecycle::facts::Work;

use super::evidence::Witness;
use crate::github::model::{Run, millis};
use crate::mirror::facts::{View, implements, queued, work};
use crate::mirror::snapshot::{Snapshot, text};

/// The stages in order, with the current phase among them. `mode` is that of our own dispatch, when one
/// made the plan: it fixes the stages from the beginning.
pub(super) fn stages(witness: &Witness<'_>, view: &View, mode: Option<Mode>) -> Vec<Stage> {
    let snapshot = witness.snapshot;
    let current = view.phase();
    let mut path = path(snapshot, current, mode);
    let waits = is_queued(current);
    let again = waits && worked(snapshot, current);
    let there = |phase: &Phase| *phase == current || waits && is_queued(*phase);
    let at = match path.iter().position(there).filter(|_| !(waits && planned(snapshot))) {
        Some(at) => at,
        None => {
            // What waits with its plan written waits to be implemented. A state beside the path stands after
            // the last stage that was reached.
            let reached = path.iter().rposition(|phase| entered(snapshot, *phase).is_some());
            let after = reached.map_or(0, |reached| reached + 1);
            let next = path.iter().position(|phase| waits && *phase == Phase::Implementing);
            let at = next.unwrap_or(after);
            path.insert(at, current);
            at
        }
    };
    let since = |(index, phase): (usize, &Phase)| match again && index == at {
        true => queued_again(snapshot, current),
        false => entered(snapshot, *phase).or_else(|| ended(snapshot, *phase)),
    };
    let times: Vec<Option<i64>> = path[..=at].iter().enumerate().map(since).collect();
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

/// Whether what waits now was at work before.
fn worked(snapshot: &Snapshot, current: Phase) -> bool {
    match (current, snapshot.latest_run()) {
        (_, None) => false,
        (Phase::Dispatched, Some(run)) => is_rerun(run) || snapshot.runs.len() > 1,
        (_, Some(_)) => true,
    }
}

fn is_rerun(run: &Run) -> bool {
    run.run_attempt.is_some_and(|attempt| attempt > 1)
}

/// When a plan that was at work before was queued anew, as far as GitHub tells.
fn queued_again(snapshot: &Snapshot, current: Phase) -> Option<i64> {
    let run = snapshot.latest_run()?;
    let created = millis(&run.created_at);
    match current {
        Phase::Dispatched => {
            run.run_started_at.as_deref().filter(|_| is_rerun(run)).and_then(millis).or(created)
        }
        // What was said of the run before is over.
        _ => queued(snapshot).and_then(|(at, _)| at).filter(|at| created.is_none_or(|created| *at > created)),
    }
}

/// Whether a run has planned: what is begun after it implements.
fn planned(snapshot: &Snapshot) -> bool {
    let after = snapshot.runs.iter().skip_while(|run| work(run) != Work::PlanOnly);
    let approved = after.skip(1).any(|run| work(run) == Work::Implement);
    let planning = snapshot.runs.iter().filter(|run| work(run) != Work::Implement);
    let mut jobs = planning.flat_map(|run| &run.jobs).filter(|job| !implements(job));
    approved || jobs.any(|job| job.conclusion.as_deref() == Some("success"))
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

/// When a phase was left whose work was tried again later: what came between the attempts is not its time.
fn left(snapshot: &Snapshot, phase: Phase) -> Option<i64> {
    let time = |at: &Option<String>| at.as_deref().and_then(millis);
    match phase {
        Phase::Prompted | Phase::Submitted => {
            let jobs = snapshot.runs.iter().flat_map(|run| run.earlier.iter().chain(&run.jobs));
            let begun = jobs.filter(|job| job.conclusion.as_deref() != Some("skipped"));
            begun.filter_map(|job| time(&job.started_at)).min()
        }
        Phase::Planning => {
            let jobs = planning(snapshot)?.jobs.iter().filter(|job| !implements(job));
            jobs.filter_map(|job| time(&job.completed_at)).max()
        }
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
    use crate::github::model::{End, Issue, Job, Pull};
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

    fn job(name: &str, started: Option<&str>, ended: Option<(&str, &str)>) -> Job {
        Job {
            name: name.into(),
            status: match (started, ended) {
                (_, Some(_)) => "completed",
                (Some(_), None) => "in_progress",
                (None, None) => "queued",
            }
            .into(),
            conclusion: ended.map(|(_, how)| how.into()),
            started_at: started.map(|at| format!("2026-01-01T{at}Z")),
            completed_at: ended.map(|(at, _)| format!("2026-01-01T{at}Z")),
            ..Job::default()
        }
    }

    /// A one-shot of 00:00:00 whose run is tried again at 01:00:00.
    fn tried_again(status: &str, jobs: Vec<Job>, earlier: Vec<Job>) -> Vec<(&'static str, Option<i64>)> {
        let at = |time: &str| format!("2026-01-01T{time}Z");
        let run = Run {
            path: ".github/workflows/one-shot.yml".into(),
            status: Some(status.into()),
            run_attempt: Some(2),
            created_at: at("00:00:10"),
            run_started_at: Some(at("01:00:00")),
            updated_at: at("01:00:30"),
            jobs,
            earlier,
            ..Run::default()
        };
        let issue = Issue { state: "open".into(), created_at: at("00:00:00"), ..Issue::default() };
        let snapshot = Snapshot { issue, runs: vec![run], ..Snapshot::default() };
        let now = millis("2026-01-01T01:01:00Z").expect("a time");
        let view = view(&snapshot, now);
        let stages = stages(&Witness { snapshot: &snapshot, seen_at: now }, &view, Some(Mode::OneShot));
        let reached = stages.into_iter().filter(|stage| stage.state != StageState::Ahead);
        let lasted = |stage: &Stage| Some((stage.left_at.unwrap_or(now) - stage.entered_at?) / 1_000);
        reached.map(|stage| (stage.phase.label(), lasted(&stage))).collect()
    }

    #[test]
    fn the_time_between_two_attempts_is_no_phase_s_time() {
        let planned = |how| job("plan", Some("00:00:20"), Some(("00:02:20", how)));
        let failed = job("implement / implement", Some("00:02:30"), Some(("00:03:30", "failure")));
        let waiting = job("implement / implement", None, None);
        // Planning failed, and is waited for or done again.
        assert_eq!(tried_again("queued", vec![], vec![planned("failure")]), [("Queued", Some(60))]);
        let again = job("plan", Some("01:00:20"), None);
        assert_eq!(
            tried_again("in_progress", vec![again], vec![planned("failure")]),
            [("Queued", Some(20)), ("Planning", Some(40))]
        );
        // The plan stays when only its implementation is tried again.
        let earlier = vec![planned("success"), failed];
        assert_eq!(
            tried_again("queued", vec![planned("success"), waiting], earlier.clone()),
            [("Queued", Some(20)), ("Planning", Some(120)), ("Queued", Some(60))]
        );
        let again = job("implement / implement", Some("01:00:30"), None);
        assert_eq!(
            tried_again("in_progress", vec![planned("success"), again], earlier),
            [("Queued", Some(20)), ("Planning", Some(120)), ("Implementing", Some(30))]
        );
    }

    #[test]
    fn what_is_gone_on_with_waits_since_its_own_run() {
        let at = |time: &str| format!("2026-01-01T{time}Z");
        let run = |path: &str, status: &str, created: &str| Run {
            path: format!(".github/workflows/{path}.yml"),
            status: Some(status.into()),
            conclusion: (status == "completed").then(|| "failure".into()),
            created_at: at(created),
            ..Run::default()
        };
        let planned = job("plan", Some("00:00:20"), Some(("00:02:20", "success")));
        let first = Run { jobs: vec![planned], ..run("one-shot", "completed", "00:00:10") };
        let issue = Issue { state: "open".into(), created_at: at("00:00:00"), ..Issue::default() };
        let runs = vec![first, run("plan-implement", "queued", "01:00:00")];
        let snapshot = Snapshot { issue, runs, ..Snapshot::default() };
        let view = view(&snapshot, 0);
        let stages = stages(&Witness { snapshot: &snapshot, seen_at: 5 }, &view, Some(Mode::OneShot));
        let current = stages.iter().position(|stage| stage.state == StageState::Current).expect("one");
        assert_eq!((stages[current].phase, current), (Phase::Dispatched, 2));
        assert_eq!(stages[current].entered_at, millis(&at("01:00:00")));
        assert_eq!(stages[current + 1].phase, Phase::Implementing);
    }
}
