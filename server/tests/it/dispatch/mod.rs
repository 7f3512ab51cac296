//! Dispatches against the sandbox: nothing twice, nothing lost, whatever GitHub does.

mod bench;
mod faults;
mod sent;
mod undo;
