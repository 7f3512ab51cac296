//! A roadmap as people type it: headings of phases, and under each a list of nodes.
//!
//! ```text
//! ### Phase 1: Groundwork
//! - 1.1 Agree on the names
//! - 1.2 Write them down (after 1.1)
//! ```
//!
//! Properties: what is written from a roadmap is read back the same; every line that is neither is
//! reported with its number, and nothing is dropped silently. Tables of nodes are read as well, so that
//! older objectives can be imported.

use std::collections::{HashMap, HashSet};

use super::model::{Node, PhaseKey, Roadmap, Status};
use super::{compose, phases, table};

/// Something in an outline that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Remark {
    /// 1-based; nothing when it is about the whole.
    pub line: Option<usize>,
    pub message: String,
}

/// A roadmap as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub roadmap: Roadmap,
    pub remarks: Vec<Remark>,
}

/// The parts of a document that describes an objective.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub title: String,
    pub prose: String,
    pub outline: String,
}

/// Reads an outline.
pub fn read(text: &str) -> Outline {
    let mut remarks = Vec::new();
    let mut names = HashMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut phase: Option<PhaseKey> = None;
    let mut listed = false;
    for (at, line) in text.lines().enumerate() {
        let mut say = |message: String| remarks.push(Remark { line: Some(at + 1), message });
        if let Some((key, name)) = heading(line) {
            names.insert(key.clone(), name);
            phase = Some(key);
        } else if let Some(item) = item(line) {
            match node(item, phase.as_ref(), &nodes) {
                Ok(node) => {
                    listed |= node.depends_on.is_some();
                    if phase.as_ref().is_some_and(|phase| *phase != node.phase) {
                        say(format!("node {} belongs to phase {} by its id", node.id, node.phase));
                    }
                    nodes.push(node);
                }
                Err(message) => say(message),
            }
        } else if !line.trim().is_empty() {
            say("this is neither the heading of a phase nor a node; write \"### Phase 1: Name\" or \"- 1.1 What to do\"".to_owned());
        }
    }
    if listed {
        nodes.iter_mut().for_each(|node| {
            node.depends_on.get_or_insert_default();
        });
    }
    let roadmap = compose::assemble(nodes, &names);
    if roadmap.nodes.is_empty() {
        remarks.push(Remark { line: None, message: "there are no nodes yet".to_owned() });
    }
    remarks.extend(roadmap.findings().into_iter().map(|finding| Remark {
        line: None,
        message: format!("node {}: {}", finding.node, finding.message),
    }));
    Outline { roadmap, remarks }
}

/// A roadmap as an outline.
pub fn write(roadmap: &Roadmap) -> String {
    let mut out = String::new();
    for phase in &roadmap.phases {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("### Phase {}: {}\n", phase.key, phase.name));
        for node in phase.nodes.iter().map(|at| &roadmap.nodes[*at]) {
            let description = node.description.split_whitespace().collect::<Vec<_>>().join(" ");
            out.push_str(&format!("- {} {description}", node.id));
            let needs = node.depends_on.as_deref().unwrap_or_default();
            if !needs.is_empty() {
                out.push_str(&format!(" (after {})", needs.join(", ")));
            }
            out.push('\n');
        }
    }
    out
}

/// Takes a document apart: its first heading is the title, phases and nodes are the outline, and the rest
/// is the text around it.
pub fn import(document: &str) -> Imported {
    if let Some(roadmap) = table::read(document) {
        let kept = document
            .lines()
            .filter(|line| !line.trim_start().starts_with('|') && phases::heading(line.trim_end()).is_none());
        let (title, prose) = titled(kept);
        return Imported { title, prose, outline: write(&roadmap) };
    }
    let mut outline = String::new();
    let mut prose = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if heading(line).is_some() {
            inside = true;
        } else if line.starts_with('#') {
            inside = false;
        }
        if inside && (heading(line).is_some() || item(line).is_some()) {
            outline.push_str(line.trim_end());
            outline.push('\n');
        } else if !(inside && line.trim().is_empty()) {
            prose.push(line);
        }
    }
    let (title, prose) = titled(prose.into_iter());
    Imported { title, prose, outline }
}

fn titled<'a>(lines: impl Iterator<Item = &'a str>) -> (String, String) {
    let (mut title, mut prose) = (String::new(), String::new());
    for line in lines {
        match line.strip_prefix("# ").filter(|_| title.is_empty()) {
            Some(text) => title = text.trim().to_owned(),
            None => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    (title, prose.trim().to_owned())
}

/// The phase of a heading of any level.
fn heading(line: &str) -> Option<(PhaseKey, String)> {
    let text = line.trim().trim_start_matches('#').trim();
    let marked = line.trim_start().starts_with('#');
    marked.then(|| phases::heading(&format!("### {text}"))).flatten()
}

/// The text of a list item, without a box to tick.
fn item(line: &str) -> Option<&str> {
    let text = line.trim();
    let rest = text.strip_prefix("- ").or_else(|| text.strip_prefix("* "))?.trim_start();
    let boxed = ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| rest.strip_prefix(mark));
    Some(boxed.unwrap_or(rest).trim())
}

fn node(text: &str, phase: Option<&PhaseKey>, before: &[Node]) -> Result<Node, String> {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = first.trim_end_matches([':', '.']);
    let is_id = name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    let (id, words) = if is_id { (name.to_owned(), rest.trim()) } else { (next_id(phase, before), text) };
    let (description, needs) = match words.rfind("(after ").filter(|_| words.ends_with(')')) {
        Some(open) => {
            let listed = &words[open + "(after ".len()..words.len() - 1];
            let ids = listed.split([',', ' ']).map(str::trim).filter(|id| !id.is_empty());
            (words[..open].trim(), Some(ids.map(str::to_owned).collect::<Vec<String>>()))
        }
        None => (words, None),
    };
    if description.is_empty() {
        return Err(format!("node {id} does not say what to do"));
    }
    Ok(Node {
        phase: PhaseKey::of(&id),
        id,
        description: description.to_owned(),
        status: Status::Pending,
        plan: None,
        pr: None,
        depends_on: needs,
        slug: None,
        comment: None,
    })
}

/// The first id of a phase that is free.
fn next_id(phase: Option<&PhaseKey>, before: &[Node]) -> String {
    let phase = phase.map_or_else(|| "1".to_owned(), PhaseKey::to_string);
    let taken: HashSet<&str> = before.iter().map(|node| node.id.as_str()).collect();
    (1..).map(|n| format!("{phase}.{n}")).find(|id| !taken.contains(id.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "### Phase 1: Groundwork\n- 1.1 Agree\n- 1.2 Write it down (after 1.1)\n\n### Phase 2A: Later\n- 2A.1 Tell (after 1.1, 1.2)\n";

    #[test]
    fn what_is_written_is_read_back() {
        let outline = read(TEXT);
        assert_eq!(outline.remarks, []);
        assert_eq!(write(&outline.roadmap), TEXT);
        assert_eq!(outline.roadmap.phases[1].name, "Later");
        assert_eq!(outline.roadmap.nodes[0].depends_on.as_deref(), Some([].as_slice()));
        let line = read("- [ ] First thing\n* 1.2: Second");
        let told: Vec<_> = line
            .roadmap
            .nodes
            .iter()
            .map(|n| (n.id.as_str(), n.description.as_str(), n.depends_on.is_some()))
            .collect();
        assert_eq!(told, [("1.1", "First thing", false), ("1.2", "Second", false)]);
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let outline = read(
            "### Phase 1: A\nwhat\n- 1.1\n- 2.1 x\n- 1.2 a (after 1.3)\n- 1.3 b (after 1.2)\n- 1.3 c (after 9)",
        );
        let told: Vec<(Option<usize>, &str)> = outline
            .remarks
            .iter()
            .map(|r| (r.line, r.message.split(':').next().unwrap_or_default()))
            .collect();
        let lines: Vec<Option<usize>> = told.iter().map(|(line, _)| *line).filter(Option::is_some).collect();
        assert_eq!(lines, [Some(2), Some(3), Some(4)], "{told:?}");
        let whole = outline.remarks.iter().filter(|r| r.line.is_none()).map(|r| r.message.as_str());
        let whole = whole.collect::<Vec<_>>().join("\n");
        for part in ["more than once", "not in the roadmap", "depends on itself"] {
            assert!(whole.contains(part), "{whole}");
        }
        assert_eq!(read("").remarks.len(), 1);
    }

    #[test]
    fn documents_are_taken_apart() {
        let listed = format!("# Objective: X\n\nWhy.\n\n## Roadmap\n\n{TEXT}\n## Notes\n\n- a point\n");
        let found = import(&listed);
        assert_eq!(found.title, "Objective: X");
        assert_eq!(read(&found.outline).roadmap, read(TEXT).roadmap);
        assert_eq!(found.prose, "Why.\n\n## Roadmap\n\n## Notes\n\n- a point");
        let tabled = "# T\n\nWhy.\n\n### Phase 1: A\n\n| Node | Description | Status | PR |\n|--|--|--|--|\n| 1.1 | a | done | #3 |\n";
        let found = import(tabled);
        assert_eq!((found.outline.as_str(), found.prose.as_str()), ("### Phase 1: A\n- 1.1 a\n", "Why."));
    }
}
