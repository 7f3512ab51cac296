//! Metadata blocks as dispatches use them: the domain's, on JSON values.

use serde_json::Value;
use waymark_domain::block::{self, Mapping};

/// A YAML block under its warning line. The keys are our own, so that writing cannot fail on them.
pub fn render(key: &str, data: &Value) -> String {
    block::render_with_warning(key, &mapping(data)).unwrap_or_default()
}

/// A content block under its warning line.
pub fn content(key: &str, text: &str) -> String {
    block::render_content(key, text).unwrap_or_default()
}

/// The text with the fields of a block changed; nothing when there is no readable block.
pub fn update(text: &str, key: &str, changes: &Value) -> Option<String> {
    block::update(text, key, &mapping(changes)).ok()
}

/// A field of the first readable block of `key`.
pub fn field(text: &str, key: &str, field: &str) -> Option<Value> {
    block::first(text, key)?.get(field).cloned()
}

fn mapping(data: &Value) -> Mapping {
    data.as_object().cloned().unwrap_or_default()
}
