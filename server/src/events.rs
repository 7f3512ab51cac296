//! Live updates: what changed, by id only. The browser fetches what it shows with its own cookie.
//!
//! A viewer is told only of repositories that they may see, as long as they are signed in, and after a lost
//! connection of everything since, or to read everything again where that is no longer known. Ids of events tell
//! nothing of how many others there were.

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
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};
use waymark_app::areas::RepoName;

use crate::api::Refusal;
use crate::auth::limit::Caller;
use crate::auth::{self, ClientAddress, Credential, Current};
use crate::mirror;
use crate::state::App;
use crate::tokens;

/// So many changes can be asked for again.
const KEPT: usize = 1024;
/// How often an idle stream looks whether its viewer is still signed in. Each event looks as well.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub repo: RepoName,
    pub plan: Option<i64>,
    pub objective: Option<i64>,
    pub dispatch: Option<String>,
}

/// A change with a random id.
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
    recent: Mutex<VecDeque<Numbered>>,
    sender: broadcast::Sender<Numbered>,
}

/// What a viewer missed.
enum Missed {
    Changes(Vec<Numbered>),
    /// More than is known: read everything again.
    Everything,
}

impl Default for Events {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(KEPT);
        Events(Arc::new(Inner { recent: Mutex::default(), sender }))
    }
}

impl Events {
    /// Tells everyone who looks.
    pub fn publish(&self, change: Change) {
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = Numbered { id: rand::random(), change };
        recent.push_back(numbered.clone());
        if recent.len() > KEPT {
            recent.pop_front();
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
        let Some(last) = last else { return (Missed::Changes(Vec::new()), stream) };
        // One that is not known is of another process or too long ago.
        let seen = recent.iter().position(|change| event_id(change) == last);
        let missed = match seen {
            Some(at) => Missed::Changes(recent.iter().skip(at + 1).cloned().collect()),
            None => Missed::Everything,
        };
        (missed, stream)
    }
}

fn event_id(numbered: &Numbered) -> String {
    format!("{:016x}", numbered.id)
}

fn event(numbered: &Numbered) -> Event {
    let data = serde_json::to_string(&numbered.change).unwrap_or_default();
    Event::default().id(event_id(numbered)).data(data)
}

/// `GET /events`: server-sent events for the viewer. The stream ends when they are not signed in any more, or their
/// token is not good any more.
///
/// # Errors
/// `TooMany` when as many are open as may be.
pub(crate) async fn stream_events(
    State(app): State<App>,
    Extension(credential): Extension<Credential>,
    Extension(Current(viewer)): Extension<Current>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let caller = viewer.as_ref().map_or(Caller::Address(address), |viewer| Caller::Person(viewer.account_id));
    let place = app.streams.open(caller)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let (missed, live) = app.events.since(last);
    let (resync, missed) = match missed {
        Missed::Changes(changes) => (None, changes),
        Missed::Everything => (Some(Event::default().event("resync").data("{}")), Vec::new()),
    };
    let changes = stream::iter(missed.into_iter().map(Ok)).chain(live).map(Some);
    let looks = IntervalStream::new(tokio::time::interval(LOOK_EVERY)).map(|_| None);
    let later = stream::select(changes, looks).then(move |item| {
        let (app, viewer, credential) = (app.clone(), viewer.clone(), credential.clone());
        async move {
            let account = match &credential {
                _ if viewer.is_none() => None,
                Credential::Session(id) => auth::signed_in(&app, *id).await,
                Credential::Token(hash) => tokens::owner(&app, hash).await,
            };
            if account != viewer.as_ref().map(|viewer| viewer.account_id) {
                return None;
            }
            Some(match item {
                Some(Ok(numbered)) => {
                    let seen = mirror::may_read(&app, viewer.as_ref(), &numbered.change.repo).await;
                    seen.is_ok().then(|| event(&numbered))
                }
                // This viewer was too slow for the channel: everything is to be read again.
                Some(Err(_)) => Some(Event::default().event("resync").data("{}")),
                None => None,
            })
        }
    });
    let later = later.take_while(|told| std::future::ready(told.is_some()));
    // The place is taken for as long as the stream is there.
    let later = later.filter_map(move |told| {
        let _ = &place;
        std::future::ready(told.flatten())
    });
    let events = stream::iter(resync).chain(later).map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("still here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(plan: i64) -> Change {
        let repo = RepoName { owner: "acme".into(), name: "widgets".into() };
        Change { repo, plan: Some(plan), objective: None, dispatch: None }
    }

    fn plans(missed: Missed) -> Option<Vec<i64>> {
        match missed {
            Missed::Changes(changes) => {
                Some(changes.iter().filter_map(|change| change.change.plan).collect())
            }
            Missed::Everything => None,
        }
    }

    #[test]
    fn what_was_missed_is_told_once() {
        let events = Events::default();
        (1..=3).for_each(|plan| events.publish(change(plan)));
        let ids: Vec<String> = events.0.recent.lock().expect("whole").iter().map(event_id).collect();
        let since = |last: &str| plans(events.since(Some(last)).0);
        assert_eq!(plans(events.since(None).0), Some(vec![]));
        assert_eq!(since(&ids[0]), Some(vec![2, 3]));
        assert_eq!(since(&ids[2]), Some(vec![]));
        assert_eq!(since("0000000000000001"), None, "another process");
        assert_eq!(since("nonsense"), None);
        (0..=KEPT as i64).for_each(|plan| events.publish(change(plan)));
        assert_eq!(since(&ids[0]), None, "too long ago");
    }

    #[test]
    fn an_id_tells_nothing_of_other_changes() {
        let events = Events::default();
        (0..64).for_each(|plan| events.publish(change(plan)));
        let ids: Vec<u64> = events.0.recent.lock().expect("whole").iter().map(|change| change.id).collect();
        assert!(ids.windows(2).any(|pair| pair[0] > pair[1]), "they do not count: {ids:?}");
    }
}
