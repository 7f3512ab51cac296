//! Dispatches: from the form's draft through the preview to the recorded operations.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{BatchView, BatchWork, SubmitCheck, SubmitForm, Viewer};
use super::{ObjectiveForm, Problem, RepoName};

/// How far the workflow goes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Plan and implement without stopping.
    #[default]
    OneShot,
    /// Stop after planning, for a person to read, edit and approve.
    PlanFirst,
}

/// The form of `/new` as typed: nothing is checked yet, so that nothing typed is ever lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewForm {
    pub repo: String,
    pub base: String,
    pub instruction: String,
    pub mode: Mode,
    /// Model name for the agent; empty for the repository's default.
    pub model: String,
    /// Objective issue number as typed; empty for none.
    pub objective: String,
    /// Roadmap node id; empty for none.
    pub node: String,
    /// Set when the person dispatches although the node already runs or is done.
    pub override_node: bool,
    /// Set when `instruction` holds an edited text of this plan, or (0) a plan that is to be created,
    /// instead of a new instruction. Such drafts are kept and read like others; an edited text is never
    /// dispatched.
    pub plan: Option<i64>,
    /// Set when this is the draft of an objective's text, and no instruction at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective_text: Option<Box<ObjectiveForm>>,
}

/// A form kept on the server, also for someone who is not signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Unguessable; whoever holds it (in the session) may read the draft.
    pub id: String,
    pub form: NewForm,
    /// Epoch milliseconds.
    pub saved_at: i64,
}

/// One write that a dispatch will send to GitHub, or has sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWrite {
    /// The operation's key, unique in the dispatch, such as `create-issue`.
    pub operation: String,
    /// What it does, in words: "Create the plan issue".
    pub title: String,
    pub method: String,
    /// Path with placeholders, such as `/repos/acme/widgets/issues/{issue}/comments`.
    pub path: String,
    /// Named contents in the order they are best read: ("title", ...), ("body", ...).
    /// Placeholders are written `{issue}`, `{pr}`, `{stamp}`, `{now}`, `{run_id}`, `{sha}` and the like.
    pub contents: Vec<(String, String)>,
    /// The exact JSON that is sent, with the same placeholders.
    pub json: String,
    /// Best-effort writes do not stop the dispatch when they fail.
    pub best_effort: bool,
}

/// A remark of the instruction lint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintRemark {
    /// 1-based line in the instruction.
    pub line: u32,
    pub message: String,
    /// Only remarks about secrets block.
    pub blocking: bool,
}

/// Everything that a dispatch would write, in order. Making it writes nothing anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub repo: RepoName,
    pub base: String,
    /// Placeholders with what is known of them: ("issue", "the number GitHub gives the new issue").
    pub placeholders: Vec<(String, String)>,
    pub writes: Vec<PlannedWrite>,
    /// Things to know, such as "GitHub will not close the issue: the base is not the default branch".
    pub notes: Vec<String>,
    pub lint: Vec<LintRemark>,
}

/// Where one operation of a dispatch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    Waiting,
    /// Recorded as begun; the answer has not been recorded.
    Sending,
    Done,
    Failed,
    /// Sent without a recorded answer, and looking it up did not settle it: a person must say.
    Doubtful,
    /// Not needed (the label is there already).
    Skipped,
    Undone,
}

/// One operation of a dispatch, with its own result and its own retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationView {
    pub key: String,
    pub title: String,
    pub state: OperationState,
    pub best_effort: bool,
    /// What it made or why it failed, in words.
    pub detail: Option<String>,
    /// Where it can be seen on GitHub.
    pub url: Option<String>,
    pub problem: Option<Problem>,
    /// Epoch milliseconds.
    pub began_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// Where a dispatch stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchState {
    /// Operations are being carried out.
    Running,
    /// All required operations are done and the run is known.
    Sent,
    /// Stopped: resume or undo.
    Stopped,
    /// Being undone.
    Undoing,
    Undone,
}

/// A dispatch with its operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchView {
    pub id: String,
    pub repo: RepoName,
    /// The plan issue, once GitHub has given it a number.
    pub issue: Option<i64>,
    pub branch: Option<String>,
    pub pr: Option<i64>,
    pub run_id: Option<i64>,
    /// `one-shot` or `plan-implement`; `create` for a plan that a person wrote.
    pub workflow: String,
    pub mode: Mode,
    pub title: String,
    pub instruction: Option<String>,
    pub dispatched_by: String,
    pub state: DispatchState,
    pub operations: Vec<OperationView>,
    /// Epoch milliseconds.
    pub created_at: i64,
}

/// Which dispatches are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DispatchesQuery {
    /// `owner/name`; empty for all.
    pub repo: String,
    /// The plan issue.
    pub plan: Option<i64>,
    /// The login of whoever dispatched; empty for all.
    pub by: String,
    pub state: Option<DispatchState>,
    /// 1-based.
    pub page: u32,
    pub per_page: u32,
}

/// A page of dispatches, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchList {
    pub dispatches: Vec<DispatchView>,
    pub total: u32,
    pub page: u32,
    pub pages: u32,
}

/// What a person may do to a dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum DispatchCommand {
    /// Go on where it stopped, first looking up what a lost operation had made.
    Resume,
    /// Cancel the run, close the PR and the issue with a comment, delete the branch, restore the node.
    Undo,
    /// Try one failed best-effort operation again.
    Retry { operation: String },
    /// A person settles a doubtful operation: `made` says whether it is on GitHub.
    Settle { operation: String, made: bool },
}

/// The dispatches area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Dispatches: Send + Sync {
    /// Keeps the form under `id`, or under a new id. Saves whatever was typed. `address` says where somebody
    /// who is not signed in comes from: new drafts are counted by it.
    async fn save_draft(
        &self,
        viewer: Option<&Viewer>,
        address: &str,
        id: Option<&str>,
        form: &NewForm,
    ) -> Result<Draft, Problem>;
    async fn draft(&self, viewer: Option<&Viewer>, id: &str) -> Result<Draft, Problem>;
    /// The viewer's drafts, newest first.
    async fn drafts(&self, viewer: &Viewer) -> Result<Vec<Draft>, Problem>;
    async fn discard_draft(&self, viewer: Option<&Viewer>, id: &str) -> Result<(), Problem>;
    /// Checks the form and lists every write. All problems at once; nothing is written anywhere.
    async fn preview(&self, viewer: &Viewer, form: &NewForm) -> Result<Preview, Vec<Problem>>;
    /// Checks the form, records the dispatch and starts it. Answers its id at once.
    /// A second call with the same `draft` answers the same dispatch.
    async fn dispatch(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &NewForm,
    ) -> Result<String, Vec<Problem>>;
    /// Checks a plan that a person wrote (`instruction` holds its text) and lists every write.
    async fn preview_plan(&self, viewer: &Viewer, form: &NewForm) -> Result<Preview, Vec<Problem>>;
    /// Creates a plan that a person wrote. Answers the id of the dispatch at once; a second call with the
    /// same `draft` answers the same one.
    async fn create_plan(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &NewForm,
    ) -> Result<String, Vec<Problem>>;
    /// Checks an objective that a person wrote and lists every write.
    async fn preview_objective(&self, viewer: &Viewer, form: &ObjectiveForm)
    -> Result<Preview, Vec<Problem>>;
    /// Creates an objective that a person wrote. Answers the id of the dispatch at once; a second call with
    /// the same `draft` answers the same one.
    async fn create_objective(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &ObjectiveForm,
    ) -> Result<String, Vec<Problem>>;
    async fn get(&self, viewer: &Viewer, id: &str) -> Result<DispatchView, Problem>;
    /// A page of the dispatches of repositories that the viewer may see. One beyond the last is empty.
    async fn list(&self, viewer: &Viewer, query: &DispatchesQuery) -> Result<DispatchList, Problem>;
    async fn command(&self, viewer: &Viewer, id: &str, command: DispatchCommand) -> Result<(), Problem>;
    /// Every dispatch of a plan, oldest first. The caller has checked that the plan is visible.
    async fn of_plan(&self, repo: &RepoName, issue: i64) -> Result<Vec<DispatchView>, Problem>;
    /// What submitting plans would meet and do, in their order. Writes nothing.
    async fn check_submit(&self, viewer: &Viewer, forms: &[SubmitForm]) -> Vec<Result<SubmitCheck, Problem>>;
    /// Submits one plan. Answers the id of the dispatch at once.
    async fn submit(&self, viewer: &Viewer, form: &SubmitForm) -> Result<String, Vec<Problem>>;
    /// Approves a "plan first" plan: dispatches `plan-implement` on the same branch and PR.
    async fn approve(&self, viewer: &Viewer, repo: &RepoName, issue: i64) -> Result<String, Problem>;
    /// An id for a batch that is to be begun.
    fn batch_id(&self) -> String;
    /// Records pieces of work and dispatches them one after the other; one that fails leaves the others
    /// as they are. Answers the batch's id at once. A repeated call with the same `id` (at least 20
    /// letters and digits, made up by the caller) answers the same batch.
    async fn begin_batch(
        &self,
        viewer: &Viewer,
        id: Option<&str>,
        work: Vec<BatchWork>,
    ) -> Result<String, Problem>;
    /// A batch of the viewer's own.
    async fn batch(&self, viewer: &Viewer, id: &str) -> Result<BatchView, Problem>;
    /// Tries one item again that was refused, stopped or undone: what it made already is not made twice.
    async fn retry_item(&self, viewer: &Viewer, id: &str, item: u32) -> Result<(), Problem>;
}
