//! Commit statuses and check runs.

use serde_json::{Value, json};

use super::account::simple;
use crate::world::{
    clock::iso,
    ids::node_id,
    model::{CheckRun, Model, Repo, Status},
};

/// Id of the GitHub App behind Actions.
const ACTIONS_APP: u64 = 15368;

/// GitHub's `integration` for Actions.
pub fn actions_app(m: &Model) -> Value {
    json!({
        "id": ACTIONS_APP,
        "slug": "github-actions",
        "client_id": "Iv1.sandboxactions",
        "node_id": node_id("A", ACTIONS_APP),
        "owner": simple(m, "acme"),
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": format!("{}/features/actions", m.base),
        "html_url": format!("{}/apps/github-actions", m.base),
        "created_at": iso(0),
        "updated_at": iso(0),
        "permissions": { "actions": "write", "checks": "write", "contents": "write", "metadata": "read" },
        "events": ["check_run", "push", "pull_request"],
    })
}

/// GitHub's `check-run`.
pub fn check_run(m: &Model, r: &Repo, c: &CheckRun) -> Value {
    let url = format!("{}/repos/{}/check-runs/{}", m.base, r.full_name(), c.id);
    let pulls: Vec<Value> = r
        .issues
        .values()
        .filter_map(|i| i.pull.as_ref().map(|p| (i, p)))
        .filter(|(i, p)| i.open && p.head_sha == c.head_sha)
        .map(|(i, p)| minimal_pull(m, r, i.number, p))
        .collect();
    json!({
        "id": c.id,
        "node_id": node_id("CR", c.id),
        "head_sha": c.head_sha,
        "external_id": c.id.to_string(),
        "url": url,
        "html_url": c.details_url,
        "details_url": c.details_url,
        "status": c.status,
        "conclusion": c.conclusion,
        "started_at": c.started_at.map(iso),
        "completed_at": c.completed_at.map(iso),
        "output": {
            "title": c.title,
            "summary": c.summary,
            "text": c.text,
            "annotations_count": c.annotations.len(),
            "annotations_url": format!("{url}/annotations"),
        },
        "name": c.name,
        "check_suite": { "id": c.suite_id },
        "app": actions_app(m),
        "pull_requests": pulls,
    })
}

/// GitHub's `pull-request-minimal`.
pub fn minimal_pull(m: &Model, r: &Repo, number: u64, p: &crate::world::model::Pull) -> Value {
    let url = format!("{}/repos/{}", m.base, r.full_name());
    let repo = json!({ "id": r.id, "url": url, "name": r.name });
    json!({
        "id": p.id,
        "number": number,
        "url": format!("{url}/pulls/{number}"),
        "head": { "ref": p.head_ref, "sha": p.head_sha, "repo": repo },
        "base": { "ref": p.base_ref, "sha": p.base_sha, "repo": repo },
    })
}

/// GitHub's `status`.
pub fn status(m: &Model, r: &Repo, s: &Status) -> Value {
    json!({
        "url": format!("{}/repos/{}/statuses/{}", m.base, r.full_name(), s.sha),
        "avatar_url": format!("{}/avatars/{}", m.base, s.creator),
        "id": s.id,
        "node_id": node_id("SC", s.id),
        "state": s.state,
        "description": s.description,
        "target_url": s.target_url,
        "context": s.context,
        "created_at": iso(s.at),
        "updated_at": iso(s.at),
        "creator": simple(m, &s.creator),
    })
}

/// The statuses of a commit, newest of each context, and their sum.
pub fn combined(m: &Model, r: &Repo, sha: &str) -> Value {
    let mut latest: Vec<&Status> = Vec::new();
    for s in r.statuses.iter().rev().filter(|s| s.sha == sha) {
        if !latest.iter().any(|l| l.context == s.context) {
            latest.push(s);
        }
    }
    let any = |states: &[&str]| latest.iter().any(|s| states.contains(&s.state.as_str()));
    let state = if any(&["failure", "error"]) {
        "failure"
    } else if latest.is_empty() || any(&["pending"]) {
        "pending"
    } else {
        "success"
    };
    let url = format!("{}/repos/{}/commits/{sha}", m.base, r.full_name());
    json!({
        "state": state,
        "statuses": latest.iter().map(|s| {
            let mut v = status(m, r, s);
            if let Value::Object(o) = &mut v { o.remove("creator"); }
            v
        }).collect::<Vec<_>>(),
        "sha": sha,
        "total_count": latest.len(),
        "repository": super::repo::minimal(m, r),
        "commit_url": url,
        "url": format!("{url}/status"),
    })
}
