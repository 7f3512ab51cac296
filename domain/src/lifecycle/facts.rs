//! What can be observed of a plan on GitHub. Each value is what the latest reading shows; the caller
//! keeps where it came from and when.

/// The plan issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Issue {
    #[default]
    Open,
    Closed,
}

/// The plan's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PlanText {
    #[default]
    Present,
    /// The placeholder that a one-shot dispatch wrote.
    Skeleton,
    /// As `Skeleton`, and for longer than any run takes.
    OldSkeleton,
    /// Read, and no plan is anywhere.
    Missing,
    /// Could not be read.
    Unread,
}

/// The pull request of the plan: the newest open one, else the newest merged, else the newest closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pull {
    #[default]
    None,
    Draft,
    /// Ready for review.
    Ready,
    Merged,
    Closed,
}

/// The latest run of one of Waymark's two workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Run {
    /// None was ever dispatched.
    #[default]
    None,
    /// A dispatch is under way; its run is not known yet.
    Expected,
    /// It was dispatched, and looking for it has been given up.
    NotFound,
    /// Queued, requested, waiting or pending.
    Waiting,
    Running,
    Succeeded,
    /// Failed, timed out, or could not start.
    Failed,
    Cancelled,
    /// GitHub skipped every job.
    Skipped,
}

/// What the latest run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Work {
    /// Plans, then implements.
    OneShot,
    /// Plans, then stops for approval.
    PlanOnly,
    #[default]
    Implement,
}

/// Which job of a one-shot run is under way, or was the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Job {
    #[default]
    None,
    Plan,
    Implement,
}

/// The `erk-implementation-status` comment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    #[default]
    None,
    InProgress,
    Complete,
    Failed,
}

/// A dispatch of Waymark's own for this plan that is not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dispatch {
    #[default]
    None,
    /// It is being written, or undone: what is half-written is not judged.
    UnderWay,
    /// It stopped: a person must resume or undo it.
    Stopped,
}

/// Everything that the phase depends on. The default is a plan that was just created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    pub issue: Issue,
    pub plan: PlanText,
    /// A `submission-queued` comment, or erk's text in its place.
    pub queued: bool,
    /// A `workflow-started` comment.
    pub started: bool,
    /// The `no-changes` label on the pull request.
    pub no_changes: bool,
    pub pull: Pull,
    pub run: Run,
    pub work: Work,
    pub job: Job,
    pub status: Status,
    /// `last_local_impl_event` is `started`, later than the latest run.
    pub local: bool,
    pub dispatch: Dispatch,
}

/// A fact by name, to say which ones decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    Issue,
    Plan,
    Queued,
    Started,
    NoChanges,
    Pull,
    Run,
    Job,
    Status,
    Local,
    Dispatch,
}
