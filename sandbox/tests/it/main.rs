//! The sandbox through HTTP, as its clients see it: one binary, one module per area.

mod access;
mod actions;
mod controls;
mod folder;
mod git;
mod graphql;
mod harness;
mod history;
mod issues;
mod oauth;
mod pulls;
mod webhooks;
