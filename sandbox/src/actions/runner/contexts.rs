//! What a run tells its expressions and its steps about itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::state::Run;
use crate::world::model::{Model, Repo, Secret};

/// The `github` context without what belongs to a job.
pub fn github(m: &Model, r: &Repo, run: &Run) -> Map<String, Value> {
    let base_ref = run.payload.pointer("/pull_request/base/ref").cloned().unwrap_or_else(|| json!(""));
    let head_ref = run.payload.pointer("/pull_request/head/ref").cloned().unwrap_or_else(|| json!(""));
    let ref_name = ["refs/heads/", "refs/tags/", "refs/pull/"]
        .iter()
        .find_map(|p| run.git_ref.strip_prefix(p))
        .unwrap_or(&run.git_ref);
    let id = |login: &str| m.account(login).map(|a| a.id.to_string()).unwrap_or_default();
    let value = json!({
        "actor": run.actor,
        "actor_id": id(&run.actor),
        "api_url": m.base,
        "base_ref": base_ref,
        "event": run.payload,
        "event_name": run.event,
        "graphql_url": format!("{}/graphql", m.base),
        "head_ref": head_ref,
        "ref": run.git_ref,
        "ref_name": ref_name,
        "ref_protected": false,
        "ref_type": if run.git_ref.starts_with("refs/tags/") { "tag" } else { "branch" },
        "repository": r.full_name(),
        "repository_id": r.id.to_string(),
        "repository_owner": r.owner,
        "repository_owner_id": id(&r.owner),
        "repositoryUrl": format!("git:{}/{}.git", m.base.trim_start_matches("http:"), r.full_name()),
        "retention_days": "90",
        "run_attempt": run.attempt.to_string(),
        "run_id": run.id.to_string(),
        "run_number": run.number.to_string(),
        "secret_source": "Actions",
        "server_url": m.base,
        "sha": run.sha,
        "token": "",
        "triggering_actor": run.triggering_actor,
        "workflow": run.name,
        "workflow_ref": format!("{}/{}@{}", r.full_name(), run.path, run.git_ref),
        "workflow_sha": run.sha,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Secrets or variables as a context.
pub fn values(all: &BTreeMap<String, Secret>) -> Map<String, Value> {
    all.iter().map(|(name, secret)| (name.clone(), Value::from(secret.value.clone()))).collect()
}

/// Members of `github` that steps also get as `GITHUB_...`.
const EXPORTED: &[&str] = &[
    "actor",
    "actor_id",
    "api_url",
    "base_ref",
    "event_name",
    "event_path",
    "graphql_url",
    "head_ref",
    "job",
    "ref",
    "ref_name",
    "ref_protected",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "retention_days",
    "run_attempt",
    "run_id",
    "run_number",
    "server_url",
    "sha",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "workspace",
];

/// The variables that every step of a job has, but for `PATH` and those of its own files.
pub fn environment(github: &Map<String, Value>, runner: &Map<String, Value>) -> BTreeMap<String, String> {
    let text = super::super::expression::value::text;
    let mut env: BTreeMap<String, String> =
        [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("LANG", "C.UTF-8"), ("ImageOS", "sandbox")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    for name in EXPORTED {
        if let Some(value) = github.get(*name) {
            env.insert(format!("GITHUB_{}", name.to_uppercase()), text(value));
        }
    }
    for (name, value) in runner {
        env.insert(format!("RUNNER_{}", name.to_uppercase()), text(value));
    }
    env
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documented_members_are_exported() {
        let (mut github, mut runner) = (Map::new(), Map::new());
        github.insert("token".to_owned(), json!("t"));
        github.insert("run_id".to_owned(), json!("7"));
        runner.insert("temp".to_owned(), json!("/tmp/x"));
        let env = environment(&github, &runner);
        assert_eq!((env["GITHUB_RUN_ID"].as_str(), env["RUNNER_TEMP"].as_str()), ("7", "/tmp/x"));
        assert!(!env.contains_key("GITHUB_TOKEN"));
    }
}
