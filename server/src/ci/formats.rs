//! The formats of plans and objectives, as the commands use them: thin over the domain.

use serde_json::{Map, Value};
use waymark_domain::block;
use waymark_domain::plan::{self, Found};
pub use waymark_domain::plan::{heading, is_skeleton, plain_title, steps};
pub use waymark_domain::progress::Progress;

use super::failure::Failure;
use super::hub::Comment;

/// The fields of a JSON object.
fn mapping(data: &Value) -> Map<String, Value> {
    data.as_object().cloned().unwrap_or_default()
}

/// A metadata block under its warning line.
pub fn render(key: &str, data: &Value) -> String {
    block::render_with_warning(key, &mapping(data)).unwrap_or_default()
}

/// A field of the first readable block of a key.
pub fn field(text: &str, key: &str, name: &str) -> Option<Value> {
    block::first(text, key)?.get(name).filter(|value| !value.is_null()).cloned()
}

/// A scalar as the text that was written.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The text of a content block.
pub fn content(text: &str, key: &str) -> Option<String> {
    block::read(text).text(key).map(str::to_owned)
}

/// The text with fields of a block set; none when they have these values already, or there is no such block.
pub fn updated(text: &str, key: &str, facts: &Value) -> Option<String> {
    let known = block::first(text, key)?;
    let changes: Map<String, Value> =
        mapping(facts).into_iter().filter(|(name, value)| known.get(name) != Some(value)).collect();
    if changes.is_empty() {
        return None;
    }
    block::update(text, key, &changes).ok().filter(|new| new != text)
}

/// The same for fields that are absent or null only.
pub fn filled(text: &str, key: &str, facts: &Value) -> Option<String> {
    let known = block::first(text, key)?;
    let gaps: Map<String, Value> =
        mapping(facts).into_iter().filter(|(name, _)| known.get(name).is_none_or(Value::is_null)).collect();
    updated(text, key, &Value::Object(gaps))
}

/// The comments that hold a plan.
///
/// # Errors
/// When the plan holds something that can not be written unharmed.
pub fn plan_comments(plan: &str) -> Result<Vec<String>, Failure> {
    plan::comments(plan)
        .map_err(|error| Failure::new("Plan", format!("The plan can not be kept in a comment: {error}")))
}

/// The plan of an issue, with the ids of the comments that hold it; the skeleton included.
pub fn found_plan(body: &str, comments: &[Comment]) -> Option<Found> {
    let texts: Vec<(u64, &str)> = comments.iter().map(|comment| (comment.id, comment.text())).collect();
    plan::text(body, &texts)
}

pub fn has_node(_body: &str, _node: &str) -> bool {
    false
}

pub fn node_registered(_body: &str, _node: &str, _issue: u64, _pr: u64) -> Option<String> {
    None
}
