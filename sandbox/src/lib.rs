//! GitHub in a box: a world model with real git repositories underneath, served as GitHub serves it
//! (web flow, REST, GraphQL, smart HTTP, webhooks, Actions), with controls for tests under `/_sandbox/`.
//!
//! Properties kept:
//! - Loopback only: it runs code from repositories, so it refuses any other address.
//! - Never more lenient than GitHub: what GitHub would refuse is refused here, with its status and shape.
//! - Everything goes through HTTP, so tests in any language can use it.

#![recursion_limit = "256"]

pub mod actions;
mod contract;
mod controls;
mod graphql;
mod http;
mod oauth;
mod rest;
mod serve;
mod smart_http;
mod views;
mod web;
mod webhooks;
pub mod world;

use std::{io, net::SocketAddr, path::PathBuf};

pub use serve::{Sandbox, start};

/// How to start a sandbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; a loopback address. Port 0 takes any free port.
    pub addr: SocketAddr,
    /// Where the world is kept; a folder that goes away with the sandbox when `None`.
    pub data_dir: Option<PathBuf>,
    pub oauth_client_id: String,
    pub oauth_client_secret: String,
    /// Installed on every repository of the fixture, as installing a GitHub App would.
    pub webhook: Option<WebhookTarget>,
    /// Folders put in front of `PATH` for jobs.
    pub tool_path: Vec<PathBuf>,
}

/// Where webhooks go and the secret that signs them.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    pub url: String,
    pub secret: String,
}

impl Options {
    /// Checks what can be checked before anything is opened.
    fn check(&self) -> io::Result<()> {
        if self.addr.ip().is_loopback() {
            return Ok(());
        }
        let message = format!(
            "the sandbox runs code from repositories and listens on loopback only, not on {}",
            self.addr
        );
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }
}
