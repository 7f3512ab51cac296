//! Bringing a roadmap of an older form into the one that is written today.
//!
//! Properties: nodes, their states and whatever else is known of them stay; text for people is moved, never
//! dropped; a roadmap that is not older is left alone.

use serde_json::Value;

use super::compose::{self, Composed};
use super::edit::EditError;
use super::model::{Roadmap, Version};
use super::read::{KEY, list_key, read_block};
use super::table::{columns, is_rule};
use super::tables::redraw;
use super::{RoadmapError, phases, read};
use crate::block::{self, Mapping};
use crate::fences::outside_fences;

const OPEN: &str = "<!-- erk:roadmap-table -->";
const CLOSE: &str = "<!-- /erk:roadmap-table -->";

/// Whether a roadmap is in an older form than the one that is written today.
pub fn is_older(roadmap: &Roadmap) -> bool {
    match &roadmap.version {
        Version::Tables => true,
        Version::Block(version) => version == "2",
    }
}

/// The body with a block of the second version as one of the third; the same body for any other version.
///
/// # Errors
/// No roadmap block, or one that cannot be used.
pub fn upgrade_block(body: &str) -> Result<String, EditError> {
    let (data, _) = read_block(body)?.ok_or(RoadmapError::Absent)?;
    if data.get("schema_version").and_then(Value::as_str) != Some("2") {
        return Ok(body.to_owned());
    }
    let list = list_key(&data);
    let mut upgraded = Mapping::new();
    for (name, value) in &data {
        match name.as_str() {
            "schema_version" => upgraded.insert(name.clone(), "3".into()),
            name if name == list => upgraded.insert("nodes".to_owned(), value.clone()),
            "steps" | "nodes" => None,
            name => upgraded.insert(name.to_owned(), value.clone()),
        };
    }
    Ok(block::replace(body, KEY, &upgraded)?)
}

/// Body and comment of an objective whose roadmap stands in tables of its body: the body becomes header and
/// block, and its text the comment. `created_at` is ISO 8601 in UTC, `created_by` a login.
///
/// # Errors
/// No tables of nodes, or a text that cannot be kept in a comment.
pub fn upgrade_tables(body: &str, created_at: &str, created_by: &str) -> Result<Composed, EditError> {
    let roadmap = read(body, None)?;
    if roadmap.version != Version::Tables {
        return Err(RoadmapError::Absent.into());
    }
    let composed =
        compose::compose("", &roadmap, created_at, created_by).map_err(block::UpdateError::from)?;
    let told = redraw(&marked(body), &roadmap);
    let comment = block::render_content("objective-body", told.trim()).map_err(block::UpdateError::from)?;
    Ok(Composed { comment, ..composed })
}

/// The text with erk's markers around its tables: from the heading of the first phase, else the first table
/// of nodes, to the last row.
fn marked(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(OPEN, "").replace(CLOSE, "");
    let lines: Vec<&str> = text.lines().collect();
    let unfenced: Vec<(usize, &str)> = outside_fences(&text).collect();
    let tables: Vec<usize> = unfenced
        .iter()
        .filter(|(at, line)| columns(line).is_some() && lines.get(at + 1).is_some_and(|next| is_rule(next)))
        .map(|(at, _)| *at)
        .collect();
    let (Some(first), Some(last)) = (tables.first(), tables.last()) else { return text };
    let heading = unfenced.iter().find(|(at, line)| at < first && phases::heading(line.trim_end()).is_some());
    let from = heading.map_or(*first, |(at, _)| *at);
    let rows = lines[*last..].iter().take_while(|line| line.trim_start().starts_with('|')).count();
    let mut out: Vec<&str> = lines[..from].to_vec();
    out.push(OPEN);
    out.extend(&lines[from..last + rows]);
    out.push(CLOSE);
    out.extend(&lines[last + rows..]);
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roadmap::{Status, check, outline, with_comment};

    #[test]
    fn a_block_of_the_second_version_keeps_what_is_known() {
        let old = "Before.\n\n<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary><code>objective-roadmap</code></summary>\n\n```yaml\nschema_version: '2'\nodd: kept\nsteps:\n- id: '1.1'\n  description: A\n  status: done\n  plan: null\n  pr: '#4'\n  owner: ada\n```\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->\n\nAfter.";
        assert!(is_older(&read(old, None).expect("a roadmap")));
        let new = upgrade_block(old).expect("upgraded");
        assert!(new.contains("schema_version: '3'\nodd: kept\nnodes:\n- id: '1.1'"), "{new}");
        assert!(new.contains("owner: ada") && new.starts_with("Before.") && new.ends_with("After."), "{new}");
        let map = read(&new, None).expect("a roadmap");
        assert!(!is_older(&map));
        assert_eq!(map.nodes, read(old, None).expect("a roadmap").nodes);
        assert_eq!(upgrade_block(&new).as_deref(), Ok(new.as_str()));
    }

    #[test]
    fn tables_become_a_block_and_their_text_the_comment() {
        let old = "# Objective: X\r\n\r\nWhy.\r\n\r\n### Phase 1: Thread (1 PR)\r\n\r\nIntro.\r\n\r\n| Step | Description | Status | PR |\r\n|--|--|--|--|\r\n| 1.1 | a | done | #3 |\r\n| 1.2 | b | - | plan #5 |\r\n\r\n**Test:** works\r\n\r\n### Phase 2: Rest\r\n\r\n| Step | Description | Status | PR |\r\n|--|--|--|--|\r\n| 2.1 | c | - | - |\r\n\r\nEnd.";
        let new = upgrade_tables(old, "2026-01-15T14:30:00Z", "ada").expect("upgraded");
        let body = with_comment(&new.body, 7).expect("a header");
        let map = read(&body, Some(&new.comment)).expect("a roadmap");
        assert!(!is_older(&map));
        assert_eq!(
            outline::write(&map),
            "### Phase 1: Thread\n- 1.1 a\n- 1.2 b\n\n### Phase 2: Rest\n- 2.1 c\n"
        );
        let told: Vec<_> = map.nodes.iter().map(|n| (n.status, n.plan.as_deref(), n.pr.as_deref())).collect();
        assert_eq!(
            told,
            [
                (Status::Done, None, Some("#3")),
                (Status::InProgress, Some("#5"), None),
                (Status::Pending, None, None)
            ]
        );
        for part in [
            "Why.\n\n<!-- erk:roadmap-table -->\n### Phase 1",
            "Intro.",
            "**Test:** works",
            "\n<!-- /erk:roadmap-table -->\n\nEnd.",
        ] {
            assert!(new.comment.contains(part), "{part}: {}", new.comment);
        }
        assert_eq!(redraw(&new.comment, &map), new.comment);
        let failed: Vec<_> = check(["erk-objective"], &body).into_iter().filter(|c| !c.passed).collect();
        assert_eq!(failed, []);
        assert!(upgrade_tables(&body, "", "").is_err());
    }
}
