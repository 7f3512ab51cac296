//! Reading a roadmap: from its block, or from tables in a body from before blocks.

use serde_json::Value;

use super::model::{Node, PhaseKey, Roadmap, Status, Version};
use super::{phases, table};
use crate::block;
use crate::yaml::Mapping;

/// The key of the block.
pub const KEY: &str = "objective-roadmap";

/// Why there is no roadmap to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoadmapError {
    #[error("there is no roadmap")]
    Absent,
    #[error("the roadmap can't be used (line {line}): {message}")]
    Unusable { line: usize, message: String },
}

/// Read the roadmap of an objective from its body; phases are named by its first comment.
///
/// # Errors
/// No roadmap, or one that has to be rejected as a whole.
pub fn read(body: &str, comment: Option<&str>) -> Result<Roadmap, RoadmapError> {
    match read_block(body)? {
        Some((data, nodes)) => {
            let version = data.get("schema_version").and_then(Value::as_str).unwrap_or_default();
            let names = comment.map(phases::names).unwrap_or_default();
            Ok(Roadmap::new(Version::Block(version.to_owned()), nodes, &names))
        }
        None => table::read(body).ok_or(RoadmapError::Absent),
    }
}

/// Data and nodes of the first roadmap block; nothing when there is no such block.
pub(super) fn read_block(body: &str) -> Result<Option<(Mapping, Vec<Node>)>, RoadmapError> {
    let found = block::read(body);
    let error = found.errors.iter().find(|finding| finding.key == KEY);
    let good = found.find(KEY);
    let unusable = |line: usize, message: String| RoadmapError::Unusable { line, message };
    if let Some(error) = error.filter(|error| good.is_none_or(|block| error.line < block.line)) {
        return Err(unusable(error.line, error.message.clone()));
    }
    let Some(block) = good else { return Ok(None) };
    // erk reads a roadmap only where nothing stands before plain details.
    let source = &body[block.span.clone()];
    let inner = source.split_once(" -->").map_or(source, |(_, inner)| inner);
    if !inner.trim_start().starts_with("<details>") {
        return Err(unusable(
            block.line,
            "the block must begin with <details>, and not <details open>".to_owned(),
        ));
    }
    let data = block.data().cloned().unwrap_or_default();
    let nodes = nodes(&data).map_err(|message| unusable(block.line, message))?;
    Ok(Some((data, nodes)))
}

/// The key under which a version keeps its nodes; `nodes` wins over `steps`.
pub(super) fn list_key(data: &Mapping) -> &'static str {
    if data.contains_key("nodes") { "nodes" } else { "steps" }
}

fn nodes(data: &Mapping) -> Result<Vec<Node>, String> {
    match data.get("schema_version") {
        None | Some(Value::Null) => return Err("schema_version is missing".to_owned()),
        Some(Value::String(version)) if matches!(version.as_str(), "2" | "3" | "4") => {}
        Some(other) => return Err(format!("schema_version {other} is not one of \"2\", \"3\" and \"4\"")),
    }
    let key = list_key(data);
    let list = data.get(key).ok_or("there are no nodes")?;
    let list = list.as_array().ok_or_else(|| format!("{key} is not a list"))?;
    list.iter()
        .enumerate()
        .map(|(at, value)| node(value).map_err(|message| format!("node {}: {message}", at + 1)))
        .collect()
}

fn node(value: &Value) -> Result<Node, String> {
    let map = value.as_object().ok_or("it is not a mapping")?;
    let required = |key: &str| match map.get(key) {
        None => Err(format!("{key} is missing")),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("{key} must be text (in quotes, where it looks like a number)")),
    };
    let optional = |key: &str| match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{key} must be text or null")),
    };
    let id = required("id")?;
    let description = required("description")?;
    let word = required("status")?;
    let status = Status::from_word(&word).ok_or_else(|| format!("{word:?} is not a status"))?;
    let depends_on = match map.get("depends_on") {
        None | Some(Value::Null) => None,
        Some(Value::Array(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            Some(texts.ok_or("depends_on must be a list of texts")?)
        }
        Some(_) => return Err("depends_on must be a list or null".to_owned()),
    };
    Ok(Node {
        phase: PhaseKey::of(&id),
        id,
        description,
        status,
        plan: optional("plan")?,
        pr: optional("pr")?,
        depends_on,
        slug: optional("slug")?,
        comment: optional("comment")?.or(optional("reason")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(yaml: &str, details: &str) -> String {
        format!(
            "x\n<!-- erk:metadata-block:objective-roadmap -->\n{details}\n<summary>k</summary>\n\n```yaml\n{yaml}\n```\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->"
        )
    }

    #[test]
    fn a_wrong_node_rejects_all_with_its_place() {
        let yaml = "schema_version: '3'\nnodes:\n- {id: '1', description: a, status: done}\n- {id: 1.2, description: b, status: done}";
        let error = read(&block(yaml, "<details>"), None);
        assert_eq!(
            error,
            Err(RoadmapError::Unusable {
                line: 2,
                message: "node 2: id must be text (in quotes, where it looks like a number)".to_owned()
            })
        );
    }

    #[test]
    fn open_details_are_rejected_as_erk_does() {
        assert!(read(&block("schema_version: '3'\nnodes: []", "<details>"), None).is_ok());
        assert!(read(&block("schema_version: '3'\nnodes: []", "<details open>"), None).is_err());
    }

    #[test]
    fn the_reason_of_some_versions_is_a_comment() {
        let yaml =
            "schema_version: '4'\nnodes:\n- {id: '1', description: a, status: '-', reason: why, slug: s}";
        let nodes = read(&block(yaml, "<details>"), None).map(|roadmap| roadmap.nodes).unwrap_or_default();
        assert_eq!(nodes[0].comment.as_deref(), Some("why"));
        assert_eq!(nodes[0].slug.as_deref(), Some("s"));
    }
}
