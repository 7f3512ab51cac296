//! The node of an objective's roadmap that a plan is for: marked `planning` with its pull request,
//! and put back when the dispatch is undone.

use serde_json::{Value, json};

use super::{Kind, Operation, oneshot::Node};
use crate::dispatch::journal::{Dispatch, Recorded};
use crate::dispatch::slots::{Slot, Slots};
use waymark_app::areas::RepoName;
use waymark_domain::roadmap::{self, Change, Status};

/// The writes that mark the node in the roadmap and show that to people; none when the roadmap does not
/// hold it.
pub fn marks(repo: &RepoName, node: &Node, slots: &Slots) -> Vec<Operation> {
    let mark = plan_node(repo, node, slots);
    let table = mark.as_ref().and_then(|mark| show_node(repo, node, mark));
    mark.into_iter().chain(table).collect()
}

/// The write that marks the node; nothing when the roadmap does not hold it.
fn plan_node(repo: &RepoName, node: &Node, slots: &Slots) -> Option<Operation> {
    let before = known(&node.body, &node.id)?;
    let pull = format!("#{}", slots.text(Slot::Pr));
    let body = marked(&node.body, &node.id, &pull)?;
    Some(
        Operation::new(
            "mark-node",
            Kind::Node,
            format!("Mark node {} of objective #{} as being planned", node.id, node.objective),
            "PATCH",
            format!("/repos/{repo}/issues/{}", node.objective),
        )
        .body(json!({"body": body}))
        .expecting(node.body.clone())
        .args(json!({
            "node": node.id,
            "objective": node.objective,
            "pull": pull,
            "status_before": before.status.word(),
            "pr_before": before.pr,
        }))
        .best_effort(),
    )
}

/// The write by which the objective's comment shows the marked node; nothing when it shows no nodes.
fn show_node(repo: &RepoName, node: &Node, marked: &Operation) -> Option<Operation> {
    let (id, comment) = node.comment.as_ref()?;
    let body = marked.body.as_ref()?.get("body")?.as_str()?;
    let redrawn = roadmap::redrawn(body, comment)?;
    Some(
        Operation::new(
            "mark-table",
            Kind::Table,
            format!("Show that in the table of objective #{}", node.objective),
            "PATCH",
            format!("/repos/{repo}/issues/comments/{id}"),
        )
        .body(json!({"body": redrawn}))
        .expecting(comment.clone())
        .args(json!({"objective": node.objective}))
        .best_effort(),
    )
}

/// The write that brings the tables in step again after the node was put back.
pub fn restore_table(dispatch: &Dispatch, shown: &Recorded) -> Option<Operation> {
    Some(
        Operation::new(
            "undo-table",
            Kind::RestoreTable,
            "Show that in the objective's table",
            "PATCH",
            dispatch.fill(&shown.path),
        )
        .body(json!({"body": shown.expected.clone()?}))
        .args(shown.args.clone()?)
        .best_effort(),
    )
}

/// The write that puts the node back as it was.
pub fn restore_node(dispatch: &Dispatch, marked: &Recorded) -> Option<Operation> {
    let args = marked.args.clone()?;
    let text = marked.body.as_ref()?.get("body")?.as_str()?;
    let text = dispatch.fill(text);
    let args = Slots::map(&args, &|text| dispatch.fill(text));
    let body = restored(&text, &args)?;
    Some(
        Operation::new(
            "undo-node",
            Kind::RestoreNode,
            format!("Put node {} back", args["node"].as_str().unwrap_or_default()),
            "PATCH",
            dispatch.fill(&marked.path),
        )
        .body(json!({"body": body}))
        .expecting(text)
        .args(args)
        .best_effort(),
    )
}

/// The objective's body with the node being planned; nothing when it is, or when there is no such node.
pub fn marked(body: &str, node: &str, pull: &str) -> Option<String> {
    let now = known(body, node)?;
    if now.status == Status::Planning && now.pr.as_deref() == Some(pull) {
        return None;
    }
    let change = Change { status: Some(Status::Planning), pr: Some(pull.to_owned()), ..Change::default() };
    roadmap::update(body, node, &change).ok()
}

/// The objective's body with the node as it was; nothing when somebody has moved it on meanwhile.
pub fn restored(body: &str, args: &Value) -> Option<String> {
    let node = args["node"].as_str()?;
    let now = known(body, node)?;
    if now.status != Status::Planning || now.pr.as_deref() != args["pull"].as_str() {
        return None;
    }
    let status = args["status_before"].as_str().and_then(Status::from_word).unwrap_or(Status::Pending);
    // What was no reference before, as a draft without a number, is not written again.
    let pr = args["pr_before"].as_str().and_then(|pr| roadmap::reference(pr).ok()).unwrap_or_default();
    let change = Change { status: Some(status), pr: Some(pr), ..Change::default() };
    roadmap::update(body, node, &change).ok()
}

/// Whether a body holds a roadmap that can be read.
pub fn exists(body: &str) -> bool {
    roadmap::read(body, None).is_ok()
}

/// The status of a node, when the roadmap holds it.
pub fn status(body: &str, node: &str) -> Option<&'static str> {
    known(body, node).map(|node| node.status.word())
}

fn known(body: &str, node: &str) -> Option<roadmap::Node> {
    roadmap::read(body, None).ok()?.node(node).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::describe::blocks;

    #[test]
    fn a_node_is_marked_put_back_and_everything_else_stays() {
        let data = json!({"schema_version": "3", "nodes": [
            {"id": "1.1", "description": "a", "status": "done", "plan": null, "pr": "#3"},
            {"id": "1.2", "description": "b", "status": "pending", "plan": null, "pr": null},
        ]});
        let body = format!("before\n{}\nafter", blocks::render(roadmap::KEY, &data));
        let new = marked(&body, "1.2", "#9").unwrap_or_default();
        assert_eq!(status(&new, "1.2"), Some("planning"));
        assert_eq!(known(&new, "1.2").and_then(|node| node.pr).as_deref(), Some("#9"));
        assert_eq!(known(&new, "1.1"), known(&body, "1.1"));
        assert!(new.starts_with("before\n") && new.ends_with("\nafter"));
        assert_eq!(marked(&new, "1.2", "#9"), None);
        let args = json!({"node": "1.2", "pull": "#9", "status_before": "pending", "pr_before": null});
        assert_eq!(restored(&new, &args).as_deref(), Some(body.as_str()));
        assert_eq!(restored(&body, &args), None);
        assert!(status(&body, "7").is_none() && !exists("nothing"));
    }
}
