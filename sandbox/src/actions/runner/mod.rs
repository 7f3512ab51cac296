//! Running workflows: runs, their jobs, their steps.

mod checkout;
mod commands;
pub mod contexts;
pub mod drive;
mod files;
pub mod groups;
mod job;
mod log;
mod mask;
pub mod past;
pub mod process;
mod step;
pub mod strays;
