//! A roadmap as people type it: headings of phases, and under each a list of nodes.
//!
//! ```text
//! ### Phase 1: Groundwork
//! - 1.1 Agree on the names
//! - 1.2 Write them down (after 1.1)
//! - `cleanup` Tidy up (after nothing)
//! ```
//!
//! As soon as one node says after what it comes, those without a word wait for nothing; as long as none
//! does, each waits for the one before it. An id that is no number is written between back-ticks.
//!
//! Properties: what is written from a roadmap is read back the same, but for line ends in descriptions;
//! everything that is wrong is reported with its line, and nothing is dropped silently. Tables of nodes
//! are read as well, so that older objectives can be imported.

use std::collections::{HashMap, HashSet};

use super::model::{Node, PhaseKey, Roadmap, Status};
use super::{compose, phases, table};

/// Longer outlines are not read: in bytes, and in lines.
const LONGEST: usize = 120_000;
const MOST_LINES: usize = 2_000;

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
    if text.len() > LONGEST || text.lines().nth(MOST_LINES).is_some() {
        let message = format!("the roadmap is longer than {LONGEST} bytes or {MOST_LINES} lines");
        let roadmap = compose::assemble(Vec::new(), &HashMap::new());
        return Outline { roadmap, remarks: vec![Remark { line: None, message }] };
    }
    let mut remarks = Vec::new();
    let mut names = HashMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut ids = Ids::default();
    let mut lines: Vec<usize> = Vec::new();
    let mut headings: Vec<(usize, PhaseKey)> = Vec::new();
    let mut phase: Option<PhaseKey> = None;
    let mut listed = false;
    for (at, line) in text.lines().enumerate() {
        let mut say = |message: String| remarks.push(Remark { line: Some(at + 1), message });
        if let Some((key, name)) = heading(line) {
            if names.insert(key.clone(), name).is_some() {
                say(format!("phase {key} has a heading already"));
            }
            headings.push((at + 1, key.clone()));
            phase = Some(key);
        } else if let Some(item) = item(line) {
            match node(item, phase.as_ref(), &mut ids) {
                Ok(node) => {
                    ids.taken.insert(node.id.clone());
                    lines.push(at + 1);
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
    let filled: HashSet<&PhaseKey> = roadmap.phases.iter().map(|phase| &phase.key).collect();
    let empty = |key: &PhaseKey| !filled.contains(key);
    remarks.extend(
        headings
            .iter()
            .filter(|(_, key)| empty(key))
            .map(|(line, key)| Remark { line: Some(*line), message: format!("phase {key} has no nodes") }),
    );
    // Of nodes with one id a finding is about the last.
    let last: HashMap<&str, usize> = roadmap.nodes.iter().map(|node| node.id.as_str()).zip(lines).collect();
    remarks.extend(roadmap.findings().into_iter().map(|finding| {
        let what = finding.message.split(';').next().unwrap_or_default();
        let line = last.get(finding.node.as_str()).copied();
        Remark { line, message: format!("node {}: {what}", finding.node) }
    }));
    remarks.sort_by_key(|remark| remark.line.unwrap_or(usize::MAX));
    Outline { roadmap, remarks }
}

/// A roadmap as an outline.
pub fn write(roadmap: &Roadmap) -> String {
    let mut out = String::new();
    let needs = |node: &Node| node.depends_on.as_ref().is_some_and(|needs| !needs.is_empty());
    // Where dependencies are listed and there are none, that must be said.
    let all_free = roadmap.has_listed_dependencies() && !roadmap.nodes.iter().any(needs);
    for phase in &roadmap.phases {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("### Phase {}: {}\n", phase.key, phase.name));
        for node in phase.nodes.iter().map(|at| &roadmap.nodes[*at]) {
            let description = node.description.split_whitespace().collect::<Vec<_>>().join(" ");
            let id = if is_id(&node.id) { node.id.clone() } else { format!("`{}`", node.id) };
            out.push_str(&format!("- {id} {description}"));
            let needs = node.depends_on.as_deref().unwrap_or_default();
            if !needs.is_empty() {
                out.push_str(&format!(" (after {})", needs.join(", ")));
            } else if all_free || (roadmap.has_listed_dependencies() && says_after(&description)) {
                out.push_str(" (after nothing)");
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
            if heading(line).is_some() && !outline.is_empty() {
                outline.push('\n');
            }
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

/// Whether a first word is an id without back-ticks.
fn is_id(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.ends_with(|c: char| c.is_ascii_alphanumeric())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

/// Whether a description ends like a list of dependencies.
fn says_after(text: &str) -> bool {
    text.contains("(after ") && text.ends_with(')')
}

fn node(text: &str, phase: Option<&PhaseKey>, ids: &mut Ids) -> Result<Node, String> {
    let ticked = text.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = first.trim_end_matches([':', '.']);
    let (id, words) = match ticked.filter(|(id, _)| !id.trim().is_empty() && !is_id(id)) {
        Some((id, rest)) => (id.to_owned(), rest.trim()),
        None if is_id(name) => (name.to_owned(), rest.trim()),
        None => (ids.next(phase), text),
    };
    let (description, needs) = match words.rfind("(after ").filter(|_| says_after(words)) {
        Some(open) => {
            let listed = &words[open + "(after ".len()..words.len() - 1];
            let ids = listed.split([',', ' ']).map(|id| id.trim().trim_matches('`'));
            let ids = ids.filter(|id| !id.is_empty() && *id != "nothing");
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

/// The ids of the nodes so far. Ids are only added, so that what was taken once is not tried again.
#[derive(Default)]
struct Ids {
    taken: HashSet<String>,
    /// The last number of a phase that was found taken.
    tried: HashMap<String, usize>,
}

impl Ids {
    /// The first id of a phase that is free.
    fn next(&mut self, phase: Option<&PhaseKey>) -> String {
        let phase = phase.map_or_else(|| "1".to_owned(), PhaseKey::to_string);
        let tried = self.tried.entry(phase.clone()).or_default();
        loop {
            let id = format!("{phase}.{}", *tried + 1);
            if !self.taken.contains(&id) {
                return id;
            }
            *tried += 1;
        }
    }
}

/// The first id of a phase that none of the nodes has.
pub(super) fn next_id(phase: Option<&PhaseKey>, nodes: &[Node]) -> String {
    let taken = nodes.iter().map(|node| node.id.clone()).collect();
    Ids { taken, ..Ids::default() }.next(phase)
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

    /// Counted in work, not in time: each id is tried once, however long the outline is.
    #[test]
    fn ids_that_are_taken_are_not_tried_again() {
        let mut ids = Ids::default();
        for number in 1..=1_000 {
            let id = ids.next(None);
            assert_eq!(id, format!("1.{number}"));
            assert!(ids.tried["1"] + 1 == number, "only the next one is tried");
            ids.taken.insert(id);
        }
        let gaps = read("- 1.2 b\n- a\n- c");
        let told: Vec<&str> = gaps.roadmap.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(told, ["1.2", "1.1", "1.3"]);
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
        let found = [2, 3, 4, 5, 7].map(Some);
        assert!(found.iter().all(|line| lines.contains(line)), "{told:?}");
        let all = outline.remarks.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("\n");
        for part in ["more than once", "not in the roadmap", "depends on itself"] {
            assert!(all.contains(part), "{all}");
        }
        assert_eq!(read("").remarks.len(), 1);
        assert!(read(&"- x\n".repeat(2_001)).remarks[0].message.contains("longer"));
        assert_eq!(read(&"- x\n".repeat(2_000)).remarks, []);
        let twice = read("### Phase 1: A\n- x\n### Phase 2: B\n### Phase 1: C\n- y");
        let told: Vec<_> = twice.remarks.iter().map(|r| (r.line, r.message.as_str())).collect();
        assert_eq!(told, [(Some(3), "phase 2 has no nodes"), (Some(4), "phase 1 has a heading already")]);
    }

    #[test]
    fn ids_and_dependencies_of_every_kind_are_read_back() {
        let text = "### Phase 1: A\n- `clean-up` Tidy (after nothing)\n- 1.1 Look (after nothing)\n";
        let outline = read(text);
        assert_eq!(outline.remarks, []);
        assert_eq!(outline.roadmap.nodes[0].id, "clean-up");
        assert!(outline.roadmap.nodes.iter().all(|node| node.depends_on.as_deref() == Some(&[])));
        assert_eq!(write(&outline.roadmap), text);
        let text = "### Phase 1: A\n- 1.1 Rest (after lunch) (after nothing)\n- `b c` x (after 1.1)\n";
        let outline = read(text);
        assert_eq!(outline.roadmap.nodes[0].description, "Rest (after lunch)");
        assert_eq!(write(&outline.roadmap), text);
    }

    #[test]
    fn documents_are_taken_apart() {
        let listed = format!("# Objective: X\n\nWhy.\n\n## Roadmap\n\n{TEXT}\n## Notes\n\n- a point\n");
        let found = import(&listed);
        assert_eq!(found.title, "Objective: X");
        assert_eq!(found.outline, TEXT);
        assert_eq!(found.prose, "Why.\n\n## Roadmap\n\n## Notes\n\n- a point");
        let tabled = "# T\n\nWhy.\n\n### Phase 1: A\n\n| Node | Description | Status | PR |\n|--|--|--|--|\n| 1.1 | a | done | #3 |\n";
        let found = import(tabled);
        assert_eq!((found.outline.as_str(), found.prose.as_str()), ("### Phase 1: A\n- 1.1 a\n", "Why."));
    }
}
