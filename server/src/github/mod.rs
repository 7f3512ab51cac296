//! GitHub's API: cached reads, and writes that are sent exactly once.
//!
//! Nothing here repeats a request by itself. Whether a write whose answer was lost may be sent
//! again is decided by the dispatch, which knows what the write made.

mod budget;
mod cache;
mod client;
mod error;
mod factory;
mod installation;
pub mod model;
mod segment;

pub use budget::{Budget, Wait};
pub use client::{Answer, Client};
pub use error::Error;
pub use factory::GitHub;
pub use installation::Installations;
pub use segment::encode;
