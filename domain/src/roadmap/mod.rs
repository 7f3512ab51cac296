//! Roadmaps of objectives: nodes, phases, the graph of what waits for what, and their writing.
//!
//! Properties: every version that is read is written back in that version with unknown keys kept; one
//! wrong node rejects the whole roadmap, with the reason; cycles, repeated ids and unknown dependencies
//! are reported and never fatal; references are written with `#`.

mod arrange;
mod check;
mod compose;
pub mod edit;
mod graph;
mod model;
pub mod outline;
mod phases;
mod read;
mod table;
mod tables;
mod update;
mod upgrade;

pub use arrange::{Arrange, arrange};
pub use check::{Check, check};
pub use compose::{Composed, assemble, compose, with_comment};
pub use graph::Summary;
pub use model::{Finding, Node, Phase, PhaseKey, Roadmap, Status, Version};
pub use read::{KEY, RoadmapError, read};
pub use tables::{redraw, redrawn};
pub use update::{Change, NodeError, reference, update};
pub use upgrade::{is_older, upgrade_block, upgrade_tables};
