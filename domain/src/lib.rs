//! The rules of Waymark: formats, names, roadmaps and the plan lifecycle.
//!
//! Everything here is pure. Time, randomness and identity are arguments; nothing reads a file,
//! a clock or the network, so the same code runs on the server, in the browser and in a workflow.

pub mod block;
pub mod branch;
mod fences;
pub mod folder;
pub mod inspect;
pub mod lifecycle;
pub mod lint;
pub mod plan;
pub mod progress;
pub mod refname;
pub mod roadmap;
pub mod runbook;
pub mod trust;
pub mod yaml;
