//! Sign-in with GitHub, sessions, and the tokens of accounts.
//!
//! - A sign-in is bound to the browser that began it (state and PKCE verifier), works once, gets a new
//!   session id, and writes nothing before GitHub has said who it is.
//! - Tokens are encrypted at rest and refreshed one at a time per account.
//! - Nothing that changes state answers a request from another site.

mod accounts;
#[cfg(feature = "sandbox")]
mod arrive;
mod client;
mod flow;
pub mod hardening;
pub mod limit;
mod oauth;
mod refresh;
mod seal;
mod sessions;
mod viewer;

#[cfg(feature = "sandbox")]
pub use arrive::arrive;
pub use client::ClientAddress;
pub use flow::routes;
pub use refresh::Tokens;
pub use sessions::{Sessions, layer};
pub use viewer::{Current, load_viewer, signed_in};
