//! The page of an objective, from what the mirror holds.

use std::collections::HashMap;

use waymark_app::areas::{
    AutoStart, Drawing, NewForm, NodeChange, NodeDetail, NodeDispatch, ObjectivePage, PlanRow, Problem,
    RepoName, RoadmapNode, RoadmapPhase,
};
use waymark_domain::block;
use waymark_domain::roadmap::{Node, Roadmap};

use super::flow::{self, Due};
use super::{auto, check};
use crate::dispatch::{self, Dispatch};
use crate::mirror::fault;
use crate::mirror::objectives::store::Kept;
use crate::mirror::objectives::{self, NodeState, Recorded, Snapshot};
use crate::state::App;

/// What is known around an objective.
pub struct Facts {
    pub auto: Option<AutoStart>,
    pub plans: Vec<PlanRow>,
    pub recorded: Vec<Recorded>,
    pub due: Vec<Due>,
    /// The dispatches that are not over, by node.
    pub dispatches: HashMap<String, NodeDispatch>,
}

/// Reads what is known around an objective.
///
/// # Errors
/// A fault of the database.
pub async fn facts(app: &App, repo: &RepoName, kept: &Kept) -> Result<Facts, Problem> {
    let number = kept.row.number;
    let recorded = objectives::of_node(app.db.pool(), repo, number, None).await.map_err(fault)?;
    let auto = auto::shown(app, repo, number).await?;
    let sending = dispatch::sending(app, repo, number).await?;
    let dispatches = sending.into_iter().map(|(node, dispatch)| {
        let Dispatch { id, state, dispatched_by: by, created_at: at, .. } = dispatch;
        (node, NodeDispatch { id, state, by, at })
    });
    let dispatches = dispatches.collect();
    let Ok(roadmap) = kept.snapshot.roadmap() else {
        return Ok(Facts { auto, plans: Vec::new(), recorded, due: Vec::new(), dispatches });
    };
    let plans = flow::plans(app, repo, number, &roadmap).await.map_err(fault)?;
    let due = match kept.row.open {
        true => flow::due(number, &roadmap, &plans, &recorded),
        false => Vec::new(),
    };
    Ok(Facts { auto, plans, recorded, due, dispatches })
}

pub fn page(
    kept: Kept,
    facts: &Facts,
    drawing: &Drawing,
    node: Option<&str>,
    can_write: bool,
    stale: Option<String>,
) -> ObjectivePage {
    let checked = check::check(&kept, &facts.plans, &facts.recorded, &facts.due);
    let roadmap = kept.snapshot.roadmap().ok();
    let roadmap = roadmap.as_ref();
    let number = kept.row.number;
    let phases = roadmap.map(|roadmap| phases(roadmap, &facts.plans, &facts.dispatches)).unwrap_or_default();
    let chosen = roadmap.zip(node).and_then(|(roadmap, id)| detail(&kept, roadmap, facts, number, id));
    ObjectivePage {
        url: kept.snapshot.issue.html_url.clone(),
        prose: prose(&kept.snapshot),
        phases,
        drawing: drawing.clone(),
        findings: checked.findings,
        passed: checked.passed,
        chosen,
        complete: roadmap.is_some_and(|roadmap| roadmap.is_complete() && !roadmap.nodes.is_empty()),
        can_write,
        auto: facts.auto.clone(),
        older: roadmap.is_some_and(waymark_domain::roadmap::is_older),
        stale: stale.or(kept.stale),
        row: kept.row,
    }
}

pub(super) fn phases(
    roadmap: &Roadmap,
    plans: &[PlanRow],
    dispatches: &HashMap<String, NodeDispatch>,
) -> Vec<RoadmapPhase> {
    let needs = roadmap.dependencies();
    let ready: Vec<&str> = roadmap.unblocked().into_iter().map(|node| node.id.as_str()).collect();
    let card = |node: &Node| {
        let needs = needs.iter().find(|(other, _)| std::ptr::eq(*other, node)).map(|(_, needs)| needs);
        let known = needs.into_iter().flatten().filter_map(|id| roadmap.node(id));
        let depends_on: Vec<&Node> = known.collect();
        let held = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        RoadmapNode {
            id: node.id.clone(),
            description: node.description.clone(),
            status: node.status,
            plan: held(&node.plan),
            pr: held(&node.pr),
            comment: held(&node.comment),
            waits_for: depends_on.iter().filter(|n| !n.status.is_satisfied()).map(|n| n.id.clone()).collect(),
            depends_on: depends_on.iter().map(|node| node.id.clone()).collect(),
            ready: ready.contains(&node.id.as_str()) && !dispatches.contains_key(&node.id),
            dispatch: dispatches.get(&node.id).cloned(),
            work: plans.iter().find(|plan| flow::names(node, plan)).cloned(),
        }
    };
    roadmap
        .phases
        .iter()
        .map(|phase| RoadmapPhase {
            key: phase.key.to_string(),
            name: phase.name.clone(),
            nodes: phase.nodes.iter().map(|at| card(&roadmap.nodes[*at])).collect(),
        })
        .collect()
}

fn detail(kept: &Kept, roadmap: &Roadmap, facts: &Facts, number: i64, id: &str) -> Option<NodeDetail> {
    let node = roadmap.node(id)?;
    let ids = |nodes: Vec<&Node>| nodes.into_iter().map(|node| node.id.clone()).collect();
    let history = facts.recorded.iter().rev().filter(|change| change.node == id).map(|change| NodeChange {
        at: change.at,
        who: change.who.clone(),
        words: format!("{} → {}", words(&change.before), words(&change.after)),
        reason: change.reason.clone(),
    });
    Some(NodeDetail {
        id: id.to_owned(),
        plans: facts.plans.iter().filter(|plan| flow::belongs(number, node, plan)).cloned().collect(),
        unblocks: ids(roadmap.unblocks(id)),
        leads_to: ids(roadmap.leads_to(id)),
        history: history.collect(),
        instruction: instruction(kept, roadmap, node),
    })
}

fn words(state: &NodeState) -> String {
    let refs = [("plan", &state.plan), ("pull request", &state.pr)];
    let refs = refs.iter().filter_map(|(name, text)| Some(format!(", {name} {}", text.as_ref()?)));
    format!("{}{}", state.status.word().replace('_', " "), refs.collect::<String>())
}

/// The form by which a node is planned.
pub fn form(kept: &Kept, roadmap: &Roadmap, node: &Node) -> NewForm {
    NewForm {
        repo: kept.row.repo.to_string(),
        instruction: instruction(kept, roadmap, node),
        objective: kept.row.number.to_string(),
        node: node.id.clone(),
        ..NewForm::default()
    }
}

/// What an agent is told about a node: the objective, the node, its phase, and what is there already.
pub fn instruction(kept: &Kept, roadmap: &Roadmap, node: &Node) -> String {
    let phase = roadmap.phase_of(node).map_or_else(String::new, |phase| {
        let plain = format!("Phase {}", phase.key);
        if phase.name == plain { plain } else { format!("{plain}: {}", phase.name) }
    });
    let title = kept.row.title.trim();
    let title = title.strip_prefix("Objective:").map_or(title, str::trim);
    let mut text = format!(
        "{}\n\nThis is node {} of objective #{} ({title}), in {phase}.",
        node.description.trim(),
        node.id,
        kept.row.number
    );
    if let Some(comment) = node.comment.as_deref().filter(|comment| !comment.is_empty()) {
        text.push_str(&format!(" A note on it says: {comment}"));
    }
    let needs = roadmap.dependencies().into_iter().find(|(other, _)| other.id == node.id);
    let before: Vec<String> = needs
        .into_iter()
        .flat_map(|(_, needs)| needs)
        .filter_map(|id| roadmap.node(id))
        .map(|node| match node.pr.as_deref().filter(|pr| !pr.is_empty()) {
            Some(pr) => format!("- {} {} ({pr})", node.id, node.description.trim()),
            None => format!("- {} {}", node.id, node.description.trim()),
        })
        .collect();
    if !before.is_empty() {
        text.push_str(&format!("\n\nIt builds on:\n{}", before.join("\n")));
    }
    text.push_str("\n\nDo only what this node asks for; the other nodes have plans of their own.");
    text
}

/// The text for people: without blocks, and without the tables that the page shows itself.
fn prose(snapshot: &Snapshot) -> String {
    let told = snapshot.comment.as_ref().and_then(|comment| {
        let found = block::read(comment.text());
        found.text("objective-body").map(str::to_owned).or_else(|| Some(comment.text().to_owned()))
    });
    let text = told.unwrap_or_else(|| snapshot.issue.text().to_owned());
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for block in &block::read(&text).blocks {
        out.push_str(&text[from..block.span.start]);
        from = block.span.end;
    }
    out.push_str(&text[from..]);
    without_tables(&out)
}

fn without_tables(text: &str) -> String {
    const OPEN: &str = "<!-- erk:roadmap-table -->";
    const CLOSE: &str = "<!-- /erk:roadmap-table -->";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let Some((_, after)) = after.split_once(CLOSE) else { return out.trim().to_owned() };
        rest = after;
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_left_out_of_the_prose() {
        let text =
            "Why.\n\n<!-- erk:roadmap-table -->\n### Phase 1\n| a |\n<!-- /erk:roadmap-table -->\n\nHow.\n";
        assert_eq!(without_tables(text), "Why.\n\n\n\nHow.");
    }
}
