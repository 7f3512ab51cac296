//! Bringing the tables of an objective's comment in step with its roadmap.
//!
//! Only rows of node tables are rewritten: of the first table under the heading of a phase, and of
//! tables that name a node; between erk's markers for the tables, where they are. Prose, headings, other
//! tables, other columns and the line ends stay as they are; the rows of a table follow the order of the
//! roadmap; a node without a row gets one in the table of its phase; a row without a node goes.

use std::collections::{HashMap, HashSet};

use super::model::{Node, PhaseKey, Roadmap};
use super::table::{Column, cell, cells, columns, is_rule};
use super::{phases, read};
use crate::fences::outside_fences;

const OPEN: &str = "<!-- erk:roadmap-table -->";
const CLOSE: &str = "<!-- /erk:roadmap-table -->";

/// The objective's first comment with its tables brought in step with the roadmap in the body of its
/// issue; nothing when they are in step already, or when the roadmap can't be used.
///
/// To be asked whenever a node was changed: the body is the truth, the tables are how people see it.
pub fn redrawn(body: &str, comment: &str) -> Option<String> {
    let roadmap = read(body, Some(comment)).ok()?;
    Some(redraw(comment, &roadmap)).filter(|new| new != comment)
}

/// The comment with its tables redrawn; the same text when they were in step.
///
/// A comment without any node table stays as it is.
pub fn redraw(comment: &str, roadmap: &Roadmap) -> String {
    let lines: Vec<&str> = comment.split_inclusive('\n').collect();
    let open = comment.find(OPEN).filter(|open| comment[*open..].contains(CLOSE));
    let mut inside = open.is_none();
    let mut unfenced = outside_fences(comment).map(|(at, _)| at).peekable();
    let mut out = String::with_capacity(comment.len());
    let deciding = deciding(roadmap);
    let places: HashMap<&str, usize> =
        roadmap.in_order().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let mut shown: HashSet<&str> = HashSet::new();
    let mut at = 0;
    let mut phase: Option<PhaseKey> = None;
    let mut last: Option<(usize, Vec<Column>)> = None;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        out.push_str(line);
        if open.is_some() {
            inside = (inside || line.contains(OPEN)) && !line.contains(CLOSE);
        }
        while unfenced.next_if(|unfenced| *unfenced < at - 1).is_some() {}
        if !inside || unfenced.peek() != Some(&(at - 1)) {
            continue;
        }
        if let Some((key, _)) = phases::heading(line.trim_end()) {
            phase = Some(key);
        }
        let rule = lines.get(at).is_some_and(|next| is_rule(next));
        let Some(columns) = columns(line).filter(|_| rule) else { continue };
        let rows = lines[at + 1..].iter().take_while(|row| row.trim_start().starts_with('|'));
        let rows: Vec<(&str, Option<&Node>)> =
            rows.map(|row| (*row, named(row, &columns, &deciding))).collect();
        if phase.is_none() && rows.iter().all(|(_, node)| node.is_none()) {
            continue;
        }
        out.push_str(lines[at]);
        at += 1 + rows.len();
        let end = line_end(line);
        let mut of_phase: Option<PhaseKey> = phase.take();
        let mut kept: Vec<(&str, &Node)> = Vec::new();
        for (row, node) in rows {
            // A node is shown once, in the first row that names it.
            let Some(node) = node.filter(|node| shown.insert(&node.id)) else { continue };
            of_phase = of_phase.or_else(|| Some(node.phase.clone()));
            kept.push((row, node));
        }
        for node in roadmap.in_order().filter(|node| Some(&node.phase) == of_phase.as_ref()) {
            let node = deciding[&cell(&node.id)];
            if shown.insert(&node.id) {
                kept.push(("", node));
            }
        }
        kept.sort_by_key(|(_, node)| places.get(node.id.as_str()));
        for (row, node) in kept {
            close_line(&mut out, end);
            out.push_str(&filled(&columns, row, node, if row.is_empty() { end } else { line_end(row) }));
        }
        last = Some((out.len(), columns));
    }
    let Some((place, columns)) = last else { return comment.to_owned() };
    let missing = phases_without_table(roadmap, &shown, &columns);
    if !missing.is_empty() {
        let before = if out[..place].ends_with('\n') { "" } else { "\n" };
        out.insert_str(place, &format!("{before}{missing}"));
    }
    out
}

/// The nodes by what a cell shows of their id; of several with one the last decides.
fn deciding(roadmap: &Roadmap) -> HashMap<String, &Node> {
    roadmap.nodes.iter().map(|node| (cell(&node.id), node)).collect()
}

/// The node a row is about.
fn named<'a>(row: &str, columns: &[Column], nodes: &HashMap<String, &'a Node>) -> Option<&'a Node> {
    let at = columns.iter().position(|column| *column == Column::Id)?;
    nodes.get(cells(row)?.get(at)?.trim()).copied()
}

/// Headings and tables of a whole roadmap.
pub(super) fn fresh(roadmap: &Roadmap) -> String {
    let mut columns = vec![Column::Id, Column::Description];
    if roadmap.has_listed_dependencies() {
        columns.push(Column::DependsOn);
    }
    columns.extend([Column::Status, Column::Plan, Column::Pr]);
    phases_without_table(roadmap, &HashSet::new(), &columns)
}

fn line_end(line: &str) -> &'static str {
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// End the line before, where the text ended without a line end.
fn close_line(out: &mut String, end: &str) {
    if !out.ends_with('\n') {
        out.push_str(end);
    }
}

/// A row with the cells of the node; a row whose cells all say so already stays as it is.
fn filled(columns: &[Column], row: &str, node: &Node, end: &str) -> String {
    let old = cells(row).unwrap_or_default();
    let new: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let kept = old.get(at).map_or("", |old| old.trim());
            match column {
                Column::Id => cell(&node.id),
                Column::Description => cell(&node.description),
                Column::DependsOn => cell(&node.depends_on.as_deref().unwrap_or_default().join(", ")),
                Column::Status => node.status.word().replace('_', "-"),
                Column::Plan => cell(node.plan.as_deref().unwrap_or_default()),
                Column::Pr => cell(node.pr.as_deref().unwrap_or_default()),
                Column::Other => kept.to_owned(),
            }
        })
        .collect();
    let same = old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| old.trim() == new);
    if same {
        return row.to_owned();
    }
    let end = if row.is_empty() || row.ends_with('\n') { end } else { "" };
    format!("| {} |{end}", new.join(" | "))
}

/// Headings and tables of the phases none of whose nodes is shown anywhere.
fn phases_without_table(roadmap: &Roadmap, shown: &HashSet<&str>, columns: &[Column]) -> String {
    let deciding = deciding(roadmap);
    let mut out = String::new();
    for phase in &roadmap.phases {
        let mut listed = HashSet::new();
        let nodes: Vec<&Node> = phase
            .nodes
            .iter()
            .map(|at| deciding[&cell(&roadmap.nodes[*at].id)])
            .filter(|node| !shown.contains(node.id.as_str()) && listed.insert(&node.id))
            .collect();
        if nodes.is_empty() {
            continue;
        }
        let pulls = nodes.iter().filter(|node| node.pr.is_some()).count();
        out.push_str(&format!("\n### Phase {}: {} ({pulls} PR)\n\n", phase.key, phase.name));
        let titles = columns.iter().map(|column| match column {
            Column::Id => "Node",
            Column::Description => "Description",
            Column::DependsOn => "Depends On",
            Column::Status => "Status",
            Column::Plan => "Plan",
            Column::Pr => "PR",
            Column::Other => " ",
        });
        let titles: Vec<&str> = titles.collect();
        let rules: Vec<String> = titles.iter().map(|title| "-".repeat(title.len() + 2)).collect();
        out.push_str(&format!("| {} |\n|{}|\n", titles.join(" | "), rules.join("|")));
        for node in nodes {
            out.push_str(&filled(columns, "", node, "\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roadmap::read;

    fn body(nodes: &str) -> String {
        format!(
            "<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary>k</summary>\n\n```yaml\nschema_version: '3'\nnodes:\n{nodes}\n```\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->"
        )
    }

    const COMMENT: &str = "<!-- erk:roadmap-table -->\n### Phase 1: Thread (1 PR)\n\nIntro.\n\n| Node | Description | Status | Plan | PR |\n|------|------|--------|------|----|\n| 1.1 | A | pending | - | - |\n| 9.9 | gone | pending | - | - |\n\n**Test:** works\n<!-- /erk:roadmap-table -->\n\nEnd\n";

    #[test]
    fn rows_change_and_prose_stays() {
        let nodes = "- {id: '1.1', description: 'A | B', status: in_progress, plan: '#3', pr: '#4'}\n- {id: '1.2', description: new, status: pending}\n- {id: '2.1', description: later, status: pending}";
        let map = read(&body(nodes), Some(COMMENT)).expect("a roadmap");
        let new = redraw(COMMENT, &map);
        assert_eq!(
            new,
            "<!-- erk:roadmap-table -->\n### Phase 1: Thread (1 PR)\n\nIntro.\n\n| Node | Description | Status | Plan | PR |\n|------|------|--------|------|----|\n| 1.1 | A \\| B | in-progress | #3 | #4 |\n| 1.2 | new | pending | - | - |\n\n### Phase 2: Phase 2 (0 PR)\n\n| Node | Description | Status | Plan | PR |\n|------|-------------|--------|------|----|\n| 2.1 | later | pending | - | - |\n\n**Test:** works\n<!-- /erk:roadmap-table -->\n\nEnd\n"
        );
        assert_eq!(redraw(&new, &map), new);
    }

    #[test]
    fn rows_follow_the_order_of_the_roadmap() {
        let nodes = "- {id: '1.2', description: B, status: pending}\n- {id: '1.3', description: C, status: done}\n- {id: '1.1', description: A, status: pending}";
        let map = read(&body(nodes), None).expect("a roadmap");
        let head = "### Phase 1: x\n\n| Node | Status | Who |\n|--|--|--|\n";
        let new = redraw(&format!("{head}| 1.1 | pending | ada |\n| 1.2 | pending | bob |"), &map);
        assert_eq!(
            new,
            format!("{head}| 1.2 | pending | bob |\n| 1.3 | done |  |\n| 1.1 | pending | ada |\n")
        );
        assert_eq!(redraw(&new, &map), new);
    }

    #[test]
    fn tables_of_people_stay() {
        let risks = "| # | Risk | Status |\n|---|---|---|\n| 7 | slow | open |\n";
        let fenced = "```\n| Node | Status |\n|--|--|\n| 1.1 | pending |\n```\n";
        let map = read(&body("- {id: '1.1', description: A, status: done}"), None).expect("a roadmap");
        let table = |status: &str| format!("| Node | Status |\n|--|--|\n| 1.1 | {status} |\n");
        let old = format!("{risks}\n{fenced}\n{}\n{risks}", table("pending"));
        let new = format!("{risks}\n{fenced}\n{}\n{risks}", table("done"));
        assert_eq!(redraw(&old, &map), new);
        let marked = format!("{}\n{OPEN}\n{}{CLOSE}\n{}", table("was"), table("pending"), table("was"));
        let new = redraw(&marked, &map);
        assert_eq!(new, marked.replace("pending", "done"));
    }

    #[test]
    fn of_a_repeated_id_the_last_node_is_shown_once() {
        let nodes =
            "- {id: '2.1', description: A, status: pending}\n- {id: '2.1', description: B, status: done}";
        let map = read(&body(nodes), None).expect("a roadmap");
        let table = "### Phase 2: x\n\n| Node | Description | Status |\n|--|--|--|\n";
        let new = redraw(table, &map);
        assert_eq!(new, format!("{table}| 2.1 | B | done |\n"));
        assert_eq!(redraw(&new, &map), new);
        let nodes = "- {id: '1.1', description: A, status: done}\n- {id: '2.1', description: B, status: done}\n- {id: '2.2', description: C, status: done}";
        let three = read(&body(nodes), None).expect("a roadmap");
        let head = "| Node | Status |\n|--|--|\n";
        let twice = format!("{head}| 1.1 | done |\n\n{head}| 1.1 | done |\n| 2.1 | done |\n");
        let new = redraw(&twice, &three);
        assert_eq!(new, format!("{head}| 1.1 | done |\n\n{head}| 2.1 | done |\n| 2.2 | done |\n"));
        assert_eq!(redraw(&new, &three), new);
        let elsewhere = redraw("| Node | Status |\n|--|--|\n| 2.1 | - |\n", &map);
        assert_eq!(elsewhere.matches("2.1").count(), 1, "{elsewhere}");
    }

    #[test]
    fn a_row_is_known_by_what_a_cell_shows_of_its_id() {
        let nodes =
            "- {id: \"a\\r\\nb|c\", description: A, status: done}\n- {id: '', description: B, status: done}";
        let map = read(&body(nodes), None).expect("a roadmap");
        let new = redraw("### Phase 1: x\n\n| Node | Status |\n|--|--|\n", &map);
        assert!(new.ends_with("| a b\\|c | done |\n| - | done |\n"), "{new}");
        assert_eq!(redraw(&new, &map), new);
    }

    #[test]
    fn a_comment_follows_the_body() {
        let body = body("- {id: '1.1', description: A, status: done, pr: '#4'}");
        let new = redrawn(&body, COMMENT).unwrap_or_default();
        assert!(new.contains("| 1.1 | A | done | - | #4 |\n\n**Test:** works"), "{new}");
        assert_eq!(redrawn(&body, &new), None);
        assert_eq!(redrawn("no roadmap", COMMENT), None);
    }

    #[test]
    fn tables_in_step_stay_byte_for_byte() {
        let map = read(&body("- {id: '1.1', description: A, status: pending}"), None).expect("a roadmap");
        let comment = COMMENT.replace("| 9.9 | gone | pending | - | - |\n", "").replace('\n', "\r\n");
        assert_eq!(redraw(&comment, &map), comment);
        assert_eq!(redraw("no table", &map), "no table");
    }
}
