//! What tests and demos turn: see each file.

/// The state of all controls.
#[derive(Debug, Default)]
pub struct Controls {}
