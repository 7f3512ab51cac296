//! Webhooks: signed deliveries to whoever asked for an event.
//!
//! Properties kept: deliveries go out in the order of their events, one at a time; an answer has ten
//! seconds; nothing is retried unless somebody asks; every attempt is in the hook's list of deliveries.

mod deliver;
pub mod trouble;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::world::{Busy, Event, World, ids, model::Hook};

/// One attempt to be made.
#[derive(Clone)]
pub struct Job {
    pub repo: u64,
    pub hook: u64,
    pub guid: String,
    pub event: String,
    pub action: Option<String>,
    pub payload: String,
    pub redelivery: bool,
}

/// An attempt that keeps the world from counting as idle until it is over.
pub type Queued = (Job, Busy);

fn wants(hook: &Hook, event: &str) -> bool {
    hook.active && (event == "ping" || hook.events.iter().any(|e| e == "*" || e == event))
}

/// Queues a delivery of the event for every active hook that wants it.
pub async fn tell(world: &World, event: &Event, busy: Busy) {
    let payload = Value::Object(event.payload.clone()).to_string();
    let hooks: Vec<u64> = {
        let held = world.lock().await;
        let repo = held.repos.get(&event.repo);
        repo.into_iter()
            .flat_map(|r| r.hooks.values())
            .filter(|h| wants(h, event.name))
            .map(|h| h.id)
            .collect()
    };
    for hook in hooks {
        let job = Job {
            repo: event.repo,
            hook,
            guid: ids::guid(),
            event: event.name.to_owned(),
            action: event.action.map(str::to_owned),
            payload: payload.clone(),
            redelivery: false,
        };
        world.deliver(job);
    }
    drop(busy);
}

/// Delivers what is queued, for as long as the world exists.
pub async fn run(world: World, mut queue: mpsc::UnboundedReceiver<Queued>) {
    let mut late: Option<Queued> = None;
    loop {
        let next = match &late {
            Some(_) => tokio::time::timeout(trouble::LATE, queue.recv()).await,
            None => Ok(queue.recv().await),
        };
        let Ok(next) = next else {
            if let Some((job, _busy)) = late.take() {
                deliver::deliver(&world, &job).await;
            }
            continue;
        };
        let Some((job, busy)) = next else { return };
        match world.controls().webhooks.next() {
            trouble::Mode::Normal => deliver::deliver(&world, &job).await,
            trouble::Mode::Double => {
                deliver::deliver(&world, &job).await;
                deliver::deliver(&world, &job).await;
            }
            trouble::Mode::Drop => deliver::lose(&world, &job).await,
            trouble::Mode::Reorder if late.is_none() => {
                late = Some((job, busy));
                continue;
            }
            trouble::Mode::Reorder => deliver::deliver(&world, &job).await,
        }
        if let Some((job, _busy)) = late.take() {
            deliver::deliver(&world, &job).await;
        }
        drop(busy);
    }
}
