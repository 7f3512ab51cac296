//! What cannot be told by looking is asked of a person, and nothing is sent until they say.

use serde_json::json;
use waymark_app::areas::{DispatchCommand, DispatchState, DispatchView, OperationState};

use super::bench::{Bench, Write};

const COMMENT: &str = "comment-plan";

/// A dispatch whose plan comment is in doubt: its request was lost before it did anything, and then
/// somebody with the same account wrote the same words without the marker.
async fn in_doubt(bench: &Bench) -> (String, i64) {
    let write = Write::ALL.into_iter().find(|write| write.key == COMMENT).expect("a write");
    let id = bench.dispatch_with_fault(&write, &json!({"cut": true, "when": "before"})).await;
    let view = bench.rest(&id).await;
    let issue = view.issue.expect("an issue");
    let lost = bench.journal().await.into_iter().rfind(|entry| entry["method"] == "POST").expect("a write");
    let sent: serde_json::Value = serde_json::from_str(lost["body"].as_str().expect("a body")).expect("JSON");
    let words = sent["body"].as_str().expect("words").split("\n\n<!-- waymark:").next().expect("words");
    bench.write(&format!("/repos/acme/widgets/issues/{issue}/comments"), json!({"body": words})).await;
    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!(state(&view), OperationState::Doubtful, "{view:#?}");
    assert_eq!(view.state, DispatchState::Stopped);
    assert_eq!(bench.comments(issue).await.len(), 1, "nothing was sent");
    (id, issue)
}

fn state(view: &DispatchView) -> OperationState {
    view.operations.iter().find(|operation| operation.key == COMMENT).expect("the operation").state
}

async fn settle(bench: &Bench, id: &str, made: bool) -> DispatchView {
    bench.command(id, DispatchCommand::Settle { operation: COMMENT.to_owned(), made }).await;
    bench.rest(id).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_recognises_is_taken_for_made() {
    let bench = Bench::start().await;
    let (id, _) = in_doubt(&bench).await;
    let view = settle(&bench, &id, true).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "settled as made").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_does_not_recognise_is_sent() {
    let bench = Bench::start().await;
    let (id, issue) = in_doubt(&bench).await;
    let view = settle(&bench, &id, false).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    let comments = bench.comments(issue).await;
    let marked =
        comments.iter().filter(|comment| comment.contains(&format!("<!-- waymark:{id}:{COMMENT} -->")));
    assert_eq!((marked.count(), comments.len()), (1, 3), "{comments:#?}");
}
