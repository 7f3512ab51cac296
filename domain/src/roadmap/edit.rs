//! Changing what a roadmap consists of: nodes, phases, dependencies, the text around it, and its version.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::model::{Node, Roadmap, Status};
use super::read::{KEY, list_key, read_block};
use super::table::{columns, is_rule};
use super::tables::redraw;
use super::{RoadmapError, phases};
use crate::block::{self, Mapping, UpdateError};
use crate::fences::outside_fences;

const OPEN: &str = "<!-- erk:roadmap-table -->";

/// Why a roadmap cannot be edited this way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    Roadmap(#[from] RoadmapError),
    #[error("node {id} is {status} and cannot be taken out")]
    Begun { id: String, status: &'static str },
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// The body with the nodes of `wanted`: what is known of a node by its id stays, whatever the order.
///
/// # Errors
/// No roadmap block, or a node that work was done for and that is not wanted any more.
pub fn replace(body: &str, wanted: &Roadmap) -> Result<String, EditError> {
    let (data, nodes) = read_block(body)?.ok_or(RoadmapError::Absent)?;
    if let Some(node) = nodes.iter().find(|node| begun(node) && wanted.node(&node.id).is_none()) {
        let (id, status) = (node.id.clone(), node.status.word());
        return Err(EditError::Begun { id, status });
    }
    let key = list_key(&data);
    let old = data.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let known: HashMap<&str, &Value> =
        old.iter().filter_map(|value| Some((value.get("id")?.as_str()?, value))).collect();
    let like = old.first().and_then(Value::as_object);
    let listed = wanted.has_listed_dependencies();
    let list = wanted.nodes.iter().map(|node| {
        let mut map = match known.get(node.id.as_str()).and_then(|value| value.as_object()) {
            Some(map) => map.clone(),
            None => fresh(node, like),
        };
        // An outline holds a description on one line.
        let same = |old: &str| old.split_whitespace().eq(node.description.split_whitespace());
        if !map.get("description").and_then(Value::as_str).is_some_and(same) {
            map.insert("description".to_owned(), node.description.as_str().into());
        }
        if listed {
            map.insert("depends_on".to_owned(), json!(node.depends_on.clone().unwrap_or_default()));
        } else {
            map.shift_remove("depends_on");
        }
        Value::Object(map)
    });
    let list: Vec<Value> = list.collect();
    if list == old {
        return Ok(body.to_owned());
    }
    Ok(block::update(body, KEY, &Mapping::from_iter([(key.to_owned(), Value::Array(list))]))?)
}

fn begun(node: &Node) -> bool {
    matches!(node.status, Status::Planning | Status::InProgress | Status::Done)
}

/// A new node with the keys that its neighbours have.
fn fresh(node: &Node, like: Option<&Mapping>) -> Mapping {
    let mut map = Mapping::from_iter([
        ("id".to_owned(), node.id.as_str().into()),
        ("description".to_owned(), node.description.as_str().into()),
        ("status".to_owned(), Status::Pending.word().into()),
    ]);
    for key in ["plan", "pr"].into_iter().filter(|key| like.is_none_or(|like| like.contains_key(*key))) {
        map.insert(key.to_owned(), Value::Null);
    }
    map
}

/// The text before the tables of an objective's comment.
pub fn prose(comment: &str) -> Option<String> {
    let reading = block::read(comment);
    let text = reading.text("objective-body")?;
    text.split_once(OPEN).map(|(before, _)| before.trim().to_owned())
}

/// The comment with another text before its tables, phases by their new names, and the tables in step.
///
/// # Errors
/// A comment whose text cannot be replaced.
pub fn retell(comment: &str, prose: &str, wanted: &Roadmap, now: &Roadmap) -> Result<String, UpdateError> {
    let reading = block::read(comment);
    let told = match reading.text("objective-body").and_then(|text| text.split_once(OPEN)) {
        Some((before, _)) if before.trim() == prose.trim() => comment.to_owned(),
        Some((_, after)) => {
            block::update_content(comment, "objective-body", &format!("{}\n\n{OPEN}{after}", prose.trim()))?
        }
        None => comment.to_owned(),
    };
    let names: HashMap<_, _> = wanted.phases.iter().map(|phase| (&phase.key, &phase.name)).collect();
    let renamed: String = told
        .split_inclusive('\n')
        .map(|line| match phases::heading(line.trim_end()) {
            Some((key, name)) if names.get(&key).is_some_and(|wanted| **wanted != name) => {
                let (head, rest) = line.split_once(':').unwrap_or((line, ""));
                format!("{head}:{}", rest.replacen(&name, names[&key], 1))
            }
            _ => line.to_owned(),
        })
        .collect();
    let mut named = now.clone();
    for phase in &mut named.phases {
        if let Some(name) = names.get(&phase.key) {
            phase.name = (*name).clone();
        }
    }
    let drawn = redraw(&renamed, &named);
    Ok(without_empty_phases(&drawn, &named))
}

/// The comment without the headings and tables of phases that are no more. Words under them stay.
fn without_empty_phases(comment: &str, now: &Roadmap) -> String {
    let unfenced: HashSet<usize> = outside_fences(comment).map(|(at, _)| at).collect();
    let mut out = String::with_capacity(comment.len());
    let mut gone = false;
    let mut lines = comment.split_inclusive('\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if !unfenced.contains(&at) {
            out.push_str(line);
            continue;
        }
        if let Some((key, _)) = phases::heading(line.trim_end()) {
            gone = !now.phases.iter().any(|phase| phase.key == key);
            if gone {
                lines.next_if(|(_, next)| next.trim().is_empty());
                continue;
            }
        }
        if gone && columns(line).is_some() && lines.next_if(|(_, next)| is_rule(next)).is_some() {
            lines.next_if(|(_, next)| next.trim().is_empty());
            continue;
        }
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roadmap::{Change, compose, outline, read, update};

    fn objective() -> (String, String) {
        let map = outline::read("### Phase 1: A\n- 1.1 one\n- 1.2 two (after 1.1)\n").roadmap;
        let texts = compose::compose("Why.", &map, "2026-01-15T14:30:00Z", "octocat").expect("texts");
        let change = Change { pr: Some("4".into()), status: Some(Status::Done), ..Change::default() };
        (update(&texts.body, "1.1", &change).expect("done"), texts.comment)
    }

    #[test]
    fn nodes_change_and_what_is_known_of_them_stays() {
        let (body, comment) = objective();
        let text = "### Phase 1: Alpha\n- 1.1 first\n- 1.3 three\n\n### Phase 2: B\n- 2.1 four (after 1.3)\n";
        let wanted = outline::read(text).roadmap;
        let new = replace(&body, &wanted).expect("replaced");
        let now = read(&new, None).expect("a roadmap");
        assert_eq!(now.node("1.1").map(|n| (n.status, n.pr.as_deref())), Some((Status::Done, Some("#4"))));
        assert_eq!(now.node("2.1").and_then(|n| n.depends_on.clone()), Some(vec!["1.3".to_owned()]));
        assert!(now.node("1.2").is_none());
        let told = retell(&comment, "Because.", &wanted, &now).expect("told");
        for part in [
            "Because.\n\n<!-- erk",
            "### Phase 1: Alpha (",
            "| 1.1 | first | - | done | - | #4 |",
            "| 2.1 | four |",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("Why.") && !told.contains("two"), "{told}");
        assert_eq!(prose(&told).as_deref(), Some("Because."));
        let again = read(&new, Some(&told)).expect("a roadmap");
        assert_eq!(redraw(&told, &again), told);
        assert_eq!(outline::write(&again), text);
        assert_eq!(replace(&new, &wanted).as_deref(), Ok(new.as_str()));

        // A phase that comes is named, one that goes leaves only its words behind.
        let told = told.replace("| 2.1 | four", "Said of B.\n\n| 2.1 | four");
        let told = told.replace("### Phase 2: B (0 PR)\n", "### Phase 2: B (0 PR)\n\nWords of B.\n");
        let later =
            outline::read("### Phase 1: Alpha\n- 1.1 first\n\n### Phase 3: Phase 3 more\n- 3.1 x\n").roadmap;
        let body = replace(&new, &later).expect("replaced");
        let now = read(&body, Some(&told)).expect("a roadmap");
        let told = retell(&told, "Because.", &later, &now).expect("told");
        assert!(told.contains("### Phase 3: Phase 3 more (0 PR)\n"), "{told}");
        assert!(told.contains("Words of B.") && !told.contains("Phase 2"), "{told}");
        let again = read(&body, Some(&told)).expect("a roadmap");
        assert_eq!(outline::write(&again), outline::write(&later));
        assert_eq!(retell(&told, "Because.", &later, &again).as_deref(), Ok(told.as_str()));
    }

    #[test]
    fn what_was_worked_on_is_not_taken_out() {
        let (body, _) = objective();
        let wanted = outline::read("- 1.2 two").roadmap;
        let refused = replace(&body, &wanted).expect_err("it is done");
        assert_eq!(refused.to_string(), "node 1.1 is done and cannot be taken out");
    }
}
