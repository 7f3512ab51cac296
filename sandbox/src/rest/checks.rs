//! Commit statuses and check runs.

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde_json::Value;

use super::Under;
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, ok},
    },
    views,
    world::{
        Event, Held, World,
        access::{Caller, Need},
        model::{CheckRun, Repo, Status},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/check-runs/{id}", get(one))
        .route("/repos/{owner}/{repo}/check-runs/{id}/annotations", get(annotations))
        .route("/repos/{owner}/{repo}/statuses/{sha}", post(create_status))
}

/// The check runs of a commit; by default the newest of each name.
pub(super) fn list(m: &Held<'_>, r: &Repo, sha: &str, query: &Query) -> Response {
    let get = |key: &str| query.get(key).map(String::as_str);
    let mut runs: Vec<&CheckRun> = r
        .check_runs
        .values()
        .rev()
        .filter(|c| c.head_sha == sha)
        .filter(|c| get("check_name").is_none_or(|n| c.name == n))
        .filter(|c| get("status").is_none_or(|s| c.status == s))
        .collect();
    if get("filter") != Some("all") {
        let mut seen = std::collections::HashSet::new();
        // A name may appear once per suite: two workflows may have jobs of one name.
        runs.retain(|c| seen.insert((c.name.clone(), c.suite_id)));
    }
    let shown = runs.into_iter().map(|c| views::checks::check_run(m, r, c)).collect();
    let at = format!("{}/repositories/{}/commits/{sha}/check-runs", m.base, r.id);
    Page::of(query).counted(&at, "check_runs", shown)
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("checks"))?;
    let run = r.check_runs.get(&id).ok_or_else(Refusal::not_found)?;
    ok(views::checks::check_run(&m, r, run))
}

async fn annotations(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("checks"))?;
    let run = r.check_runs.get(&id).ok_or_else(Refusal::not_found)?;
    let at = format!("{}/repositories/{}/check-runs/{id}/annotations", m.base, r.id);
    Ok(Page::of(&query).list(&at, run.annotations.clone()))
}

async fn create_status(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, sha)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("statuses"))?.id;
    let git = m.git(repo);
    if git.kind_of(&sha).await.as_deref() != Some("commit") {
        return Err(Refusal::unprocessable(format!("No commit found for SHA: {sha}")));
    }
    let state = body.required("Status", "state")?;
    if !["error", "failure", "pending", "success"].contains(&state.as_str()) {
        return Err(Refusal::field("Status", "invalid", "state"));
    }
    let description = body.text("description")?;
    if description.as_ref().is_some_and(|d| d.chars().count() > 140) {
        let message = "description is too long (maximum is 140 characters)";
        return Err(Refusal::custom("Status", Some("description"), message));
    }
    let status = Status {
        id: m.fresh_id(),
        sha: sha.clone(),
        state,
        context: body.text("context")?.unwrap_or_else(|| "default".to_owned()),
        description,
        target_url: body.text("target_url")?,
        creator: caller.login_or_ghost(),
        at: m.now(),
    };
    if let Some(r) = m.repos.get_mut(&repo) {
        r.statuses.push(status.clone());
    }
    let commit = git.commit(&sha).await.unwrap_or_default();
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let shown = views::checks::status(&m, r, &status);
    let mut event = Event::by(&caller, repo, "status").with("commit", views::git::commit(&m, r, &commit));
    for key in
        ["id", "state", "description", "target_url", "context", "created_at", "updated_at", "avatar_url"]
    {
        event = event.with(key, shown[key].clone());
    }
    let event = event
        .with("sha", Value::from(sha))
        .with("name", Value::from(r.full_name()))
        .with("branches", Value::Array(Vec::new()));
    m.emit(event);
    created(shown)
}
