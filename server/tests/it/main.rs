//! Waymark as a whole, against the sandbox: every test has a GitHub, a database and a server of its own.
//!
//! With `WAYMARK_TEST_DATABASE=postgres://...` the databases are made on that server; otherwise they
//! are SQLite files.

#![allow(clippy::disallowed_methods, reason = "tests wait for what they start")]

mod api;
mod auth;
mod contract;
mod demo;
mod dispatch;
mod entry;
mod hardening;
mod hostile;
mod idempotency;
mod killed;
mod objectives;
mod operations;
mod overview;
mod paging;
mod plans;
mod process;
mod setting_up;
mod support;
mod tokens;
mod typed;
mod workflows;
