//! Every fault at every operation: it stops with its own words, and resuming ends as if nothing had happened.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use waymark_app::areas::{DispatchCommand, DispatchState, DispatchView, OperationState, OperationView};

use super::bench::{Bench, Write};

/// What goes wrong, and how the sandbox is told.
struct Fault {
    name: &'static str,
    how: Value,
    /// The word that the message must hold.
    says: &'static str,
}

fn fault(name: &'static str, says: &'static str, how: Value) -> Fault {
    Fault { name, how, says }
}

/// Longer than any answer takes on a busy machine.
const PATIENT: Duration = Duration::from_secs(15);

fn refusals() -> Vec<Fault> {
    [("401", 401), ("403", 403), ("404", 404), ("409", 409), ("422", 422)]
        .into_iter()
        .map(|(name, status)| fault(name, name, json!({"status": status, "when": "before"})))
        .collect()
}

fn of<'a>(view: &'a DispatchView, key: &str) -> &'a OperationView {
    view.operations.iter().find(|operation| operation.key == key).expect("the operation")
}

/// Worlds at the same time: most of a dispatch is waiting.
const AT_ONCE: usize = 4;

/// The fault at every write, one dispatch in a world of its own each.
async fn at_every_write(fault: Fault, timeout: Duration) {
    let cases = stream::iter(Write::ALL);
    cases
        .for_each_concurrent(AT_ONCE, |write| {
            let fault = &fault;
            async move {
                let bench = Bench::with(Duration::from_millis(300), timeout).await;
                at_one_write(&bench, fault, &write).await;
            }
        })
        .await;
}

async fn at_one_write(bench: &Bench, fault: &Fault, write: &Write) {
    let at = format!("{} at {}", fault.name, write.key);
    let id = bench.dispatch_with_fault(write, &fault.how).await;
    let view = bench.rest(&id).await;
    bench.control("release", json!({})).await;
    let hit = of(&view, write.key);
    assert_eq!(hit.state, OperationState::Failed, "{at}: {view:#?}");
    let problem = hit.problem.as_ref().expect("a problem");
    assert!(problem.message.contains(fault.says), "{at}: {}", problem.message);
    assert!(problem.next.as_ref().is_some_and(|next| !next.is_empty()), "{at}: a next action");
    // Without a token nothing after it can be sent either: the dispatch stops, or it was the last.
    let last = view.operations.last().is_some_and(|operation| operation.key == write.key);
    let command = if hit.best_effort && (fault.name != "401" || last) {
        assert_eq!(view.state, DispatchState::Sent, "{at}");
        DispatchCommand::Retry { operation: write.key.to_owned() }
    } else {
        assert_eq!(view.state, DispatchState::Stopped, "{at}");
        let before = view.operations.iter().take_while(|operation| operation.key != write.key);
        before.for_each(|operation| assert_eq!(operation.state, OperationState::Done, "{at}"));
        DispatchCommand::Resume
    };
    if fault.name == "401" {
        // The token is forgotten; the person signs in again, as the message says.
        bench.sign_in("writer").await;
    }
    bench.command(&id, command).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{at}: {view:#?}");
    bench.assert_made_once(&view, &at).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_before_the_effect() {
    for fault in refusals() {
        at_every_write(fault, PATIENT).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_the_server_before_and_after_the_effect() {
    at_every_write(fault("500 before", "500", json!({"status": 500, "when": "before"})), PATIENT).await;
    at_every_write(fault("502 after", "502", json!({"status": 502, "when": "after"})), PATIENT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_before_and_after_the_effect() {
    at_every_write(fault("cut before", "cut", json!({"cut": true, "when": "before"})), PATIENT).await;
    at_every_write(fault("cut after", "cut", json!({"cut": true, "when": "after"})), PATIENT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_in_time() {
    at_every_write(fault("no answer", "in time", json!({"hold": true})), Duration::from_secs(6)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_while_lists_lag_behind() {
    let kinds = [
        ("create-issue", "issue"),
        ("comment-plan", "comment"),
        ("create-branch", "ref"),
        ("create-pull", "pull"),
        ("dispatch-run", "run"),
        ("comment-queued", "comment"),
    ];
    let cases = kinds.map(|(key, kind)| async move {
        let bench = Bench::with(Duration::from_secs(5), Duration::from_secs(15)).await;
        bench.control("hide", json!({"kind": kind, "seconds": 3})).await;
        let write = Write::ALL.into_iter().find(|write| write.key == key).expect("a write");
        let id = bench.dispatch_with_fault(&write, &json!({"cut": true, "when": "after"})).await;
        let view = bench.rest(&id).await;
        let command = match of(&view, key).best_effort {
            true => DispatchCommand::Retry { operation: key.to_owned() },
            false => DispatchCommand::Resume,
        };
        bench.command(&id, command).await;
        let view = bench.rest(&id).await;
        assert_eq!(view.state, DispatchState::Sent, "{key}: {view:#?}");
        bench.control("hide", json!({"kind": kind, "seconds": 0})).await;
        bench.assert_made_once(&view, key).await;
    });
    futures::future::join_all(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_run_is_found_in_a_busy_repository() {
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "dispatch-run").expect("a write");
    let id = bench.dispatch_with_fault(&write, &json!({"cut": true, "when": "after"})).await;
    assert_eq!(bench.rest(&id).await.state, DispatchState::Stopped);
    for n in 0..105 {
        let inputs = json!({
            "instruction": "Something else.", "branch_name": format!("P9-{n}"), "pr_number": "9",
            "submitted_by": "admin", "distinct_id": format!("{n:06}"),
        });
        let path = "/repos/acme/widgets/actions/workflows/one-shot.yml/dispatches";
        bench.write(path, json!({"ref": "main", "inputs": inputs})).await;
    }
    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    let run = bench.api(&format!("/repos/acme/widgets/actions/runs/{}", view.run_id.expect("its run"))).await;
    let title = run["display_title"].as_str().unwrap_or_default();
    assert!(!title.starts_with("one-shot:0000") && title.starts_with("one-shot:"), "{title}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limit_is_waited_for() {
    let bench = Bench::start().await;
    let limit = json!({"status": 403, "when": "before", "headers": {"retry-after": "1"},
        "body": {"message": "You have exceeded a secondary rate limit."}});
    let write = Write::ALL.into_iter().find(|write| write.key == "create-pull").expect("a write");
    let id = bench.dispatch_with_fault(&write, &limit).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "rate limit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_github_does_not_know_the_runs_details() {
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "dispatch-run").expect("a write");
    let older = json!({"status": 400, "when": "before", "body": {"message": "Unexpected field"}});
    let id = bench.dispatch_with_fault(&write, &older).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "400").await;
}
