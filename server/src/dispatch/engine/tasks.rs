//! Which things have a task: never two for one, and none that misses what was asked while it ended.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Ids with a task, and whether it must look once more before it ends.
#[derive(Debug, Default)]
pub struct Tasks(Mutex<HashMap<String, bool>>);

impl Tasks {
    /// Whether a task is to be started; otherwise the one there is looks once more.
    pub fn begin(&self, id: &str) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(id) {
            Some(again) => {
                *again = true;
                false
            }
            None => running.insert(id.to_owned(), false).is_none(),
        }
    }

    /// Whether the task may end; otherwise it looks once more.
    pub fn end(&self, id: &str) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(id) {
            Some(again) if *again => {
                *again = false;
                false
            }
            _ => {
                running.remove(id);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_that_looks_again_when_asked() {
        let tasks = Tasks::default();
        assert!(tasks.begin("a") && tasks.begin("b"));
        assert!(!tasks.begin("a"));
        assert!(!tasks.end("a"), "it was asked meanwhile");
        assert!(tasks.end("a") && tasks.begin("a"));
    }
}
