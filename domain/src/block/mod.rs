//! Metadata blocks: YAML or text between HTML comment markers in a body of GitHub.
//!
//! Properties: reading is lenient and loses nothing silently (what can't be used is reported with
//! its reason and line); markers count wherever they stand and a block inside a block belongs to the
//! outer one; writing is strict (what is rendered has been read back equal); replacing a block keeps
//! every other byte of the body. All of it takes time linear in the length of the body. The wire form
//! is erk's, so that both can share a repository.

mod marker;
mod parts;
mod read;
mod render;
mod schema;
mod update;

pub use crate::yaml::Mapping;
pub use marker::WARNING;
pub use read::{Block, Content, Finding, Reading, first, read};
pub(crate) use render::harmless;
pub use render::{RenderError, render, render_content, render_with_warning};
pub use schema::validate;
pub use update::{UpdateError, replace, update, update_content};

/// Keys whose blocks hold text rather than YAML.
pub const CONTENT_KEYS: [&str; 3] = ["plan-body", "objective-body", "planning-session-prompts"];

/// Whether the block of this key holds text.
pub fn is_content(key: &str) -> bool {
    CONTENT_KEYS.contains(&key)
}
