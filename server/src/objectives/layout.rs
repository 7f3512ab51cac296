//! Drawing a roadmap: phases are columns from left to right; within a phase what waits stands below what
//! it waits for.
//!
//! Properties kept:
//! - The picture follows from phases and dependencies alone, so that no card moves when a status changes.
//! - No two cards overlap, whatever the dependencies are: cycles and repeated ids included.

mod group;

use std::collections::HashMap;

use group::{Group, groups};
use waymark_app::areas::{Band, Card, Curve, Drawing};
use waymark_domain::roadmap::Roadmap;

pub const CARD_WIDTH: f64 = 200.0;
pub const CARD_HEIGHT: f64 = 60.0;
/// Between cards side by side, and one below the other.
const GAP: f64 = 20.0;
/// Between phases, for the curves.
const BAND_GAP: f64 = 76.0;
const MARGIN: f64 = 16.0;
/// Above the first card: the name of the phase.
const HEAD: f64 = 44.0;
/// A phase grows so many cards high before it grows wider, as far as its dependencies allow.
const HIGH: f64 = HIGH_CARDS as f64 * (CARD_HEIGHT + GAP);
const HIGH_CARDS: usize = 12;

/// What decides the picture of a roadmap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Key and name, with the places of its nodes.
    phases: Vec<(String, String, Vec<usize>)>,
    ids: Vec<String>,
    /// The second depends on the first.
    edges: Vec<(usize, usize)>,
}

impl Shape {
    pub fn of(roadmap: &Roadmap) -> Shape {
        // Of nodes with the same id the last one decides, and that one is drawn.
        let last: HashMap<&str, usize> =
            roadmap.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        let drawn = |at: &usize| last.get(roadmap.nodes[*at].id.as_str()) == Some(at);
        let phases = roadmap
            .phases
            .iter()
            .map(|phase| {
                let nodes = phase.nodes.iter().copied().filter(drawn).collect();
                (phase.key.to_string(), phase.name.clone(), nodes)
            })
            .collect();
        let mut edges = Vec::new();
        for (node, needs) in roadmap.dependencies() {
            let Some(to) = last.get(node.id.as_str()).copied() else { continue };
            edges.extend(needs.iter().filter_map(|need| last.get(need)).map(|from| (*from, to)));
        }
        edges.retain(|(from, to)| from != to);
        let mut known = std::collections::HashSet::new();
        edges.retain(|edge| known.insert(*edge));
        Shape { phases, ids: roadmap.nodes.iter().map(|node| node.id.clone()).collect(), edges }
    }
}

/// Draws a roadmap.
pub fn draw(shape: &Shape) -> Drawing {
    let mut phase_of = vec![0; shape.ids.len()];
    for (at, (_, _, nodes)) in shape.phases.iter().enumerate() {
        nodes.iter().for_each(|node| phase_of[*node] = at);
    }
    let mut places: Vec<Option<(f64, f64)>> = vec![None; shape.ids.len()];
    let mut bands = Vec::with_capacity(shape.phases.len());
    let mut left = MARGIN;
    for (at, (key, name, nodes)) in shape.phases.iter().enumerate() {
        let within = acyclic(nodes, &shape.edges, |node| phase_of[node] == at);
        let mut groups = groups(nodes, &within);
        // Groups come in the order of what they continue, so that curves cross little.
        let mean = |group: &Group| {
            let before: Vec<f64> = shape
                .edges
                .iter()
                .filter(|(from, to)| phase_of[*from] < at && group.cards.iter().any(|card| card.0 == *to))
                .filter_map(|(from, _)| places[*from].map(|(_, y)| y))
                .collect();
            (!before.is_empty()).then(|| before.iter().sum::<f64>() / before.len() as f64)
        };
        let keys: Vec<f64> = groups.iter().map(|group| mean(group).unwrap_or(HEAD)).collect();
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by(|one, two| keys[*one].total_cmp(&keys[*two]));
        let width = stack(&mut groups, &order, left, &mut places).max(CARD_WIDTH);
        bands.push(Band { key: key.clone(), name: name.clone(), x: left, width });
        left += width + BAND_GAP;
    }
    let cards = |nodes: &Vec<usize>| {
        let card = |at: &usize| places[*at].map(|(x, y)| Card { id: shape.ids[*at].clone(), x, y });
        nodes.iter().filter_map(card).collect::<Vec<_>>()
    };
    let cards: Vec<Card> = shape.phases.iter().flat_map(|(_, _, nodes)| cards(nodes)).collect();
    let height = cards.iter().map(|card| card.y + CARD_HEIGHT).fold(HEAD, f64::max) + MARGIN;
    let curves = shape
        .edges
        .iter()
        .filter_map(|(from, to)| {
            let path = curve(places[*from]?, places[*to]?, phase_of[*from] == phase_of[*to]);
            Some(Curve { from: shape.ids[*from].clone(), to: shape.ids[*to].clone(), path })
        })
        .collect();
    Drawing {
        width: (left - BAND_GAP + MARGIN).max(CARD_WIDTH + 2.0 * MARGIN),
        height,
        card_width: CARD_WIDTH,
        card_height: CARD_HEIGHT,
        cards,
        bands,
        curves,
    }
}

/// The edges between these nodes, leaving out each that would close a cycle.
fn acyclic(nodes: &[usize], edges: &[(usize, usize)], here: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut kept: HashMap<usize, Vec<usize>> = nodes.iter().map(|node| (*node, Vec::new())).collect();
    let mut out = Vec::new();
    for (from, to) in edges.iter().filter(|(from, to)| here(*from) && here(*to)) {
        let (mut open, mut seen) = (vec![*to], std::collections::HashSet::new());
        let mut closes = false;
        while let Some(at) = open.pop() {
            closes |= at == *from;
            let next = kept.get(&at).into_iter().flatten().copied();
            open.extend(next.filter(|next| seen.insert(*next)));
        }
        if !closes {
            kept.entry(*from).or_default().push(*to);
            out.push((*from, *to));
        }
    }
    out
}

/// Puts the groups of a phase one below the other, in as many columns as their height asks for; answers
/// the width.
fn stack(groups: &mut [Group], order: &[usize], left: f64, places: &mut [Option<(f64, f64)>]) -> f64 {
    let (mut x, mut y, mut column) = (left, HEAD, 0.0_f64);
    for at in order {
        let group = &groups[*at];
        if y > HEAD && y + group.height > HEAD + HIGH {
            (x, y, column) = (x + column + GAP, HEAD, 0.0);
        }
        for (node, dx, dy) in &group.cards {
            places[*node] = Some((x + dx, y + dy));
        }
        y += group.height + GAP;
        column = column.max(group.width);
    }
    x + column - left
}

/// A quiet curve from one card to the next: to the right between phases, downwards within one.
fn curve(from: (f64, f64), to: (f64, f64), within: bool) -> String {
    let (x, y, tx, ty);
    if within {
        (x, y) = (from.0 + CARD_WIDTH / 2.0, from.1 + CARD_HEIGHT);
        (tx, ty) = (to.0 + CARD_WIDTH / 2.0, to.1);
        let bend = ((ty - y) / 2.0).abs().max(12.0);
        return format!("M{x} {y}C{x} {} {tx} {} {tx} {ty}", y + bend, ty - bend);
    }
    (x, y) = (from.0 + CARD_WIDTH, from.1 + CARD_HEIGHT / 2.0);
    (tx, ty) = (to.0, to.1 + CARD_HEIGHT / 2.0);
    let bend = ((tx - x) / 2.0).abs().clamp(30.0, 120.0);
    format!("M{x} {y}C{} {y} {} {ty} {tx} {ty}", x + bend, tx - bend)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(phases: &[usize], edges: &[(usize, usize)]) -> Shape {
        let mut next = 0;
        let phases = phases
            .iter()
            .enumerate()
            .map(|(at, count)| {
                next += count;
                (at.to_string(), format!("Phase {at}"), (next - count..next).collect())
            })
            .collect();
        Shape { phases, ids: (0..next).map(|id| id.to_string()).collect(), edges: edges.to_vec() }
    }

    fn overlaps(drawing: &Drawing) -> Vec<(&str, &str)> {
        let mut out = Vec::new();
        for (at, one) in drawing.cards.iter().enumerate() {
            for two in &drawing.cards[..at] {
                if (one.x - two.x).abs() < CARD_WIDTH && (one.y - two.y).abs() < CARD_HEIGHT {
                    out.push((one.id.as_str(), two.id.as_str()));
                }
            }
        }
        out
    }

    #[test]
    fn what_waits_stands_to_the_right_or_below() {
        let drawing = draw(&shape(&[2, 3], &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]));
        let at = |id: &str| drawing.cards.iter().find(|card| card.id == id).map(|card| (card.x, card.y));
        let (zero, one, two, four) = (at("0"), at("1"), at("2"), at("4"));
        assert!(zero.zip(one).is_some_and(|(zero, one)| zero.1 < one.1 && zero.0 == one.0));
        assert!(one.zip(two).is_some_and(|(one, two)| one.0 < two.0));
        assert!(two.zip(four).is_some_and(|(two, four)| two.1 < four.1));
        assert_eq!(drawing.curves.len(), 5);
    }

    #[test]
    fn the_same_roadmap_is_drawn_the_same() {
        let edges: Vec<(usize, usize)> = (0..40).flat_map(|n| [(n, n + 3), (n, n + 7)]).collect();
        let shape = shape(&[16, 16, 16], &edges);
        assert_eq!(draw(&shape), draw(&shape));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_two_cards_overlap(
            phases in prop::collection::vec(1_usize..14, 1..5),
            edges in prop::collection::vec((0_usize..56, 0_usize..56), 0..90),
        ) {
            let count: usize = phases.iter().sum();
            let edges: Vec<_> = edges.into_iter().filter(|(a, b)| *a < count && *b < count && a != b).collect();
            let drawing = draw(&shape(&phases, &edges));
            prop_assert_eq!(drawing.cards.len(), count);
            prop_assert_eq!(overlaps(&drawing), Vec::<(&str, &str)>::new());
            for card in &drawing.cards {
                prop_assert!(card.x >= 0.0 && card.x + CARD_WIDTH <= drawing.width, "{:?}", card);
                prop_assert!(card.y >= HEAD && card.y + CARD_HEIGHT <= drawing.height, "{:?}", card);
            }
        }
    }
}
