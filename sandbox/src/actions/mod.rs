//! GitHub Actions: reacts to events by running workflow files of the repository.

mod expression;
mod workflow;
mod yaml;

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::world::{Event, World};

/// What Actions remembers; part of the world's snapshot.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {}

/// The runner's side of the world.
pub struct Actions {
    _world: World,
}

impl Actions {
    pub fn new(world: World) -> Self {
        Self { _world: world }
    }

    /// Starts the workflows that this event triggers. Called in the order of events, without the
    /// world's lock; returns once their runs are queued.
    pub async fn on_event(&self, _event: Event) {}

    /// Whether a run is queued or running.
    pub fn busy(&self) -> bool {
        false
    }
}

/// Actions' part of the REST API.
pub fn router() -> Router<World> {
    Router::new()
}
