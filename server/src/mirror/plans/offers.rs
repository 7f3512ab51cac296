//! What can be done to a plan, and why not: one rule for the page and for doing it.

use waymark_app::areas::{ActionKind, ActionOffer, Checks, PrState, Problem, ProblemKind, StepState};
use waymark_domain::lifecycle::Phase;
use waymark_domain::lifecycle::facts::{Issue, Job, PlanText, Run, Status, Work};

use crate::mirror::access::Level;
use crate::mirror::facts::{View, blocked, checks, pr_state, view};
use crate::mirror::now_ms;
use crate::mirror::snapshot::Snapshot;

/// What the person who looks may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Can {
    pub signed_in: bool,
    /// Nothing when GitHub could not be asked.
    pub level: Option<Level>,
}

/// Every action with whether it is valid now.
pub(super) fn offers(snapshot: &Snapshot, view: &View, can: Can) -> Vec<ActionOffer> {
    ActionKind::ALL
        .into_iter()
        .map(|kind| {
            let (label, effect) = words(snapshot, view, kind);
            let destructive =
                matches!(kind, ActionKind::CancelRun | ActionKind::ClosePr | ActionKind::ClosePlan);
            let refused = forbidden(kind, can).map(str::to_owned).or_else(|| refused(snapshot, view, kind));
            ActionOffer { kind, label, effect, refused, destructive }
        })
        .collect()
}

/// Asks that an action is valid in the state that was just read.
///
/// # Errors
/// `Conflict`, with the reason.
pub(super) fn require(snapshot: &Snapshot, kind: ActionKind) -> Result<(), Problem> {
    match refused(snapshot, &view(snapshot, now_ms()), kind) {
        None => Ok(()),
        Some(why) => Err(Problem::new(ProblemKind::Conflict, why).next("Look at the plan as it is now.")),
    }
}

fn words(snapshot: &Snapshot, view: &View, kind: ActionKind) -> (String, String) {
    let pull = snapshot.pull.as_ref();
    let name = pull.map_or_else(|| "the pull request".to_owned(), |pull| format!("#{}", pull.number));
    let base = pull.map_or("its base", |pull| pull.base.name.as_str());
    let n = snapshot.issue.number;
    let (label, effect) = match kind {
        ActionKind::Approve => (
            "Approve plan",
            "Starts the workflow plan-implement on the same branch and pull request.".to_owned(),
        ),
        ActionKind::Submit => (
            "Submit plan",
            "Starts the workflow plan-implement on a new branch with a draft pull request. You see first what is written."
                .to_owned(),
        ),
        ActionKind::Resubmit => (
            "Start over…",
            "Cancels a run that is not over and does every step again, on a new branch or on the one there is. You choose first."
                .to_owned(),
        ),
        ActionKind::Continue => {
            return match unfinished(view) {
                Some(step) => (
                    format!("Retry from step {step}"),
                    format!("Starts plan-implement again on the same branch, from step {step}. The steps before it stay done."),
                ),
                None => (
                    "Retry the checks".to_owned(),
                    "Every step is done. Starts plan-implement again on the same branch: the agent gets what the repository's checks say, and mends it."
                        .to_owned(),
                ),
            };
        }
        ActionKind::MarkReady => {
            ("Mark ready", format!("Turns the draft {name} into one that is ready for review."))
        }
        ActionKind::Merge => {
            let head = pull.map_or("its branch", |pull| pull.head.name.as_str());
            let checks = checks_words(checks(snapshot));
            (
                "Merge pull request",
                format!("Merges {name}, branch {head}, into {base}. {checks} Plan #{n} is closed with it. A merge cannot be taken back here."),
            )
        }
        ActionKind::RerunFailed => (
            "Run failed jobs again",
            "Starts the failed jobs of the latest run again, with those that depend on them.".to_owned(),
        ),
        ActionKind::CancelRun => (
            "Cancel run",
            "Asks GitHub to cancel the latest run; after 60 seconds it is forced. What it pushed stays."
                .to_owned(),
        ),
        ActionKind::ClosePr => {
            ("Close pull request", format!("Closes {name} without merging. It can be reopened on GitHub."))
        }
        ActionKind::ClosePlan => (
            "Close plan",
            format!(
                "Closes issue #{n} with the reason you choose. The branch and the pull request stay. It can be reopened."
            ),
        ),
        ActionKind::Reopen => ("Reopen plan", format!("Opens issue #{n} again.")),
        ActionKind::Refresh => {
            ("Refresh", "Reads the plan from GitHub now. Nothing is written.".to_owned())
        }
    };
    (label.to_owned(), effect)
}

fn checks_words(checks: Checks) -> String {
    let parts = [
        (checks.failed, "failed"),
        (checks.pending, "not over"),
        (checks.passed, "passed"),
        (checks.skipped, "skipped"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if told.is_empty() { "It has no checks.".to_owned() } else { format!("Checks: {}.", told.join(", ")) }
}

fn forbidden(kind: ActionKind, can: Can) -> Option<&'static str> {
    match (can.signed_in, can.level) {
        (false, _) => Some("Sign in first."),
        _ if kind == ActionKind::Refresh => None,
        (true, Some(Level::Write | Level::Admin)) => None,
        (true, Some(Level::Read)) => Some("This needs write access to the repository."),
        (true, None) => Some("GitHub cannot be asked now whether you may do this."),
    }
}

fn refused(snapshot: &Snapshot, view: &View, kind: ActionKind) -> Option<String> {
    let pull = snapshot.pull.as_ref().map(|pull| (pull, pr_state(pull)));
    let closed = view.facts.issue == Issue::Closed;
    let running = matches!(view.facts.run, Run::Waiting | Run::Running);
    let why = match kind {
        ActionKind::Refresh => return None,
        ActionKind::Approve if view.phase() == Phase::NeedsApproval => return None,
        ActionKind::Approve => "Only a plan that waits for approval can be approved.",
        ActionKind::Submit | ActionKind::Resubmit => {
            let again = view.facts.queued || view.facts.run != Run::None || pull.is_some();
            match (unsubmittable(snapshot, view), kind, again) {
                (Some(why), ..) => why,
                (None, ActionKind::Submit, true) => "It was submitted before: start it over.",
                (None, ActionKind::Resubmit, false) => "It was not submitted yet.",
                _ => return None,
            }
        }
        ActionKind::Continue => match (pull, unsubmittable(snapshot, view)) {
            (_, Some(why)) => why,
            (Some((_, PrState::Draft | PrState::Open)), None)
                if matches!(view.facts.run, Run::Failed | Run::Cancelled)
                    && (view.facts.work == Work::Implement || view.facts.job == Job::Implement) =>
            {
                return None;
            }
            (Some((_, PrState::Draft | PrState::Open)), None) => "The implementation has not failed.",
            _ => "There is no open pull request to go on with.",
        },
        ActionKind::MarkReady => match pull {
            None => "There is no pull request.",
            Some((_, PrState::Draft)) if running => {
                "A run is at work; it marks the pull request ready when it is done."
            }
            Some((_, PrState::Draft)) if view.phase() == Phase::Stopped => STOPPED,
            Some((_, PrState::Draft)) if unbegun(view.phase()) => "Nothing is implemented yet.",
            Some((_, PrState::Draft)) if view.phase() == Phase::NoChanges => "The work changed nothing.",
            Some((_, PrState::Draft)) if broke_off(view) => {
                "The run did not finish the work: run it again first."
            }
            Some((_, PrState::Draft)) => return None,
            Some((_, PrState::Open)) => "The pull request is ready already.",
            Some(_) => "The pull request is closed.",
        },
        ActionKind::Merge => match pull {
            None => "There is no pull request.",
            Some((_, PrState::Draft)) => "The pull request is still a draft.",
            Some((_, PrState::Merged)) => "The pull request is merged already.",
            Some((_, PrState::Closed)) => "The pull request is closed.",
            Some((pull, PrState::Open)) => return blocked(pull),
        },
        ActionKind::RerunFailed => match view.facts.run {
            Run::Failed | Run::Cancelled if closed => "The plan is closed.",
            Run::Failed | Run::Cancelled => return None,
            Run::None | Run::Expected | Run::NotFound => "There is no run.",
            Run::Waiting | Run::Running => "The run is not over yet.",
            Run::Succeeded | Run::Skipped => "No job of the latest run failed.",
        },
        ActionKind::CancelRun => match view.facts.run {
            Run::Waiting | Run::Running => return None,
            Run::None | Run::Expected | Run::NotFound => "There is no run.",
            _ => "The latest run is over.",
        },
        ActionKind::ClosePr => match pull {
            Some((_, PrState::Draft | PrState::Open)) => return None,
            Some(_) => "The pull request is closed already.",
            None => "There is no pull request.",
        },
        ActionKind::ClosePlan if closed => "The plan is closed already.",
        ActionKind::ClosePlan => return None,
        ActionKind::Reopen if !closed => "The plan is open.",
        ActionKind::Reopen if snapshot.issue.pull_request.is_some() => {
            "It is a pull request: reopen it on GitHub."
        }
        ActionKind::Reopen if matches!(pull, Some((_, PrState::Merged))) => "Its work is merged.",
        ActionKind::Reopen => return None,
    };
    Some(why.to_owned())
}

/// Why a plan cannot be submitted, whatever was done with it before.
fn unsubmittable(snapshot: &Snapshot, view: &View) -> Option<&'static str> {
    match (view.facts.issue, view.facts.plan) {
        _ if snapshot.issue.pull_request.is_some() => {
            Some("This plan is a pull request: plans of this kind are only followed here.")
        }
        (Issue::Closed, _) => Some("The plan is closed."),
        (_, PlanText::Missing) => Some("The plan has no text yet."),
        (_, PlanText::Skeleton | PlanText::OldSkeleton) => Some("The plan is not written yet."),
        _ => None,
    }
}

/// Whether the implementation has not begun.
fn unbegun(phase: Phase) -> bool {
    use Phase::{Created, Dispatched, NeedsApproval, PlanMissing, Planning, Prompted, Submitted};
    matches!(phase, Created | Prompted | Submitted | Dispatched | Planning | NeedsApproval | PlanMissing)
}

/// Why nothing is begun on a plan whose dispatch stopped.
pub(super) const STOPPED: &str = "A dispatch of this plan stopped: resume or undo it first.";

/// Whether a run was to do the work and did not: not where only the checks, or the last housekeeping, failed.
fn broke_off(view: &View) -> bool {
    let all_done = !view.steps.is_empty() && unfinished(view).is_none();
    let ended = matches!(view.facts.run, Run::Failed | Run::Cancelled) || view.phase() == Phase::Stuck;
    ended && !all_done && view.facts.status != Status::Complete
}

/// The step to go on with, from 1: the first that is not done, else the one after the last.
pub(super) fn next_step(view: &View) -> Option<u32> {
    unfinished(view).or_else(|| Some(u32::try_from(view.steps.len()).ok()? + 1))
}

/// The first step that is not done, from 1.
fn unfinished(view: &View) -> Option<u32> {
    view.steps.iter().find(|step| step.state != StepState::Done).map(|step| step.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_offered_or_says_why_not() {
        let mut snapshot = Snapshot::default();
        snapshot.issue.state = "open".into();
        let view = view(&snapshot, 0);
        for (can, open) in [
            (Can { signed_in: false, level: None }, 0),
            (Can { signed_in: true, level: Some(Level::Read) }, 1),
            (Can { signed_in: true, level: Some(Level::Write) }, 2),
        ] {
            let offers = offers(&snapshot, &view, can);
            assert_eq!(offers.iter().map(|offer| offer.kind).collect::<Vec<_>>(), ActionKind::ALL);
            assert_eq!(offers.iter().filter(|offer| offer.refused.is_none()).count(), open, "{can:?}");
        }
    }

    fn open_to(snapshot: &Snapshot) -> Vec<ActionKind> {
        let view = view(snapshot, 0);
        let offers = offers(snapshot, &view, Can { signed_in: true, level: Some(Level::Write) });
        offers.into_iter().filter(|offer| offer.refused.is_none()).map(|offer| offer.kind).collect()
    }

    /// A plan with a draft pull request whose latest run failed.
    fn failed(workflow: &str, list: &str) -> Snapshot {
        use crate::github::model::{Comment, Issue, Pull, Run};
        let comment = |id: i64, body: String| Comment {
            id,
            body: Some(body),
            author_association: "MEMBER".into(),
            ..Comment::default()
        };
        let plan = waymark_domain::block::render_content("plan-body", "# A\n\n## Steps\n\n1. a\n2. b");
        let fields = serde_json::json!({"status": "failed"});
        let status = waymark_domain::block::render_with_warning(
            "erk-implementation-status",
            fields.as_object().expect("fields"),
        );
        let status = format!("{}\n\n{list}", status.expect("renders"));
        let header = "<!-- erk:metadata-block:plan-header -->".to_owned();
        Snapshot {
            issue: Issue { state: "open".into(), body: Some(header), ..Issue::default() },
            comments: vec![comment(1, plan.expect("renders")), comment(2, status)],
            pull: Some(Pull { number: 3, state: "open".into(), draft: true, ..Pull::default() }),
            runs: vec![Run {
                path: format!(".github/workflows/{workflow}"),
                status: Some("completed".into()),
                conclusion: Some("failure".into()),
                ..Run::default()
            }],
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_failed_plan_is_run_again_and_not_marked_ready() {
        let half = open_to(&failed("plan-implement.yml", "- [x] 1. a\n- [ ] 2. b"));
        assert_eq!(half[..2], [ActionKind::Continue, ActionKind::RerunFailed]);
        assert!(!half.contains(&ActionKind::MarkReady), "{half:?}");
        let planning = open_to(&failed("one-shot.yml", ""));
        assert_eq!(planning[0], ActionKind::RerunFailed, "{planning:?}");
        assert!(!planning.contains(&ActionKind::MarkReady), "{planning:?}");
    }

    #[test]
    fn a_run_that_ended_without_the_work_is_not_marked_ready_and_one_that_did_it_is() {
        let succeeded = |list: &str, status: &str, label: &str| {
            let mut snapshot = failed("plan-implement.yml", list);
            snapshot.runs[0].conclusion = Some("success".into());
            let comment = snapshot.comments[1].body.as_mut().expect("a status");
            *comment = comment.replace("status: failed", &format!("status: {status}"));
            let labels = &mut snapshot.pull.as_mut().expect("a pull request").labels;
            labels.extend((!label.is_empty()).then(|| crate::github::model::Label { name: label.into() }));
            (view(&snapshot, 0).phase(), open_to(&snapshot).contains(&ActionKind::MarkReady))
        };
        let half = "- [x] 1. a\n- [ ] 2. b";
        assert_eq!(succeeded(half, "in_progress", ""), (Phase::Stuck, false));
        assert_eq!(succeeded(half, "complete", ""), (Phase::Stuck, true));
        assert_eq!(succeeded("- [x] 1. a\n- [x] 2. b", "in_progress", ""), (Phase::Stuck, true));
        assert_eq!(succeeded(half, "complete", "no-changes"), (Phase::NoChanges, false));
    }

    #[test]
    fn when_only_the_checks_failed_the_work_goes_on_with_them() {
        let all = failed("plan-implement.yml", "- [x] 1. a\n- [x] 2. b");
        let view = view(&all, 0);
        assert_eq!(next_step(&view), Some(3));
        assert_eq!(words(&all, &view, ActionKind::Continue).0, "Retry the checks");
        let open = open_to(&all);
        assert_eq!(open[0], ActionKind::Continue);
        assert!(open.contains(&ActionKind::MarkReady), "a person may judge the checks: {open:?}");
    }

    #[test]
    fn merging_says_what_is_merged_and_how_its_checks_are() {
        use crate::github::model::CheckRun;
        let mut snapshot = failed("plan-implement.yml", "");
        if let Some(pull) = &mut snapshot.pull {
            pull.head.name = "P1-a".into();
            pull.base.name = "main".into();
        }
        let told = |snapshot: &Snapshot| words(snapshot, &view(snapshot, 0), ActionKind::Merge).1;
        assert!(told(&snapshot).starts_with("Merges #3, branch P1-a, into main. It has no checks."));
        let check = |conclusion: &str| CheckRun {
            status: "completed".into(),
            conclusion: Some(conclusion.into()),
            ..CheckRun::default()
        };
        snapshot.checks = vec![check("success"), check("failure"), check("success")];
        assert!(told(&snapshot).contains("Checks: 1 failed, 2 passed."), "{}", told(&snapshot));
    }
}
