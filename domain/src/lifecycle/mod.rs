//! Where a plan stands, derived from observed facts and never stored as an opinion.

mod derive;
pub mod facts;
mod phase;

pub use derive::{Derivation, derive};
pub use facts::{Fact, Facts};
pub use phase::{Phase, Tone};
