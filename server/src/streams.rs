//! How many live updates are open at once: of a person, of an address where nobody is signed in, and in all. Each
//! page that is open has one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use waymark_app::areas::{Problem, ProblemKind};

use crate::auth::limit::Caller;

/// Of a person: more tabs than one looks at.
const OF_PERSON: usize = 40;
/// Of an address with people who are not signed in: an office of some.
const OF_ADDRESS: usize = 200;
/// Of all people, and of all addresses: strangers never take the places of those who are signed in.
const OF_PEOPLE: usize = 5_000;
const OF_ADDRESSES: usize = 2_000;

/// The open ones; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Streams(Arc<Mutex<HashMap<Caller, usize>>>);

/// The place of an open one, given free when dropped.
#[derive(Debug)]
pub struct StreamPlace {
    streams: Streams,
    caller: Caller,
}

impl Streams {
    /// Takes a place.
    ///
    /// # Errors
    /// `TooMany` when there is none.
    pub fn open(&self, caller: Caller) -> Result<StreamPlace, Problem> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_person = |caller: &Caller| matches!(caller, Caller::Person(_));
        let (most, most_of_all, words) = match caller {
            Caller::Person(_) => {
                (OF_PERSON, OF_PEOPLE, "You have more pages open than Waymark keeps live at once.")
            }
            Caller::Address(_) => (
                OF_ADDRESS,
                OF_ADDRESSES,
                "More pages are open in your network than Waymark keeps live at once.",
            ),
        };
        let alike = open.iter().filter(|(other, _)| is_person(other) == is_person(&caller));
        let all: usize = alike.map(|(_, count)| count).sum();
        let words = match open.get(&caller).copied().unwrap_or_default() {
            taken if taken >= most => words,
            _ if all >= most_of_all => "More pages are open than this Waymark keeps live at once.",
            _ => {
                *open.entry(caller).or_default() += 1;
                return Ok(StreamPlace { streams: self.clone(), caller });
            }
        };
        Err(Problem::new(ProblemKind::TooMany, words)
            .next("Close some, or load the page again to see what changed."))
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_places_of_others_and_all_have_an_end() {
        let streams = Streams::default();
        let mut mine: Vec<StreamPlace> =
            (0..OF_PERSON).map(|_| streams.open(Caller::Person(1)).expect("a place")).collect();
        assert_eq!(streams.open(Caller::Person(1)).expect_err("full").kind, ProblemKind::TooMany);
        assert!(streams.open(Caller::Person(2)).is_ok());
        mine.pop();
        mine.push(streams.open(Caller::Person(1)).expect("a place that was given free"));
        drop(mine);
        assert!(streams.0.lock().expect("whole").is_empty());
        let all: Vec<StreamPlace> =
            (0..OF_PEOPLE as i64).map(|at| streams.open(Caller::Person(at / 30)).expect("a place")).collect();
        assert!(streams.open(Caller::Person(-1)).is_err(), "{} are open", all.len());
    }
}
