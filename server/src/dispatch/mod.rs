//! Dispatches: every write to GitHub is recorded before and after, and never sent twice.
//!
//! A dispatch is described purely ([`describe`]), recorded ([`journal`]) and carried out ([`engine`]).
//! The preview shows the described writes; the engine sends the recorded ones.

mod area;
mod batch;
mod begin;
mod check;
pub mod describe;
mod engine;
mod identity;
pub(crate) mod journal;
mod lint;
mod list;
mod objective;
mod settle;
mod slots;
mod submit;
mod view;

pub use area::Area;
pub use batch::first as first_of_batch;
pub use engine::Engine;
pub use journal::Dispatch;
pub use objective::upgrade as upgrade_objective;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use waymark_app::areas::{Problem, RepoName, Repositories};

use crate::state::App;

/// The dispatches for nodes of an objective that are not over, with the node of each: they run, or wait for a
/// person.
///
/// # Errors
/// A fault of the database.
pub async fn sending(app: &App, repo: &RepoName, objective: i64) -> Result<Vec<(String, Dispatch)>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(engine::fault)?;
    journal::nodes_under_way(&mut db, repo, objective).await.map_err(engine::fault)
}

/// The objectives for which [`sending`] finds something.
///
/// # Errors
/// A fault of the database.
pub async fn objectives_taken(app: &App) -> Result<HashSet<(RepoName, i64)>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(engine::fault)?;
    let found = journal::objectives_under_way(&mut db).await.map_err(engine::fault)?;
    Ok(found.into_iter().filter_map(|(repo, objective)| Some((RepoName::parse(&repo)?, objective))).collect())
}

/// How often dispatches and batches without a task are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Carries on with the dispatches and batches that were under way when the process ended, and now and then
/// with those whose task was lost on the way.
pub fn spawn_resume_all(app: &App) {
    let app = app.clone();
    crate::supervise::spawn("the dispatches under way", move || {
        let app = app.clone();
        async move {
            let repositories: Arc<dyn Repositories> = Arc::new(crate::mirror::Repositories::new(app.clone()));
            loop {
                if let Err(error) = resume_all(&app, &repositories).await {
                    tracing::error!(%error, "the dispatches under way could not be read");
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    });
}

async fn resume_all(app: &App, repositories: &Arc<dyn Repositories>) -> Result<(), sqlx::Error> {
    let mut db = app.db.pool().acquire().await?;
    let ids = journal::under_way(&mut db).await?;
    drop(db);
    ids.iter().for_each(|id| app.engine.start(app, id));
    batch::resume_all(app, repositories).await
}
