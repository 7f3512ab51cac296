//! What a body holds, as JSON for people and scripts.

use serde_json::{Value, json};

use crate::block::{self, Content};

/// Blocks, errors and warnings of a body.
pub fn inspect(body: &str) -> Value {
    let found = block::read(body);
    let blocks: Vec<Value> = found
        .blocks
        .iter()
        .map(|block| match &block.content {
            Content::Data(data) => json!({"key": block.key, "data": data}),
            Content::Text(text) => json!({"key": block.key, "text": text}),
        })
        .collect();
    json!({"blocks": blocks, "errors": found.errors, "warnings": found.warnings})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_carry_key_line_and_message() {
        let found = inspect("\n<!-- erk:metadata-block:plan-body -->\nx\n<!-- /erk:metadata-block -->");
        assert_eq!(
            found,
            json!({"blocks": [], "warnings": [], "errors": [
                {"key": "plan-body", "line": 2, "message": "Body does not match expected <details> structure"}
            ]})
        );
    }
}
