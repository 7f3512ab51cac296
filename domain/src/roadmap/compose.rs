//! The issue and the comment of an objective, from its parts. It is the third version, which both of
//! erk's generations read; dependencies are listed on every node as soon as one has some.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::model::{Node, PhaseKey, Roadmap, Version};
use super::read::KEY;
use super::tables::fresh;
use crate::block::{self, Mapping, RenderError};

/// The two texts of an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The body of the issue; the header names no comment yet.
    pub body: String,
    /// Its first comment, for people.
    pub comment: String,
}

/// A roadmap of the third version from nodes and the names of phases.
pub fn assemble(nodes: Vec<Node>, names: &HashMap<PhaseKey, String>) -> Roadmap {
    Roadmap::new(Version::Block("3".to_owned()), nodes, names)
}

/// The texts of an objective. `created_at` is ISO 8601 in UTC, `created_by` a login.
///
/// # Errors
/// Text that cannot be written into a block and read back the same.
pub fn compose(
    prose: &str,
    roadmap: &Roadmap,
    created_at: &str,
    created_by: &str,
) -> Result<Composed, RenderError> {
    let header = json!({"created_at": created_at, "created_by": created_by, "objective_comment_id": null});
    let header = block::render_with_warning("objective-header", &mapping(header))?;
    let roadmap_block = block::render_with_warning(KEY, &data(roadmap))?;
    let tables = fresh(roadmap);
    let text = format!(
        "{}\n\n<!-- erk:roadmap-table -->\n{}\n<!-- /erk:roadmap-table -->",
        prose.trim(),
        tables.trim()
    );
    let comment = block::render_content("objective-body", text.trim())?;
    Ok(Composed { body: format!("{header}\n\n{roadmap_block}"), comment })
}

/// The body once the comment has its number.
///
/// # Errors
/// A body without a header that can be read.
pub fn with_comment(body: &str, comment: i64) -> Result<String, block::UpdateError> {
    block::update(body, "objective-header", &mapping(json!({"objective_comment_id": comment})))
}

fn data(roadmap: &Roadmap) -> Mapping {
    let listed = roadmap.has_listed_dependencies();
    let nodes = roadmap.nodes.iter().map(|node| {
        let mut map = mapping(json!({
            "id": node.id,
            "description": node.description,
            "status": node.status.word(),
            "plan": node.plan,
            "pr": node.pr,
        }));
        if listed {
            map.insert("depends_on".to_owned(), json!(node.depends_on.clone().unwrap_or_default()));
        }
        Value::Object(map)
    });
    mapping(json!({"schema_version": "3", "nodes": nodes.collect::<Vec<_>>()}))
}

fn mapping(value: Value) -> Mapping {
    match value {
        Value::Object(map) => map,
        _ => Mapping::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roadmap::{Status, check, read, redraw};

    #[test]
    fn what_is_composed_is_read_back_and_sound() {
        let node = |id: &str, needs: Option<&[&str]>| Node {
            id: id.to_owned(),
            description: format!("Do | {id}"),
            status: Status::Pending,
            plan: None,
            pr: None,
            depends_on: needs.map(|needs| needs.iter().map(|need| (*need).to_owned()).collect()),
            slug: None,
            comment: None,
            phase: PhaseKey::of(id),
        };
        let names = HashMap::from([(PhaseKey::of("2.1"), "Later".to_owned())]);
        for listed in [None, Some(["1.1"].as_slice())] {
            let roadmap = assemble(vec![node("1.1", None), node("2.1", listed)], &names);
            let composed =
                compose("Why.\n\n## How\n", &roadmap, "2026-01-15T14:30:00Z", "octocat").expect("texts");
            let body = with_comment(&composed.body, 7).expect("a header");
            let found = read(&body, Some(&composed.comment)).expect("a roadmap");
            assert_eq!(found.phases[1].name, "Later");
            assert_eq!(found.has_listed_dependencies(), listed.is_some());
            assert_eq!(redraw(&composed.comment, &found), composed.comment);
            let failed: Vec<_> = check(["erk-objective"], &body).into_iter().filter(|c| !c.passed).collect();
            assert_eq!(failed, []);
            assert!(composed.comment.contains("Why.\n\n## How\n\n<!-- erk:roadmap-table -->"));
        }
    }
}
