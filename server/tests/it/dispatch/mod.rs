//! Dispatches against the sandbox: nothing twice, nothing lost, whatever GitHub does.

mod batch;
mod bench;
mod doubt;
mod faults;
mod sent;
mod undo;
