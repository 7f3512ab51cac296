//! The one road from checked work to a recorded dispatch: what identifies it is fixed here, before the
//! first send.

use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;
use waymark_app::areas::{
    BatchWork, DispatchState, Mode, NewForm, Problem, ProblemKind, RepoName, Repositories, Viewer,
};

use super::check::{self, Checked, Written};
use super::describe::oneshot::Node;
use super::describe::{Operation, create, oneshot, texts};
use super::engine::{self, clock, fault};
use super::journal::{self, Dispatch, Recorded};
use super::slots::{Bindings, Slot};
use super::{identity, submit};
use crate::state::App;

/// A dispatch that is not recorded yet.
pub struct Begun {
    pub dispatch: Dispatch,
    pub operations: Vec<Recorded>,
    /// When GitHub was read for it. Epoch milliseconds.
    seen_at: i64,
}

impl Begun {
    /// Fixes the identities of a described dispatch; `seen` is what is bound already.
    pub fn new(viewer: &Viewer, described: Described, seen: Bindings) -> Begun {
        let at = Timestamp::now();
        let id = identity::dispatch_id();
        let mut bindings = seen;
        bindings.insert(Slot::Dispatch, id.clone());
        bindings.insert(Slot::DistinctId, identity::distinct_id());
        bindings.insert(Slot::Now, clock::iso(at));
        bindings.insert(Slot::Stamp, free_minute(at, &described.replaced));
        let recorded = |(operation, seq)| Recorded::waiting(&id, seq, operation);
        let operations = described.operations.into_iter().zip(1..).map(recorded).collect();
        let dispatch = Dispatch {
            draft_id: None,
            repo: described.repo,
            issue: described.issue,
            node: described.node,
            actors: [viewer.account_id].into(),
            account_id: viewer.account_id,
            acts_as: viewer.login.clone(),
            dispatched_by: viewer.login.clone(),
            workflow: described.workflow.to_owned(),
            mode: described.mode,
            title: described.title,
            instruction: described.instruction,
            slots: described.slots,
            bindings,
            state: DispatchState::Running,
            active: true,
            created_at: at.as_millisecond(),
            id,
        };
        Begun { dispatch, operations, seen_at: described.seen_at }
    }

    /// Records it, inside the caller's transaction.
    pub async fn record(&self, db: &mut AnyConnection) -> Result<(), sqlx::Error> {
        journal::release_node(db, &self.dispatch, self.seen_at).await?;
        journal::insert(db, &self.dispatch, &self.operations).await
    }

    /// Why it was not recorded: another dispatch was quicker, or the database is at fault.
    pub async fn refused(&self, app: &App, error: sqlx::Error) -> Problem {
        if !unique(&error) {
            return fault(error);
        }
        match self.quicker(app).await {
            Ok(Some(other)) => under_way(&other),
            Ok(None) => Problem::new(ProblemKind::Conflict, "Another dispatch was quicker.")
                .next("Look at what it did, then try again."),
            Err(error) => fault(error),
        }
    }

    /// The dispatch that holds the node or the plan.
    async fn quicker(&self, app: &App) -> Result<Option<Dispatch>, sqlx::Error> {
        let Dispatch { repo, issue, node, .. } = &self.dispatch;
        let mut db = app.db.pool().acquire().await?;
        if let Some((objective, node)) = node
            && let Some(other) = journal::claim_of_node(&mut db, repo, *objective, node).await?
        {
            return Ok(Some(other));
        }
        let Some(issue) = issue else { return Ok(None) };
        Ok(journal::of_plan(&mut db, repo, *issue).await?.into_iter().find(|other| other.active))
    }

    /// Starts it after it was recorded.
    pub async fn start(self, app: &App, viewer: &Viewer) -> String {
        let Dispatch { id, repo, .. } = self.dispatch;
        // First of all, and without a pause before it: whoever asked may be gone by now.
        app.engine.start(app, &id);
        track(app, viewer, repo);
        engine::publish(app, &id).await;
        id
    }
}

/// What somebody is told who wants the same as a dispatch that is not over, or was a moment ago.
pub fn under_way(other: &Dispatch) -> Problem {
    let what = match (&other.node, other.issue) {
        (Some((objective, node)), _) => format!("Node {node} of objective #{objective}"),
        (None, Some(issue)) => format!("#{issue}"),
        (None, None) => "The same".to_owned(),
    };
    let (who, at) = (&other.dispatched_by, clock::day_and_time(other.created_at));
    let (words, next) = match other.state {
        DispatchState::Stopped => (
            format!("{what} was dispatched by {who} at {at}, and that dispatch stopped."),
            format!("Resume or undo it: /dispatches/{}.", other.id),
        ),
        DispatchState::Undoing => (
            format!("{what} was dispatched by {who} at {at}, and that dispatch is being undone."),
            "Wait until it is undone.".to_owned(),
        ),
        _ => (
            format!("{what} was dispatched by {who} at {at}."),
            format!("Look at that dispatch first: /dispatches/{}.", other.id),
        ),
    };
    Problem::new(ProblemKind::Conflict, words).next(next)
}

/// What is to be dispatched, described.
pub struct Described {
    pub repo: RepoName,
    /// The plan, when there is one already.
    pub issue: Option<i64>,
    pub workflow: &'static str,
    pub mode: Mode,
    pub title: String,
    pub instruction: Option<String>,
    pub slots: super::slots::Slots,
    pub operations: Vec<Operation>,
    /// Branches of earlier attempts: a new one is named like none of them.
    pub replaced: Vec<String>,
    /// The objective and its node that it is for.
    pub node: Option<(i64, String)>,
    /// When GitHub was read for it. Epoch milliseconds.
    pub seen_at: i64,
}

/// The minute of a branch name: now, or the first one after it that no branch of the plan bears.
fn free_minute(at: Timestamp, branches: &[String]) -> String {
    let later = (0..).map(|minutes| clock::stamp(at + SignedDuration::from_mins(minutes)));
    let free = |stamp: &String| !branches.iter().any(|branch| branch.ends_with(stamp.as_str()));
    later.take(branches.len() + 1).find(free).unwrap_or_else(|| clock::stamp(at))
}

/// Checks a piece of work of a batch and makes a dispatch of it.
///
/// # Errors
/// Every problem at once; nothing was written.
pub async fn work(
    app: &App,
    repositories: &dyn Repositories,
    viewer: &Viewer,
    work: &BatchWork,
) -> Result<Begun, Vec<Problem>> {
    match work {
        BatchWork::OneShot { form } => one_shot(app, repositories, viewer, form).await,
        BatchWork::Submit(form) => submit::begin(app, repositories, viewer, form).await,
    }
}

/// Checks an instruction and makes a dispatch of it.
///
/// # Errors
/// Every problem at once; nothing was written.
pub async fn one_shot(
    app: &App,
    repositories: &dyn Repositories,
    viewer: &Viewer,
    form: &NewForm,
) -> Result<Begun, Vec<Problem>> {
    let checked = check::check(app, repositories, viewer, form).await?;
    Ok(Begun::new(viewer, one_shot_of(&checked), checked.seen))
}

/// A checked instruction, described.
pub fn one_shot_of(checked: &Checked) -> Described {
    let slots = oneshot::slots(&checked.form, &checked.facts);
    Described {
        repo: checked.facts.repo.clone(),
        issue: None,
        workflow: oneshot::WORKFLOW,
        mode: checked.form.mode,
        title: texts::title(&checked.form),
        instruction: Some(checked.form.instruction.clone()),
        slots,
        operations: oneshot::operations(&checked.form, &checked.facts, &slots),
        replaced: Vec::new(),
        node: checked.facts.node.as_ref().map(Node::key),
        seen_at: checked.seen_at,
    }
}

/// A checked plan that a person wrote, described.
///
/// # Errors
/// A text that cannot be kept in a plan unharmed.
pub fn created(written: &Written) -> Result<Described, Problem> {
    let slots = create::slots(&written.text, &written.facts);
    let operations = create::operations(&written.text, &written.facts, &slots).map_err(|error| {
        Problem::new(ProblemKind::Invalid, format!("This text cannot be kept in a plan: {error}."))
            .next("Take out what looks like a marker of a metadata block.")
            .field("instruction")
    })?;
    Ok(Described {
        repo: written.facts.repo.clone(),
        issue: None,
        workflow: create::WORKFLOW,
        mode: Mode::OneShot,
        title: create::title(&written.text),
        instruction: None,
        slots,
        operations,
        replaced: Vec::new(),
        node: written.facts.node.as_ref().map(Node::key),
        seen_at: written.seen_at,
    })
}

/// Whether a constraint of the journal spoke.
pub fn unique(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// Starts to mirror the repository, without making the dispatch wait for it.
fn track(app: &App, viewer: &Viewer, repo: RepoName) {
    let (app, viewer) = (app.clone(), viewer.clone());
    crate::supervise::detach("connecting a repository", async move {
        if let Err(problem) = crate::mirror::track(&app, &viewer, &repo).await {
            tracing::warn!(%repo, %problem, "a repository with a dispatch is not mirrored");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_of_the_same_minute_moves_the_name_on() {
        let at: Timestamp = "2026-12-31T23:59:30Z".parse().expect("a time");
        assert_eq!(free_minute(at, &[]), "12-31-2359");
        let taken = ["P3-a-12-31-2359", "P3-b-01-01-0000"].map(str::to_owned);
        assert_eq!(free_minute(at, &taken), "01-01-0001");
    }
}
