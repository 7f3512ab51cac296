//! A write that GitHub redirects, as it does for a repository with another name now.

use serde_json::json;
use tokio::net::TcpListener;
use waymark_app::areas::{DispatchCommand, DispatchState, OperationState};

use super::bench::{Bench, Write};

fn redirect(to: &str) -> serde_json::Value {
    json!({"status": 307, "when": "before", "headers": {"location": to}, "body": {"message": "Moved"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirected_write_keeps_its_method() {
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "create-issue").expect("a write");
    let to = format!("{}/repos/acme/widgets/issues", bench.sandbox.url());
    let id = bench.dispatch_with_fault(&write, &redirect(&to)).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "redirected").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_redirected_once_and_to_nobody_else() {
    let bench = Bench::start().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let other = format!("http://{}/repos/acme/widgets/pulls", elsewhere.local_addr().expect("its address"));
    let asked = tokio::spawn(async move { elsewhere.accept().await.map(drop) });
    let write = Write::ALL.into_iter().find(|write| write.key == "create-pull").expect("a write");
    let id = bench.dispatch_with_fault(&write, &redirect(&other)).await;
    let refused = async |says: &str| {
        let view = bench.rest(&id).await;
        assert_eq!(view.state, DispatchState::Stopped, "{view:#?}");
        let hit = view.operations.iter().find(|one| one.key == write.key).expect("the operation");
        assert_eq!(hit.state, OperationState::Failed);
        let problem = hit.problem.as_ref().expect("why");
        assert!(problem.message.contains(says), "{problem:?}");
        assert!(bench.made().await.pulls.is_empty());
    };
    refused("another host").await;
    assert!(!asked.is_finished(), "the token went to another host");

    let back = format!("{}/repos/acme/widgets/pulls", bench.sandbox.url());
    let mut twice = redirect(&back);
    twice["method"] = "POST".into();
    twice["path"] = write.path.into();
    twice["times"] = 2.into();
    bench.control("faults", twice).await;
    bench.command(&id, DispatchCommand::Resume).await;
    refused("redirecting").await;
    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "redirected elsewhere").await;
    asked.abort();
}
