//! What every request can reach.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::auth::Tokens;
use crate::auth::door::Door;
use crate::auth::limit::Limits;
use crate::config::Config;
use crate::db::Db;
use crate::dispatch::Engine;
use crate::events::Events;
use crate::github::{GitHub, Installations};
use crate::mirror::access::AccessCache;
use crate::mirror::{Mirror, PlanTable};
use crate::streams::Streams;
use crate::tasks::Tasks;

/// The running server; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub db: Db,
    pub github: GitHub,
    pub installations: Installations,
    pub tokens: Tokens,
    pub events: Events,
    pub access: AccessCache,
    pub door: Door,
    pub engine: Engine,
    pub mirror: Mirror,
    pub(crate) plans: PlanTable,
    pub limits: Limits,
    pub(crate) streams: Streams,
    /// Objectives whose nodes are moved on.
    pub(crate) flows: Tasks,
    /// Runs that were asked to stop.
    pub(crate) cancellations: Tasks,
    /// Wakes the worker of webhook deliveries.
    pub inbox: Arc<Notify>,
    /// Ends this life of the server, so that the next one begins with a new demo world.
    pub reset: Arc<Notify>,
}
