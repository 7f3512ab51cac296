//! Where a plan stands, derived from observed facts and never stored as an opinion.

mod phase;

pub use phase::{Phase, Tone};
