//! Work on things, such as dispatches: never two tasks for one thing, none that misses what was asked while it
//! ended, and where that is wanted only so many at a time.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use tokio::sync::Semaphore;

/// Ids with a task, and whether it must look once more before it ends; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tasks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    running: Mutex<HashMap<String, bool>>,
    room: Semaphore,
}

impl Default for Tasks {
    fn default() -> Self {
        Tasks::at_most(Semaphore::MAX_PERMITS)
    }
}

impl Tasks {
    /// Of which so many work at the same time; the others wait for their turn.
    pub fn at_most(count: usize) -> Self {
        Tasks(Arc::new(Inner { running: Mutex::default(), room: Semaphore::new(count) }))
    }

    /// Starts a task for a thing, or makes the one it has do its work once more. A task that panics is logged and
    /// gives its place free.
    pub fn start<F, W>(&self, what: &'static str, id: &str, work: W)
    where
        W: Fn() -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.begin(id) {
            return;
        }
        let (tasks, id) = (self.clone(), id.to_owned());
        crate::supervise::detach(what, async move {
            loop {
                let room = tasks.0.room.acquire().await;
                let turn = work();
                if AssertUnwindSafe(turn).catch_unwind().await.is_err() {
                    tracing::error!(what, id, "a task panicked");
                }
                drop(room);
                if tasks.end(&id) {
                    return;
                }
            }
        });
    }

    fn begin(&self, id: &str) -> bool {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(id) {
            Some(again) => {
                *again = true;
                false
            }
            None => running.insert(id.to_owned(), false).is_none(),
        }
    }

    /// Whether the task may end; otherwise it looks once more.
    fn end(&self, id: &str) -> bool {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
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
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn one_task_that_looks_again_when_asked() {
        let tasks = Tasks::default();
        assert!(tasks.begin("a") && tasks.begin("b"));
        assert!(!tasks.begin("a"));
        assert!(!tasks.end("a"), "it was asked meanwhile");
        assert!(tasks.end("a") && tasks.begin("a"));
    }

    #[tokio::test]
    async fn a_task_that_panics_gives_its_place_and_its_room_free() {
        let (tasks, times, second) =
            (Tasks::at_most(1), Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        for _ in 0..2 {
            let (times, second) = (times.clone(), second.clone());
            tasks.start("test", "a", move || {
                let (times, second) = (times.clone(), second.clone());
                async move {
                    if times.fetch_add(1, Ordering::SeqCst) == 0 {
                        panic!("once");
                    }
                    second.notify_one();
                }
            });
        }
        second.notified().await;
    }

    #[tokio::test]
    async fn no_more_than_its_room_work_at_once() {
        let (tasks, at_once, done) =
            (Tasks::at_most(2), Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        for id in 0..20 {
            let (at_once, done) = (at_once.clone(), done.clone());
            tasks.start("test", &id.to_string(), move || {
                let (at_once, done) = (at_once.clone(), done.clone());
                async move {
                    assert!(at_once.fetch_add(1, Ordering::SeqCst) < 2);
                    tokio::task::yield_now().await;
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    done.add_permits(1);
                }
            });
        }
        let _ = done.acquire_many(20).await.expect("all of them worked");
    }
}
