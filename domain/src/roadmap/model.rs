//! What a roadmap is made of.

use std::collections::HashMap;

use serde_json::{Value, json};

/// The status of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Planning,
    Done,
    InProgress,
    Blocked,
    Skipped,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 6] = [
        Status::Pending,
        Status::Planning,
        Status::Done,
        Status::InProgress,
        Status::Blocked,
        Status::Skipped,
    ];

    /// The word in YAML; tables show it with a hyphen.
    pub fn word(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Planning => "planning",
            Status::Done => "done",
            Status::InProgress => "in_progress",
            Status::Blocked => "blocked",
            Status::Skipped => "skipped",
        }
    }

    /// The status of a word of the YAML, where `-` stands for skipped.
    pub fn from_word(word: &str) -> Option<Status> {
        match word {
            "-" => Some(Status::Skipped),
            word => Status::ALL.into_iter().find(|status| status.word() == word),
        }
    }

    /// Whether what depends on such a node may go on.
    pub fn is_satisfied(self) -> bool {
        matches!(self, Status::Done | Status::Skipped)
    }
}

/// Number and suffix of a phase: `1`, `2A`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhaseKey {
    pub number: u64,
    pub suffix: String,
}

impl PhaseKey {
    /// The phase of a node's id: what is before the last dot, as far as it is a number and capital
    /// letters; everything else is in phase 1.
    pub fn of(id: &str) -> PhaseKey {
        let first = PhaseKey { number: 1, suffix: String::new() };
        let Some((phase, _)) = id.rsplit_once('.') else { return first };
        let digits = phase.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(number) = phase[..digits].parse() else { return first };
        let suffix = phase[digits..].chars().take_while(char::is_ascii_uppercase).collect();
        PhaseKey { number, suffix }
    }
}

impl std::fmt::Display for PhaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.number, self.suffix)
    }
}

/// A node of a roadmap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub id: String,
    pub description: String,
    pub status: Status,
    /// Reference to the plan, as written.
    pub plan: Option<String>,
    /// Reference to the pull request, as written.
    pub pr: Option<String>,
    /// The list in the source; nothing when absent or null.
    pub depends_on: Option<Vec<String>>,
    pub slug: Option<String>,
    /// Called `reason` by some versions.
    pub comment: Option<String>,
    pub phase: PhaseKey,
}

/// A phase with the places of its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    pub key: PhaseKey,
    pub name: String,
    /// Indices into the roadmap's nodes, in the order of the source.
    pub nodes: Vec<usize>,
}

/// The form a roadmap was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// A block; the string of its `schema_version`.
    Block(String),
    /// Tables in the body, from before blocks.
    Tables,
}

impl Version {
    /// The string of the source; `1` for tables.
    pub fn as_str(&self) -> &str {
        match self {
            Version::Block(version) => version,
            Version::Tables => "1",
        }
    }
}

/// Something that does not add up in a roadmap that can be used all the same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The node it is about.
    pub node: String,
    pub message: String,
}

/// A roadmap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roadmap {
    pub version: Version,
    /// In the order of the source.
    pub nodes: Vec<Node>,
    /// In the order of their keys.
    pub phases: Vec<Phase>,
}

impl Roadmap {
    pub(super) fn new(version: Version, nodes: Vec<Node>, names: &HashMap<PhaseKey, String>) -> Roadmap {
        let mut phases: Vec<Phase> = Vec::new();
        let mut places: HashMap<&PhaseKey, usize> = HashMap::new();
        for (at, node) in nodes.iter().enumerate() {
            let place = *places.entry(&node.phase).or_insert_with(|| {
                let name = names.get(&node.phase).cloned();
                let name = name.unwrap_or_else(|| format!("Phase {}", node.phase));
                phases.push(Phase { key: node.phase.clone(), name, nodes: Vec::new() });
                phases.len() - 1
            });
            phases[place].nodes.push(at);
        }
        drop(places);
        phases.sort_by(|one, two| one.key.cmp(&two.key));
        Roadmap { version, nodes, phases }
    }

    /// The node with this id; of several the last one, which decides.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().rev().find(|node| node.id == id)
    }

    /// The phase of a node.
    pub fn phase_of(&self, node: &Node) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.key == node.phase)
    }

    /// Everything that is known, for tools and scripts.
    pub fn to_json(&self) -> Value {
        let nodes: Vec<Value> = self.nodes.iter().map(node_json).collect();
        let ids = |phase: &Phase| phase.nodes.iter().map(|at| self.nodes[*at].id.clone()).collect::<Vec<_>>();
        let phases: Vec<Value> = self
            .phases
            .iter()
            .map(|phase| json!({"key": phase.key.to_string(), "name": phase.name, "nodes": ids(phase)}))
            .collect();
        let unblocked: Vec<&str> = self.unblocked().into_iter().map(|node| node.id.as_str()).collect();
        json!({
            "schema_version": self.version.as_str(),
            "nodes": nodes,
            "phases": phases,
            "next": unblocked.first(),
            "unblocked": unblocked,
            "complete": self.is_complete(),
            "summary": self.summary(),
            "errors": self.findings(),
        })
    }
}

fn node_json(node: &Node) -> Value {
    json!({
        "id": node.id,
        "description": node.description,
        "status": node.status.word(),
        "plan": node.plan,
        "pr": node.pr,
        "depends_on": node.depends_on,
        "phase": node.phase.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phase_is_what_stands_before_the_last_dot() {
        for (id, key) in [
            ("1.1", "1"),
            ("2A.1", "2A"),
            ("1.2.3", "1"),
            ("cleanup", "1"),
            ("A.1", "1"),
            ("10AB.2", "10AB"),
            ("7", "1"),
            (".1", "1"),
        ] {
            assert_eq!(PhaseKey::of(id).to_string(), key, "{id}");
        }
    }
}
