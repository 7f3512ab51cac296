//! The YAML of metadata blocks: read as PyYAML (YAML 1.1) reads it, written so that PyYAML reads back
//! the same values.
//!
//! Values are JSON values with the order of keys kept. Timestamps and dates stay the string in the
//! source. Anchors, aliases, tags, merge keys and over-large texts are refused.

mod read;
mod resolve;
mod write;

pub use read::{LARGEST, YamlError, read_mapping};
pub use write::write_mapping;

/// A mapping with its keys in the order of the source.
pub type Mapping = serde_json::Map<String, serde_json::Value>;
