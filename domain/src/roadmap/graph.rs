//! What waits for what.
//!
//! As soon as one node lists what it depends on, only such lists count; otherwise each node depends on
//! the one before it in the order of the phases. Done and skipped nodes satisfy; unknown ids are ignored.

use std::collections::{HashMap, HashSet};

use super::model::{Finding, Node, Roadmap, Status};

/// How many nodes have which status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    pub total: usize,
    pub pending: usize,
    pub planning: usize,
    pub done: usize,
    pub in_progress: usize,
    pub blocked: usize,
    pub skipped: usize,
}

impl Roadmap {
    /// The nodes in the order of their phases.
    pub fn in_order(&self) -> impl Iterator<Item = &Node> {
        self.phases.iter().flat_map(|phase| phase.nodes.iter().map(|at| &self.nodes[*at]))
    }

    /// Whether dependencies are listed, rather than following from the order.
    pub fn has_listed_dependencies(&self) -> bool {
        self.nodes.iter().any(|node| node.depends_on.is_some())
    }

    /// Every node in the order of the phases with the ids it depends on.
    pub fn dependencies(&self) -> Vec<(&Node, Vec<&str>)> {
        if self.has_listed_dependencies() {
            return self.in_order().map(|node| (node, listed(node))).collect();
        }
        let mut before: Option<&str> = None;
        self.in_order().map(|node| (node, before.replace(&node.id).into_iter().collect())).collect()
    }

    /// The deciding status of each id.
    fn statuses(&self) -> HashMap<&str, Status> {
        self.in_order().map(|node| (node.id.as_str(), node.status)).collect()
    }

    /// Pending nodes whose dependencies are satisfied, in the order of the phases.
    pub fn unblocked(&self) -> Vec<&Node> {
        let statuses = self.statuses();
        let free = |id: &&str| statuses.get(id).is_none_or(|status| status.is_satisfied());
        self.dependencies()
            .into_iter()
            .filter(|(node, needs)| node.status == Status::Pending && needs.iter().all(free))
            .map(|(node, _)| node)
            .collect()
    }

    /// The node to do next.
    pub fn next(&self) -> Option<&Node> {
        self.unblocked().into_iter().next()
    }

    /// What a node still waits for: the ids it depends on that are neither done nor skipped.
    pub fn waits_for(&self, id: &str) -> Vec<&Node> {
        let needs: Vec<&str> = self
            .dependencies()
            .into_iter()
            .filter(|(node, _)| node.id == id)
            .flat_map(|(_, needs)| needs)
            .collect();
        needs.into_iter().filter_map(|id| self.node(id)).filter(|node| !node.status.is_satisfied()).collect()
    }

    /// The pending nodes that would be unblocked if this node were done.
    pub fn unblocks(&self, id: &str) -> Vec<&Node> {
        let statuses = self.statuses();
        let open = |need: &&str| statuses.get(need).is_some_and(|status| !status.is_satisfied());
        self.dependencies()
            .into_iter()
            .filter(|(node, needs)| {
                let mut waiting = needs.iter().copied().filter(|need| open(need)).peekable();
                node.status == Status::Pending && waiting.peek().is_some() && waiting.all(|need| need == id)
            })
            .map(|(node, _)| node)
            .filter(|node| node.id != id)
            .collect()
    }

    /// Every node that depends on this one, directly or through others, in the order of the phases.
    pub fn leads_to(&self, id: &str) -> Vec<&Node> {
        let mut users: HashMap<&str, Vec<&str>> = HashMap::new();
        let dependencies = self.dependencies();
        for (node, needs) in &dependencies {
            needs.iter().for_each(|need| users.entry(need).or_default().push(&node.id));
        }
        let (mut reached, mut open) = (HashSet::new(), vec![id]);
        while let Some(at) = open.pop() {
            open.extend(users.get(at).into_iter().flatten().copied().filter(|user| reached.insert(*user)));
        }
        let nodes = dependencies.into_iter().map(|(node, _)| node);
        nodes.filter(|node| node.id != id && reached.contains(node.id.as_str())).collect()
    }

    /// Whether every node is done or skipped.
    pub fn is_complete(&self) -> bool {
        self.nodes.iter().all(|node| node.status.is_satisfied())
    }

    /// Counts by status.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { total: self.nodes.len(), ..Summary::default() };
        for node in &self.nodes {
            *match node.status {
                Status::Pending => &mut summary.pending,
                Status::Planning => &mut summary.planning,
                Status::Done => &mut summary.done,
                Status::InProgress => &mut summary.in_progress,
                Status::Blocked => &mut summary.blocked,
                Status::Skipped => &mut summary.skipped,
            } += 1;
        }
        summary
    }

    /// Repeated ids, dependencies on nodes that are not there, and cycles.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut say = |node: &str, message: String| found.push(Finding { node: node.to_owned(), message });
        let mut known = HashSet::new();
        for node in &self.nodes {
            if !known.insert(node.id.as_str()) {
                say(&node.id, format!("the id {} is there more than once; the last one decides", node.id));
            }
        }
        let dependencies = self.dependencies();
        for (node, needs) in &dependencies {
            for need in needs.iter().filter(|need| !known.contains(*need)) {
                say(&node.id, format!("depends on {need}, which is not in the roadmap; this is ignored"));
            }
        }
        for id in in_cycles(&dependencies) {
            say(id, format!("{id} depends on itself, directly or through others, and can never begin"));
        }
        found
    }
}

/// The ids a node lists.
fn listed(node: &Node) -> Vec<&str> {
    node.depends_on.iter().flatten().map(String::as_str).collect()
}

/// The ids that lie on a cycle: those that are left when nodes nothing leads to, or that lead to
/// nothing, are taken away again and again.
fn in_cycles<'a>(dependencies: &[(&'a Node, Vec<&'a str>)]) -> Vec<&'a str> {
    let mut needs: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (node, list) in dependencies {
        needs.entry(&node.id).or_default().extend(list);
    }
    // An order cannot go round, though an id that is there twice would look so.
    if dependencies.iter().all(|(node, _)| node.depends_on.is_none()) {
        return Vec::new();
    }
    let forward = peeled(&needs);
    let mut backward: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (id, list) in needs.iter().filter(|(id, _)| forward.contains(*id)) {
        for need in list.iter().filter(|need| forward.contains(*need)) {
            backward.entry(need).or_default().insert(id);
        }
    }
    let both = peeled(&backward);
    let mut seen = HashSet::new();
    dependencies
        .iter()
        .map(|(node, _)| node.id.as_str())
        .filter(|id| both.contains(id) && seen.insert(*id))
        .collect()
}

/// What is left of a graph when every id without a remaining edge has been taken away.
fn peeled<'a>(edges: &HashMap<&'a str, HashSet<&'a str>>) -> HashSet<&'a str> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    let mut users: HashMap<&str, Vec<&str>> = HashMap::new();
    for (id, targets) in edges {
        let known: Vec<&str> = targets.iter().copied().filter(|target| edges.contains_key(target)).collect();
        left.insert(id, known.len());
        for target in known {
            users.entry(target).or_default().push(id);
        }
    }
    let mut free: Vec<&str> = left.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut gone = HashSet::new();
    while let Some(id) = free.pop() {
        gone.insert(id);
        for user in users.get(id).into_iter().flatten() {
            if let Some(count) = left.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    free.push(user);
                }
            }
        }
    }
    edges.keys().copied().filter(|id| !gone.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roadmap::{PhaseKey, Version};

    fn roadmap(nodes: &[(&str, Status, Option<&[&str]>)]) -> Roadmap {
        let nodes = nodes
            .iter()
            .map(|(id, status, needs)| Node {
                id: (*id).to_owned(),
                description: String::new(),
                status: *status,
                plan: None,
                pr: None,
                depends_on: needs.map(|needs| needs.iter().map(|need| (*need).to_owned()).collect()),
                slug: None,
                comment: None,
                phase: PhaseKey::of(id),
            })
            .collect();
        Roadmap::new(Version::Block("4".to_owned()), nodes, &HashMap::new())
    }

    fn ids(nodes: Vec<&Node>) -> Vec<&str> {
        nodes.into_iter().map(|node| node.id.as_str()).collect()
    }

    #[test]
    fn finishing_a_node_unblocks_what_waits_for_it_alone() {
        use Status::{Done, Pending};
        let map = roadmap(&[
            ("1.1", Pending, Some(&[])),
            ("1.2", Done, None),
            ("2.1", Pending, Some(&["1.1", "1.2"])),
            ("2.2", Pending, Some(&["1.1", "2.1"])),
        ]);
        assert_eq!(ids(map.unblocks("1.1")), ["2.1"]);
        assert_eq!(ids(map.leads_to("1.1")), ["2.1", "2.2"]);
        assert_eq!(ids(map.leads_to("2.2")), [""; 0]);
        assert_eq!(ids(map.waits_for("2.2")), ["1.1", "2.1"]);
        assert_eq!(ids(map.unblocked()), ["1.1"]);
        let line = roadmap(&[("1.1", Pending, None), ("1.2", Pending, None)]);
        assert_eq!(ids(line.unblocks("1.1")), ["1.2"]);
    }

    #[test]
    fn only_the_cycle_itself_is_reported() {
        use Status::Pending;
        let map = roadmap(&[
            ("1", Pending, Some(&["2"])),
            ("2", Pending, Some(&["3", "9"])),
            ("3", Pending, Some(&["2"])),
            ("4", Pending, Some(&["4"])),
            ("5", Pending, Some(&[])),
            ("5", Pending, None),
        ]);
        let found: Vec<(String, bool)> =
            map.findings().into_iter().map(|f| (f.node, f.message.contains("itself"))).collect();
        let wanted = [("5", false), ("2", false), ("2", true), ("3", true), ("4", true)];
        assert_eq!(found, wanted.map(|(id, cycle)| (id.to_owned(), cycle)));
    }
}
