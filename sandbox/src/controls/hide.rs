//! Objects that lists do not show yet, as GitHub's lists lag behind its writes. Reading one by its
//! number or name works at once.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// Kinds that can be hidden.
pub const KINDS: &[&str] = &["issue", "pull", "comment", "ref", "run", "gist"];

#[derive(Debug, Default)]
pub struct Hidden(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rules: HashMap<String, Duration>,
    until: HashMap<(&'static str, String), Instant>,
}

impl Hidden {
    /// From now on, new objects of the kind are hidden for so long; zero shows at once what is hidden.
    pub fn rule(&self, kind: &str, time: Duration) {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if time.is_zero() {
            state.until.retain(|(hidden, _), _| *hidden != kind);
        }
        state.rules.insert(kind.to_owned(), time);
    }

    /// A new object; the key is unique within its kind.
    pub fn created(&self, kind: &'static str, key: impl ToString) {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(time) = state.rules.get(kind).copied().filter(|t| !t.is_zero()) {
            state.until.insert((kind, key.to_string()), Instant::now() + time);
        }
    }

    /// Whether lists show it.
    pub fn listed(&self, kind: &'static str, key: impl ToString) -> bool {
        let state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        state.until.get(&(kind, key.to_string())).is_none_or(|until| *until <= Instant::now())
    }

    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(|e| e.into_inner()) = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_objects_of_the_kind_are_hidden() {
        let hidden = Hidden::default();
        hidden.created("issue", 1);
        hidden.rule("issue", Duration::from_secs(60));
        hidden.created("issue", 2);
        hidden.created("pull", 3);
        assert!(hidden.listed("issue", 1) && !hidden.listed("issue", 2) && hidden.listed("pull", 3));
        hidden.rule("pull", Duration::ZERO);
        assert!(!hidden.listed("issue", 2));
        hidden.rule("issue", Duration::ZERO);
        assert!(hidden.listed("issue", 2));
        hidden.rule("issue", Duration::from_secs(60));
        hidden.created("issue", 2);
        hidden.clear();
        assert!(hidden.listed("issue", 2));
    }
}
