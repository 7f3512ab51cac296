//! The dispatches area: who may do what, and the one road from a form to recorded operations.

use std::sync::Arc;

use jiff::Timestamp;
use waymark_app::areas::{
    DispatchCommand, DispatchState, DispatchView, Dispatches, Draft, NewForm, OperationState, Preview,
    Problem, ProblemKind, RepoName, Repositories, Viewer,
};

use super::check::{self, Checked};
use super::describe::oneshot;
use super::engine::{self, clock, fault, now_ms};
use super::journal::{self, Dispatch, Kept, Recorded};
use super::slots::{Bindings, Slot, Slots};
use super::{approve, identity, settle, view};
use crate::mirror::access::{self, Level};
use crate::state::App;

/// The area on the journal and the engine.
pub struct Area {
    app: App,
    repositories: Arc<dyn Repositories>,
}

impl Area {
    pub fn new(app: App, repositories: Arc<dyn Repositories>) -> Self {
        Area { app, repositories }
    }

    async fn kept(&self, viewer: Option<&Viewer>, id: &str) -> Result<Option<Kept>, Problem> {
        let mut db = self.app.db.pool().acquire().await.map_err(fault)?;
        let kept = journal::load_draft(&mut db, id).await.map_err(fault)?;
        let account = viewer.map(|viewer| viewer.account_id);
        match kept {
            Some(kept) if kept.account_id.is_some() && kept.account_id != account => Err(no_draft()),
            kept => Ok(kept),
        }
    }

    /// The dispatch, for someone who may see its repository.
    async fn visible(&self, viewer: &Viewer, id: &str, level: Level) -> Result<Dispatch, Problem> {
        let dispatch = engine::load(&self.app, id).await?.ok_or_else(no_dispatch)?;
        match access::require(&self.app, Some(viewer), &dispatch.repo, level).await {
            Ok(_) => Ok(dispatch),
            Err(problem) if problem.kind == ProblemKind::NotFound => Err(no_dispatch()),
            Err(problem) => Err(problem),
        }
    }

    /// Turns the dispatch to `to` on behalf of the viewer and carries it on.
    async fn go_on(
        &self,
        viewer: &Viewer,
        id: &str,
        from: &[DispatchState],
        to: DispatchState,
    ) -> Result<(), Problem> {
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        journal::act_as(&mut tx, id, viewer.account_id, &viewer.login).await.map_err(fault)?;
        journal::turn(&mut tx, id, from, to, now_ms()).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        engine::publish(&self.app, id).await;
        self.app.engine.start(&self.app, id);
        Ok(())
    }
}

/// What is fixed before the first send.
pub fn identities(id: &str, at: Timestamp, seen: Bindings) -> Bindings {
    let mut bindings = seen;
    bindings.insert(Slot::Dispatch, id.to_owned());
    bindings.insert(Slot::DistinctId, identity::distinct_id());
    bindings.insert(Slot::Now, clock::iso(at));
    bindings.insert(Slot::Stamp, clock::stamp(at));
    bindings
}

fn no_draft() -> Problem {
    Problem::new(ProblemKind::NotFound, "This draft is not there, or it belongs to somebody else.")
}

fn no_dispatch() -> Problem {
    Problem::new(ProblemKind::NotFound, "This dispatch does not exist, or you may not see it.")
}

fn preview(checked: Checked, slots: Slots) -> Preview {
    let operations = oneshot::operations(&checked.form, &checked.facts, &slots);
    let writes: Vec<_> = operations.iter().map(|operation| operation.planned(&slots)).collect();
    let used = |slot: &Slot| {
        let name = format!("{{{}}}", slot.name());
        operations.iter().any(|op| {
            let body = op.body.as_ref().map(|body| body.to_string()).unwrap_or_default();
            op.path.contains(&slots.text(*slot)) || body.contains(&slots.text(*slot))
        }) && writes.iter().any(|write| write.path.contains(&name) || write.json.contains(&name))
    };
    let placeholders = Slot::ALL
        .iter()
        .filter(|slot| used(slot))
        .map(|slot| {
            let known = checked.seen.get(slot).map(|value| format!(": {value} now")).unwrap_or_default();
            (slot.name().to_owned(), format!("{}{known}", slot.meaning()))
        })
        .collect();
    Preview {
        repo: checked.facts.repo,
        base: checked.facts.base,
        placeholders,
        writes,
        notes: checked.notes,
        lint: checked.lint,
    }
}

#[async_trait::async_trait]
impl Dispatches for Area {
    async fn save_draft(
        &self,
        viewer: Option<&Viewer>,
        id: Option<&str>,
        form: &NewForm,
    ) -> Result<Draft, Problem> {
        // An unknown or foreign id never decides under which id something is kept.
        let known = match id {
            Some(id) => self.kept(viewer, id).await.ok().flatten().map(|kept| kept.draft.id),
            None => None,
        };
        let draft =
            Draft { id: known.unwrap_or_else(identity::draft_id), form: form.clone(), saved_at: now_ms() };
        let kept = Kept { account_id: viewer.map(|viewer| viewer.account_id), draft };
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        journal::save_draft(&mut tx, &kept).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        Ok(kept.draft)
    }

    async fn draft(&self, viewer: Option<&Viewer>, id: &str) -> Result<Draft, Problem> {
        let mut kept = self.kept(viewer, id).await?.ok_or_else(no_draft)?;
        if let (Some(viewer), None) = (viewer, kept.account_id) {
            kept.account_id = Some(viewer.account_id);
            let mut tx = self.app.db.begin().await.map_err(fault)?;
            journal::save_draft(&mut tx, &kept).await.map_err(fault)?;
            tx.commit().await.map_err(fault)?;
        }
        Ok(kept.draft)
    }

    async fn drafts(&self, viewer: &Viewer) -> Result<Vec<Draft>, Problem> {
        let mut db = self.app.db.pool().acquire().await.map_err(fault)?;
        journal::of_account(&mut db, viewer.account_id).await.map_err(fault)
    }

    async fn discard_draft(&self, viewer: Option<&Viewer>, id: &str) -> Result<(), Problem> {
        self.kept(viewer, id).await?.ok_or_else(no_draft)?;
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        journal::delete_draft(&mut tx, id).await.map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    async fn preview(&self, viewer: &Viewer, form: &NewForm) -> Result<Preview, Vec<Problem>> {
        let checked = check::check(&self.app, self.repositories.as_ref(), viewer, form).await?;
        let slots = oneshot::slots(&checked.form, &checked.facts);
        Ok(preview(checked, slots))
    }

    async fn dispatch(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &NewForm,
    ) -> Result<String, Vec<Problem>> {
        let one = |problem: Problem| vec![problem];
        if let Some(draft) = draft {
            self.kept(Some(viewer), draft).await.map_err(one)?;
            if let Some(id) = self.of_draft(viewer, draft).await.map_err(one)? {
                return Ok(id);
            }
        }
        let checked = check::check(&self.app, self.repositories.as_ref(), viewer, form).await?;
        let slots = oneshot::slots(&checked.form, &checked.facts);
        let at = Timestamp::now();
        let id = identity::dispatch_id();
        let dispatch = Dispatch {
            id: id.clone(),
            draft_id: draft.map(str::to_owned),
            repo: checked.facts.repo.clone(),
            issue: None,
            account_id: viewer.account_id,
            acts_as: viewer.login.clone(),
            dispatched_by: viewer.login.clone(),
            workflow: oneshot::WORKFLOW.to_owned(),
            mode: checked.form.mode,
            title: super::describe::texts::title(&checked.form),
            instruction: Some(checked.form.instruction.clone()),
            slots,
            bindings: identities(&id, at, checked.seen.clone()),
            state: DispatchState::Running,
            active: true,
            created_at: at.as_millisecond(),
        };
        let operations = recorded(&id, oneshot::operations(&checked.form, &checked.facts, &slots));
        match insert(&self.app, &dispatch, &operations).await {
            Ok(()) => {}
            Err(error) if unique(&error) => {
                // The same draft was dispatched at the same moment: that one counts.
                let draft = draft.unwrap_or_default();
                let other = self.of_draft(viewer, draft).await.map_err(one)?;
                return other.ok_or_else(|| one(no_dispatch()));
            }
            Err(error) => return Err(one(fault(error))),
        }
        track(&self.app, viewer, &dispatch.repo);
        engine::publish(&self.app, &id).await;
        self.app.engine.start(&self.app, &id);
        Ok(id)
    }

    async fn get(&self, viewer: &Viewer, id: &str) -> Result<DispatchView, Problem> {
        let dispatch = self.visible(viewer, id, Level::Read).await?;
        let operations = engine::operations(&self.app, id).await?;
        Ok(view::view(dispatch, operations))
    }

    async fn command(&self, viewer: &Viewer, id: &str, command: DispatchCommand) -> Result<(), Problem> {
        use DispatchState::{Running, Sent, Stopped, Undoing};
        let dispatch = self.visible(viewer, id, Level::Write).await?;
        let operations = engine::operations(&self.app, id).await?;
        let undoing = operations.iter().any(Recorded::undoes);
        match command {
            DispatchCommand::Resume => {
                if dispatch.state == Stopped {
                    settle::try_again(&self.app, operations.into_iter().filter(|op| op.undoes() == undoing))
                        .await?;
                }
                self.go_on(viewer, id, &[Stopped], if undoing { Undoing } else { Running }).await
            }
            DispatchCommand::Undo => {
                settle::may_undo(&self.app, viewer, &dispatch).await?;
                self.go_on(viewer, id, &[Stopped, Running, Sent], Undoing).await
            }
            DispatchCommand::Retry { operation } => {
                let operation = find(operations, &operation)?;
                if operation.state != OperationState::Failed {
                    return Err(Problem::new(ProblemKind::Conflict, "This operation has not failed."));
                }
                settle::try_again(&self.app, [operation]).await?;
                let to = if undoing { Undoing } else { Running };
                self.go_on(viewer, id, &[Stopped, Sent], to).await
            }
            DispatchCommand::Settle { operation, made } => {
                let operation = find(operations, &operation)?;
                settle::settle(&self.app, viewer, dispatch, operation, made).await?;
                self.go_on(viewer, id, &[Stopped], if undoing { Undoing } else { Running }).await
            }
        }
    }

    async fn of_plan(&self, repo: &RepoName, issue: i64) -> Result<Vec<DispatchView>, Problem> {
        let mut db = self.app.db.pool().acquire().await.map_err(fault)?;
        let dispatches = journal::of_plan(&mut db, repo, issue).await.map_err(fault)?;
        let mut views = Vec::with_capacity(dispatches.len());
        for dispatch in dispatches {
            let operations = journal::operations(&mut db, &dispatch.id).await.map_err(fault)?;
            views.push(view::view(dispatch, operations));
        }
        Ok(views)
    }

    async fn approve(&self, viewer: &Viewer, repo: &RepoName, issue: i64) -> Result<String, Problem> {
        access::require(&self.app, Some(viewer), repo, Level::Write).await?;
        approve::approve(&self.app, viewer, repo, issue).await
    }
}

impl Area {
    /// The dispatch that came of a draft, for the person whose draft it is.
    async fn of_draft(&self, viewer: &Viewer, draft: &str) -> Result<Option<String>, Problem> {
        let mut db = self.app.db.pool().acquire().await.map_err(fault)?;
        let dispatch = journal::of_draft(&mut db, draft).await.map_err(fault)?;
        match dispatch {
            Some(dispatch) if dispatch.dispatched_by != viewer.login => Err(no_draft()),
            dispatch => Ok(dispatch.map(|dispatch| dispatch.id)),
        }
    }
}

fn find(operations: Vec<Recorded>, key: &str) -> Result<Recorded, Problem> {
    operations
        .into_iter()
        .find(|operation| operation.key == key)
        .ok_or_else(|| Problem::new(ProblemKind::NotFound, "This dispatch has no such operation."))
}

/// The described operations as they are first recorded.
pub fn recorded(id: &str, operations: Vec<super::describe::Operation>) -> Vec<Recorded> {
    operations.into_iter().zip(1..).map(|(operation, seq)| Recorded::waiting(id, seq, operation)).collect()
}

/// Records a dispatch in one transaction.
pub async fn insert(app: &App, dispatch: &Dispatch, operations: &[Recorded]) -> Result<(), sqlx::Error> {
    let mut tx = app.db.begin().await?;
    journal::insert(&mut tx, dispatch, operations).await?;
    tx.commit().await
}

/// Whether a constraint of the journal spoke.
pub fn unique(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// Starts to mirror the repository, without making the dispatch wait for it.
fn track(app: &App, viewer: &Viewer, repo: &RepoName) {
    let (app, viewer, repo) = (app.clone(), viewer.clone(), repo.clone());
    tokio::spawn(async move {
        if let Err(problem) = crate::mirror::track(&app, &viewer, &repo).await {
            tracing::warn!(%repo, %problem, "a repository with a dispatch is not mirrored");
        }
    });
}
