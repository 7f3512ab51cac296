//! Dispatches against the sandbox: nothing twice, nothing lost, whatever GitHub does.

mod batch;
mod bench;
mod database;
mod doubt;
mod faults;
mod people;
mod redirects;
mod sent;
mod undo;
mod waiting;
