//! Batches: pieces of work dispatched one after the other.
//!
//! Properties kept:
//! - An item is checked again when its turn comes, and becomes a dispatch in one transaction: after a
//!   crash the batch goes on where it was, and nothing is begun twice.
//! - An item that fails leaves the others as they are, and is tried again alone.
//! - A batch belongs to the person who began it; its items are written with that person's token.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use waymark_app::areas::{
    BatchItem, BatchView, BatchWork, DispatchState, DispatchView, ItemState, NewForm, Problem, ProblemKind,
    RepoName, Repositories, SubmitForm, Viewer,
};

use super::begin::{self, unique};
use super::describe::texts;
use super::engine::{self, fault, now_ms};
use super::identity;
use super::journal::batches::{self, Batch, Became, Item};
use super::view;
use crate::state::App;

/// The most items of one batch.
const MOST: usize = 100;
/// What no event told is seen after this long.
const SLOWLY: Duration = Duration::from_secs(5);

/// Records a batch and starts it.
///
/// # Errors
/// `Invalid` when there is nothing to do, too much, or the id is not one.
pub async fn begin(
    app: &App,
    repositories: &Arc<dyn Repositories>,
    viewer: &Viewer,
    id: Option<&str>,
    work: Vec<BatchWork>,
) -> Result<String, Problem> {
    if work.is_empty() || work.len() > MOST {
        let words = format!("A batch has at least one item and at most {MOST}; this has {}.", work.len());
        return Err(Problem::new(ProblemKind::Invalid, words).next("Choose fewer, or some."));
    }
    let id = match id {
        Some(id) if (20..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            id.to_owned()
        }
        Some(_) => return Err(Problem::new(ProblemKind::Invalid, "This is not the id of a batch.")),
        None => identity::dispatch_id(),
    };
    let login = viewer.login.clone();
    let batch = Batch { id: id.clone(), account_id: viewer.account_id, login, created_at: now_ms() };
    let recorded = async {
        let mut tx = app.db.begin().await?;
        batches::insert(&mut tx, &batch, &work).await?;
        tx.commit().await
    };
    match recorded.await {
        Ok(()) => {}
        // Sent twice: the first one counts, when it is this person's.
        Err(error) if unique(&error) => return own(app, viewer, &id).await.map(|batch| batch.id),
        Err(error) => return Err(fault(error)),
    }
    start(app, repositories, &id);
    Ok(id)
}

/// Carries on with the batches that were under way when the process ended.
pub async fn resume_all(app: &App, repositories: &Arc<dyn Repositories>) -> Result<(), sqlx::Error> {
    let mut db = app.db.pool().acquire().await?;
    for id in batches::unfinished(&mut db).await? {
        start(app, repositories, &id);
    }
    Ok(())
}

fn start(app: &App, repositories: &Arc<dyn Repositories>, id: &str) {
    let (server, repositories, batch) = (app.clone(), repositories.clone(), id.to_owned());
    app.engine.batches().start("a batch", id, move || {
        let (app, repositories, id) = (server.clone(), repositories.clone(), batch.clone());
        async move {
            while let Err(problem) = carry_on(&app, repositories.as_ref(), &id).await {
                tracing::error!(batch = %id, %problem, "a batch waits for the database");
                tokio::time::sleep(SLOWLY).await;
            }
        }
    });
}

/// Dispatches the items whose turn has not come, in order, each after the one before it has come to rest.
async fn carry_on(app: &App, repositories: &dyn Repositories, id: &str) -> Result<(), Problem> {
    let Some(batch) = load(app, id).await? else { return Ok(()) };
    let viewer = Viewer { account_id: batch.account_id, login: batch.login, name: None, avatar_url: None };
    loop {
        let all = items(app, id).await?;
        let Some(item) = all.iter().find(|item| item.became == Became::Waiting).cloned() else {
            return Ok(());
        };
        // After a crash the item before may be under way still.
        for before in &all {
            if let Became::Dispatched(dispatch) = &before.became {
                rested(app, dispatch).await?;
            }
        }
        match begin::work(app, repositories, &viewer, &item.work).await {
            Err(problems) => refuse(app, item, problems).await?,
            Ok(begun) => {
                let became = Became::Dispatched(begun.dispatch.id.clone());
                let became = Item { became, ..item.clone() };
                let recorded = async {
                    let mut tx = app.db.begin().await?;
                    begun.record(&mut tx).await?;
                    batches::save(&mut tx, &became).await?;
                    tx.commit().await
                };
                match recorded.await {
                    Ok(()) => drop(begun.start(app, &viewer).await),
                    Err(error) if unique(&error) => {
                        let refused = begun.refused(app, error).await;
                        refuse(app, item, vec![refused]).await?;
                    }
                    Err(error) => return Err(fault(error)),
                }
            }
        }
    }
}

async fn refuse(app: &App, item: Item, problems: Vec<Problem>) -> Result<(), Problem> {
    let repo = repo_of(&item.work);
    save(app, &Item { became: Became::Refused(problems), ..item }).await?;
    if let Some(repo) = repo {
        app.events.publish(crate::events::Change { repo, plan: None, objective: None, dispatch: None });
    }
    Ok(())
}

/// Waits until the dispatch neither runs nor is being undone.
async fn rested(app: &App, id: &str) -> Result<(), Problem> {
    let mut changes = Box::pin(app.events.subscribe());
    loop {
        let state = engine::load(app, id).await?.map(|dispatch| dispatch.state);
        if !matches!(state, Some(DispatchState::Running | DispatchState::Undoing)) {
            return Ok(());
        }
        let ours = async { while changes.next().await.is_some_and(|c| c.dispatch.as_deref() != Some(id)) {} };
        // An event may be lost, so the journal is looked into now and then.
        let _ = tokio::time::timeout(SLOWLY, ours).await;
    }
}

async fn load(app: &App, id: &str) -> Result<Option<Batch>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    batches::load(&mut db, id).await.map_err(fault)
}

async fn items(app: &App, id: &str) -> Result<Vec<Item>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    batches::items(&mut db, id).await.map_err(fault)
}

async fn save(app: &App, item: &Item) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    batches::save(&mut tx, item).await.map_err(fault)?;
    tx.commit().await.map_err(fault)
}

async fn own(app: &App, viewer: &Viewer, id: &str) -> Result<Batch, Problem> {
    let batch = load(app, id).await?.filter(|batch| batch.account_id == viewer.account_id);
    batch.ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, "This batch does not exist, or it belongs to somebody else.")
    })
}

/// The batch with where each item stands.
pub async fn batch(app: &App, viewer: &Viewer, id: &str) -> Result<BatchView, Problem> {
    let batch = own(app, viewer, id).await?;
    let mut shown = Vec::new();
    for item in items(app, id).await? {
        shown.push(self::item(app, item).await?);
    }
    Ok(BatchView { id: batch.id, items: shown, created_at: batch.created_at })
}

/// The first item of a batch, whoever began it; nothing when there is no such batch.
///
/// # Errors
/// A fault of the database.
pub async fn first(app: &App, id: &str) -> Result<Option<BatchItem>, Problem> {
    match items(app, id).await?.into_iter().next() {
        Some(first) => item(app, first).await.map(Some),
        None => Ok(None),
    }
}

async fn item(app: &App, item: Item) -> Result<BatchItem, Problem> {
    let dispatch: Option<DispatchView> = match &item.became {
        Became::Dispatched(id) => match engine::load(app, id).await? {
            Some(dispatch) => Some(view::view(dispatch, engine::operations(app, id).await?)),
            None => None,
        },
        _ => None,
    };
    Ok(BatchItem {
        number: u32::try_from(item.seq).unwrap_or_default(),
        title: title(&item.work),
        state: match (&item.became, dispatch.as_ref().map(|dispatch| dispatch.state)) {
            (Became::Refused(_), _) | (_, Some(DispatchState::Stopped)) => ItemState::Failed,
            (_, Some(DispatchState::Running | DispatchState::Undoing)) => ItemState::Working,
            (_, Some(DispatchState::Sent)) => ItemState::Done,
            (_, Some(DispatchState::Undone)) => ItemState::Undone,
            (_, None) => ItemState::Waiting,
        },
        work: item.work,
        problems: match item.became {
            Became::Refused(problems) => problems,
            _ => Vec::new(),
        },
        dispatch,
    })
}

fn title(work: &BatchWork) -> String {
    match work {
        BatchWork::OneShot { form } => format!("{}: {}", form.repo, texts::one_line(&form.instruction)),
        BatchWork::Submit(form) => format!("{}#{}", form.repo, form.number),
    }
}

fn repo_of(work: &BatchWork) -> Option<RepoName> {
    let (BatchWork::OneShot { form: NewForm { repo, .. } } | BatchWork::Submit(SubmitForm { repo, .. })) =
        work;
    RepoName::parse(repo)
}

/// Puts a refused or undone item back into the row and carries on. Answers the dispatch that stopped,
/// when there is one: that is to be resumed instead.
pub async fn retry(
    app: &App,
    repositories: &Arc<dyn Repositories>,
    viewer: &Viewer,
    id: &str,
    number: u32,
) -> Result<Option<String>, Problem> {
    own(app, viewer, id).await?;
    let found = items(app, id).await?.into_iter().find(|item| item.seq == i64::from(number));
    let Some(item) = found else {
        return Err(Problem::new(ProblemKind::NotFound, format!("This batch has no item {number}.")));
    };
    let state = match &item.became {
        Became::Dispatched(id) => engine::load(app, id).await?.map(|dispatch| dispatch.state),
        _ => None,
    };
    match (&item.became, state) {
        (Became::Dispatched(dispatch), Some(DispatchState::Stopped)) => Ok(Some(dispatch.clone())),
        (Became::Refused(_), _) | (_, Some(DispatchState::Undone)) => {
            save(app, &Item { became: Became::Waiting, ..item }).await?;
            start(app, repositories, id);
            Ok(None)
        }
        _ => Err(Problem::new(ProblemKind::Conflict, "This item has not failed (any more).")
            .next("Look at the batch as it is now.")),
    }
}
