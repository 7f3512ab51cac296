//! What only time makes: people who come later, and runs that are over.

use serde_json::json;

use crate::harness::Box;

const RUNS: &str = "/repos/acme/widgets/actions/runs";

#[tokio::test]
async fn a_run_of_the_past_has_the_jobs_and_steps_of_its_file() {
    let b = Box::new().await;
    b.control("clock", json!({ "set": "2026-01-05T10:00:00Z" })).await;
    let run = json!({
        "repo": "acme/widgets", "workflow": "plan-implement.yml", "by": "writer", "seconds": 600,
        "inputs": { "issue_number": "7", "distinct_id": "abc123" }, "conclusion": "failure",
        "last": { "job": "implement", "step": "Implement", "log": "it broke" },
    });
    b.control("runs", run).await;
    let writer = b.person("writer").await;
    let runs = writer.get(RUNS).await.is(200);
    let run = &runs["workflow_runs"][0];
    assert_eq!((&run["display_title"], &run["conclusion"]), (&json!("7:abc123"), &json!("failure")));
    assert_eq!(run["created_at"], "2026-01-05T10:00:00Z");
    assert!(run["updated_at"].as_str() > Some("2026-01-05T10:01:00Z"), "{run}");
    let jobs = writer.get(&format!("{RUNS}/{}/jobs", run["id"])).await.is(200);
    let job = &jobs["jobs"][0];
    let came = |name: &str| {
        let steps = job["steps"].as_array().expect("steps");
        steps.iter().find(|step| step["name"] == name).map(|step| step["conclusion"].clone())
    };
    assert_eq!(came("Start"), Some(json!("success")));
    assert_eq!(came("Implement"), Some(json!("failure")));
    assert_eq!(came("Push"), Some(json!("skipped")));
    let log = format!("/repos/acme/widgets/actions/jobs/{}/logs", job["id"]);
    let to = writer.get(&log).await.header("location").to_owned();
    assert!(b.nobody().get(&to).await.body.as_str().is_some_and(|log| log.contains("it broke")));
    b.clean().await;
}

#[tokio::test]
async fn a_run_that_was_planned_only_skips_what_it_calls() {
    let b = Box::new().await;
    let run = json!({
        "repo": "acme/widgets", "workflow": "one-shot.yml", "by": "writer", "conclusion": "success",
        "inputs": { "plan_only": "true", "distinct_id": "abc123" }, "skipped": ["implement"],
    });
    b.control("runs", run).await;
    let writer = b.person("writer").await;
    let run = writer.get(RUNS).await.is(200)["workflow_runs"][0].clone();
    assert_eq!(run["display_title"], "one-shot(plan):abc123");
    let jobs = writer.get(&format!("{RUNS}/{}/jobs", run["id"])).await.is(200);
    let ended = |at: usize| (jobs["jobs"][at]["name"].clone(), jobs["jobs"][at]["conclusion"].clone());
    assert_eq!(ended(0), (json!("plan"), json!("success")));
    assert_eq!(ended(1), (json!("implement"), json!("skipped")));
    b.clean().await;
}

#[tokio::test]
async fn a_repository_can_be_made_of_files_by_somebody_who_came_later() {
    let b = Box::new().await;
    b.control("people", json!({ "login": "nora", "name": "Nora Lindqvist", "organization": "acme" })).await;
    let files = json!({ "README.md": "# Shop\n", "check.sh": "#!/bin/sh\n" });
    let seed = json!({ "repo": "acme/shop", "description": "A shop", "automated": false, "files": files });
    b.control("seed", seed).await;
    b.control("repos/acme/shop", json!({ "roles": { "nora": "write" } })).await;
    let nora = b.person("nora").await;
    assert_eq!(nora.get("/repos/acme/shop").await.is(200)["description"], "A shop");
    nora.get("/repos/acme/shop/contents/check.sh").await.is(200);
    nora.get("/repos/acme/shop/contents/.github/workflows/one-shot.yml").await.is(404);
    let issue = nora.post("/repos/acme/shop/issues", json!({ "title": "By a member" })).await.is(201);
    assert_eq!(issue["author_association"], "MEMBER");
    b.clean().await;
}

#[tokio::test]
async fn what_is_not_saved_is_gone_after_a_crash_and_saved_when_asked() {
    let dir = tempfile::tempdir().expect("a folder");
    let world = dir.path().join("world.json");
    let b = Box::with(waymark_sandbox::Options {
        data_dir: Some(dir.path().to_owned()),
        ..crate::harness::options()
    })
    .await;
    let writer = b.person("writer").await;
    b.control("saving", json!({ "on": false })).await;
    writer.post("/repos/acme/widgets/issues", json!({ "title": "in memory" })).await.is(201);
    let saved = || std::fs::read_to_string(&world).expect("a world").contains("in memory");
    assert!(!saved());
    b.control("saving", json!({ "on": true })).await;
    assert!(saved());
    b.clean().await;
}
