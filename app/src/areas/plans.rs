//! Plans: the overview, one plan's page, and what can be done to it.

use serde::{Deserialize, Serialize};
use waymark_domain::lifecycle::Phase;

use super::{DispatchView, RepoName};
#[cfg(feature = "ssr")]
use super::{Problem, Viewer};

/// The overview's filters, sort and page: the whole of it is in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OverviewQuery {
    /// Text in title, number, PR number, author or branch.
    pub q: String,
    pub phase: Vec<Phase>,
    /// `owner/name`; empty for all.
    pub repo: String,
    pub author: String,
    pub objective: Option<i64>,
    pub label: String,
    /// Only plans that wait for this person.
    pub needs: bool,
    /// Only plans that this person dispatched or wrote.
    pub mine: bool,
    pub sort: Sort,
    /// The other way round.
    pub reverse: bool,
    /// 1-based; 0 is read as 1.
    pub page: u32,
    /// Rows of a page; 0 is read as 50.
    pub per_page: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// Last change first.
    #[default]
    Changed,
    /// Highest number first.
    Number,
    /// In the order of [`Phase::ALL`].
    Phase,
    Repo,
    Author,
}

/// The checks of a pull request's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    pub passed: u32,
    pub failed: u32,
    pub pending: u32,
    /// Shown apart: a skipped check is not a passed one.
    pub skipped: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrState {
    Draft,
    Open,
    Merged,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    None,
    Approved,
    ChangesRequested,
    Commented,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrSummary {
    pub number: i64,
    pub url: String,
    pub state: PrState,
    pub review: ReviewState,
    pub checks: Checks,
    /// Why it cannot be merged now although it is open, in words.
    #[serde(default)]
    pub blocked: Option<String>,
}

/// The latest run of a plan, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    pub id: i64,
    pub url: String,
    /// File name of the workflow.
    pub workflow: String,
    /// As GitHub names it: `pending` waits for its concurrency group, `queued` for a runner.
    pub status: String,
    pub conclusion: Option<String>,
    /// Epoch milliseconds.
    pub started_at: Option<i64>,
    /// The concurrency group it belongs to, where the workflow is one of Waymark's.
    pub group: Option<String>,
    /// Job and step that failed, in words.
    pub failed: Option<String>,
}

/// One row of the overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    pub repo: RepoName,
    pub number: i64,
    pub title: String,
    pub phase: Phase,
    /// Steps done and in total, where there are steps.
    pub steps: Option<(u32, u32)>,
    pub pr: Option<PrSummary>,
    pub author: String,
    pub labels: Vec<String>,
    pub objective: Option<i64>,
    pub node: Option<String>,
    pub branch: Option<String>,
    #[serde(default)]
    pub run: Option<RunSummary>,
    pub comments: u32,
    /// Review conversations of the pull request, resolved and in total, where there are any.
    #[serde(default)]
    pub threads: Option<(u32, u32)>,
    /// Epoch milliseconds of the last change on GitHub.
    pub changed_at: i64,
    /// Epoch milliseconds at which this was read from GitHub.
    pub as_of: i64,
    /// Why this row is old, in words, when it is.
    #[serde(default)]
    pub stale: Option<String>,
    /// Why the viewer is needed, in words, when they are.
    pub needs_you: Option<String>,
    /// The dispatch of the plan that stopped, when one did: it can be resumed or undone.
    #[serde(default)]
    pub stopped: Option<String>,
    /// Whether somebody implements it on their own machine; `run` is then one from before.
    #[serde(default)]
    pub local: bool,
}

/// A dispatch that stopped and has no plan yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedDispatch {
    pub id: String,
    pub repo: RepoName,
    pub title: String,
    /// Why it stopped, in words.
    pub why: String,
    /// Epoch milliseconds.
    pub created_at: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub rows: Vec<PlanRow>,
    /// Rows of the view that wait for the viewer, the most harmful first; at most fifty.
    pub needs_you: Vec<PlanRow>,
    /// How many wait for the viewer.
    #[serde(default)]
    pub needs_total: u32,
    /// Dispatches of the viewer's that stopped before GitHub had their issue, newest first.
    #[serde(default)]
    pub stopped: Vec<StoppedDispatch>,
    /// Plans per phase under the filter, the phase filter itself left out. In the order of `Phase::ALL`.
    pub counts: Vec<(Phase, u32)>,
    pub total: u32,
    pub page: u32,
    pub pages: u32,
    /// Repositories whose mirror is stale, with the reason in words.
    pub stale: Vec<(RepoName, String)>,
    /// Whether repositories are left out because GitHub could not be asked whether the viewer may see them.
    pub unasked: bool,
    /// Whether any repository is connected at all (an empty overview teaches the next step).
    pub connected: bool,
}

/// A fact that was observed, where, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// "Run 12 is in progress".
    pub fact: String,
    /// "webhook workflow_run", "read of the run", "issue comment".
    pub source: String,
    pub url: Option<String>,
    /// Epoch milliseconds at which it became so, as GitHub says.
    pub at: Option<i64>,
    /// Epoch milliseconds at which Waymark observed it.
    pub seen_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    Done,
    Current,
    Ahead,
}

/// One item of the stepper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub phase: Phase,
    pub state: StageState,
    /// Epoch milliseconds at which it was entered, when known.
    pub entered_at: Option<i64>,
    pub left_at: Option<i64>,
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    Current,
    Done,
    Failed,
}

/// A step of the plan's progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// 1-based.
    pub number: u32,
    pub text: String,
    pub state: StepState,
}

/// A GitHub Actions step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    pub number: u32,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<i64>,
    pub completed_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub id: i64,
    pub name: String,
    pub url: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<i64>,
    pub completed_at: Option<i64>,
    pub steps: Vec<JobStep>,
}

/// A GitHub Actions workflow run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: i64,
    /// The run's display title, such as `one-shot:x1y2z3`.
    pub name: String,
    /// File name of the workflow.
    pub workflow: String,
    pub url: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub attempt: u32,
    pub started_at: Option<i64>,
    pub updated_at: Option<i64>,
    pub jobs: Vec<Job>,
    /// Jobs of earlier attempts.
    #[serde(default)]
    pub earlier: Vec<Job>,
    /// Epoch milliseconds at which this was read from GitHub.
    pub as_of: i64,
}

/// A dispatch with its run. A run that Waymark did not start has no dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub dispatch: Option<DispatchView>,
    pub run: Option<Run>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub summary: PrSummary,
    pub title: String,
    pub head: String,
    pub base: String,
    pub body: String,
    pub additions: u32,
    pub deletions: u32,
    pub changed_files: u32,
    pub commits: u32,
    /// Names of the checks with their state, for the list.
    pub check_list: Vec<(String, String, Option<String>)>,
    pub mergeable: Option<bool>,
    /// Why it cannot be merged now, in words.
    pub blocked: Option<String>,
    /// `merge`, `squash`, `rebase`: what the repository allows.
    pub methods: Vec<String>,
    /// Epoch milliseconds at which this was read from GitHub.
    pub as_of: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Epoch milliseconds.
    pub at: i64,
    pub actor: String,
    pub text: String,
    pub url: Option<String>,
}

/// What can be done to a plan. The order here is the order on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    Approve,
    /// Chosen on `/submit`: it needs answers about branches.
    Submit,
    /// `plan-implement` again on the same branch, from the step that is not done.
    Continue,
    MarkReady,
    Merge,
    RerunFailed,
    CancelRun,
    /// Like [`ActionKind::Submit`], on a plan that was dispatched before.
    Resubmit,
    ClosePr,
    ClosePlan,
    Reopen,
    Refresh,
}

impl ActionKind {
    /// Every action, in the order of the page.
    pub const ALL: [ActionKind; 12] = [
        ActionKind::Approve,
        ActionKind::Submit,
        ActionKind::Continue,
        ActionKind::RerunFailed,
        ActionKind::MarkReady,
        ActionKind::Merge,
        ActionKind::CancelRun,
        ActionKind::Resubmit,
        ActionKind::ClosePr,
        ActionKind::ClosePlan,
        ActionKind::Reopen,
        ActionKind::Refresh,
    ];
}

/// An action with whether it is valid now, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionOffer {
    pub kind: ActionKind,
    /// Verb and object: "Close plan".
    pub label: String,
    /// What will happen on GitHub, in words.
    pub effect: String,
    /// Why it is not valid now; absent when it is.
    pub refused: Option<String>,
    pub destructive: bool,
}

/// Work on a plan that somebody does on their own machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalWork {
    pub who: Option<String>,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    /// The worktree that was made for it, when a comment tells.
    pub worktree: Option<String>,
}

/// A part of a job's log: one step, as far as the log tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSection {
    pub name: String,
    /// It holds an error.
    pub failed: bool,
    pub lines: Vec<String>,
}

/// The log of a job, as plain text in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLog {
    pub job: Job,
    pub sections: Vec<LogSection>,
    /// Only the end is kept.
    pub cut: bool,
}

/// One plan, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPage {
    pub repo: RepoName,
    pub number: i64,
    pub url: String,
    pub title: String,
    pub author: String,
    pub phase: Phase,
    /// Why this phase: the facts that decided it.
    pub evidence: Vec<Evidence>,
    /// What went wrong and what to do, for failed, stuck and the like.
    pub trouble: Option<Trouble>,
    pub stages: Vec<Stage>,
    /// Markdown of the plan as it stands on GitHub (hostile text), when there is one.
    pub plan: Option<String>,
    /// Identifies the plan text that was shown, to detect that someone changed it meanwhile. Also there
    /// when a missing plan can be written.
    pub plan_version: Option<String>,
    pub instruction: Option<String>,
    pub steps: Vec<Step>,
    pub attempts: Vec<Attempt>,
    pub pr: Option<PullRequest>,
    pub objective: Option<i64>,
    pub node: Option<String>,
    pub branch: Option<String>,
    pub labels: Vec<String>,
    pub session_log_url: Option<String>,
    /// Set while somebody works on it on their own machine.
    pub local: Option<LocalWork>,
    /// A run that was asked to stop and has not ended, in words.
    pub cancelling: Option<String>,
    pub activity: Vec<Activity>,
    pub actions: Vec<ActionOffer>,
    /// Commands to check the work out, each on a line of its own.
    pub checkout: Vec<String>,
    /// Epoch milliseconds at which the issue was read from GitHub.
    pub as_of: i64,
    /// Why the copy is old, in words, when it is.
    pub stale: Option<String>,
}

/// A failure with its place and the next action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub message: String,
    pub job: Option<String>,
    pub step: Option<String>,
    /// The end of the log, as plain text, when it could be read.
    pub log_tail: Option<String>,
    pub next: String,
    /// The stopped dispatch that was to create the plan: resuming it mends a plan that is missing.
    pub repair: Option<String>,
}

/// Why an edit was not saved.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditRefusal {
    /// Someone changed the plan on GitHub meanwhile: both texts, to choose from.
    Changed {
        theirs: String,
        version: String,
    },
    Problem(Problem),
}

/// Rows that one export holds at most.
pub const MOST_EXPORTED: u32 = 20_000;

/// The plans area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Plans: Send + Sync {
    async fn overview(&self, viewer: Option<&Viewer>, query: &OverviewQuery) -> Result<Overview, Problem>;
    /// Every row of a view, whatever its page; at most [`MOST_EXPORTED`].
    async fn export(&self, viewer: Option<&Viewer>, query: &OverviewQuery) -> Result<Vec<PlanRow>, Problem>;
    /// The plans that a text leads to: a number, a branch, a pull request, a run, or the address of
    /// one of these on GitHub or here. The best first.
    async fn find(&self, viewer: Option<&Viewer>, text: &str) -> Result<Vec<PlanRow>, Problem>;
    async fn plan(&self, viewer: Option<&Viewer>, repo: &RepoName, number: i64) -> Result<PlanPage, Problem>;
    /// The log of a job of the plan's runs, read once from GitHub when the job is over.
    async fn log(
        &self,
        viewer: Option<&Viewer>,
        repo: &RepoName,
        number: i64,
        job: i64,
    ) -> Result<JobLog, Problem>;
    /// Saves the plan text to GitHub if it still is the `version` that was shown.
    async fn edit(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        version: &str,
        text: &str,
    ) -> Result<(), EditRefusal>;
    /// Carries out an action. `method` is the merge method for [`ActionKind::Merge`], and the reason
    /// (`completed` or `not_planned`) for [`ActionKind::ClosePlan`].
    async fn act(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        action: ActionKind,
        method: Option<&str>,
    ) -> Result<(), Problem>;
}
