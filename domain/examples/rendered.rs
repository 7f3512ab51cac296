//! Blocks as this crate writes them, for another reader to check: one JSON object per line with the
//! name of the case, its key, its data (or text) and the block.

use serde_json::{Value, json};
use waymark_domain::block;

const CASES: [&str; 2] =
    [include_str!("../tests/vectors/render.jsonl"), include_str!("../tests/vectors/render_dropped.jsonl")];

/// Texts that are easily lost on the way through YAML 1.1 or through a block.
const TEXTS: [&str; 28] = [
    "yes",
    "0o7",
    "1:30",
    "1_000",
    "0x_1",
    "1.e+3",
    ".5",
    "-.5",
    "=",
    "<<",
    "2026-13-45",
    "2026-01-15 1:02:03 +1",
    "y",
    "a: b",
    "a #b",
    "- a",
    "? a",
    ": a",
    "a:",
    "'",
    "\"",
    "\\",
    "a\nb",
    "\n a\n",
    "a\u{2028}b",
    "\u{a0}a\u{a0}",
    "```\n</details>",
    "\u{feff}\u{7f}\u{1f}x",
];

fn main() {
    for case in
        CASES.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Value>(line).ok())
    {
        let (Some(key), Some(data)) = (case["key"].as_str(), case["data"].as_object()) else { continue };
        print(&case["name"], key, &case["data"], block::render_with_warning(key, data));
    }
    for (at, text) in TEXTS.iter().enumerate() {
        let data = json!({"session_id": text, "timestamp": [text, {"k": text}], (*text): 1});
        let map = data.as_object().cloned().unwrap_or_default();
        print(
            &json!(format!("text-{at}")),
            "impl-started",
            &data,
            block::render_with_warning("impl-started", &map),
        );
    }
    for (at, text) in ["# Plan\n\n1. a", "é 🚀\n\n```yaml\na: 1\n```", "x"].iter().enumerate() {
        for key in ["plan-body", "objective-body"] {
            print(&json!(format!("{key}-{at}")), key, &json!(text), block::render_content(key, text));
        }
    }
}

fn print(name: &Value, key: &str, data: &Value, block: Result<String, block::RenderError>) {
    match block {
        Ok(block) => println!("{}", json!({"name": name, "key": key, "data": data, "rendered": block})),
        Err(error) => {
            println!("{}", json!({"name": name, "key": key, "data": data, "error": error.to_string()}))
        }
    }
}
