//! Mending what is missing in a repository. Each of these can be repeated: what is there already is
//! left as it is.

use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::prerequisites::{LABELS, content, hook_url, is_the_teams};
use crate::ci::shipped;
use crate::github::{Client, Error, encode};
use crate::mirror::access::Access;
use crate::state::App;

/// The events that say which plan to read again.
const EVENTS: [&str; 8] = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "push",
    "check_run",
    "workflow_job",
    "workflow_run",
];

/// Mends the prerequisite with this key.
pub(super) async fn mend(
    app: &App,
    client: &Client,
    repo: &RepoName,
    access: &Access,
    key: &str,
) -> Result<(), Problem> {
    match key {
        "workflows" => install(client, repo, access).await,
        "labels" => labels(client, repo).await,
        "webhook" => webhook(app, client, repo).await,
        _ => Err(Problem::new(ProblemKind::Invalid, "Waymark cannot mend this by itself.")
            .next("Do what the line says on GitHub, then look again.")),
    }
}

async fn labels(client: &Client, repo: &RepoName) -> Result<(), Problem> {
    for (name, color, description) in LABELS {
        let label = json!({"name": name, "color": color, "description": description});
        match client.send::<Value>(Method::POST, &format!("/repos/{repo}/labels"), Some(&label)).await {
            Ok(_) => {}
            Err(Error::Answer { code: Some(code), .. }) if code == "already_exists" => {}
            Err(error) => return Err(error.problem(&format!("the label {name} was created"))),
        }
    }
    Ok(())
}

async fn webhook(app: &App, client: &Client, repo: &RepoName) -> Result<(), Problem> {
    let hook = json!({
        "name": "web",
        "active": true,
        "events": EVENTS,
        "config": {
            "url": hook_url(app),
            "content_type": "json",
            "secret": app.config.webhook_secret.expose_secret(),
        },
    });
    match client.send::<Value>(Method::POST, &format!("/repos/{repo}/hooks"), Some(&hook)).await {
        Ok(_) => Ok(()),
        Err(error @ Error::Answer { status: 422, .. }) if error.to_string().contains("already exists") => {
            Ok(())
        }
        Err(error) => Err(error.problem("the webhook was added")),
    }
}

/// Commits the shipped files to the default branch, as one commit on its present head. A file that the
/// team may edit is left alone when it is there.
async fn install(client: &Client, repo: &RepoName, access: &Access) -> Result<(), Problem> {
    let doing = "the workflow files were installed";
    let said = |error: Error| error.problem(doing);
    let mut entries = Vec::new();
    for (path, text) in shipped::FILES {
        let found = content(client, repo, path).await.map_err(said)?;
        if found.as_deref() == Some(text) || (found.is_some() && is_the_teams(path)) {
            continue;
        }
        let mode = if path.ends_with(".sh") { "100755" } else { "100644" };
        entries.push(json!({"path": path, "mode": mode, "type": "blob", "content": text}));
    }
    if entries.is_empty() {
        return Ok(());
    }
    let branch = encode(&access.default_branch);
    let text = |value: &Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or(Error::Unreadable)
    };
    let head: Value = client.get(&format!("/repos/{repo}/git/ref/heads/{branch}")).await.map_err(said)?;
    let head = text(&head, "/object/sha").map_err(said)?;
    let commit: Value = client.get(&format!("/repos/{repo}/git/commits/{head}")).await.map_err(said)?;
    let base_tree = text(&commit, "/tree/sha").map_err(said)?;
    let post = async |path: &str, body: Value| -> Result<String, Error> {
        let made =
            client.send::<Value>(Method::POST, &format!("/repos/{repo}/git/{path}"), Some(&body)).await?;
        text(&made.body, "/sha")
    };
    let tree = post("trees", json!({"base_tree": base_tree, "tree": entries})).await.map_err(said)?;
    let commit = json!({"message": "Install the workflows of Waymark", "tree": tree, "parents": [head]});
    let commit = post("commits", commit).await.map_err(said)?;
    let update = json!({"sha": commit, "force": false});
    client
        .send::<Value>(Method::PATCH, &format!("/repos/{repo}/git/refs/heads/{branch}"), Some(&update))
        .await
        .map_err(said)?;
    Ok(())
}
