//! Real git against the sandbox, and git without a clone.

use std::{path::Path, process::Output};

use serde_json::json;
use tokio::process::Command;

use crate::harness::{Box, Person};

const REPO: &str = "/repos/acme/widgets";

pub async fn git(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "protocol.version=2"])
        .args(args)
        .current_dir(dir)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .await
        .expect("git runs")
}

fn url(b: &Box, who: &Person, repo: &str) -> String {
    let host = b.sandbox.url().replace("http://", "");
    match &who.token {
        Some(token) => format!("http://x-access-token:{token}@{host}/{repo}.git"),
        None => format!("http://{host}/{repo}.git"),
    }
}

#[tokio::test]
async fn clone_and_push() {
    let b = Box::new().await;
    let dir = tempfile::tempdir().expect("a folder");
    let (writer, reader) = (b.person("writer").await, b.person("reader").await);
    let cloned = git(dir.path(), &["clone", "-q", &url(&b, &b.nobody(), "acme/widgets"), "w"]).await;
    assert!(cloned.status.success(), "{}", String::from_utf8_lossy(&cloned.stderr));
    let at = dir.path().join("w");
    std::fs::write(at.join("new.txt"), "new").expect("written");
    git(&at, &["checkout", "-q", "-b", "feature/x"]).await;
    git(&at, &["add", "."]).await;
    git(&at, &["commit", "-q", "-m", "Add a file"]).await;
    let refused = git(&at, &["push", &url(&b, &reader, "acme/widgets"), "HEAD"]).await;
    assert!(!refused.status.success());
    let pushed = git(&at, &["push", "-q", &url(&b, &writer, "acme/widgets"), "HEAD"]).await;
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let seen = writer.get(&format!("{REPO}/git/ref/heads/feature/x")).await.is(200);
    let head = git(&at, &["rev-parse", "HEAD"]).await;
    assert_eq!(seen["object"]["sha"], String::from_utf8_lossy(&head.stdout).trim());
    let invisible =
        git(dir.path(), &["clone", "-q", &url(&b, &b.person("outsider").await, "acme/secret"), "s"]).await;
    assert!(!invisible.status.success());
    b.clean().await;
}

#[tokio::test]
async fn a_push_of_workflow_files_needs_the_scope() {
    let b = Box::new().await;
    let dir = tempfile::tempdir().expect("a folder");
    let narrow = b.with_scopes("writer", "repo").await;
    git(dir.path(), &["clone", "-q", &url(&b, &narrow, "acme/widgets"), "w"]).await;
    let at = dir.path().join("w");
    git(&at, &["checkout", "-q", "-b", "plain"]).await;
    git(&at, &["commit", "-q", "--allow-empty", "-m", "Nothing"]).await;
    assert!(git(&at, &["push", "-q", "origin", "HEAD"]).await.status.success(), "the workflows are not new");
    std::fs::write(at.join(".github/workflows/new.yml"), "on: push").expect("written");
    git(&at, &["add", "."]).await;
    git(&at, &["commit", "-q", "-m", "Add a workflow"]).await;
    let refused = git(&at, &["push", "origin", "HEAD"]).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("without `workflow` scope"), "{said}");
    b.clean().await;
}

#[tokio::test]
async fn a_branch_without_a_clone() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let main = writer.get(&format!("{REPO}/git/ref/heads/main")).await.is(200)["object"]["sha"].clone();
    let commit = writer.get(&format!("{REPO}/git/commits/{}", main.as_str().expect("a sha"))).await.is(200);
    let entry =
        json!({ "path": ".worker-impl/task.md", "mode": "100644", "type": "blob", "content": "do it\n" });
    let tree = json!({ "base_tree": commit["tree"]["sha"], "tree": [entry] });
    let tree = writer.post(&format!("{REPO}/git/trees"), tree).await.is(201);
    let made = json!({ "message": "Add the task", "tree": tree["sha"], "parents": [main] });
    let made = writer.post(&format!("{REPO}/git/commits"), made).await.is(201);
    let reference = json!({ "ref": "refs/heads/P1-x", "sha": made["sha"] });
    writer.post(&format!("{REPO}/git/refs"), reference.clone()).await.is(201);
    let twice = writer.post(&format!("{REPO}/git/refs"), reference).await.is(422);
    assert_eq!(twice["message"], "Reference already exists");
    let back = writer.patch(&format!("{REPO}/git/refs/heads/P1-x"), json!({ "sha": main })).await.is(422);
    assert_eq!(back["message"], "Update is not a fast forward");
    let file = writer.get(&format!("{REPO}/contents/.worker-impl/task.md?ref=P1-x")).await.is(200);
    assert_eq!(file["content"], "ZG8gaXQK\n");
    let found = writer.get(&format!("{REPO}/git/matching-refs/heads/P1-")).await.is(200);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    writer.delete(&format!("{REPO}/git/refs/heads/P1-x")).await.is(204);
    writer.delete(&format!("{REPO}/git/refs/heads/P1-x")).await.is(422);
    writer.delete(&format!("{REPO}/git/refs/heads/main")).await.is(422);
    b.clean().await;
}
