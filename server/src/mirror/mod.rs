//! The mirror of GitHub: droppable, rebuilt from GitHub alone.

pub mod access;
