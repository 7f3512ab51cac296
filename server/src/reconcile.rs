//! Catching up with GitHub where webhooks are missing: every repository that is mirrored is read again
//! at a steady pace. Unchanged answers cost GitHub and us almost nothing (304).

use futures::StreamExt;

use crate::mirror;
use crate::state::App;

/// Repositories that are read at the same time.
const AT_ONCE: usize = 4;

/// Starts the regular reading; the first one at once, since a process that starts may have missed much.
pub fn spawn(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        let mut turns = tokio::time::interval(app.config.reconcile_every);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            futures::stream::iter(mirror::tracked(&app).await)
                .for_each_concurrent(AT_ONCE, |repo| {
                    let app = &app;
                    async move {
                        if let Err(problem) = mirror::sync_repo(app, &repo).await {
                            tracing::info!(%repo, %problem, "a repository could not be read");
                        }
                    }
                })
                .await;
        }
    });
}
