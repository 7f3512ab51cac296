//! Catching up with GitHub where webhooks are missing: the lists of every repository that is mirrored are read at
//! a steady pace, and the plans that they show as changed. Unchanged answers cost nothing of GitHub's limit (304).

use futures::StreamExt;

use crate::mirror;
use crate::state::App;

/// Repositories that are read at the same time.
const AT_ONCE: usize = 4;

/// Starts the regular reading; the first one at once, since a process that starts may have missed much.
pub fn spawn(app: &App) {
    let app = app.clone();
    crate::supervise::spawn("the regular reading", move || {
        let app = app.clone();
        async move {
            let mut turns = tokio::time::interval(app.config.reconcile_every);
            turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                turns.tick().await;
                turn(&app).await;
            }
        }
    });
}

async fn turn(app: &App) {
    let tracked = match mirror::tracked(app).await {
        Ok(tracked) => tracked,
        Err(error) => {
            tracing::error!(%error, "the connected repositories could not be listed");
            return;
        }
    };
    futures::stream::iter(tracked)
        .for_each_concurrent(AT_ONCE, |repo| async move {
            if let Err(problem) = mirror::sync_repo(app, &repo).await {
                tracing::info!(%repo, %problem, "a repository could not be read");
            }
        })
        .await;
}
