//! The YAML of metadata blocks: YAML 1.1 as PyYAML reads and writes it.
//!
//! Values are JSON values with the order of keys kept. Plain scalars are resolved by the rules of
//! YAML 1.1 (`yes` is true, `0123` is 83, `1:30` is 90) except that timestamps stay the text of the
//! source; anchors, aliases, tags, several documents and over-large texts are refused; of a repeated
//! key the last value wins. What [`write`] returns is read back equal by [`parse`] and by PyYAML.

mod read;
mod resolve;
mod scan;
mod write;

pub use read::{Error, MAX_BYTES, MAX_DEPTH, parse, parse_mapping};
pub use resolve::plain;
pub use write::{WriteError, write};

/// A mapping with its keys in the order of the source.
pub type Mapping = serde_json::Map<String, serde_json::Value>;
