//! The node of an objective's roadmap that a plan is for: marked `planning` with its pull request,
//! and put back when the dispatch is undone.

use serde_json::{Value, json};

use super::{Kind, Operation, blocks, oneshot::Node};
use crate::dispatch::journal::{Dispatch, Recorded};
use crate::dispatch::slots::{Slot, Slots};
use waymark_app::areas::RepoName;
use waymark_domain::roadmap;

/// The writes that mark the node in the roadmap and show that to people; none when the roadmap does not
/// hold it.
pub fn marks(repo: &RepoName, node: &Node, slots: &Slots) -> Vec<Operation> {
    let mark = plan_node(repo, node, slots);
    let table = mark.as_ref().and_then(|mark| show_node(repo, node, mark));
    mark.into_iter().chain(table).collect()
}

/// The write that marks the node; nothing when the roadmap does not hold it.
fn plan_node(repo: &RepoName, node: &Node, slots: &Slots) -> Option<Operation> {
    let before = blocks::node(&node.body, &node.id)?;
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
            "status_before": before.status,
            "pr_before": before.pr,
        }))
        .best_effort(),
    )
}

/// The write by which the objective's comment shows the marked node; nothing when it shows no nodes.
fn show_node(repo: &RepoName, node: &Node, marked: &Operation) -> Option<Operation> {
    let (id, comment) = node.comment.as_ref()?;
    let body = marked.body.as_ref()?.get("body")?.as_str()?;
    let redrawn = redrawn(comment, body)?;
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

/// The objective's comment with its tables in step with a body; nothing when they are.
pub fn redrawn(comment: &str, body: &str) -> Option<String> {
    let map = roadmap::read(body, Some(comment)).ok()?;
    Some(roadmap::redraw(comment, &map)).filter(|redrawn| redrawn != comment)
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
    let now = blocks::node(body, node)?;
    if now.status == "planning" && now.pr.as_deref() == Some(pull) {
        return None;
    }
    blocks::update_node(body, node, "planning", pull)
}

/// The objective's body with the node as it was; nothing when somebody has moved it on meanwhile.
pub fn restored(body: &str, args: &Value) -> Option<String> {
    let node = args["node"].as_str()?;
    let now = blocks::node(body, node)?;
    if now.status != "planning" || now.pr.as_deref() != args["pull"].as_str() {
        return None;
    }
    let status = args["status_before"].as_str().unwrap_or("pending");
    blocks::update_node(body, node, status, args["pr_before"].as_str().unwrap_or_default())
}

/// Whether a body holds a roadmap that can be read.
pub fn exists(body: &str) -> bool {
    blocks::has_roadmap(body)
}

/// The status of a node, when the roadmap holds it.
pub fn status(body: &str, node: &str) -> Option<String> {
    blocks::node(body, node).map(|node| node.status)
}
