//! Issues, comments, labels, timeline.

use serde_json::json;

use crate::harness::Box;

const ISSUES: &str = "/repos/acme/widgets/issues";

#[tokio::test]
async fn an_issue_from_opening_to_closing() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let made =
        writer.post(ISSUES, json!({ "title": "Plan", "body": "b", "labels": ["erk-plan"] })).await.is(201);
    assert_eq!((&made["number"], &made["labels"][0]["name"]), (&json!(1), &json!("erk-plan")));
    let comment = writer.post(&format!("{ISSUES}/1/comments"), json!({ "body": "hello" })).await.is(201);
    let at = format!("/repos/acme/widgets/issues/comments/{}", comment["id"]);
    assert_eq!(writer.patch(&at, json!({ "body": "bye" })).await.is(200)["body"], "bye");
    writer.patch(&format!("{ISSUES}/1"), json!({ "title": "Plan B", "state": "closed" })).await.is(200);
    let seen = writer.get(&format!("{ISSUES}/1")).await.is(200);
    assert_eq!((&seen["state"], &seen["state_reason"]), (&json!("closed"), &json!("completed")));
    let timeline = writer.get(&format!("{ISSUES}/1/timeline")).await.is(200);
    let events: Vec<&str> =
        timeline.as_array().expect("a list").iter().filter_map(|e| e["event"].as_str()).collect();
    assert_eq!(events, ["labeled", "commented", "renamed", "closed"]);
    b.clean().await;
}

#[tokio::test]
async fn bad_issues_are_refused_as_github_does() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let blank = writer.post(ISSUES, json!({ "title": " " })).await.is(422);
    assert_eq!(blank["errors"][0], json!({ "resource": "Issue", "code": "missing_field", "field": "title" }));
    let long = writer.post(ISSUES, json!({ "title": "t", "body": "x".repeat(65_537) })).await.is(422);
    assert_eq!(long["errors"][0]["field"], "body");
    writer.get(&format!("{ISSUES}/99")).await.is(404);
    let twice = writer.post("/repos/acme/widgets/labels", json!({ "name": "ERK-plan" })).await.is(422);
    assert_eq!(twice["errors"][0]["code"], "already_exists");
    let color = json!({ "name": "x", "color": "nope" });
    let color = writer.post("/repos/acme/widgets/labels", color).await.is(422);
    assert_eq!(color["errors"][0], json!({ "resource": "Label", "code": "invalid", "field": "color" }));
    b.control("repos/acme/widgets", json!({ "has_issues": false })).await;
    writer.post(ISSUES, json!({ "title": "t" })).await.is(410);
    b.clean().await;
}

#[tokio::test]
async fn labels_of_a_stranger_are_dropped() {
    let b = Box::new().await;
    let outsider = b.person("outsider").await;
    let made = outsider.post(ISSUES, json!({ "title": "t", "labels": ["erk-plan"] })).await.is(201);
    assert_eq!(made["labels"], json!([]));
    outsider.patch(&format!("{ISSUES}/1"), json!({ "body": "own" })).await.is(200);
    let reader = b.person("reader").await;
    reader.patch(&format!("{ISSUES}/1"), json!({ "body": "not mine" })).await.is(403);
    b.clean().await;
}

#[tokio::test]
async fn lists_are_paged_by_number_and_filtered() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    for n in 0..5 {
        let label = if n % 2 == 0 { "erk-plan" } else { "bug" };
        writer.post(ISSUES, json!({ "title": format!("t{n}"), "labels": [label] })).await.is(201);
    }
    let page = writer.get(&format!("{ISSUES}?per_page=2&state=all")).await;
    let link = page.header("link").to_owned();
    let next = link.split(['<', '>']).nth(1).expect("a link");
    assert!(next.contains("/repositories/"), "{link}");
    let more = writer.get(next).await.is(200);
    assert_eq!(more[0]["title"], "t2");
    let plans = writer.get(&format!("{ISSUES}?labels=erk-plan&direction=asc")).await.is(200);
    assert_eq!(plans.as_array().map(Vec::len), Some(3));
    b.control("clock", json!({ "advance_seconds": 100 })).await;
    writer.patch(&format!("{ISSUES}/4"), json!({ "body": "changed" })).await.is(200);
    let since = writer.get(&format!("{ISSUES}/4")).await.is(200)["updated_at"].clone();
    let fresh = writer.get(&format!("{ISSUES}?since={}", since.as_str().expect("a time"))).await.is(200);
    assert_eq!(fresh.as_array().map(Vec::len), Some(1));
    b.clean().await;
}
