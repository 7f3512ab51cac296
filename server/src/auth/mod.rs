//! Sign-in with GitHub, sessions, and the tokens of accounts.
//!
//! - A sign-in is bound to the browser that began it (state and PKCE verifier), works once, gets a new
//!   session id, and writes nothing before GitHub has said who it is.
//! - Tokens are encrypted at rest and refreshed one at a time per account.
//! - Whoever is outside the configured list comes in by no way, and is out within five minutes of leaving it.
//! - Nothing that changes state answers a request from another site.

mod accounts;
pub mod administration;
#[cfg(feature = "sandbox")]
mod arrive;
pub mod browsers;
mod client;
pub mod door;
pub mod entry;
mod flow;
mod gate;
pub mod hardening;
pub mod limit;
mod oauth;
pub mod rate;
mod refresh;
mod seal;
mod sessions;
mod viewer;

#[cfg(feature = "sandbox")]
pub use arrive::arrive;
pub use client::ClientAddress;
pub use flow::routes;
pub use gate::{TurnedAway, gate};
pub use refresh::Tokens;
pub use sessions::{Sessions, layer, session_name};
pub use viewer::{Credential, Current, load_viewer, signed_in};
