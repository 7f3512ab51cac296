//! Rearranging an outline: a node up or down, into another phase, or split into several.
//!
//! Properties: an outline with faults is left alone; ids stay, but for a node that changes its phase, as
//! its id tells the phase; whatever waited for a node goes on waiting for what became of it.

use std::collections::HashMap;

use super::model::{Node, PhaseKey, Roadmap};
use super::{assemble, outline};

/// What is to be done to one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrange {
    Up,
    Down,
    /// Into the phase of this key, at its end.
    Into(String),
    /// One description for each of the nodes that come of it.
    Split(Vec<String>),
}

/// The outline with the change, and what was done in words.
///
/// # Errors
/// Why it cannot be done, in words.
pub fn arrange(text: &str, id: &str, how: &Arrange) -> Result<(String, String), String> {
    let read = outline::read(text);
    if let Some(remark) = read.remarks.first() {
        let line = remark.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        return Err(format!("The roadmap has a fault that comes first: {line}{}.", remark.message));
    }
    let mut roadmap = read.roadmap;
    let names: HashMap<PhaseKey, String> =
        roadmap.phases.iter().map(|phase| (phase.key.clone(), phase.name.clone())).collect();
    let mut nodes: Vec<Node> = in_order(&mut roadmap);
    let at = nodes.iter().position(|node| node.id == id);
    let Some(at) = at else { return Err(format!("There is no node {id} in the roadmap.")) };
    let done = match how {
        Arrange::Up | Arrange::Down => step(&mut nodes, at, *how == Arrange::Up)?,
        Arrange::Into(key) => into(&mut nodes, at, key)?,
        Arrange::Split(parts) => split(&mut nodes, at, parts)?,
    };
    Ok((outline::write(&assemble(nodes, &names)), done))
}

/// The nodes phase by phase.
fn in_order(roadmap: &mut Roadmap) -> Vec<Node> {
    let order: Vec<usize> = roadmap.phases.iter().flat_map(|phase| phase.nodes.iter().copied()).collect();
    order.into_iter().map(|at| roadmap.nodes[at].clone()).collect()
}

fn step(nodes: &mut [Node], at: usize, up: bool) -> Result<String, String> {
    let id = nodes[at].id.clone();
    let other = if up { at.checked_sub(1) } else { Some(at + 1) };
    let other = other.filter(|other| nodes.get(*other).is_some_and(|node| node.phase == nodes[at].phase));
    let Some(other) = other else {
        let end = if up { "first" } else { "last" };
        return Err(format!("Node {id} is the {end} of its phase already."));
    };
    nodes.swap(at, other);
    let place = if up { "before" } else { "behind" };
    Ok(format!("Node {id} now stands {place} {}.", nodes[at].id))
}

fn into(nodes: &mut Vec<Node>, at: usize, key: &str) -> Result<String, String> {
    let key = key.trim().trim_start_matches("Phase").trim();
    let phase = PhaseKey::of(&format!("{key}.1"));
    if key.is_empty() || phase.to_string() != key {
        return Err(format!("\"{key}\" is not the number of a phase, such as 2 or 2A."));
    }
    let old = nodes[at].id.clone();
    if nodes[at].phase == phase {
        return Err(format!("Node {old} is in phase {key} already."));
    }
    let mut node = nodes.remove(at);
    node.id = outline::next_id(Some(&phase), nodes);
    node.phase = phase;
    let id = node.id.clone();
    nodes.push(node);
    for needs in nodes.iter_mut().filter_map(|node| node.depends_on.as_mut()) {
        needs.iter_mut().filter(|need| **need == old).for_each(|need| need.clone_from(&id));
    }
    Ok(format!("Node {old} is in phase {key} now, as {id}."))
}

fn split(nodes: &mut Vec<Node>, at: usize, parts: &[String]) -> Result<String, String> {
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let [first, rest @ ..] = parts.as_slice() else {
        return Err("Write what the new nodes do, one line for each.".to_owned());
    };
    if rest.is_empty() {
        return Err("A node is split into two or more: write one line for each.".to_owned());
    }
    let old = nodes[at].clone();
    nodes[at].description = (*first).to_owned();
    let mut ids = vec![old.id.clone()];
    for (part, place) in rest.iter().zip(at + 1..) {
        let before = ids.last().cloned().unwrap_or_default();
        let node = Node {
            id: outline::next_id(Some(&old.phase), nodes),
            description: (*part).to_owned(),
            depends_on: old.depends_on.as_ref().map(|_| vec![before]),
            slug: None,
            comment: None,
            ..old.clone()
        };
        ids.push(node.id.clone());
        nodes.insert(place, node);
    }
    let last = ids.last().cloned().unwrap_or_default();
    let theirs = nodes.iter_mut().filter(|node| !ids.contains(&node.id));
    for needs in theirs.filter_map(|node| node.depends_on.as_mut()) {
        needs.iter_mut().filter(|need| **need == old.id).for_each(|need| need.clone_from(&last));
    }
    Ok(format!("Node {} is now {}.", old.id, ids.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "### Phase 1: A\n- 1.1 one\n- 1.2 two (after 1.1)\n\n### Phase 2: B\n- 2.1 three (after 1.2)\n- 2.2 four (after 1.1, 1.2)\n";

    fn told(id: &str, how: Arrange) -> Result<String, String> {
        arrange(TEXT, id, &how).map(|(text, _)| text)
    }

    #[test]
    fn nodes_change_places_within_their_phase() {
        let moved = told("2.2", Arrange::Up).expect("moved");
        assert!(moved.ends_with("### Phase 2: B\n- 2.2 four (after 1.1, 1.2)\n- 2.1 three (after 1.2)\n"));
        assert_eq!(arrange(&moved, "2.2", &Arrange::Down).map(|(text, _)| text).as_deref(), Ok(TEXT));
        assert!(told("2.1", Arrange::Up).is_err_and(|why| why.contains("first of its phase")));
        assert!(told("9", Arrange::Up).is_err());
    }

    #[test]
    fn a_node_that_changes_its_phase_is_followed() {
        let moved = told("1.2", Arrange::Into("2".into())).expect("moved");
        assert_eq!(
            moved,
            "### Phase 1: A\n- 1.1 one\n\n### Phase 2: B\n- 2.1 three (after 2.3)\n- 2.2 four (after 1.1, 2.3)\n- 2.3 two (after 1.1)\n"
        );
        assert!(
            told("2.2", Arrange::Into("3A".into()))
                .is_ok_and(|text| text.contains("### Phase 3A: Phase 3A\n- 3A.1 four"))
        );
        for wrong in ["2", "x", ""] {
            assert!(told("2.2", Arrange::Into(wrong.into())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_waited_for_a_split_node_waits_for_its_last_part() {
        let parts = ["look".to_owned(), String::new(), " do ".to_owned(), "tell".to_owned()];
        let split = told("1.2", Arrange::Split(parts.to_vec())).expect("split");
        assert_eq!(
            split,
            "### Phase 1: A\n- 1.1 one\n- 1.2 look (after 1.1)\n- 1.3 do (after 1.2)\n- 1.4 tell (after 1.3)\n\n### Phase 2: B\n- 2.1 three (after 1.4)\n- 2.2 four (after 1.1, 1.4)\n"
        );
        let plain = arrange("- 1.1 a\n- 1.2 b\n", "1.1", &Arrange::Split(parts.to_vec()));
        assert_eq!(
            plain.map(|(text, _)| text).as_deref(),
            Ok("### Phase 1: Phase 1\n- 1.1 look\n- 1.3 do\n- 1.4 tell\n- 1.2 b\n")
        );
        assert!(told("1.2", Arrange::Split(vec!["one".into()])).is_err());
        assert!(arrange("what", "1.1", &Arrange::Up).is_err_and(|why| why.contains("line 1")));
    }
}
