//! What happens while a write waits for its turn: others write the same text, or the dispatch is undone.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_app::areas::{DispatchCommand, DispatchState, OperationState};

use super::bench::{Bench, Write};
use crate::support::until;

fn limit(seconds: &str) -> Value {
    json!({"status": 403, "when": "before", "headers": {"retry-after": seconds},
        "body": {"message": "You have exceeded a secondary rate limit."}})
}

/// Waits until GitHub has refused such a write because of its limit.
async fn limited(bench: &Bench, method: &str) {
    let hit = |entry: &Value| entry["method"] == method && entry["status"] == 403;
    until(async || bench.journal().await, |journal| journal.iter().any(hit)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_write_while_a_write_waits_stays() {
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "link-plan-comment").expect("a write");
    let id = bench.dispatch_with_fault(&write, &limit("2")).await;
    limited(&bench, "PATCH").await;
    let view = bench.area.get(&bench.viewer(), &id).await.expect("seen");
    let path = format!("/repos/acme/widgets/issues/{}", view.issue.expect("its issue"));
    let body = bench.api(&path).await["body"].as_str().expect("a body").to_owned();
    let theirs = format!("{body}\n\nMind the parking rules.");
    bench.write_as("admin", Method::PATCH, &path, json!({"body": theirs})).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    let body = bench.api(&path).await["body"].as_str().expect("a body").to_owned();
    assert!(body.contains("Mind the parking rules."), "{body}");
    bench.assert_made_once(&view, "edited meanwhile").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_is_seen_while_another_dispatch_waits_for_the_limit() {
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "create-issue").expect("a write");
    let first = bench.dispatch_with_fault(&write, &limit("600")).await;
    limited(&bench, "POST").await;
    let second = bench.dispatch().await;
    for id in [second, first] {
        bench.command(&id, DispatchCommand::Undo).await;
        let view = bench.rest(&id).await;
        assert_eq!(view.state, DispatchState::Undone, "{view:#?}");
        // What is undone is not tried again, whatever its operations say.
        let retry = DispatchCommand::Retry { operation: "create-issue".into() };
        assert!(bench.area.command(&bench.viewer(), &id, retry).await.is_err());
    }
    assert!(bench.made().await.issues.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_can_comment_on_is_taken_back_all_the_same() {
    for status in [403, 404, 410] {
        let bench = Bench::start().await;
        let id = bench.dispatch().await;
        bench.rest(&id).await;
        let locked = json!({"method": "POST", "path": "/issues/[0-9]+/comments$", "status": status,
            "when": "before", "body": {"message": "Unable to create comment because issue is locked."}});
        bench.control("faults", locked).await;
        bench.command(&id, DispatchCommand::Undo).await;
        let view = bench.rest(&id).await;
        assert_eq!(view.state, DispatchState::Undone, "{view:#?}");
        let made = bench.made().await;
        assert!(made.branches.is_empty() && made.pulls.iter().all(|pull| pull["state"] == "closed"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_a_deleted_issue_is_taken_back_all_the_same() {
    let bench = Bench::start().await;
    let id = bench.dispatch().await;
    let issue = bench.rest(&id).await.issue.expect("its issue");
    let deleted = json!({"path": format!("/issues/{issue}($|/)"), "status": 410, "when": "before", "times": 1000,
        "body": {"message": "This issue was deleted"}});
    bench.control("faults", deleted).await;
    bench.command(&id, DispatchCommand::Undo).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Undone, "{view:#?}");
    let made = bench.made().await;
    assert!(made.branches.is_empty() && made.pulls.iter().all(|pull| pull["state"] == "closed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_optional_step_of_an_undone_dispatch_is_not_tried_again() {
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "comment-queued").expect("a write");
    let id = bench.dispatch_with_fault(&write, &json!({"status": 403, "when": "before"})).await;
    bench.rest(&id).await;
    bench.command(&id, DispatchCommand::Undo).await;
    assert_eq!(bench.rest(&id).await.state, DispatchState::Undone);
    let retry = DispatchCommand::Retry { operation: write.key.to_owned() };
    let refused = bench.area.command(&bench.viewer(), &id, retry).await;
    assert!(refused.is_err_and(|problem| problem.next.is_some()));
    let view = bench.rest(&id).await;
    let step = view.operations.iter().find(|one| one.key == write.key).expect("the step");
    assert_eq!(step.state, OperationState::Failed, "it does not wait for ever");
}
