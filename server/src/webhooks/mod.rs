//! Webhook deliveries.
//!
//! - A delivery is on disk before it is acknowledged, once, however often it arrives.
//! - It is a hint, not a fact: it only says which plan to read again from GitHub. So order and doubles
//!   change nothing.
//! - What was received when the process ended is worked off at the next start.

mod inbox;
mod target;
mod work;

use axum::Router;
use axum::routing::post;

use crate::state::App;

pub use work::spawn;

/// GitHub delivers no larger payloads.
const LARGEST: usize = 25 * 1024 * 1024;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks/github", post(inbox::receive))
        .layer(axum::extract::DefaultBodyLimit::max(LARGEST))
}
