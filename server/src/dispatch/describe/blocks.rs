//! Metadata blocks and roadmap nodes as dispatches use them: the domain's, on JSON values.

use serde_json::Value;
use waymark_domain::block::{self, Mapping};

const ROADMAP: &str = "objective-roadmap";

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

/// What is known of a roadmap node.
pub struct NodeState {
    pub status: String,
    pub pr: Option<String>,
}

/// Whether a body holds a roadmap that can be read.
pub fn has_roadmap(body: &str) -> bool {
    nodes(body).is_some()
}

/// The node of an objective's roadmap.
pub fn node(body: &str, id: &str) -> Option<NodeState> {
    let (_, nodes) = nodes(body)?;
    let node = nodes.into_iter().find(|node| node["id"].as_str() == Some(id))?;
    Some(NodeState {
        status: node["status"].as_str()?.to_owned(),
        pr: node["pr"].as_str().filter(|pr| !pr.is_empty()).map(str::to_owned),
    })
}

/// The body with the status and the pull request of a node set; an empty `pr` clears it.
pub fn update_node(body: &str, id: &str, status: &str, pr: &str) -> Option<String> {
    let (key, mut nodes) = nodes(body)?;
    let node = nodes.iter_mut().find(|node| node["id"].as_str() == Some(id))?.as_object_mut()?;
    node.insert("status".to_owned(), Value::from(status));
    let pr = if pr.is_empty() { Value::Null } else { Value::from(pr) };
    node.insert("pr".to_owned(), pr);
    let mut changes = Mapping::new();
    changes.insert(key.to_owned(), Value::Array(nodes));
    block::update(body, ROADMAP, &changes).ok()
}

/// The nodes of the roadmap and the key under which this generation keeps them.
fn nodes(body: &str) -> Option<(&'static str, Vec<Value>)> {
    let data = block::first(body, ROADMAP)?;
    ["nodes", "steps"].into_iter().find_map(|key| Some((key, data.get(key)?.as_array()?.clone())))
}

fn mapping(data: &Value) -> Mapping {
    data.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_is_marked_and_everything_else_stays() {
        let roadmap = json!({"schema_version": "3", "nodes": [
            {"id": "1.1", "description": "a", "status": "done", "plan": null, "pr": "#3"},
            {"id": "1.2", "description": "b", "status": "pending", "plan": null, "pr": null},
        ]});
        let body = format!("before\n{}\nafter", render(ROADMAP, &roadmap));
        assert!(node(&body, "1.2").is_some_and(|node| node.status == "pending" && node.pr.is_none()));
        let marked = update_node(&body, "1.2", "planning", "#9").unwrap_or_default();
        assert!(
            node(&marked, "1.2").is_some_and(|n| n.status == "planning" && n.pr.as_deref() == Some("#9"))
        );
        assert!(node(&marked, "1.1").is_some_and(|n| n.status == "done" && n.pr.as_deref() == Some("#3")));
        assert!(marked.starts_with("before\n") && marked.ends_with("\nafter"));
        assert_eq!(update_node(&marked, "1.2", "pending", "").as_deref(), Some(body.as_str()));
        assert!(node(&body, "7").is_none() && !has_roadmap("nothing"));
    }
}
