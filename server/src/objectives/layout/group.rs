//! Cards that hang together within a phase, in rows: what waits stands below what it waits for.
//!
//! Properties kept:
//! - Cards keep their distance, and what waits stands in a lower row, as far as dependencies are no cycle.
//! - A large group grows no wider than its cards ask for: neither a dependency over many rows nor a row
//!   of many cards spreads it out.

use std::collections::{HashMap, HashSet};

use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

use super::{CARD_HEIGHT, CARD_WIDTH, GAP, HIGH_CARDS};

/// A phase with more dependencies within it is laid out with less care.
const CAREFULLY: usize = 60;
/// A group with more cards is packed.
const LARGE: usize = 8;
/// The fewest cards of a row that is broken.
const NARROW: usize = 3;
/// From a card to the one beside it.
const STEP: f64 = CARD_WIDTH + GAP;

/// Cards that hang together within a phase, from their upper left corner.
pub struct Group {
    /// Node, and its upper left corner.
    pub cards: Vec<(usize, f64, f64)>,
    pub width: f64,
    pub height: f64,
}

/// The nodes of a phase in groups that hang together, in the order of the source.
pub fn groups(nodes: &[usize], edges: &[(usize, usize)]) -> Vec<Group> {
    let mut joined: HashSet<usize> = HashSet::new();
    edges.iter().for_each(|(from, to)| joined.extend([*from, *to]));
    let single = nodes.iter().filter(|node| !joined.contains(node)).map(|node| Group {
        cards: vec![(*node, 0.0, 0.0)],
        width: CARD_WIDTH,
        height: CARD_HEIGHT,
    });
    let mut all: Vec<Group> = single.collect();
    if !edges.is_empty() {
        all.extend(layered(nodes, edges, &joined));
    }
    let place = |group: &Group| {
        let first = group.cards.iter().filter_map(|card| nodes.iter().position(|node| *node == card.0));
        first.min().unwrap_or_default()
    };
    all.sort_by_cached_key(place);
    all
}

/// Groups with dependencies among them, laid out in layers.
fn layered(nodes: &[usize], edges: &[(usize, usize)], joined: &HashSet<usize>) -> Vec<Group> {
    // The library tells its vertices by their place among those it was given.
    let members: Vec<usize> = nodes.iter().copied().filter(|node| joined.contains(node)).collect();
    let number = |node: usize| {
        let at = members.iter().position(|member| *member == node).unwrap_or_default();
        u32::try_from(at).unwrap_or(u32::MAX)
    };
    let vertices: Vec<(u32, (f64, f64))> =
        members.iter().map(|node| (number(*node), (CARD_WIDTH, CARD_HEIGHT))).collect();
    let numbered: Vec<(u32, u32)> = edges.iter().map(|(from, to)| (number(*from), number(*to))).collect();
    // Swapping neighbours is what takes long in a large phase, and there it gains next to nothing.
    let transpose = edges.len() <= CAREFULLY;
    let config = Config { vertex_spacing: GAP, dummy_size: 0.1, transpose, ..Config::default() };
    from_vertices_and_edges(&vertices, &numbered, &config)
        .into_iter()
        .map(|(placed, _, _)| {
            let known = placed.into_iter().filter_map(|(at, place)| Some((*members.get(at)?, place)));
            settled(known.collect(), edges)
        })
        .collect()
}

/// The library's places as rows of cards that keep their distance.
fn settled(placed: Vec<(usize, (f64, f64))>, edges: &[(usize, usize)]) -> Group {
    let at: HashMap<usize, (f64, f64)> = placed.iter().copied().collect();
    let down: f64 =
        edges.iter().filter_map(|(from, to)| Some((at.get(to)?.1 - at.get(from)?.1).signum())).sum();
    let sign = if down < 0.0 { -1.0 } else { 1.0 };
    let mut rows: Vec<(f64, Vec<(usize, f64)>)> = Vec::new();
    let mut placed: Vec<(usize, f64, f64)> =
        placed.into_iter().map(|(node, (x, y))| (node, x, y * sign)).collect();
    placed.sort_by(|one, two| one.2.total_cmp(&two.2).then(one.1.total_cmp(&two.1)).then(one.0.cmp(&two.0)));
    for (node, x, y) in placed {
        match rows.last_mut().filter(|(row, _)| (y - *row).abs() < 1.0) {
            Some((_, row)) => row.push((node, x)),
            None => rows.push((y, vec![(node, x)])),
        }
    }
    if rows.iter().map(|(_, row)| row.len()).sum::<usize>() > LARGE {
        return packed(rows.into_iter().map(|(_, row)| row), edges);
    }
    let least = rows.iter().flat_map(|(_, row)| row.iter().map(|(_, x)| *x)).fold(f64::INFINITY, f64::min);
    let mut cards = Vec::new();
    let mut width = CARD_WIDTH;
    for (row, (_, nodes)) in rows.iter().enumerate() {
        let mut free = 0.0_f64;
        for (node, x) in nodes {
            let x = (x - least).max(free).round();
            free = x + STEP;
            width = width.max(x + CARD_WIDTH);
            cards.push((*node, x, row as f64 * (CARD_HEIGHT + GAP)));
        }
    }
    Group { cards, width, height: rows.len() as f64 * (CARD_HEIGHT + GAP) - GAP }
}

/// The rows in their order, each card as near below what it waits for as there is room: only as wide as the
/// longest row, and long rows are broken so that the group becomes about as high as a phase may be.
fn packed(rows: impl Iterator<Item = Vec<(usize, f64)>>, edges: &[(usize, usize)]) -> Group {
    let rows: Vec<Vec<usize>> = rows.map(|row| row.into_iter().map(|(node, _)| node).collect()).collect();
    let most = rows.iter().map(Vec::len).sum::<usize>().div_ceil(HIGH_CARDS).max(NARROW);
    let rows: Vec<Vec<usize>> = rows.iter().flat_map(|row| broken(row, most)).collect();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(1);
    let width = longest as f64 * STEP - GAP;
    let mut needs: HashMap<usize, Vec<usize>> = HashMap::new();
    edges.iter().for_each(|(from, to)| needs.entry(*to).or_default().push(*from));
    let mut places: HashMap<usize, f64> = HashMap::new();
    let mut cards = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let mut free = 0.0_f64;
        for (place, node) in row.iter().enumerate() {
            let above = needs.get(node).into_iter().flatten().filter_map(|need| places.get(need));
            let (sum, count) = above.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
            let wanted = if count > 0.0 { sum / count } else { free };
            // The cards that follow need their room too.
            let last = width - CARD_WIDTH - (row.len() - 1 - place) as f64 * STEP;
            let x = wanted.max(free).min(last).round();
            free = x + STEP;
            places.insert(*node, x);
            cards.push((*node, x, at as f64 * (CARD_HEIGHT + GAP)));
        }
    }
    Group { cards, width, height: rows.len() as f64 * (CARD_HEIGHT + GAP) - GAP }
}

/// A row in parts of at most so many cards. Neighbours go to different parts, so that every part spans the
/// row.
fn broken(row: &[usize], most: usize) -> Vec<Vec<usize>> {
    let parts = row.len().div_ceil(most);
    (0..parts).map(|part| row.iter().copied().skip(part).step_by(parts).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_group_is_about_as_high_as_a_phase_may_be() {
        // Forty nodes on one, and one on all of them.
        let nodes: Vec<usize> = (0..42).collect();
        let edges: Vec<(usize, usize)> = (1..41).flat_map(|node| [(0, node), (node, 41)]).collect();
        let groups = groups(&nodes, &edges);
        assert_eq!(groups.len(), 1);
        let group = &groups[0];
        assert_eq!(group.cards.len(), 42);
        assert_eq!(group.width, 4.0 * STEP - GAP, "42 cards on 12 rows are 4 a row");
        let at = |node: usize| group.cards.iter().find(|card| card.0 == node).map(|card| card.2);
        assert!(edges.iter().all(|(from, to)| at(*from) < at(*to)), "what waits stands below");
    }
}
