//! Live updates: what changed, by id only. The browser fetches what it shows with its own cookie.
//!
//! A viewer is told only of repositories that GitHub lets them see, and after a lost connection of
//! everything since, or to read everything again where that is no longer known.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use waymark_app::areas::{RepoName, Viewer};

use crate::auth::Current;
use crate::mirror::access::{self, Level};
use crate::state::App;

/// So many changes can be asked for again.
const KEPT: usize = 1024;

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub repo: RepoName,
    pub plan: Option<i64>,
    pub objective: Option<i64>,
    pub dispatch: Option<String>,
}

/// A change with its place in the order of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbered {
    id: u64,
    change: Change,
}

/// Everything that changes goes through here.
#[derive(Clone, Debug)]
pub struct Events(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Tells this process from an earlier one, whose numbers mean nothing here.
    epoch: u64,
    recent: Mutex<(u64, VecDeque<Numbered>)>,
    sender: broadcast::Sender<Numbered>,
}

/// What a viewer missed.
enum Missed {
    Changes(Vec<Numbered>),
    /// More than is known: read everything again.
    Everything,
}

impl Events {
    /// `epoch` must differ from one process to the next.
    pub fn new(epoch: u64) -> Self {
        let (sender, _) = broadcast::channel(KEPT);
        Events(Arc::new(Inner { epoch, recent: Mutex::default(), sender }))
    }

    /// Tells everyone who looks.
    pub fn publish(&self, change: Change) {
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.0 += 1;
        let numbered = Numbered { id: recent.0, change };
        recent.1.push_back(numbered.clone());
        if recent.1.len() > KEPT {
            recent.1.pop_front();
        }
        // Sent under the lock, so that the order is the same for everyone; nobody listening is fine.
        let _ = self.0.sender.send(numbered);
    }

    /// Changes from now on.
    pub fn subscribe(&self) -> impl Stream<Item = Change> + Send + use<> {
        let stream = BroadcastStream::new(self.0.sender.subscribe());
        stream.filter_map(|item| async { item.ok().map(|numbered| numbered.change) })
    }

    /// Subscribes first and looks back then, so that nothing falls between.
    fn since(&self, last: Option<&str>) -> (Missed, BroadcastStream<Numbered>) {
        let recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = BroadcastStream::new(self.0.sender.subscribe());
        let known = last.and_then(|last| {
            let (epoch, id) = last.split_once('-')?;
            (epoch.parse() == Ok(self.0.epoch)).then(|| id.parse::<u64>().ok())?
        });
        let missed = match (last, known) {
            (None, _) => Missed::Changes(Vec::new()),
            (Some(_), None) => Missed::Everything,
            (Some(_), Some(id)) => {
                let oldest = recent.1.front().map_or(recent.0 + 1, |first| first.id);
                if id + 1 < oldest || id > recent.0 {
                    Missed::Everything
                } else {
                    Missed::Changes(recent.1.iter().filter(|change| change.id > id).cloned().collect())
                }
            }
        };
        (missed, stream)
    }

    fn event(&self, numbered: &Numbered) -> Event {
        let data = serde_json::to_string(&numbered.change).unwrap_or_default();
        Event::default().id(format!("{}-{}", self.0.epoch, numbered.id)).data(data)
    }
}

/// `GET /events`: server-sent events for the viewer.
pub async fn stream_events(
    State(app): State<App>,
    Extension(Current(viewer)): Extension<Current>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let (missed, live) = app.events.since(last);
    let (resync, missed) = match missed {
        Missed::Changes(changes) => (None, changes),
        Missed::Everything => (Some(Event::default().event("resync").data("{}")), Vec::new()),
    };
    let later = stream::iter(missed.into_iter().map(Ok)).chain(live).then(move |item| {
        let (app, viewer) = (app.clone(), viewer.clone());
        async move {
            match item {
                Ok(numbered) => visible(&app, viewer.as_ref(), &numbered.change.repo)
                    .await
                    .then(|| app.events.event(&numbered)),
                // This viewer was too slow for the channel: everything is to be read again.
                Err(_) => Some(Event::default().event("resync").data("{}")),
            }
        }
    });
    let events = stream::iter(resync).chain(later.filter_map(|event| async { event })).map(Ok);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("still here"))
}

async fn visible(app: &App, viewer: Option<&Viewer>, repo: &RepoName) -> bool {
    access::require(app, viewer, repo, Level::Read).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(plan: i64) -> Change {
        let repo = RepoName { owner: "acme".into(), name: "widgets".into() };
        Change { repo, plan: Some(plan), objective: None, dispatch: None }
    }

    fn ids(missed: Missed) -> Option<Vec<u64>> {
        match missed {
            Missed::Changes(changes) => Some(changes.iter().map(|change| change.id).collect()),
            Missed::Everything => None,
        }
    }

    #[test]
    fn what_was_missed_is_told_once() {
        let events = Events::new(7);
        (1..=3).for_each(|plan| events.publish(change(plan)));
        assert_eq!(ids(events.since(None).0), Some(vec![]));
        assert_eq!(ids(events.since(Some("7-1")).0), Some(vec![2, 3]));
        assert_eq!(ids(events.since(Some("7-3")).0), Some(vec![]));
        assert_eq!(ids(events.since(Some("6-3")).0), None, "another process");
        assert_eq!(ids(events.since(Some("nonsense")).0), None);
        (0..=KEPT as i64).for_each(|plan| events.publish(change(plan)));
        assert_eq!(ids(events.since(Some("7-1")).0), None, "too long ago");
    }
}
