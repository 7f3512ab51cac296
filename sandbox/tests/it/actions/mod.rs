//! Workflows: dispatched and triggered, run for real, watched, ended, tried again.

mod ends;
mod runs;

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Box, Person};

const WIDGETS: &str = "/repos/acme/widgets";

/// Commits files to a branch, which is made from the default branch when it is not there.
pub(super) async fn commit(who: &Person, branch: &str, files: &[(&str, &str)]) -> String {
    let at = format!("{WIDGETS}/git/ref/heads/{branch}");
    let there = who.get(&at).await;
    let base = match there.status {
        200 => there.body,
        _ => who.get(&format!("{WIDGETS}/git/ref/heads/main")).await.is(200),
    };
    let parent = base["object"]["sha"].as_str().expect("a sha").to_owned();
    let entry = |(path, content): &(&str, &str)| json!({ "path": path, "mode": "100644", "type": "blob", "content": content });
    let tree: Vec<Value> = files.iter().map(entry).collect();
    let tree =
        who.post(&format!("{WIDGETS}/git/trees"), json!({ "base_tree": parent, "tree": tree })).await.is(201);
    let body = json!({ "message": "Change files", "tree": tree["sha"], "parents": [parent] });
    let commit = who.post(&format!("{WIDGETS}/git/commits"), body).await.is(201);
    let sha = commit["sha"].as_str().expect("a sha").to_owned();
    match there.status {
        200 => who.patch(&format!("{WIDGETS}/git/refs/heads/{branch}"), json!({ "sha": sha })).await.is(200),
        _ => {
            let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
            who.post(&format!("{WIDGETS}/git/refs"), body).await.is(201)
        }
    };
    sha
}

/// Puts a workflow `try.yml` on the default branch: `workflow_dispatch` and these jobs.
pub(super) async fn workflow(who: &Person, rest: &str) {
    let text = format!("name: try\non: workflow_dispatch\n{rest}");
    commit(who, "main", &[(".github/workflows/try.yml", &text)]).await;
}

/// A job `a` that runs a script.
pub(super) fn job(script: &str) -> String {
    let script: String = script.lines().map(|l| format!("          {l}\n")).collect();
    format!("jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{script}")
}

pub(super) async fn dispatch(who: &Person, file: &str, inputs: Value) -> u64 {
    let body = json!({ "ref": "main", "inputs": inputs, "return_run_details": true });
    let told = who.post(&format!("{WIDGETS}/actions/workflows/{file}/dispatches"), body).await.is(200);
    told["workflow_run_id"].as_u64().expect("an id")
}

pub(super) async fn run(who: &Person, id: u64) -> Value {
    who.get(&format!("{WIDGETS}/actions/runs/{id}")).await.is(200)
}

pub(super) async fn jobs(who: &Person, id: u64) -> Vec<Value> {
    let told = who.get(&format!("{WIDGETS}/actions/runs/{id}/jobs")).await.is(200);
    told["jobs"].as_array().expect("jobs").clone()
}

pub(super) async fn log(b: &Box, who: &Person, job: &Value) -> String {
    let told = who.get(&format!("{WIDGETS}/actions/jobs/{}/logs", job["id"])).await;
    assert_eq!(told.status, 302, "{}", told.body);
    let address = told.header("location").to_owned();
    assert_eq!(who.get(&address).await.status, 400, "the token does not belong there");
    let text = b.nobody().request(reqwest::Method::GET, &address).send().await.expect("an answer");
    text.text().await.expect("a log")
}

/// Asks until there is something. More often, and the rate limit is used up before a slow machine gets there.
pub(super) async fn found<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        let mut turns = tokio::time::interval(Duration::from_millis(25));
        loop {
            turns.tick().await;
            if let Some(found) = ask().await {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), asking).await.expect("it comes in time")
}

/// Waits until a step named `Marker` runs.
pub(super) async fn until_running(who: &Person, id: u64) -> Vec<Value> {
    let begun = |s: &Value| s["name"] == "Marker" && s["status"] == "in_progress";
    found(async || {
        let all = jobs(who, id).await;
        let runs = all.iter().any(|j| j["steps"].as_array().is_some_and(|s| s.iter().any(begun)));
        runs.then_some(all)
    })
    .await
}

pub(super) fn conclusions(job: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let steps = job["steps"].as_array().expect("steps").iter();
    steps.map(|s| (text(&s["name"]), text(&s["conclusion"]))).collect()
}
