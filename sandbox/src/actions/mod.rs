//! GitHub Actions: reacts to events by running workflow files of the repository.
//!
//! Properties kept: what a workflow file says is either done or refused with its name and place; jobs
//! run with nothing of the sandbox's environment and leave no process behind; a run that was going on
//! when the sandbox ended is cancelled when it starts again.

mod events;
mod expression;
mod files;
mod recover;
mod report;
mod rest;
mod runner;
mod start;
mod state;
mod views;
mod workflow;
mod yaml;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::{Notify, Semaphore, watch};

use crate::world::{Event, World};
pub use rest::router;
pub use runner::past::{Past, record};
use runner::{groups::Groups, process::Stop};
pub use start::Cause;
pub use state::{Conclusion, State, Status};

/// Jobs that run at the same time.
const RUNNERS: usize = 2;

/// What Actions knows that does not outlive the process.
pub struct Actions {
    /// Runs that are driven, by id, and how to stop them.
    live: Mutex<HashMap<u64, watch::Sender<Stop>>>,
    /// Told whenever a run is over.
    quiet: Notify,
    slots: Arc<Semaphore>,
    groups: Arc<Groups>,
    links: rest::Links,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            live: Mutex::default(),
            quiet: Notify::new(),
            slots: Arc::new(Semaphore::new(RUNNERS)),
            groups: Arc::default(),
            links: rest::Links::default(),
        }
    }
}

impl Actions {
    fn live(&self) -> MutexGuard<'_, HashMap<u64, watch::Sender<Stop>>> {
        self.live.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Starts the workflows that this event triggers. Called in the order of events, without the
    /// world's lock; returns once their runs are queued.
    pub async fn on_event(&self, world: &World, event: &Event) {
        if ["push", "pull_request"].contains(&event.name) {
            events::react(&mut world.lock().await, event).await;
        }
    }

    /// Whether a run is queued or running.
    pub fn busy(&self) -> bool {
        !self.live().is_empty()
    }

    /// Ends every run at once and waits for that. Must not be called with the world's lock held.
    pub async fn stop(&self) {
        loop {
            let quiet = self.quiet.notified();
            for stop in self.live().values() {
                stop.send_replace(Stop::Force);
            }
            if !self.busy() {
                return;
            }
            quiet.await;
        }
    }

    /// After a start of the sandbox: what ran when it ended is cancelled.
    pub async fn recover(&self, world: &World) {
        recover::recover(world).await;
    }
}

/// Where the log of a job is kept.
fn log_file(world: &World, job: u64) -> PathBuf {
    world.dir().join("logs").join(format!("{job}.txt"))
}
