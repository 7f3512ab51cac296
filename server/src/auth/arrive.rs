//! Somebody whose token the sandbox gave: kept as a sign-in keeps them, without a session.

use secrecy::SecretString;
use waymark_app::areas::{Problem, ProblemKind, Viewer};

use super::accounts::Person;
use super::oauth::Granted;
use crate::state::App;

/// Keeps whose token it is, with the token.
///
/// # Errors
/// A token that GitHub refuses, or a fault of the database.
pub async fn arrive(app: &App, token: SecretString) -> Result<Viewer, Problem> {
    let person = app.github.client(token.clone()).get::<Person>("/user").await;
    let person = person.map_err(|error| error.problem("a person was looked up"))?;
    let granted = Granted { access: token, refresh: None, expires_in: None };
    app.tokens.keep(&person, &granted).await.map_err(|error| {
        tracing::error!(%error, "an account cannot be kept");
        Problem::new(ProblemKind::Internal, "Waymark could not use its database.")
    })?;
    let Person { id, login, name, avatar_url } = person;
    Ok(Viewer { account_id: id, login, name, avatar_url })
}
