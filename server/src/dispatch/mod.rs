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
mod objective;
mod settle;
mod slots;
mod submit;
mod view;

pub use area::Area;
pub use batch::first as first_of_batch;
pub use engine::Engine;
pub use objective::upgrade as upgrade_objective;

use std::sync::Arc;

use waymark_app::areas::{Problem, RepoName, Repositories};

use crate::state::App;

/// The nodes of an objective with a dispatch that is not over: it runs, or waits for a person.
///
/// # Errors
/// A fault of the database.
pub async fn sending(app: &App, repo: &RepoName, objective: i64) -> Result<Vec<String>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(engine::fault)?;
    journal::nodes_under_way(&mut db, repo, objective).await.map_err(engine::fault)
}

/// Carries on with the dispatches and batches that were under way when the process ended.
pub fn spawn_resume_all(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        let under_way = async {
            let mut db = app.db.pool().acquire().await?;
            journal::under_way(&mut db).await
        };
        match under_way.await {
            Ok(ids) => ids.iter().for_each(|id| app.engine.start(&app, id)),
            Err(error) => tracing::error!(%error, "the dispatches under way could not be read"),
        }
        let repositories: Arc<dyn Repositories> = Arc::new(crate::mirror::Repositories::new(app.clone()));
        if let Err(error) = batch::resume_all(&app, &repositories).await {
            tracing::error!(%error, "the batches under way could not be read");
        }
    });
}
