//! Changing nodes of a roadmap block, in the version that was found.

use serde_json::Value;

use super::model::Status;
use super::read::{KEY, RoadmapError, list_key, read_block};
use crate::block::{self, UpdateError};
use crate::yaml::Mapping;

/// What to change of a node. Nothing keeps a field, an empty text clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A number, with or without `#`, or an address that ends in one.
    pub plan: Option<String>,
    pub pr: Option<String>,
    /// Without one, a plan or pull request that is there afterwards makes it in progress.
    pub status: Option<Status>,
    pub description: Option<String>,
    pub comment: Option<String>,
}

/// Why a node was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    #[error(transparent)]
    Roadmap(#[from] RoadmapError),
    #[error("there is no node {0}")]
    NoNode(String),
    #[error("{0:?} is not a reference to an issue or pull request")]
    Reference(String),
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// The body with a node changed. Every node with that id is, as there should be one. A body whose node
/// says all that already stays byte for byte.
///
/// # Errors
/// No roadmap block that can be used, no such node, or a reference that is none.
pub fn update(body: &str, id: &str, change: &Change) -> Result<String, NodeError> {
    let (data, _) = read_block(body)?.ok_or(RoadmapError::Absent)?;
    let key = list_key(&data);
    let mut nodes = data.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let before = nodes.clone();
    let mut found = false;
    for node in nodes.iter_mut().filter_map(Value::as_object_mut) {
        if node.get("id").and_then(Value::as_str) == Some(id) {
            found = true;
            apply(node, change, data.get("schema_version").and_then(Value::as_str))?;
        }
    }
    if !found {
        return Err(NodeError::NoNode(id.to_owned()));
    }
    if nodes == before {
        return Ok(body.to_owned());
    }
    let changes = Mapping::from_iter([(key.to_owned(), Value::Array(nodes))]);
    Ok(block::update(body, KEY, &changes)?)
}

fn apply(node: &mut Mapping, change: &Change, version: Option<&str>) -> Result<(), NodeError> {
    for (key, value) in [("plan", &change.plan), ("pr", &change.pr)] {
        match value.as_deref() {
            None => {}
            Some("") if node.contains_key(key) => {
                node.insert(key.to_owned(), Value::Null);
            }
            Some("") => {}
            // The fourth version knows no plans: a node gets no key that erk would drop.
            Some(_) if key == "plan" && version == Some("4") && !node.contains_key(key) => {}
            Some(text) => {
                node.insert(key.to_owned(), Value::String(reference(text)?));
            }
        }
    }
    let held = |key: &str| node.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let status = match change.status {
        Some(status) => Some(status),
        None if (change.plan.is_some() || change.pr.is_some()) && (held("pr") || held("plan")) => {
            Some(Status::InProgress)
        }
        None => None,
    };
    if let Some(status) = status {
        node.insert("status".to_owned(), status.word().into());
    }
    if let Some(description) = &change.description {
        node.insert("description".to_owned(), description.as_str().into());
    }
    if let Some(comment) = &change.comment {
        // Only the fourth version has comments; one of its releases calls them reasons.
        let key = if node.contains_key("reason") { "reason" } else { "comment" };
        if version == Some("4") {
            let value = if comment.is_empty() { Value::Null } else { comment.as_str().into() };
            node.insert(key.to_owned(), value);
        }
    }
    Ok(())
}

/// A reference as roadmaps hold it: `#` and a number.
///
/// # Errors
/// A text that neither is a number nor ends in one behind `#` or a slash.
pub fn reference(text: &str) -> Result<String, NodeError> {
    let digits = text.trim().rsplit(['#', '/']).next().unwrap_or_default();
    match digits.parse::<u64>() {
        Ok(number) if number > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(format!("#{number}"))
        }
        _ => Err(NodeError::Reference(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roadmap::read;

    fn body(version: &str, list: &str, nodes: &str) -> String {
        format!(
            "a\n<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary>k</summary>\n\n```yaml\nschema_version: '{version}'\n{list}:\n{nodes}\n```\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->\nb"
        )
    }

    fn changed(nodes: &str, change: &Change) -> (String, Option<String>, Option<String>) {
        let body = update(&body("2", "steps", nodes), "1.1", change).expect("changed");
        let roadmap = read(&body, None).expect("a roadmap");
        let node = &roadmap.nodes[0];
        (node.status.word().to_owned(), node.plan.clone(), node.pr.clone())
    }

    #[test]
    fn status_follows_the_rules() {
        let (some, none) = (|text: &str| Some(text.to_owned()), None);
        let fresh = "- {id: '1.1', description: a, status: pending, plan: null, pr: null}";
        let taken = "- {id: '1.1', description: a, status: done, plan: '#1', pr: '#2'}";
        let pr = |pr: &str| Change { pr: some(pr), ..Change::default() };
        assert_eq!(changed(fresh, &pr("12")), ("in_progress".to_owned(), none.clone(), some("#12")));
        let plan = Change { plan: some("https://github.com/o/r/issues/7"), ..Change::default() };
        assert_eq!(changed(fresh, &plan), ("in_progress".to_owned(), some("#7"), none.clone()));
        let planning = Change { status: Some(Status::Planning), ..pr("#9") };
        assert_eq!(changed(fresh, &planning), ("planning".to_owned(), none.clone(), some("#9")));
        assert_eq!(changed(taken, &pr("")), ("in_progress".to_owned(), some("#1"), none.clone()));
        let both = Change { plan: some(""), ..pr("") };
        assert_eq!(changed(taken, &both), ("done".to_owned(), none.clone(), none));
        let words = Change { description: some("b"), ..Change::default() };
        assert_eq!(changed(taken, &words).0, "done");
    }

    #[test]
    fn version_and_unknown_keys_stay() {
        let old = body(
            "2",
            "steps",
            "- {id: '1.1', description: a, status: pending, odd: 1}\n- {id: '2.1', description: b, status: '-'}",
        );
        let new = update(&old, "1.1", &Change { pr: Some("5".to_owned()), ..Change::default() })
            .unwrap_or_default();
        assert!(new.contains("schema_version: '2'\nsteps:\n- id: '1.1'"), "{new}");
        assert!(new.contains("odd: 1\n  pr: '#5'\n- id: '2.1'"), "{new}");
        assert!(new.starts_with("a\n") && new.ends_with("\nb"));
        assert_eq!(update(&old, "7", &Change::default()), Err(NodeError::NoNode("7".to_owned())));
    }

    #[test]
    fn only_references_are_taken() {
        for text in ["draft", "#draft", "", "#0", "12a", "-1"] {
            assert!(reference(text).is_err(), "{text}");
        }
    }
}
