//! The dispatches area: who may do what, and the one road from a form to recorded operations.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use waymark_app::areas::{
    BatchView, BatchWork, DispatchCommand, DispatchList, DispatchState, DispatchView, Dispatches,
    DispatchesQuery, Draft, Mode, NewForm, ObjectiveForm, OperationState, Preview, Problem, ProblemKind,
    RepoName, Repositories, SubmitCheck, SubmitForm, Viewer,
};

use super::begin::{self, Begun, Described, unique};
use super::check;
use super::engine::{self, fault, now_ms};
use super::journal::{self, Dispatch, Kept, Recorded, Refused};
use super::slots::{Bindings, Slot};
use super::submit::{self, Approved};
use super::{batch, identity, objective, settle, view};
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

    /// Turns the dispatch to `to` on behalf of the viewer, with these operations to be tried again, and carries
    /// it on. Answers whether it stood where it can be turned.
    async fn go_on(
        &self,
        viewer: &Viewer,
        id: &str,
        again: Vec<Recorded>,
        from: &[DispatchState],
        to: DispatchState,
    ) -> Result<bool, Problem> {
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        let turned = journal::turn(&mut tx, id, from, to, now_ms()).await.map_err(fault)?;
        if turned {
            journal::act_as(&mut tx, id, viewer.account_id, &viewer.login).await.map_err(fault)?;
            settle::try_again(&mut tx, again).await.map_err(fault)?;
            tx.commit().await.map_err(fault)?;
        }
        self.app.engine.start(&self.app, id);
        engine::publish(&self.app, id).await;
        Ok(turned)
    }
}

fn no_draft() -> Problem {
    Problem::new(ProblemKind::NotFound, "This draft is not there, or it belongs to somebody else.")
}

fn no_room(refused: Refused) -> Problem {
    use ProblemKind::{Invalid, TooMany};
    let sign_in = "Sign in, then send it again.";
    match refused {
        Refused::Large => {
            Problem::new(Invalid, "This text is too long to be kept for somebody who is not signed in.")
                .next(sign_in)
        }
        Refused::ManyOfAddress => Problem::new(
            TooMany,
            "Too many drafts are kept for people of your network who are not signed in.",
        )
        .next(sign_in),
        Refused::ManyOfNobody => {
            Problem::new(TooMany, "Too many drafts are kept for people who are not signed in.").next(sign_in)
        }
        Refused::ManyOfAccount => Problem::new(TooMany, "You have more drafts than Waymark keeps.")
            .next("Dispatch or throw away some of them under New, then try again."),
    }
}

fn no_dispatch() -> Problem {
    Problem::new(ProblemKind::NotFound, "This dispatch does not exist, or you may not see it.")
}

/// The described writes as a preview shows them; `seen` is what is bound already.
fn preview(described: &Described, seen: &Bindings, base: String) -> Preview {
    let Described { slots, operations, .. } = described;
    let writes: Vec<_> = operations.iter().map(|operation| operation.planned(slots)).collect();
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
            let known = seen.get(slot).map(|value| format!(": {value} now")).unwrap_or_default();
            (slot.name().to_owned(), format!("{}{known}", slot.meaning()))
        })
        .collect();
    Preview { repo: described.repo.clone(), base, placeholders, writes, notes: Vec::new(), lint: Vec::new() }
}

#[async_trait::async_trait]
impl Dispatches for Area {
    async fn save_draft(
        &self,
        viewer: Option<&Viewer>,
        address: &str,
        id: Option<&str>,
        form: &NewForm,
    ) -> Result<Draft, Problem> {
        // An unknown or foreign id never decides under which id something is kept.
        let known = match id {
            Some(id) => self.kept(viewer, id).await.ok().flatten().map(|kept| kept.draft.id),
            None => None,
        };
        let new = known.is_none();
        let draft =
            Draft { id: known.unwrap_or_else(identity::draft_id), form: form.clone(), saved_at: now_ms() };
        let account_id = viewer.map(|viewer| viewer.account_id);
        let kept = Kept { account_id, address: viewer.is_none().then(|| address.to_owned()), draft };
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        if let Some(refused) = journal::room(&mut tx, &kept, new).await.map_err(fault)? {
            return Err(no_room(refused));
        }
        journal::save_draft(&mut tx, &kept).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        Ok(kept.draft)
    }

    async fn draft(&self, viewer: Option<&Viewer>, id: &str) -> Result<Draft, Problem> {
        let mut kept = self.kept(viewer, id).await?.ok_or_else(no_draft)?;
        if let (Some(viewer), None) = (viewer, kept.account_id) {
            kept.account_id = Some(viewer.account_id);
            kept.address = None;
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
        let shown = preview(&begin::one_shot_of(&checked), &checked.seen, checked.facts.base.clone());
        Ok(Preview { notes: checked.notes, lint: checked.lint, ..shown })
    }

    async fn dispatch(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &NewForm,
    ) -> Result<String, Vec<Problem>> {
        if let Some(id) = self.begun_before(viewer, draft).await.map_err(one)? {
            return Ok(id);
        }
        let begun = begin::one_shot(&self.app, self.repositories.as_ref(), viewer, form).await?;
        self.begin_of_draft(viewer, draft, begun).await.map_err(one)
    }

    async fn preview_plan(&self, viewer: &Viewer, form: &NewForm) -> Result<Preview, Vec<Problem>> {
        let written = check::written(&self.app, viewer, form).await?;
        let described = begin::created(&written).map_err(one)?;
        let shown = preview(&described, &Bindings::new(), written.facts.base);
        Ok(Preview { notes: written.notes, lint: super::lint::remarks(&written.text), ..shown })
    }

    async fn create_plan(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &NewForm,
    ) -> Result<String, Vec<Problem>> {
        if let Some(id) = self.begun_before(viewer, draft).await.map_err(one)? {
            return Ok(id);
        }
        let written = check::written(&self.app, viewer, form).await?;
        let begun = Begun::new(viewer, begin::created(&written).map_err(one)?, Bindings::new());
        self.begin_of_draft(viewer, draft, begun).await.map_err(one)
    }

    async fn preview_objective(
        &self,
        viewer: &Viewer,
        form: &ObjectiveForm,
    ) -> Result<Preview, Vec<Problem>> {
        let described = objective::describe(&self.app, viewer, form).await?;
        Ok(preview(&described, &Bindings::new(), String::new()))
    }

    async fn create_objective(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        form: &ObjectiveForm,
    ) -> Result<String, Vec<Problem>> {
        if let Some(id) = self.begun_before(viewer, draft).await.map_err(one)? {
            return Ok(id);
        }
        let described = objective::describe(&self.app, viewer, form).await?;
        self.begin_of_draft(viewer, draft, Begun::new(viewer, described, Bindings::new())).await.map_err(one)
    }

    async fn get(&self, viewer: &Viewer, id: &str) -> Result<DispatchView, Problem> {
        let dispatch = self.visible(viewer, id, Level::Read).await?;
        let operations = engine::operations(&self.app, id).await?;
        Ok(view::view(dispatch, operations))
    }

    async fn list(&self, viewer: &Viewer, query: &DispatchesQuery) -> Result<DispatchList, Problem> {
        super::list::list(&self.app, viewer, query).await
    }

    async fn command(&self, viewer: &Viewer, id: &str, command: DispatchCommand) -> Result<(), Problem> {
        use DispatchState::{Running, Sent, Stopped, Undoing};
        let dispatch = self.visible(viewer, id, Level::Write).await?;
        let operations = engine::operations(&self.app, id).await?;
        let undoing = operations.iter().any(Recorded::undoes);
        let onwards = if undoing { Undoing } else { Running };
        match command {
            // Of one that goes on already, or is over, nothing is to be resumed.
            DispatchCommand::Resume => {
                let again = operations.into_iter().filter(|op| op.undoes() == undoing).collect();
                self.go_on(viewer, id, again, &[Stopped], onwards).await.map(drop)
            }
            DispatchCommand::Undo => {
                settle::may_undo(&self.app, viewer, &dispatch).await?;
                self.go_on(viewer, id, Vec::new(), &[Stopped, Running, Sent], Undoing).await.map(drop)
            }
            DispatchCommand::Retry { operation } => {
                let operation = find(operations, &operation)?;
                if operation.state != OperationState::Failed {
                    return Err(Problem::new(ProblemKind::Conflict, "This operation has not failed."));
                }
                // What an undone dispatch did not make is not made any more.
                let wanted = operation.undoes() == undoing;
                if wanted && self.go_on(viewer, id, vec![operation], &[Stopped, Sent], onwards).await? {
                    return Ok(());
                }
                Err(Problem::new(ProblemKind::Conflict, "Nothing of this dispatch can be tried again now.")
                    .next("Look at where it stands: it is under way, or it is undone."))
            }
            DispatchCommand::Settle { operation, made } => {
                let operation = find(operations, &operation)?;
                settle::settle(&self.app, viewer, dispatch, operation, made).await?;
                self.go_on(viewer, id, Vec::new(), &[Stopped], onwards).await.map(drop)
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
        let repo = &crate::mirror::connected_name(&self.app, repo).await?;
        access::require(&self.app, Some(viewer), repo, Level::Write).await?;
        let first = |problems: Vec<Problem>| problems.into_iter().next().unwrap_or_else(no_dispatch);
        let repositories = self.repositories.as_ref();
        match submit::approve(&self.app, repositories, viewer, repo, issue).await.map_err(first)? {
            Approved::Before(id) => Ok(id),
            Approved::Now(begun) => self.begin(viewer, *begun).await,
        }
    }

    async fn check_submit(&self, viewer: &Viewer, forms: &[SubmitForm]) -> Vec<Result<SubmitCheck, Problem>> {
        let checks: Vec<_> = forms.iter().map(|form| self.check_one(viewer, form)).collect();
        stream::iter(checks).buffered(4).collect().await
    }

    async fn submit(&self, viewer: &Viewer, form: &SubmitForm) -> Result<String, Vec<Problem>> {
        let begun = submit::begin(&self.app, self.repositories.as_ref(), viewer, form).await?;
        self.begin(viewer, begun).await.map_err(one)
    }

    fn batch_id(&self) -> String {
        identity::dispatch_id()
    }

    async fn begin_batch(
        &self,
        viewer: &Viewer,
        id: Option<&str>,
        work: Vec<BatchWork>,
    ) -> Result<String, Problem> {
        batch::begin(&self.app, &self.repositories, viewer, id, work).await
    }

    async fn batch(&self, viewer: &Viewer, id: &str) -> Result<BatchView, Problem> {
        batch::batch(&self.app, viewer, id).await
    }

    async fn retry_item(&self, viewer: &Viewer, id: &str, item: u32) -> Result<(), Problem> {
        match batch::retry(&self.app, &self.repositories, viewer, id, item).await? {
            Some(stopped) => self.command(viewer, &stopped, DispatchCommand::Resume).await,
            None => Ok(()),
        }
    }
}

impl Area {
    async fn check_one(&self, viewer: &Viewer, form: &SubmitForm) -> Result<SubmitCheck, Problem> {
        let looked = submit::look(&self.app, self.repositories.as_ref(), viewer, form).await?;
        let shown = looked.ready.map(|ready| {
            let shown = preview(&ready.described(Mode::OneShot), &ready.seen, ready.facts.base.clone());
            Preview { notes: ready.notes, ..shown }
        });
        Ok(SubmitCheck {
            form: form.clone(),
            title: looked.title,
            findings: looked.findings,
            existing: looked.existing,
            running: looked.running,
            preview: shown,
        })
    }

    /// Records and starts what came of a draft; a draft becomes one dispatch.
    async fn begin_of_draft(
        &self,
        viewer: &Viewer,
        draft: Option<&str>,
        mut begun: Begun,
    ) -> Result<String, Problem> {
        begun.dispatch.draft_id = draft.map(str::to_owned);
        match self.record(&begun).await {
            Ok(()) => Ok(begun.start(&self.app, viewer).await),
            Err(error) if unique(&error) => {
                // The same draft was dispatched at the same moment: that one counts.
                let other = match draft {
                    Some(draft) => self.of_draft(viewer, draft).await?,
                    None => None,
                };
                match other {
                    Some(id) => Ok(id),
                    None => Err(begun.refused(&self.app, error).await),
                }
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Records and starts the dispatch of a plan.
    async fn begin(&self, viewer: &Viewer, begun: Begun) -> Result<String, Problem> {
        match self.record(&begun).await {
            Ok(()) => Ok(begun.start(&self.app, viewer).await),
            Err(error) => Err(begun.refused(&self.app, error).await),
        }
    }

    /// Records a dispatch in a transaction of its own.
    async fn record(&self, begun: &Begun) -> Result<(), sqlx::Error> {
        let mut tx = self.app.db.begin().await?;
        begun.record(&mut tx).await?;
        tx.commit().await
    }

    /// The dispatch that came of this draft already, if the form was kept as one.
    async fn begun_before(&self, viewer: &Viewer, draft: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(draft) = draft else { return Ok(None) };
        self.kept(Some(viewer), draft).await?;
        self.of_draft(viewer, draft).await
    }

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

fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}

fn find(operations: Vec<Recorded>, key: &str) -> Result<Recorded, Problem> {
    operations
        .into_iter()
        .find(|operation| operation.key == key)
        .ok_or_else(|| Problem::new(ProblemKind::NotFound, "This dispatch has no such operation."))
}
