//! Who is looking: read from the session once per request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::Session;
use tower_sessions::session::Id;
use waymark_app::areas::{ProblemKind, Viewer};

use super::gate::TurnedAway;
use super::sessions::Sessions;
use super::{accounts, door};
use crate::state::App;

/// The key of the account in a session.
pub(super) const ACCOUNT: &str = "account";
/// The key of the time of sign-in in a session, in epoch milliseconds.
pub(super) const SINCE: &str = "since";
/// The key of the time of the last use in a session, in epoch milliseconds.
pub(super) const SEEN: &str = "seen";
/// The key of the browser in a session, in short words.
pub(super) const BROWSER: &str = "browser";
/// A sign-in ends after so long, used or not.
const ABSOLUTE_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// The last use is noted once in so long.
const NOTED_MS: i64 = 60 * 1000;

/// The viewer of a request, as an extension.
#[derive(Clone, Debug, Default)]
pub struct Current(pub Option<Viewer>);

/// How the viewer of a request was recognised, as an extension: answers that take long ask it again.
#[derive(Clone, Debug)]
pub enum Credential {
    Session(Option<Id>),
    /// The hash of a token of the API.
    Token(String),
}

/// Puts [`Current`] and its [`Credential`] into the request. A session that cannot be read is no session, and neither is one of somebody
/// who may not come in: then the request carries why.
pub async fn load_viewer(
    State(app): State<App>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let mut current = viewer(&app, &session).await;
    if let Some(viewer) = &current
        && let Err(problem) = door::admit(&app, viewer).await
    {
        // Who is no longer on the list is signed out; where GitHub did not answer, the next request asks again.
        if problem.kind == ProblemKind::Forbidden {
            let _ = session.flush().await;
        }
        request.extensions_mut().insert(TurnedAway(problem));
        current = None;
    }
    if let Some(viewer) = &current {
        // Pages offer the way to administrators; whether it is open is decided there.
        let _ = door::administers(&app, viewer).await;
    }
    request.extensions_mut().insert(Current(current));
    request.extensions_mut().insert(Credential::Session(session.id()));
    next.run(request).await
}

/// The account that is signed in with a session now, for answers that take long.
pub async fn signed_in(app: &App, session: Option<Id>) -> Option<i64> {
    let session = Session::new(Some(session?), Arc::new(Sessions::new(&app.db)), None);
    let viewer = viewer(app, &session).await?;
    door::admit(app, &viewer).await.ok()?;
    Some(viewer.account_id)
}

async fn viewer(app: &App, session: &Session) -> Option<Viewer> {
    let account: i64 = session.get(ACCOUNT).await.ok()??;
    let since: i64 = session.get(SINCE).await.ok()??;
    let now = jiff::Timestamp::now().as_millisecond();
    let known = accounts::viewer(&app.db, account).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an account cannot be read");
        None
    })?;
    if now - since > ABSOLUTE_MS {
        let _ = session.flush().await;
        return None;
    }
    // Noting it also puts the end of the session off.
    let seen: Option<i64> = session.get(SEEN).await.ok().flatten();
    if seen.is_none_or(|at| now - at >= NOTED_MS) {
        session.insert(SEEN, now).await.ok()?;
    }
    if known.seen_at.is_none_or(|at| now - at >= NOTED_MS)
        && let Err(error) = accounts::seen(&app.db, account, now).await
    {
        tracing::warn!(%error, "the visit of a person was not noted");
    }
    Some(known.viewer)
}
