//! Who is looking: read from the session once per request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::Session;
use tower_sessions::session::Id;
use waymark_app::areas::Viewer;

use super::accounts;
use super::sessions::Sessions;
use crate::state::App;

/// The key of the account in a session.
pub(super) const ACCOUNT: &str = "account";
/// The key of the time of sign-in in a session, in epoch milliseconds.
pub(super) const SINCE: &str = "since";
/// A sign-in ends after so long, used or not.
const ABSOLUTE_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// The viewer of a request, as an extension.
#[derive(Clone, Debug, Default)]
pub struct Current(pub Option<Viewer>);

/// Puts [`Current`] into the request. A session that cannot be read is no session.
pub async fn load_viewer(
    State(app): State<App>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let current = Current(viewer(&app, &session).await);
    request.extensions_mut().insert(current);
    next.run(request).await
}

/// The account that is signed in with a session now, for answers that take long.
pub async fn signed_in(app: &App, session: Option<Id>) -> Option<i64> {
    let session = Session::new(Some(session?), Arc::new(Sessions::new(&app.db)), None);
    viewer(app, &session).await.map(|viewer| viewer.account_id)
}

async fn viewer(app: &App, session: &Session) -> Option<Viewer> {
    let account: i64 = session.get(ACCOUNT).await.ok()??;
    let since: i64 = session.get(SINCE).await.ok()??;
    if jiff::Timestamp::now().as_millisecond() - since > ABSOLUTE_MS {
        let _ = session.flush().await;
        return None;
    }
    accounts::viewer(&app.db, account).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an account cannot be read");
        None
    })
}
