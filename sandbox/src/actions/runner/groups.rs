//! Concurrency groups: one run in progress, at most one that waits.
//!
//! Properties kept: who waited is cancelled when another comes to wait; a place is given back when it is
//! dropped, whatever happened to its run.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{Notify, watch};

use super::process::Stop;

#[derive(Default)]
pub struct Groups {
    all: Mutex<HashMap<Name, Queue>>,
    tickets: AtomicU64,
}

/// Repository and name, which counts regardless of case.
type Name = (u64, String);

/// The first is in progress, the second waits.
type Queue = Vec<Member>;

struct Member {
    ticket: u64,
    stop: watch::Sender<Stop>,
    turn: Arc<Notify>,
}

/// A place in a group, or in the line before it.
pub struct Place {
    groups: Arc<Groups>,
    name: Name,
    ticket: u64,
    turn: Arc<Notify>,
}

impl Groups {
    fn all(&self) -> MutexGuard<'_, HashMap<Name, Queue>> {
        self.all.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Joins a group, cancelling whom this replaces. `stop` cancels the one who joins.
    pub fn join(
        self: &Arc<Self>,
        repo: u64,
        group: &str,
        cancel_in_progress: bool,
        stop: &watch::Sender<Stop>,
    ) -> Place {
        let name = (repo, group.to_lowercase());
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let turn = Arc::new(Notify::new());
        let mut all = self.all();
        let queue = all.entry(name.clone()).or_default();
        let replaced = if cancel_in_progress { 0 } else { 1 };
        for member in queue.iter().skip(replaced) {
            member.stop.send_if_modified(|s| std::mem::replace(s, (*s).max(Stop::Cancel)) == Stop::No);
        }
        queue.push(Member { ticket, stop: stop.clone(), turn: turn.clone() });
        Place { groups: self.clone(), name, ticket, turn }
    }
}

impl Place {
    /// Whether nobody is in front.
    pub fn is_first(&self) -> bool {
        let all = self.groups.all();
        all.get(&self.name).and_then(|q| q.first()).is_some_and(|m| m.ticket == self.ticket)
    }

    /// Waits for the turn; `false` when stopped before it came.
    pub async fn turn(&self, stop: &mut watch::Receiver<Stop>) -> bool {
        loop {
            if *stop.borrow() != Stop::No {
                return false;
            }
            if self.is_first() {
                return true;
            }
            tokio::select! {
                () = self.turn.notified() => {}
                changed = stop.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.groups.all();
        let Some(queue) = all.get_mut(&self.name) else { return };
        queue.retain(|m| m.ticket != self.ticket);
        match queue.first() {
            Some(next) => next.turn.notify_one(),
            None => {
                all.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop() -> watch::Sender<Stop> {
        watch::Sender::new(Stop::No)
    }

    #[tokio::test]
    async fn the_newest_replaces_whoever_waits() {
        let groups = Arc::new(Groups::default());
        let (a, b, c) = (stop(), stop(), stop());
        let first = groups.join(1, "G", false, &a);
        let second = groups.join(1, "g", false, &b);
        let third = groups.join(1, "g", false, &c);
        assert!(first.is_first() && !second.is_first() && !third.is_first());
        assert_eq!([*a.borrow(), *b.borrow(), *c.borrow()], [Stop::No, Stop::Cancel, Stop::No]);
        assert!(!second.turn(&mut b.subscribe()).await);
        drop(second);
        drop(first);
        assert!(third.turn(&mut c.subscribe()).await);
    }

    #[tokio::test]
    async fn in_progress_is_cancelled_and_still_waited_for() {
        let groups = Arc::new(Groups::default());
        let (a, b) = (stop(), stop());
        let first = groups.join(1, "g", true, &a);
        let second = groups.join(1, "g", true, &b);
        assert_eq!(*a.borrow(), Stop::Cancel);
        assert!(!second.is_first());
        drop(first);
        assert!(second.turn(&mut b.subscribe()).await);
        assert!(groups.join(2, "g", true, &stop()).is_first());
    }
}
