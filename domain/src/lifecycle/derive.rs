//! The phase of a plan, from facts alone.
//!
//! The first row that fits decides. "—" stands for any value.
//!
//! | # | issue | pull request | run | other | phase |
//! |---|---|---|---|---|---|
//! | 1 | — | merged | — | — | merged |
//! | 2 | closed | — | — | — | closed |
//! | 26 | open | — | — | a dispatch of our own stopped | stopped |
//! | 3 | open | ready | waiting, running | status complete | complete |
//! | 4 | open | — | waiting | — | dispatched |
//! | 5 | open | — | running | plan job, plan-only, or a one-shot that has not begun a job | planning |
//! | 6 | open | — | running | otherwise | implementing |
//! | 7 | open | — | expected | skeleton without PR and queued comment | prompted |
//! | 8 | open | — | expected | — | submitted |
//! | 9 | open | — | — | local implementation under way | implementing |
//! | 10 | open | closed | — | — | closed |
//! | 11 | open | — | — | `no-changes` label | no changes |
//! | 12 | open | ready | not failed or cancelled, or status is not "in progress" or "failed" | — | complete |
//! | 13 | open | — | failed | — | failed |
//! | 14 | open | — | cancelled | — | cancelled |
//! | 15 | open | — | not found, skipped | — | stuck |
//! | 16 | open | draft or none | succeeded, plan-only | plan there | needs approval |
//! | 17 | open | — | succeeded | — | stuck: it ended and nothing came of it |
//! | 18 | open | — | none | old skeleton | stuck |
//! | 19 | open | draft | none | `workflow-started` comment | implementing |
//! | 20 | open | — | none | `workflow-started` comment | dispatched |
//! | 21 | open | — | none | `submission-queued` comment, or a draft PR | submitted |
//! | 22 | open | — | none | skeleton | prompted |
//! | 23 | open | — | none | plan missing | plan missing |
//! | 24 | open | — | none | plan not read | unknown |
//! | 25 | open | — | none | — | created |
//!
//! While a dispatch of our own is under way, a run that is not at work counts as expected: what it has
//! half-written is not judged.
//!
//! Why this order: what a person did to the record (1, 2) is beyond doubt; a dispatch that stopped (26)
//! waits for a person, whatever it left; what runs now (3 to 9) says
//! more than what was; a closed or empty result (10, 11) is the answer to an earlier run; a pull request
//! that is ready (12) outweighs a run that failed in its last housekeeping; only then the end of the
//! last run (13 to 17) and what stands on the issue (18 to 25).

use super::Phase;
use super::facts::{Dispatch, Fact, Facts, Issue, Job, PlanText, Pull, Run, Status, Work};

/// A phase with the facts that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    pub phase: Phase,
    /// The most telling first; never empty.
    pub because: Vec<Fact>,
    /// The row of the table above.
    pub rule: u8,
}

/// Derives the phase. Total: every combination of facts has an answer.
pub fn derive(facts: &Facts) -> Derivation {
    let (rule, phase, because): (u8, Phase, &[Fact]) = decide(facts);
    Derivation { phase, because: because.to_vec(), rule }
}

fn decide(facts: &Facts) -> (u8, Phase, &'static [Fact]) {
    if facts.pull == Pull::Merged {
        return (1, Phase::Merged, &[Fact::Pull, Fact::Issue]);
    }
    if facts.issue == Issue::Closed {
        return (2, Phase::Closed, &[Fact::Issue, Fact::Pull]);
    }
    if facts.dispatch == Dispatch::Stopped {
        return (26, Phase::Stopped, &[Fact::Dispatch]);
    }
    let at_work = matches!(facts.run, Run::Waiting | Run::Running);
    let run = if facts.dispatch == Dispatch::UnderWay && !at_work { Run::Expected } else { facts.run };
    let facts = &Facts { run, ..*facts };
    under_way(facts).or_else(|| result(facts)).or_else(|| run_ended(facts)).unwrap_or_else(|| standing(facts))
}

/// What happens now.
fn under_way(facts: &Facts) -> Option<(u8, Phase, &'static [Fact])> {
    let skeleton = matches!(facts.plan, PlanText::Skeleton | PlanText::OldSkeleton);
    match facts.run {
        Run::Waiting | Run::Running if facts.pull == Pull::Ready && facts.status == Status::Complete => {
            Some((3, Phase::Complete, &[Fact::Pull, Fact::Status]))
        }
        Run::Waiting => Some((4, Phase::Dispatched, &[Fact::Run, Fact::Queued])),
        Run::Running => match (facts.work, facts.job) {
            (Work::PlanOnly, _) | (Work::OneShot, Job::None | Job::Plan) => {
                Some((5, Phase::Planning, &[Fact::Run, Fact::Job]))
            }
            _ => Some((6, Phase::Implementing, &[Fact::Run, Fact::Job, Fact::Status])),
        },
        Run::Expected if skeleton && facts.pull == Pull::None && !facts.queued => {
            Some((7, Phase::Prompted, &[Fact::Plan]))
        }
        // The issue is what is sure to be there while our own dispatch is half-written.
        Run::Expected if facts.dispatch == Dispatch::UnderWay => {
            Some((8, Phase::Submitted, &[Fact::Issue, Fact::Pull]))
        }
        Run::Expected => Some((8, Phase::Submitted, &[Fact::Queued, Fact::Pull])),
        _ if facts.local => Some((9, Phase::Implementing, &[Fact::Local])),
        _ => None,
    }
}

/// What the work came to.
fn result(facts: &Facts) -> Option<(u8, Phase, &'static [Fact])> {
    if facts.pull == Pull::Closed {
        return Some((10, Phase::Closed, &[Fact::Pull]));
    }
    if facts.no_changes {
        return Some((11, Phase::NoChanges, &[Fact::NoChanges, Fact::Pull]));
    }
    let broke_off = matches!(facts.run, Run::Failed | Run::Cancelled)
        && matches!(facts.status, Status::InProgress | Status::Failed);
    (facts.pull == Pull::Ready && !broke_off).then_some((12, Phase::Complete, &[Fact::Pull, Fact::Run]))
}

/// How the last run ended.
fn run_ended(facts: &Facts) -> Option<(u8, Phase, &'static [Fact])> {
    match facts.run {
        Run::Failed => Some((13, Phase::Failed, &[Fact::Run, Fact::Job, Fact::Status])),
        Run::Cancelled => Some((14, Phase::Cancelled, &[Fact::Run])),
        Run::NotFound | Run::Skipped => Some((15, Phase::Stuck, &[Fact::Run])),
        Run::Succeeded if facts.work == Work::PlanOnly && facts.plan == PlanText::Present => {
            Some((16, Phase::NeedsApproval, &[Fact::Run, Fact::Plan]))
        }
        Run::Succeeded => Some((17, Phase::Stuck, &[Fact::Run, Fact::Plan, Fact::Pull])),
        _ => None,
    }
}

/// What stands on the issue when no run is known.
fn standing(facts: &Facts) -> (u8, Phase, &'static [Fact]) {
    if facts.plan == PlanText::OldSkeleton {
        (18, Phase::Stuck, &[Fact::Plan])
    } else if facts.started && facts.pull == Pull::Draft {
        (19, Phase::Implementing, &[Fact::Started, Fact::Pull])
    } else if facts.started {
        (20, Phase::Dispatched, &[Fact::Started])
    } else if facts.queued || facts.pull == Pull::Draft {
        (21, Phase::Submitted, &[Fact::Queued, Fact::Pull])
    } else {
        match facts.plan {
            PlanText::Skeleton | PlanText::OldSkeleton => (22, Phase::Prompted, &[Fact::Plan]),
            PlanText::Missing => (23, Phase::PlanMissing, &[Fact::Plan]),
            PlanText::Unread => (24, Phase::Unknown, &[Fact::Plan]),
            PlanText::Present => (25, Phase::Created, &[Fact::Issue, Fact::Plan]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of fact values.
    fn every(mut check: impl FnMut(&Facts)) {
        use PlanText::{Missing, OldSkeleton, Present, Skeleton, Unread};
        let runs = [
            Run::None,
            Run::Expected,
            Run::NotFound,
            Run::Waiting,
            Run::Running,
            Run::Succeeded,
            Run::Failed,
            Run::Cancelled,
            Run::Skipped,
        ];
        let yes_no = [false, true];
        let dispatches = [Dispatch::None, Dispatch::UnderWay, Dispatch::Stopped];
        for issue in [Issue::Open, Issue::Closed] {
            for plan in [Present, Skeleton, OldSkeleton, Missing, Unread] {
                for pull in [Pull::None, Pull::Draft, Pull::Ready, Pull::Merged, Pull::Closed] {
                    for run in runs {
                        for work in [Work::OneShot, Work::PlanOnly, Work::Implement] {
                            for job in [Job::None, Job::Plan, Job::Implement] {
                                for status in
                                    [Status::None, Status::InProgress, Status::Complete, Status::Failed]
                                {
                                    for flags in 0..16_usize {
                                        let flag = |bit: usize| yes_no[(flags >> bit) & 1];
                                        let (queued, started, no_changes, local) =
                                            (flag(0), flag(1), flag(2), flag(3));
                                        for dispatch in dispatches {
                                            check(&Facts {
                                                issue,
                                                plan,
                                                queued,
                                                started,
                                                no_changes,
                                                pull,
                                                run,
                                                work,
                                                job,
                                                status,
                                                local,
                                                dispatch,
                                            });
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn it_is_total_and_every_rule_is_reached() {
        let mut reached = std::collections::BTreeSet::new();
        every(|facts| {
            let derivation = derive(facts);
            assert!(!derivation.because.is_empty());
            assert_eq!(derivation.phase == Phase::Merged, facts.pull == Pull::Merged);
            let open = facts.issue == Issue::Open && facts.pull != Pull::Merged;
            let stopped = facts.dispatch == Dispatch::Stopped;
            assert_eq!(derivation.phase == Phase::Stopped, open && stopped, "{facts:?}");
            let active = matches!(facts.run, Run::Waiting | Run::Running | Run::Expected)
                || facts.dispatch == Dispatch::UnderWay;
            if open && active && !stopped {
                use Phase::{Complete, Dispatched, Implementing, Planning, Prompted, Submitted};
                assert!(
                    [Complete, Dispatched, Implementing, Planning, Prompted, Submitted]
                        .contains(&derivation.phase),
                    "{facts:?}"
                );
            }
            reached.insert(derivation.rule);
        });
        assert_eq!(reached, (1..=26).collect());
    }
}
