//! How long the picture of a roadmap with three hundred nodes and six hundred dependencies takes: laying
//! it out, and writing it as SVG.
//!
//! Writes the graphs with our times (medians, milliseconds) as JSON to the file that is named, so that
//! `scripts/bench-dagre.mjs` measures dagre on the very same graphs beside them.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};
use waymark_app::areas::{NodeStatus, ObjectivePage, ObjectiveRow, RepoName, RoadmapNode, RoadmapPhase};
use waymark_domain::roadmap::{self, Node, PhaseKey, Roadmap};
use waymark_server::objectives::layout::{self, Shape};

const NODES: usize = 300;
const EDGES: usize = 600;
const ROUNDS: usize = 15;
/// Name, phases, and how far back a node may depend on another.
const GRAPHS: [(&str, usize, usize); 5] = [
    ("ten phases", 10, 40),
    ("five phases", 5, 40),
    ("three phases", 3, 60),
    ("one phase", 1, 30),
    ("one phase, far dependencies", 1, NODES),
];

/// Numbers below `limit` that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit.max(1) as u64).unwrap_or_default()
    }
}

fn roadmap(phases: usize, reach: usize) -> Roadmap {
    let mut numbers = Numbers(7);
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); NODES];
    let mut edges = 0;
    while edges < EDGES {
        let to = 1 + numbers.below(NODES - 1);
        let from = to - 1 - numbers.below(to.min(reach));
        if !needs[to].contains(&from) {
            needs[to].push(from);
            edges += 1;
        }
    }
    let size = NODES / phases;
    let id = |at: usize| format!("{}.{}", at / size + 1, at % size + 1);
    let nodes = needs.iter().enumerate().map(|(at, needs)| Node {
        id: id(at),
        description: format!("Do part {at} of the work, and tell how"),
        status: NodeStatus::Pending,
        plan: None,
        pr: None,
        depends_on: Some(needs.iter().map(|need| id(*need)).collect()),
        slug: None,
        comment: None,
        phase: PhaseKey::of(&id(at)),
    });
    roadmap::assemble(nodes.collect(), &HashMap::new())
}

fn page(roadmap: &Roadmap) -> ObjectivePage {
    let card = |at: &usize| {
        let node = &roadmap.nodes[*at];
        RoadmapNode {
            id: node.id.clone(),
            description: node.description.clone(),
            status: node.status,
            plan: None,
            pr: None,
            comment: None,
            depends_on: node.depends_on.clone().unwrap_or_default(),
            waits_for: Vec::new(),
            ready: false,
            dispatch: None,
            work: None,
        }
    };
    let phases = roadmap.phases.iter().map(|phase| RoadmapPhase {
        key: phase.key.to_string(),
        name: phase.name.clone(),
        nodes: phase.nodes.iter().map(card).collect(),
    });
    let row = ObjectiveRow {
        repo: RepoName { owner: "acme".into(), name: "widgets".into() },
        number: 1,
        title: "Objective".into(),
        owner: "ada".into(),
        open: true,
        statuses: Vec::new(),
        done: 0,
        total: NODES as u32,
        blocked: 0,
        next: None,
        stopped: None,
        unreadable: None,
        changed_at: 0,
        as_of: 0,
    };
    ObjectivePage {
        row,
        url: String::new(),
        prose: String::new(),
        phases: phases.collect(),
        drawing: layout::draw(&Shape::of(roadmap)),
        findings: Vec::new(),
        passed: 0,
        chosen: None,
        complete: false,
        can_write: false,
        auto: None,
        older: false,
        stale: None,
    }
}

/// The median time of `work`, in milliseconds.
fn median<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(work());
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn measure(name: &str, phases: usize, reach: usize) -> Value {
    let roadmap = roadmap(phases, reach);
    let page = page(&roadmap);
    let layout = median(|| layout::draw(&Shape::of(&roadmap)));
    let render = median(|| waymark_app::roadmap_picture(&page));
    let place: HashMap<&str, usize> =
        roadmap.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let edges: Vec<(usize, usize)> = roadmap
        .dependencies()
        .into_iter()
        .flat_map(|(node, needs)| {
            let to = place[node.id.as_str()];
            needs
                .into_iter()
                .filter_map(|need| place.get(need))
                .map(move |from| (*from, to))
                .collect::<Vec<_>>()
        })
        .collect();
    let size = [page.drawing.card_width, page.drawing.card_height];
    json!({"name": name, "nodes": NODES, "edges": edges, "card": size, "layout": layout, "render": render})
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(file) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        return Err("name the file for the graphs".into());
    };
    let measured: Vec<Value> =
        GRAPHS.iter().map(|(name, phases, reach)| measure(name, *phases, *reach)).collect();
    std::fs::write(file, serde_json::to_string(&measured)?)?;
    Ok(())
}
