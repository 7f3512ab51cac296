//! Undo, from wherever a dispatch stopped: what it made is taken back with a word, and nothing else is touched.

use serde_json::json;
use waymark_app::areas::{DispatchCommand, DispatchState, OperationState};

use super::bench::{Bench, Write};

async fn undo(bench: &Bench, id: &str, at: &str) {
    bench.command(id, DispatchCommand::Undo).await;
    let view = bench.rest(id).await;
    assert_eq!(view.state, DispatchState::Undone, "{at}: {view:#?}");
    let made = bench.made().await;
    for issue in made.issues.iter().chain(&made.pulls) {
        assert_eq!(issue["state"], "closed", "{at}: {}", issue["html_url"]);
        let comments = bench.comments(issue["number"].as_i64().unwrap_or_default()).await;
        let why = comments.iter().filter(|comment| comment.contains("Closed by Waymark")).count();
        assert_eq!(why, 1, "{at}: the reason on {}", issue["html_url"]);
    }
    assert!(made.branches.is_empty(), "{at}: {:?}", made.branches);
    for run in &made.runs {
        assert_eq!(run["status"], "completed", "{at}");
    }
    for operation in view.operations.iter().filter(|operation| operation.key.starts_with("undo-")) {
        assert_eq!(operation.state, OperationState::Done, "{at}: {}", operation.key);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_every_operation_that_was_refused() {
    let bench = Bench::start().await;
    for write in Write::ALL {
        bench.reset().await;
        let id = bench.dispatch_with_fault(&write, &json!({"status": 403, "when": "before"})).await;
        bench.rest(&id).await;
        undo(&bench, &id, write.key).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_every_operation_whose_answer_was_lost() {
    let bench = Bench::start().await;
    for write in Write::ALL {
        bench.reset().await;
        let id = bench.dispatch_with_fault(&write, &json!({"cut": true, "when": "after"})).await;
        bench.rest(&id).await;
        undo(&bench, &id, write.key).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_undo_goes_on_without_saying_anything_twice() {
    let bench = Bench::start().await;
    for path in ["/issues/[0-9]+/comments$", "/pulls/[0-9]+$", "/issues/[0-9]+$", "/git/refs/heads/"] {
        bench.reset().await;
        let id = bench.dispatch().await;
        bench.rest(&id).await;
        bench
            .control("faults", json!({"path": path, "method": "*", "cut": true, "when": "after", "times": 1}))
            .await;
        bench.command(&id, DispatchCommand::Undo).await;
        bench.rest(&id).await;
        bench.control("release", json!({})).await;
        bench.command(&id, DispatchCommand::Resume).await;
        bench.rest(&id).await;
        undo(&bench, &id, path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatch_that_was_undone_frees_its_draft() {
    let bench = Bench::start().await;
    let draft = bench.draft().await;
    let first = bench.dispatch_draft(&draft).await;
    bench.rest(&first).await;
    assert_eq!(bench.dispatch_draft(&draft).await, first);
    undo(&bench, &first, "sent").await;
    let second = bench.dispatch_draft(&draft).await;
    assert_ne!(second, first);
    assert_eq!(bench.rest(&second).await.state, DispatchState::Sent);
}
