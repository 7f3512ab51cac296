//! Branches with their last commits.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use serde_json::{Value, json};

use super::{Place, Under};
use crate::{
    http::{
        page::{Page, Query},
        path::Path,
        reply::{Answer, ok},
    },
    views,
    world::{
        World,
        access::{Caller, Need},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/branches", get(list))
        .route("/repos/{owner}/{repo}/branches/{*branch}", get(one))
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("contents"))?;
    let api = format!("{}/repos/{}", m.base, r.full_name());
    let all: Vec<Value> = r
        .refs
        .iter()
        .filter_map(|(full, sha)| Some((full, full.strip_prefix("refs/heads/")?, sha)))
        .filter(|(full, ..)| w.controls().hidden.listed("ref", format!("{}:{full}", r.id)))
        .map(|(_, branch, sha)| {
            json!({
                "name": branch,
                "commit": { "sha": sha, "url": format!("{api}/commits/{sha}") },
                "protected": false,
            })
        })
        .collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/branches", m.base, r.id), all))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, branch)): Under<String>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("contents"))?;
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "Branch not found");
    let sha = r.branch(&branch).ok_or_else(missing)?;
    let commit = m.git(r.id).commit(sha).await.ok_or_else(missing)?;
    let api = format!("{}/repos/{}/branches/{branch}", m.base, r.full_name());
    let web = format!("{}/{}/tree/{branch}", m.base, r.full_name());
    ok(json!({
        "name": branch,
        "commit": views::git::commit(&m, r, &commit),
        "_links": { "self": api, "html": web },
        "protected": false,
        "protection": {
            "enabled": false,
            "required_status_checks": { "enforcement_level": "off", "contexts": [], "checks": [] },
        },
        "protection_url": format!("{api}/protection"),
    }))
}
