//! Pull requests from draft to merged.

use serde_json::{Value, json};

use crate::harness::{Box, Person};

const REPO: &str = "/repos/acme/widgets";

/// A branch with one file more than `main`.
pub async fn branch(who: &Person, name: &str) {
    let main = who.get(&format!("{REPO}/git/ref/heads/main")).await.is(200)["object"]["sha"].clone();
    who.post(&format!("{REPO}/git/refs"), json!({ "ref": format!("refs/heads/{name}"), "sha": main }))
        .await
        .is(201);
    let file = json!({ "message": "Add a file", "content": "eA==", "branch": name });
    who.put(&format!("{REPO}/contents/{name}.txt"), file).await.is(201);
}

async fn pull(who: &Person, head: &str, body: &str, draft: bool) -> Value {
    let pull = json!({ "title": "T", "head": head, "base": "main", "body": body, "draft": draft });
    who.post(&format!("{REPO}/pulls"), pull).await.is(201)
}

async fn ready(who: &Person, pull: &Value) -> Value {
    let document = "mutation Ready($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) \
                    { pullRequest { number isDraft } } }";
    let asked = json!({ "query": document, "variables": { "id": pull["node_id"] } });
    who.post("/graphql", asked).await.is(200)
}

#[tokio::test]
async fn a_draft_becomes_ready_only_through_graphql() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    branch(&writer, "a").await;
    let made = pull(&writer, "a", "", true).await;
    assert_eq!((&made["draft"], &made["mergeable"]), (&json!(true), &json!(null)));
    let number = made["number"].clone();
    let seen = writer.get(&format!("{REPO}/pulls/{number}")).await.is(200);
    assert_eq!((&seen["mergeable"], &seen["mergeable_state"]), (&json!(true), &json!("draft")));
    writer.patch(&format!("{REPO}/pulls/{number}"), json!({ "title": "T2" })).await.is(200);
    writer.put(&format!("{REPO}/pulls/{number}/merge"), json!({})).await.is(405);
    let answer = ready(&writer, &made).await;
    let expected = json!({ "number": number, "isDraft": false });
    assert_eq!(answer["data"]["markPullRequestReadyForReview"]["pullRequest"], expected, "{answer}");
    let reader = b.person("reader").await;
    let refused = ready(&reader, &made).await;
    assert_eq!(refused["errors"][0]["type"], "FORBIDDEN", "{refused}");
    b.clean().await;
}

#[tokio::test]
async fn a_merge_closes_what_the_first_body_named() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    for title in ["first", "edited in later", "taken out"] {
        writer.post(&format!("{REPO}/issues"), json!({ "title": title })).await.is(201);
    }
    branch(&writer, "a").await;
    let made = pull(&writer, "a", "Closes #1\nCloses #3", false).await;
    let at = format!("{REPO}/pulls/{}", made["number"]);
    writer.patch(&at, json!({ "body": "Closes #1 and closes #2" })).await.is(200);
    let stale = writer.put(&format!("{at}/merge"), json!({ "sha": "0".repeat(40) })).await.is(409);
    assert!(stale["message"].as_str().is_some_and(|m| m.contains("Head branch was modified")));
    let merged = writer.put(&format!("{at}/merge"), json!({ "merge_method": "squash" })).await.is(200);
    assert_eq!(merged["merged"], true);
    let seen = writer.get(&at).await.is(200);
    assert_eq!((&seen["merged"], &seen["state"]), (&json!(true), &json!("closed")));
    for (number, state) in [(1, "closed"), (2, "open"), (3, "open")] {
        assert_eq!(writer.get(&format!("{REPO}/issues/{number}")).await.is(200)["state"], state, "#{number}");
    }
    writer.patch(&at, json!({ "state": "open" })).await.is(422);
    b.clean().await;
}

#[tokio::test]
async fn a_commit_message_closes_too() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    writer.post(&format!("{REPO}/issues"), json!({ "title": "x" })).await.is(201);
    let file = json!({ "message": "Fix it\n\nFixes #1", "content": "eA==" });
    writer.put(&format!("{REPO}/contents/x.txt"), file).await.is(201);
    assert_eq!(writer.get(&format!("{REPO}/issues/1")).await.is(200)["state"], "closed");
    b.clean().await;
}

#[tokio::test]
async fn bad_pull_requests_are_refused() {
    let b = Box::new().await;
    let (writer, reader) = (b.person("writer").await, b.person("reader").await);
    branch(&writer, "a").await;
    pull(&writer, "a", "", false).await;
    let again = json!({ "title": "T", "head": "a", "base": "main" });
    let twice = writer.post(&format!("{REPO}/pulls"), again.clone()).await.is(422);
    assert_eq!(twice["errors"][0]["message"], "A pull request already exists for acme:a.");
    reader.post(&format!("{REPO}/pulls"), again).await.is(403);
    let none = json!({ "title": "T", "head": "main", "base": "main" });
    let none = writer.post(&format!("{REPO}/pulls"), none).await.is(422);
    assert_eq!(none["errors"][0]["message"], "No commits between main and main");
    let head = json!({ "title": "T", "head": "gone", "base": "main" });
    assert_eq!(writer.post(&format!("{REPO}/pulls"), head).await.is(422)["errors"][0]["field"], "head");
    let listed = writer.get(&format!("{REPO}/pulls?head=acme:a&state=all")).await.is(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    writer.delete(&format!("{REPO}/git/refs/heads/a")).await.is(204);
    assert_eq!(writer.get(&format!("{REPO}/pulls/1")).await.is(200)["state"], "closed");
    b.clean().await;
}
