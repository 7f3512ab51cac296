//! Actions' part of the REST API.

mod dispatch;
mod jobs;
mod logs;
mod runs;
mod workflows;

use axum::Router;

use crate::world::World;
pub use logs::Links;

pub fn router() -> Router<World> {
    Router::new()
        .merge(workflows::router())
        .merge(dispatch::router())
        .merge(runs::router())
        .merge(jobs::router())
        .merge(logs::router())
}
