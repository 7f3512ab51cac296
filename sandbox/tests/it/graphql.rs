//! GraphQL documents of the kind that Waymark sends.

use serde_json::{Value, json};

use crate::harness::{Box, Person};

const PLAN: &str = "query Plan($owner: String!, $name: String!, $issue: Int!, $pull: Int!) {
  viewer { login }
  rateLimit { cost remaining }
  repository(owner: $owner, name: $name) {
    nameWithOwner
    viewerPermission
    issue(number: $issue) {
      title state author { login __typename }
      labels(first: 10) { nodes { name } }
      comments(last: 50) { totalCount nodes { databaseId body } }
      closedByPullRequestsReferences(first: 5, includeClosedPrs: true) { nodes { number } }
    }
    pullRequest(number: $pull) {
      isDraft state mergeable headRefName reviewDecision
      closingIssuesReferences(first: 5) { nodes { number } }
      reviewThreads(first: 100) { totalCount nodes { isResolved } }
      commits(last: 1) { nodes { commit { oid statusCheckRollup { state } } } }
    }
  }
}";

async fn ask(who: &Person, document: &str, variables: Value) -> Value {
    who.post("/graphql", json!({ "query": document, "variables": variables })).await.is(200)
}

#[tokio::test]
async fn a_plan_with_its_pull_request_in_one_question() {
    let b = Box::new().await;
    let (writer, admin) = (b.person("writer").await, b.person("admin").await);
    let repo = "/repos/acme/widgets";
    writer.post(&format!("{repo}/issues"), json!({ "title": "Plan", "labels": ["erk-plan"] })).await.is(201);
    writer.post(&format!("{repo}/issues/1/comments"), json!({ "body": "hello" })).await.is(201);
    crate::pulls::branch(&writer, "a").await;
    let pull = json!({ "title": "T", "head": "a", "base": "main", "body": "Closes #1", "draft": true });
    let pull = writer.post(&format!("{repo}/pulls"), pull).await.is(201);
    let line = json!({ "body": "why?", "path": "a.txt", "line": 1, "commit_id": pull["head"]["sha"] });
    admin.post(&format!("{repo}/pulls/2/comments"), line).await.is(201);
    admin.post(&format!("{repo}/pulls/2/reviews"), json!({ "event": "APPROVE" })).await.is(200);
    let sha = pull["head"]["sha"].as_str().expect("a sha");
    writer
        .post(&format!("{repo}/statuses/{sha}"), json!({ "state": "failure", "context": "x" }))
        .await
        .is(201);
    let variables = json!({ "owner": "acme", "name": "widgets", "issue": 1, "pull": 2 });
    let answer = ask(&writer, PLAN, variables).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let found = &answer["data"]["repository"];
    assert_eq!(found["viewerPermission"], "WRITE");
    assert_eq!(found["issue"]["author"], json!({ "login": "writer", "__typename": "User" }));
    assert_eq!(found["issue"]["closedByPullRequestsReferences"]["nodes"], json!([{ "number": 2 }]));
    let seen = &found["pullRequest"];
    assert_eq!((&seen["reviewDecision"], &seen["isDraft"]), (&json!("APPROVED"), &json!(true)));
    assert_eq!(seen["reviewThreads"], json!({ "totalCount": 1, "nodes": [{ "isResolved": false }] }));
    assert_eq!(seen["commits"]["nodes"][0]["commit"]["statusCheckRollup"]["state"], "FAILURE");
    b.clean().await;
}

#[tokio::test]
async fn the_invisible_is_not_found_with_status_200() {
    let b = Box::new().await;
    let outsider = b.person("outsider").await;
    let hidden = ask(&outsider, "{ repository(owner: \"acme\", name: \"secret\") { id } }", json!({})).await;
    assert_eq!(hidden["data"]["repository"], json!(null));
    assert_eq!(hidden["errors"][0]["type"], "NOT_FOUND");
    let message = "Could not resolve to a Repository with the name 'acme/secret'.";
    assert_eq!(hidden["errors"][0]["message"], message);
    b.nobody().post("/graphql", json!({ "query": "{ viewer { login } }" })).await.is(401);
    let pages = ask(
        &outsider,
        "{ repository(owner: \"acme\", name: \"widgets\") { pullRequest(number: 9) { id } } }",
        json!({}),
    );
    assert_eq!(pages.await["errors"][0]["type"], "NOT_FOUND");
    b.clean().await;
}
