//! Several people with one dispatch, and what others made that looks like its own.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_app::areas::{DispatchCommand, DispatchState, DispatchView, NewForm, ObjectiveForm, ProblemKind};

use super::bench::{Bench, Write};

fn write(key: &str) -> Write {
    Write::ALL.into_iter().find(|write| write.key == key).expect("a write")
}

fn cut(when: &str) -> Value {
    json!({"cut": true, "when": when})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_second_person_made_is_found_by_the_first() {
    let bench = Bench::start().await;
    let bob = bench.person("admin").await;
    let id =
        bench.dispatch_with_fault(&write("create-issue"), &json!({"status": 403, "when": "before"})).await;
    assert_eq!(bench.rest(&id).await.state, DispatchState::Stopped);
    let mut lost = cut("after");
    lost["method"] = "POST".into();
    lost["path"] = "/issues$".into();
    lost["times"] = 1.into();
    bench.control("faults", lost).await;
    bench.area.command(&bob, &id, DispatchCommand::Resume).await.expect("resumed");
    assert_eq!(bench.rest(&id).await.state, DispatchState::Stopped);
    assert_eq!(bench.made().await.issues.len(), 1, "Bob's issue is there");

    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "resumed by both").await;
    // A resume of what is over changes nothing, not even who acts.
    bench.area.command(&bob, &id, DispatchCommand::Resume).await.expect("nothing to resume");
    bench.command(&id, DispatchCommand::Undo).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Undone, "{view:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_marker_that_somebody_else_copied_is_not_taken_for_ours() {
    let bench = Bench::start().await;
    let id = bench.dispatch_with_fault(&write("comment-plan"), &cut("before")).await;
    let issue = bench.rest(&id).await.issue.expect("an issue");
    let marker = format!("# Another plan\n\n<!-- waymark:{id}:comment-plan -->");
    bench
        .write_as(
            "reader",
            Method::POST,
            &format!("/repos/acme/widgets/issues/{issue}/comments"),
            json!({"body": marker}),
        )
        .await;
    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    let header = bench.api(&format!("/repos/acme/widgets/issues/{issue}")).await;
    let theirs =
        bench.api(&format!("/repos/acme/widgets/issues/{issue}/comments")).await[0]["id"].to_string();
    let body = header["body"].as_str().unwrap_or_default().to_owned();
    assert!(!body.contains(&format!("plan_comment_id: {theirs}\n")), "{body}");
}

/// Somebody opens a pull request from the dispatch's branch.
async fn opened_by_another(bench: &Bench, view: &DispatchView) -> i64 {
    let branch = view.branch.clone().expect("its branch");
    let pull = json!({"title": "By hand", "head": branch, "base": "main", "body": "Mine."});
    let made = bench.write_as("admin", Method::POST, "/repos/acme/widgets/pulls", pull).await;
    made["number"].as_i64().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_pull_request_is_not_an_old_closed_one() {
    let bench = Bench::start().await;
    let id = bench.dispatch_with_fault(&write("create-pull"), &cut("before")).await;
    let view = bench.rest(&id).await;
    let closed = opened_by_another(&bench, &view).await;
    let path = format!("/repos/acme/widgets/pulls/{closed}");
    bench.write_as("admin", Method::PATCH, &path, json!({"state": "closed"})).await;
    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    let ours = view.pr.expect("its pull request");
    assert_ne!(ours, closed);
    bench.command(&id, DispatchCommand::Undo).await;
    assert_eq!(bench.rest(&id).await.state, DispatchState::Undone);
    assert!(bench.comments(closed).await.is_empty(), "the old one is left alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_pull_request_of_another_is_put_to_a_person() {
    let bench = Bench::start().await;
    let id = bench.dispatch_with_fault(&write("create-pull"), &cut("before")).await;
    let theirs = opened_by_another(&bench, &bench.rest(&id).await).await;
    bench.command(&id, DispatchCommand::Resume).await;
    let view = bench.rest(&id).await;
    assert_eq!((view.state, view.pr), (DispatchState::Stopped, None), "{view:#?}");
    bench.command(&id, DispatchCommand::Settle { operation: "create-pull".into(), made: true }).await;
    let view = bench.rest(&id).await;
    assert_eq!((view.state, view.pr), (DispatchState::Sent, Some(theirs)), "{view:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_text_is_never_dispatched() {
    let bench = Bench::start().await;
    let viewer = bench.viewer();
    let edited = NewForm { plan: Some(7), ..bench.form() };
    let new = NewForm { plan: Some(0), ..bench.form() };
    let objective = NewForm { objective_text: Some(Box::new(ObjectiveForm::default())), ..bench.form() };
    let says = |refused: Result<String, Vec<waymark_app::areas::Problem>>, words: &str| {
        let problems = refused.expect_err(words);
        assert!(problems.iter().any(|one| one.kind == ProblemKind::Invalid && one.message.contains(words)));
    };
    says(bench.area.dispatch(&viewer, None, &edited).await, "plan #7");
    says(bench.area.dispatch(&viewer, None, &new).await, "is a plan");
    says(bench.area.dispatch(&viewer, None, &objective).await, "objective");
    says(bench.area.create_plan(&viewer, None, &edited).await, "plan #7");
    says(bench.area.create_plan(&viewer, None, &objective).await, "objective");
    assert!(bench.writes().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_401_leaves_a_new_sign_in_alone() {
    let bench = Bench::start().await;
    let late = json!({"method": "GET", "path": "^/repos/acme/widgets$", "status": 401, "when": "before",
        "hold": true, "times": 1, "body": {"message": "Bad credentials"}});
    bench.control("faults", late).await;
    let (area, viewer, repo) = (bench.area.clone(), bench.viewer(), bench.repo());
    let asking = tokio::spawn(async move { area.approve(&viewer, &repo, 1).await });
    let held = |entry: &Value| entry["path"] == "/repos/acme/widgets" && entry["status"] == 401;
    crate::support::until(async || bench.journal().await, |journal| journal.iter().any(held)).await;
    bench.sign_in("writer").await;
    bench.control("release", json!({})).await;
    let refused = asking.await.expect("an end").expect_err("refused");
    assert_eq!(refused.kind, ProblemKind::SignedOut);
    let second = bench.dispatch().await;
    assert_eq!(bench.rest(&second).await.state, DispatchState::Sent);
}
