//! Metadata blocks: machine-readable parts of issue bodies, pull request bodies and comments.
//!
//! Reading is lenient and says what it could not use; writing is strict. Replacing a block keeps every
//! other byte of the text. The wire form is erk's (`<!-- erk:metadata-block:KEY -->` ...), so that both
//! can share a repository.

mod read;
mod render;
mod scan;
mod update;

pub use crate::yaml::Mapping;
pub use read::{Block, Content, Finding, Reading, first, read};
pub use render::{RenderError, render, render_content, render_with_warning};
pub use update::{UpdateError, update, update_content};

/// The line that stands above a block.
pub const WARNING: &str = "<!-- WARNING: Machine-generated. Manual edits may break erk tooling. -->";

/// Keys whose blocks hold text rather than YAML.
pub const CONTENT_KEYS: [&str; 3] = ["plan-body", "objective-body", "planning-session-prompts"];

/// Whether the block of this key holds text.
pub fn is_content(key: &str) -> bool {
    CONTENT_KEYS.contains(&key)
}
