//! The phases people know, and which fact beats which: a test for each row and for each rule.

use waymark_domain::lifecycle::facts::{Facts, Issue, Job, PlanText, Pull, Run, Status, Work};
use waymark_domain::lifecycle::{Phase, derive};

/// A plan that was just created.
fn plan() -> Facts {
    Facts::default()
}

/// A plan that was submitted.
fn submitted() -> Facts {
    Facts { queued: true, ..plan() }
}

/// A plan whose workflow has begun.
fn started() -> Facts {
    Facts { started: true, ..submitted() }
}

/// What is observed, and the phase it means.
macro_rules! phases {
    ($($name:ident: $facts:expr => $phase:ident;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(derive(&$facts).phase, Phase::$phase);
        })*
    };
}

/// Facts that fit several rows of the table, and the number of the one that decides.
macro_rules! rules {
    ($($name:ident: $facts:expr => $rule:literal;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(derive(&$facts).rule, $rule);
        })*
    };
}

/// The observable states of the plan lifecycle, row by row.
mod lifecycle_rows {
    use super::*;

    phases! {
        no_comments_beyond_the_plan: plan() => Created;
        submission_queued_comment: submitted() => Submitted;
        workflow_started_comment: started() => Dispatched;
        draft_and_workflow_running: Facts { pull: Pull::Draft, run: Run::Running, ..started() } => Implementing;
        ready_for_review: Facts { pull: Pull::Ready, run: Run::Succeeded, ..started() } => Complete;
        closed_by_its_pull_request:
            Facts { pull: Pull::Merged, issue: Issue::Closed, run: Run::Succeeded, ..started() } => Merged;
    }
}

/// The observable states of remote execution, row by row; there nothing is known of runs.
mod remote_rows {
    use super::*;

    phases! {
        submission_queued_comment: submitted() => Submitted;
        workflow_started_comment: started() => Dispatched;
        draft_while_the_workflow_runs: Facts { pull: Pull::Draft, ..started() } => Implementing;
        draft_before_the_workflow_runs: Facts { pull: Pull::Draft, ..submitted() } => Submitted;
        ready_for_review: Facts { pull: Pull::Ready, ..started() } => Complete;
        no_changes_label: Facts { pull: Pull::Ready, no_changes: true, ..started() } => NoChanges;
    }
}

/// The states that other tools hide.
mod hidden_states {
    use super::*;

    phases! {
        skeleton: Facts { plan: PlanText::Skeleton, ..plan() } => Prompted;
        skeleton_for_too_long: Facts { plan: PlanText::OldSkeleton, ..submitted() } => Stuck;
        plan_only_and_planned:
            Facts { run: Run::Succeeded, work: Work::PlanOnly, pull: Pull::Draft, ..submitted() } => NeedsApproval;
        failed: Facts { run: Run::Failed, pull: Pull::Draft, ..started() } => Failed;
        cancelled: Facts { run: Run::Cancelled, pull: Pull::Draft, ..started() } => Cancelled;
        closed_without_a_merge: Facts { issue: Issue::Closed, ..plan() } => Closed;
        pull_request_closed: Facts { pull: Pull::Closed, ..started() } => Closed;
        run_not_found: Facts { run: Run::NotFound, ..submitted() } => Stuck;
        nothing_came_of_it: Facts { run: Run::Succeeded, pull: Pull::Draft, ..started() } => Stuck;
        plan_missing: Facts { plan: PlanText::Missing, ..plan() } => PlanMissing;
        plan_not_read: Facts { plan: PlanText::Unread, ..plan() } => Unknown;
        implemented_locally: Facts { local: true, ..plan() } => Implementing;
    }
}

/// Each row of the table beats those below it.
mod precedence {
    use super::*;

    rules! {
        a_merge_beats_a_closed_issue: Facts { pull: Pull::Merged, issue: Issue::Closed, ..plan() } => 1;
        a_merge_beats_a_failed_run: Facts { pull: Pull::Merged, run: Run::Failed, ..plan() } => 1;
        a_closed_issue_beats_a_run: Facts { issue: Issue::Closed, run: Run::Running, ..plan() } => 2;
        a_complete_status_beats_housekeeping:
            Facts { pull: Pull::Ready, run: Run::Running, status: Status::Complete, ..plan() } => 3;
        a_complete_status_beats_a_waiting_run:
            Facts { pull: Pull::Ready, run: Run::Waiting, status: Status::Complete, ..plan() } => 3;
        a_waiting_run_beats_a_closed_pull_request: Facts { pull: Pull::Closed, run: Run::Waiting, ..plan() } => 4;
        a_plan_only_run_plans_whatever_its_job:
            Facts { run: Run::Running, work: Work::PlanOnly, job: Job::Implement, ..plan() } => 5;
        a_run_beats_a_ready_pull_request: Facts { pull: Pull::Ready, run: Run::Running, ..plan() } => 6;
        a_run_beats_the_no_changes_label: Facts { run: Run::Running, no_changes: true, ..plan() } => 6;
        a_bare_skeleton_beats_an_expected_run:
            Facts { plan: PlanText::Skeleton, run: Run::Expected, ..plan() } => 7;
        an_expected_run_beats_a_queued_skeleton:
            Facts { plan: PlanText::Skeleton, run: Run::Expected, ..submitted() } => 8;
        an_expected_run_beats_local_work: Facts { run: Run::Expected, local: true, ..plan() } => 8;
        local_work_beats_a_closed_pull_request_and_a_failed_run:
            Facts { local: true, run: Run::Failed, pull: Pull::Closed, ..plan() } => 9;
        a_closed_pull_request_beats_the_no_changes_label:
            Facts { pull: Pull::Closed, no_changes: true, ..plan() } => 10;
        the_no_changes_label_beats_a_ready_pull_request:
            Facts { no_changes: true, pull: Pull::Ready, ..plan() } => 11;
        the_no_changes_label_beats_a_failed_run: Facts { no_changes: true, run: Run::Failed, ..plan() } => 11;
        a_ready_pull_request_beats_failed_housekeeping:
            Facts { pull: Pull::Ready, run: Run::Failed, status: Status::Complete, ..plan() } => 12;
        a_failed_status_beats_a_ready_pull_request:
            Facts { pull: Pull::Ready, run: Run::Failed, status: Status::Failed, ..plan() } => 13;
        a_failed_run_beats_a_missing_plan: Facts { run: Run::Failed, plan: PlanText::Missing, ..plan() } => 13;
        a_cancelled_run_beats_an_old_skeleton:
            Facts { run: Run::Cancelled, plan: PlanText::OldSkeleton, ..plan() } => 14;
        a_lost_run_beats_the_queued_comment: Facts { run: Run::NotFound, ..submitted() } => 15;
        a_skipped_run_beats_the_started_comment: Facts { run: Run::Skipped, ..started() } => 15;
        a_plan_to_approve_beats_a_run_without_result:
            Facts { run: Run::Succeeded, work: Work::PlanOnly, pull: Pull::Draft, ..plan() } => 16;
        a_skeleton_left_over_is_no_plan_to_approve:
            Facts { run: Run::Succeeded, work: Work::PlanOnly, plan: PlanText::Skeleton, ..plan() } => 17;
        a_run_without_result_beats_the_draft: Facts { run: Run::Succeeded, pull: Pull::Draft, ..plan() } => 17;
        an_old_skeleton_beats_the_started_comment: Facts { plan: PlanText::OldSkeleton, ..started() } => 18;
        a_draft_beside_the_started_comment_is_being_worked_on: Facts { pull: Pull::Draft, ..started() } => 19;
        the_started_comment_beats_the_queued_one: started() => 20;
        the_queued_comment_beats_a_skeleton: Facts { plan: PlanText::Skeleton, ..submitted() } => 21;
        a_draft_beats_a_missing_plan: Facts { pull: Pull::Draft, plan: PlanText::Missing, ..plan() } => 21;
        a_skeleton_is_neither_missing_nor_created: Facts { plan: PlanText::Skeleton, ..plan() } => 22;
        a_missing_plan_is_not_created: Facts { plan: PlanText::Missing, ..plan() } => 23;
        an_unread_plan_is_not_created: Facts { plan: PlanText::Unread, ..plan() } => 24;
        nothing_else_is_created: plan() => 25;
    }
}

#[test]
fn a_one_shot_goes_from_prompted_to_complete() {
    let mut facts = Facts { plan: PlanText::Skeleton, run: Run::Expected, work: Work::OneShot, ..plan() };
    let phase = |facts: &Facts| derive(facts).phase;
    assert_eq!(phase(&facts), Phase::Prompted);
    facts.pull = Pull::Draft;
    assert_eq!(phase(&facts), Phase::Submitted);
    facts.run = Run::Waiting;
    assert_eq!(phase(&facts), Phase::Dispatched);
    facts.run = Run::Running;
    assert_eq!(phase(&facts), Phase::Planning);
    (facts.job, facts.plan) = (Job::Plan, PlanText::Present);
    assert_eq!(phase(&facts), Phase::Planning);
    facts.job = Job::Implement;
    assert_eq!(phase(&facts), Phase::Implementing);
    (facts.pull, facts.status) = (Pull::Ready, Status::Complete);
    assert_eq!(phase(&facts), Phase::Complete);
    facts.run = Run::Succeeded;
    assert_eq!(phase(&facts), Phase::Complete);
}
