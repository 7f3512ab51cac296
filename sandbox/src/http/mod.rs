//! What every exchange has in common: see each file.

pub mod body;
pub mod exchange;
pub mod guard;
pub mod page;
pub mod path;
pub mod rate;
pub mod reply;
