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
/// Of all together.
const OF_ALL: usize = 5_000;

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
        let (most, words) = match caller {
            Caller::Person(_) => (OF_PERSON, "You have more pages open than Waymark keeps live at once."),
            Caller::Address(_) => {
                (OF_ADDRESS, "More pages are open in your network than Waymark keeps live at once.")
            }
        };
        let all: usize = open.values().sum();
        let words = match open.get(&caller).copied().unwrap_or_default() {
            taken if taken >= most => words,
            _ if all >= OF_ALL => "More pages are open than this Waymark keeps live at once.",
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
            (0..OF_ALL as i64).map(|at| streams.open(Caller::Person(at / 30)).expect("a place")).collect();
        assert!(streams.open(Caller::Person(-1)).is_err(), "{} are open", all.len());
    }
}
