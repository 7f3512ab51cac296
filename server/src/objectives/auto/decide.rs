//! What auto-start does next, from what is known: announce, start, or let go.
//!
//! Properties kept:
//! - Nothing is started that was not announced `delay` before, and a veto ends an announcement.
//! - Never more nodes than `most` are worked on or announced because of this.
//! - A node whose work came back, and one that was vetoed, waits for a person's word.
//! - Decided again from the same facts, what has begun is never begun once more.

use std::collections::{HashMap, HashSet};

/// How far a start has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It begins when it is due.
    Announced,
    /// The person with this login said no.
    Vetoed(String),
    /// Its batch has this id.
    Started(String),
    /// Why it is not started again by itself, in words, and the batch in which it failed.
    Held { why: String, batch: Option<String> },
}

/// A start as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub node: String,
    /// Epoch milliseconds.
    pub due_at: i64,
    pub state: State,
}

/// Where the dispatch of a start stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It was decided, but the process ended before it was recorded.
    Missing,
    /// It is being sent, or what it started goes on.
    UnderWay,
    /// Why it was not sent, with what to do.
    Failed(String),
    /// Why what it started came to nothing.
    Over(String),
}

/// What is known of an objective.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// Neither paused nor closed.
    pub on: bool,
    /// Nodes that may be worked on at the same time.
    pub most: usize,
    /// Pending nodes, each with whether all it builds on is done, in the order of the roadmap.
    pub pending: Vec<(&'a str, bool)>,
    /// Nodes that are worked on, by whomever.
    pub busy: HashSet<String>,
    /// Those of them whose dispatch goes on, or stopped and waits for a person.
    pub sending: HashSet<String>,
    /// Why the last work for a node came to nothing.
    pub returned: HashMap<String, String>,
    pub starts: Vec<Start>,
    /// Of each start that has begun, by node.
    pub stands: HashMap<String, Stands>,
    /// Epoch milliseconds.
    pub now: i64,
    /// Milliseconds from an announcement to its start.
    pub delay: i64,
}

/// What is to be done about a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Announce {
        node: String,
        due_at: i64,
    },
    /// Its time has come and there is room.
    Start {
        node: String,
    },
    /// The record is of no use any more.
    Drop {
        node: String,
    },
    /// It waits for a person.
    Hold {
        node: String,
        why: String,
    },
    /// The start failed, so nothing more starts until a person looked.
    Fail {
        node: String,
        why: String,
    },
}

/// What is to be done now, in this order.
pub fn decide(facts: &Facts) -> Vec<Step> {
    let mut steps = Vec::new();
    let pending = |node: &str| facts.pending.iter().find(|(id, _)| *id == node);
    let ready = |node: &str| pending(node).is_some_and(|(_, ready)| *ready) && !facts.busy.contains(node);
    let mut busy: HashSet<&str> = facts.busy.iter().map(String::as_str).collect();
    let mut announced: Vec<&Start> = Vec::new();
    for start in &facts.starts {
        let node = start.node.clone();
        match &start.state {
            _ if pending(&node).is_none() && !busy.contains(node.as_str()) => steps.push(Step::Drop { node }),
            State::Announced if facts.on && ready(&node) => announced.push(start),
            State::Announced => steps.push(Step::Drop { node }),
            State::Vetoed(_) | State::Held { .. } => {
                if busy.contains(node.as_str()) && !facts.sending.contains(&node) {
                    steps.push(Step::Drop { node });
                }
            }
            State::Started(_) => match facts.stands.get(&node).unwrap_or(&Stands::Missing) {
                Stands::Missing if facts.on => {
                    busy.insert(&start.node);
                    steps.push(Step::Start { node });
                }
                Stands::Missing => steps.push(Step::Drop { node }),
                Stands::Failed(why) => steps.push(Step::Fail { node, why: why.clone() }),
                Stands::Over(why) if !busy.contains(node.as_str()) => {
                    steps.push(Step::Hold { node, why: why.clone() });
                }
                // What was sent a moment ago is not seen in the roadmap yet.
                Stands::UnderWay | Stands::Over(_) => {
                    busy.insert(&start.node);
                }
            },
        }
    }
    if !facts.on {
        return steps;
    }
    let order = |node: &str| facts.pending.iter().position(|(id, _)| *id == node);
    announced.sort_by_key(|start| (start.due_at, order(&start.node)));
    let free = facts.most.saturating_sub(busy.len());
    let due = announced.iter().take(free).filter(|start| start.due_at <= facts.now);
    steps.extend(due.map(|start| Step::Start { node: start.node.clone() }));
    let known = |node: &str| facts.starts.iter().any(|start| start.node == node);
    let mut room = free.saturating_sub(announced.len());
    for (node, _) in facts.pending.iter().filter(|(node, _)| ready(node) && !known(node)) {
        let node = (*node).to_owned();
        if let Some(why) = facts.returned.get(&node) {
            steps.push(Step::Hold { node, why: why.clone() });
        } else if room > 0 {
            room -= 1;
            steps.push(Step::Announce { node, due_at: facts.now + facts.delay });
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(pending: &[(&'a str, bool)], starts: &[(&str, i64, State)]) -> Facts<'a> {
        Facts {
            on: true,
            most: 2,
            pending: pending.to_vec(),
            starts: starts
                .iter()
                .map(|(node, due_at, state)| Start {
                    node: (*node).to_owned(),
                    due_at: *due_at,
                    state: state.clone(),
                })
                .collect(),
            now: 100,
            delay: 60,
            ..Facts::default()
        }
    }

    fn set(nodes: &[&str]) -> HashSet<String> {
        nodes.iter().map(|node| (*node).to_owned()).collect()
    }

    fn announce(node: &str) -> Step {
        Step::Announce { node: node.to_owned(), due_at: 160 }
    }

    fn start(node: &str) -> Step {
        Step::Start { node: node.to_owned() }
    }

    fn dropped(node: &str) -> Step {
        Step::Drop { node: node.to_owned() }
    }

    fn held(why: &str) -> State {
        State::Held { why: why.to_owned(), batch: None }
    }

    const THREE: [(&str, bool); 4] = [("1.1", true), ("1.2", true), ("1.3", true), ("2.1", false)];

    #[test]
    fn as_many_are_announced_as_there_is_room_for() {
        assert_eq!(decide(&facts(&THREE, &[])), [announce("1.1"), announce("1.2")]);
        let busy = Facts { busy: set(&["0.9"]), ..facts(&THREE, &[]) };
        assert_eq!(decide(&busy), [announce("1.1")]);
        let full = Facts { busy: set(&["0.8", "0.9"]), ..facts(&THREE, &[]) };
        assert_eq!(decide(&full), []);
        assert_eq!(decide(&Facts { on: false, ..facts(&THREE, &[]) }), []);
    }

    #[test]
    fn what_is_due_starts_and_what_is_not_waits() {
        let announced = [("1.1", 100, State::Announced), ("1.2", 101, State::Announced)];
        assert_eq!(decide(&facts(&THREE, &announced)), [start("1.1")]);
        // Somebody took the room meanwhile: it stays announced.
        let full = Facts { busy: set(&["0.8", "0.9"]), ..facts(&THREE, &announced) };
        assert_eq!(decide(&full), []);
        let paused = Facts { on: false, ..facts(&THREE, &announced) };
        assert_eq!(decide(&paused), [dropped("1.1"), dropped("1.2")]);
    }

    #[test]
    fn an_announcement_ends_when_somebody_else_begins_or_the_roadmap_changes() {
        let announced = [("1.1", 100, State::Announced), ("2.1", 100, State::Announced)];
        let busy = Facts { busy: set(&["1.1"]), most: 1, ..facts(&THREE, &announced) };
        assert_eq!(decide(&busy), [dropped("1.1"), dropped("2.1")]);
        let gone = [("9.9", 100, State::Announced)];
        assert_eq!(decide(&Facts { most: 0, ..facts(&THREE, &gone) }), [dropped("9.9")]);
    }

    #[test]
    fn a_vetoed_node_stays_vetoed_until_somebody_begins_it() {
        let vetoed = [("1.1", 100, State::Vetoed("ada".into())), ("1.2", 100, held("x"))];
        assert_eq!(decide(&facts(&THREE, &vetoed)), [announce("1.3")]);
        let by_hand = Facts { busy: set(&["1.1"]), ..facts(&THREE, &vetoed) };
        assert_eq!(decide(&by_hand), [dropped("1.1"), announce("1.3")]);
        let stopped = Facts { sending: set(&["1.1"]), ..by_hand };
        assert_eq!(decide(&stopped), [announce("1.3")], "its dispatch is what waits for a person");
        let done = facts(&THREE[1..], &vetoed[..1]);
        assert_eq!(decide(&done)[0], dropped("1.1"));
    }

    #[test]
    fn what_has_begun_counts_and_is_begun_again_only_when_it_was_lost() {
        let begun = [("1.1", 40, State::Started("b".into()))];
        let with = |stands| {
            let stands = HashMap::from([("1.1".to_owned(), stands)]);
            decide(&Facts { stands, ..facts(&THREE, &begun) })
        };
        assert_eq!(with(Stands::UnderWay), [announce("1.2")], "the roadmap need not show it yet");
        assert_eq!(with(Stands::Missing), [start("1.1"), announce("1.2")]);
        let failed = Step::Fail { node: "1.1".into(), why: "no".into() };
        assert_eq!(with(Stands::Failed("no".into()))[0], failed);
        assert_eq!(with(Stands::Over("no".into()))[0], Step::Hold { node: "1.1".into(), why: "no".into() });
        let marked = Facts {
            busy: set(&["1.1"]),
            stands: HashMap::from([("1.1".to_owned(), Stands::UnderWay)]),
            ..facts(&THREE[1..], &begun)
        };
        assert_eq!(decide(&marked), [announce("1.2")]);
        assert_eq!(decide(&facts(&THREE[1..], &begun))[0], dropped("1.1"), "it is done");
        let paused = Facts { on: false, ..facts(&THREE, &begun) };
        assert_eq!(decide(&paused), [dropped("1.1")]);
    }

    #[test]
    fn work_that_came_back_is_not_begun_again_unasked() {
        let returned = HashMap::from([("1.1".to_owned(), "Plan #7 failed".to_owned())]);
        let held = Step::Hold { node: "1.1".into(), why: "Plan #7 failed".into() };
        let fresh = Facts { returned: returned.clone(), ..facts(&THREE, &[]) };
        assert_eq!(decide(&fresh), [held, announce("1.2"), announce("1.3")]);
        let allowed = [("1.1", 90, State::Announced)];
        assert_eq!(
            decide(&Facts { returned, ..facts(&THREE, &allowed) })[0],
            start("1.1"),
            "a person said so"
        );
    }
}
