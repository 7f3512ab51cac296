//! `/_sandbox/`.

use serde_json::json;

use crate::harness::{Box, options};

const ISSUES: &str = "/repos/acme/widgets/issues";

#[tokio::test]
async fn faults_before_and_after() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    b.control("faults", json!({ "method": "POST", "path": "/issues$", "status": 502, "when": "before" }))
        .await;
    writer.post(ISSUES, json!({ "title": "lost" })).await.is(502);
    assert_eq!(writer.get(ISSUES).await.is(200), json!([]));
    b.control("faults", json!({ "method": "POST", "path": "/issues$", "status": 502, "when": "after" }))
        .await;
    writer.post(ISSUES, json!({ "title": "made" })).await.is(502);
    assert_eq!(writer.get(ISSUES).await.is(200)[0]["title"], "made");
    b.control("faults", json!({ "method": "POST", "path": "/issues$", "cut": true, "when": "after" })).await;
    let cut = writer.request(reqwest::Method::POST, ISSUES).json(&json!({ "title": "cut" })).send().await;
    assert!(cut.is_err(), "a cut exchange has no answer");
    assert_eq!(writer.get(ISSUES).await.is(200)[0]["title"], "cut");
    let journal = b.journal().await;
    let posts: Vec<_> = journal.iter().filter(|e| e["method"] == "POST").collect();
    assert_eq!(posts.len(), 3);
    assert_eq!(posts[0]["body"], json!({ "title": "lost" }).to_string());
    assert_eq!((&posts[2]["status"], &posts[2]["user"]), (&json!(null), &json!("writer")));
    b.clean().await;
}

#[tokio::test]
async fn held_answers_wait_for_their_release() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    b.control("faults", json!({ "method": "POST", "path": "/issues$", "hold": true })).await;
    let request = writer.request(reqwest::Method::POST, ISSUES).json(&json!({ "title": "held" }));
    let waiting = tokio::spawn(request.send());
    while b.journal().await.iter().all(|e| e["method"] != "POST") {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    assert_eq!(writer.get(ISSUES).await.is(200)[0]["title"], "held");
    b.control("release", json!({})).await;
    assert_eq!(waiting.await.expect("joined").expect("an answer").status(), 201);
    b.clean().await;
}

#[tokio::test]
async fn new_objects_can_be_late_in_lists() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    b.control("hide", json!({ "kind": "issue", "seconds": 600 })).await;
    writer.post(ISSUES, json!({ "title": "late" })).await.is(201);
    assert_eq!(writer.get(ISSUES).await.is(200), json!([]));
    writer.get(&format!("{ISSUES}/1")).await.is(200);
    b.control("reset", json!({})).await;
    let writer = b.person("writer").await;
    writer.get(&format!("{ISSUES}/1")).await.is(404);
    b.clean().await;
}

#[tokio::test]
async fn a_world_with_a_folder_survives() {
    let dir = tempfile::tempdir().expect("a folder");
    let with = || waymark_sandbox::Options { data_dir: Some(dir.path().to_owned()), ..options() };
    let b = Box::with(with()).await;
    let writer = b.person("writer").await;
    let token = writer.token.clone();
    writer.post(ISSUES, json!({ "title": "kept" })).await.is(201);
    crate::pulls::branch(&writer, "kept").await;
    b.clean().await;
    let b = Box::with(with()).await;
    let mut again = b.nobody();
    again.token = token;
    assert_eq!(again.get(&format!("{ISSUES}/1")).await.is(200)["title"], "kept");
    again.get("/repos/acme/widgets/contents/kept.txt?ref=kept").await.is(200);
    b.clean().await;
}

#[tokio::test]
async fn a_world_without_a_folder_leaves_nothing() {
    let b = Box::new().await;
    let kept = b.sandbox.folder().to_owned();
    assert!(kept.is_dir());
    b.person("writer").await.post(ISSUES, json!({ "title": "gone" })).await.is(201);
    b.clean().await;
    assert!(!kept.exists(), "{} is still there", kept.display());
}

#[tokio::test]
async fn a_repository_comes_from_any_git_repository() {
    let b = Box::new().await;
    let dir = tempfile::tempdir().expect("a folder");
    crate::git::git(dir.path(), &["init", "-q", "-b", "trunk"]).await;
    crate::git::git(dir.path(), &["commit", "-q", "--allow-empty", "-m", "Start"]).await;
    b.control("seed", json!({ "repo": "acme/own", "from": dir.path() })).await;
    let seen = b.person("writer").await.get("/repos/acme/own").await.is(200);
    assert_eq!(seen["default_branch"], "trunk");
    b.clean().await;
}

#[tokio::test]
async fn what_breaks_the_contract_is_noted() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    crate::pulls::branch(&writer, "a").await;
    let pull = json!({ "title": "T", "head": "a", "base": "main", "draft": true });
    writer.post("/repos/acme/widgets/pulls", pull).await.is(201);
    let still = writer.patch("/repos/acme/widgets/pulls/1", json!({ "draft": false })).await.is(200);
    assert_eq!(still["draft"], true);
    writer.get("/repos/acme/widgets/issues?stat=all").await.is(200);
    writer.post("/graphql", json!({ "query": "{ viewer { nickname } }" })).await.is(200);
    let found = b.nobody().get("/_sandbox/violations").await.is(200);
    let kinds: Vec<_> = found.as_array().expect("a list").iter().map(|v| v["kind"].clone()).collect();
    assert_eq!(kinds, ["unknown-field", "query", "document"], "{found}");
    b.sandbox.shutdown().await;
}
