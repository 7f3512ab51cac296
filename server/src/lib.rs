//! The Waymark server: sign-in, the mirror of GitHub, dispatch, live updates, and the commands that
//! run inside workflows.

pub mod api;
pub mod auth;
pub mod ci;
pub mod cli;
pub mod config;
pub mod db;
pub mod dispatch;
pub mod events;
pub mod export;
pub mod github;
pub mod mirror;
pub mod objectives;
pub mod offline;
pub mod pages;
pub mod reconcile;
pub mod retention;
pub mod serve;
pub mod state;
mod streams;
mod supervise;
mod tasks;
pub mod tokens;
pub mod webhooks;
