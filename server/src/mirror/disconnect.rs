//! Disconnecting a repository: it is no longer read, our webhook goes where the token may remove it, and the copy of
//! what is on GitHub is dropped. Waymark's own record of dispatches and changes stays.

use http::Method;
use serde_json::Value;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use super::repositories::hook_url;
use super::{access, fault, store};
use crate::events::Change;
use crate::github::{Client, Error};
use crate::state::App;

/// Stops reading a repository. Answers what is left to do by hand. The caller has checked that the viewer may.
///
/// # Errors
/// `NotFound` when it is not connected, and the database's.
pub async fn disconnect(app: &App, viewer: &Viewer, repo: &RepoName) -> Result<Option<String>, Problem> {
    let Some(connection) = store::connection(app.db.pool(), repo).await.map_err(fault)? else {
        return Err(Problem::new(ProblemKind::NotFound, format!("{repo} is not connected."))
            .next("Somebody may have disconnected it already: load the page again."));
    };
    let repo = &connection.repo;
    // First what GitHub must do: a hook that nobody reads would be left behind otherwise.
    let client = access::client(app, Some(viewer)).await?;
    let left = remove_hook(app, &client, repo).await.err().map(|error| {
        tracing::info!(%repo, %error, "the webhook of a disconnected repository stays");
        let address = hook_url(app);
        format!(
            "Your token could not remove the webhook {address}: an administrator of {repo} deletes it under \
             Settings, Webhooks on GitHub, if it is there."
        )
    });
    let mut tx = app.db.begin().await.map_err(fault)?;
    store::disconnect(&mut tx, repo).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    tracing::info!(%repo, by = viewer.login, "a repository was disconnected");
    app.events.publish(Change { repo: repo.clone(), plan: None, objective: None, dispatch: None });
    Ok(left)
}

async fn remove_hook(app: &App, client: &Client, repo: &RepoName) -> Result<(), Error> {
    let hooks: Vec<Value> = client.get_all(&format!("/repos/{repo}/hooks?per_page=100")).await?;
    let address = hook_url(app);
    for hook in hooks.iter().filter(|hook| hook["config"]["url"].as_str() == Some(&address)) {
        let id = hook["id"].as_i64().ok_or(Error::Unreadable)?;
        match client.send::<Value>(Method::DELETE, &format!("/repos/{repo}/hooks/{id}"), None).await {
            Ok(_) => {}
            // Somebody else removed it meanwhile.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
