//! `kill -9` after each write of a dispatch: the next start finishes it, and nothing is made twice.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Browser, World, until, world_without_server};

/// The writes of a one-shot dispatch: method, path, and whether an earlier write has the same address, so
/// that only the one after the run is meant.
const WRITES: [(&str, &str, bool); 11] = [
    ("POST", "/issues$", false),
    ("POST", "/issues/[0-9]+/comments$", false),
    ("PATCH", "/issues/[0-9]+$", false),
    ("POST", "/git/trees$", false),
    ("POST", "/git/commits$", false),
    ("POST", "/git/refs$", false),
    ("POST", "/pulls$", false),
    RUN,
    ("PATCH", "/issues/[0-9]+$", true),
    ("POST", "/issues/[0-9]+/comments$", true),
    ("PATCH", "/pulls/[0-9]+$", false),
];

const RUN: (&str, &str, bool) = ("POST", "/dispatches$", false);

/// Asks until there is something.
async fn found<T: std::fmt::Debug>(ask: impl AsyncFnMut() -> Option<T>) -> T {
    until(ask, Option::is_some).await.expect("something")
}

/// Holds back the answer to the next such write.
async fn hold(world: &World, (method, path, _): (&str, &str, bool)) {
    let fault = json!({"method": method, "path": path, "hold": true, "when": "after", "times": 1});
    world.github.set("faults", fault).await;
}

/// Waits until GitHub has carried out such a write, and answers its number in the journal.
async fn written(world: &World, after: u64, (method, path, _): (&str, &str, bool)) -> u64 {
    let path = regex::Regex::new(path).expect("a pattern");
    found(async || {
        let mut journal = world.github.journal().await.into_iter();
        journal.find(|entry| entry.n > after && entry.method == method && path.is_match(&entry.path))
    })
    .await
    .n
}

/// Dispatches, kills the server while GitHub holds the answer to a write, and starts it again.
async fn killed_after(
    world: &World,
    browser: &Browser,
    write: (&str, &str, bool),
    instruction: &str,
) -> Value {
    let process = world.process().await;
    let mut before = world.github.writes().await.last().map_or(0, |entry| entry.n);
    let after_run = write.2;
    hold(world, if after_run { RUN } else { write }).await;
    let form = json!({"repo": "acme/widgets", "instruction": instruction});
    let answer = browser.json(Method::POST, "/api/v1/dispatches", &form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    if after_run {
        before = written(world, before, RUN).await;
        hold(world, write).await;
        world.github.set("release", json!({})).await;
    }
    written(world, before, write).await;
    process.kill().await;
    world.github.control(Method::DELETE, "faults", None).await;
    world.github.set("release", json!({})).await;
    let process = world.process().await;
    let dispatch = found(async || {
        let view = browser.get(&format!("/api/v1/dispatches/{id}")).await.json();
        let rests = matches!(view["state"].as_str(), Some("sent" | "stopped"));
        let working = view["operations"].as_array().is_some_and(|list| {
            list.iter().any(|one| matches!(one["state"].as_str(), Some("waiting" | "sending")))
        });
        (rests && !working).then_some(view)
    })
    .await;
    process.kill().await;
    dispatch
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_made_twice() {
    world_without_server(
        |_| (),
        async |world| {
            let process = world.process().await;
            let browser = world.sign_in("writer").await;
            process.kill().await;
            // Runs are made but do nothing: what they would write comes between.
            let off = json!({"variables": {"CLAUDE_ENABLED": "false"}});
            world.github.set("repos/acme/widgets", off).await;
            for (at, write) in WRITES.into_iter().enumerate() {
                let instruction = format!("Write down the packing rule number {at}.");
                let dispatch = killed_after(world, &browser, write, &instruction).await;
                let place = format!("killed after {write:?}");
                assert_eq!(dispatch["state"], "sent", "{place}: {dispatch:#}");
                once(world, &dispatch, at + 1, &place).await;
            }
            world.github.writes().await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_goes_on_where_it_was() {
    world_without_server(
        |_| (),
        async |world| {
            world.github.set("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
            let process = world.process().await;
            let browser = world.sign_in("writer").await;
            let mut plans = Vec::new();
            for name in ["one", "two", "three"] {
                let issue = json!({"title": name, "body": "# A plan\n\n1. One", "labels": ["erk-plan"]});
                let made =
                    world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
                plans.push(made["number"].as_i64().expect("a number"));
            }
            let names: Vec<String> = plans.iter().map(|number| format!("acme/widgets/{number}")).collect();
            let mut fields = vec![("batch", "batch0000000000000002")];
            let keys = ["plan[0]", "plan[1]", "plan[2]"];
            fields.extend(keys.into_iter().zip(names.iter().map(String::as_str)));
            let held = json!({"method": "POST", "path": "/pulls$", "hold": true, "when": "after", "skip": 1});
            world.github.set("faults", held).await;
            let page = browser.form("/do/submit", &fields).await;
            assert_eq!(page.location(), Some("/batches/batch0000000000000002"), "{page:?}");
            let opened = |path: &str| path.ends_with("/pulls");
            found(async || {
                let writes = world.github.writes().await;
                (writes.iter().filter(|write| opened(&write.path)).count() == 2).then_some(())
            })
            .await;
            process.kill().await;
            world.github.control(Method::DELETE, "faults", None).await;
            world.github.set("release", json!({})).await;
            let process = world.process().await;
            found(async || {
                let page = browser.get("/batches/batch0000000000000002").await;
                page.body.contains("3 of 3 sent").then_some(())
            })
            .await;
            let again = browser.form("/do/submit", &fields).await;
            assert_eq!(again.location(), page.location(), "sent twice it is the same batch");
            process.kill().await;
            for number in plans {
                let path = format!("/repos/acme/widgets/git/matching-refs/heads/P{number}-");
                let refs = world.github.get("admin", &path).await;
                assert_eq!(refs.as_array().map(Vec::len), Some(1), "{refs}");
            }
            let pulls = world.github.get("admin", "/repos/acme/widgets/pulls?state=all&per_page=100").await;
            let ours = |pull: &&Value| pull["head"]["ref"].as_str().is_some_and(|name| name.starts_with('P'));
            assert_eq!(pulls.as_array().map(|all| all.iter().filter(ours).count()), Some(3), "{pulls}");
            let runs = "/repos/acme/widgets/actions/workflows/plan-implement.yml/runs";
            assert_eq!(world.github.get("admin", runs).await["total_count"], 3);
            world.github.writes().await;
        },
    )
    .await;
}

/// Everything the dispatch makes is there, once.
async fn once(world: &World, dispatch: &Value, dispatches: usize, place: &str) {
    let get = async |path: &str| world.github.get("admin", &format!("/repos/acme/widgets/{path}")).await;
    let list = |value: Value| value.as_array().cloned().unwrap_or_default();
    let issue = dispatch["issue"].as_i64().expect("an issue");
    let id = dispatch["id"].as_str().expect("an id");
    let all = list(get("issues?state=all&per_page=100").await);
    let ours = all.iter().filter(|item| {
        item.get("pull_request").is_none() && item["body"].as_str().is_some_and(|body| body.contains(id))
    });
    assert_eq!(ours.count(), 1, "issues, {place}");
    let branch = format!("P{issue}-");
    let refs = list(get(&format!("git/matching-refs/heads/{branch}")).await);
    assert_eq!(refs.len(), 1, "branches, {place}");
    let pulls = list(get("pulls?state=all&per_page=100").await);
    let ours = pulls
        .iter()
        .filter(|pull| pull["head"]["ref"].as_str().is_some_and(|name| name.starts_with(&branch)));
    assert_eq!(ours.count(), 1, "pull requests, {place}");
    let comments = list(get(&format!("issues/{issue}/comments?per_page=100")).await);
    for block in ["plan-body", "submission-queued"] {
        let marker = format!("<!-- erk:metadata-block:{block} -->");
        let found =
            comments.iter().filter(|one| one["body"].as_str().is_some_and(|body| body.contains(&marker)));
        assert_eq!(found.count(), 1, "{block} comments, {place}");
    }
    let runs = get("actions/runs?event=workflow_dispatch&per_page=100").await;
    assert_eq!(runs["total_count"].as_u64(), Some(dispatches as u64), "runs, {place}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_was_taken_is_worked_on_after_the_next_start() {
    world_without_server(
        |_| (),
        async |world| {
            let plan = json!({"title": "Plan", "body": "# A plan\n\n1. One", "labels": ["erk-plan"]});
            let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", plan).await;
            let issue = format!("/repos/acme/widgets/issues/{}", made["number"]);
            let process = world.process().await;
            let browser = world.sign_in("writer").await;
            let connect = "/api/v1/repositories/acme/widgets/connection";
            let answer = browser.json(Method::PUT, connect, &json!({})).await;
            assert!(answer.status.is_success(), "{answer:?}");
            let phase = async || {
                let path = format!("/api/v1/repositories/acme/widgets/plans/{}", made["number"]);
                browser.get(&path).await.json()["phase"].as_str().map(str::to_owned)
            };
            found(async || phase().await.filter(|phase| phase == "created")).await;
            // From here on only a delivery can tell: the lists are out of order.
            let lists = json!({"method": "GET", "path": "/issues\\?", "status": 500, "times": 10_000});
            world.github.set("faults", lists.clone()).await;
            // Whoever reads the plan waits, so that the delivery is taken and not yet worked on.
            let read = json!({"method": "GET", "path": format!("{issue}$"), "hold": true, "times": 10_000});
            world.github.set("faults", read).await;
            world.github.send("admin", Method::PATCH, &issue, json!({"state": "closed"})).await;
            world.github.idle().await;
            process.kill().await;
            world.github.control(Method::DELETE, "faults", None).await;
            world.github.set("faults", lists).await;
            world.github.set("release", json!({})).await;
            let process = world.process().await;
            found(async || phase().await.filter(|phase| phase == "closed")).await;
            process.kill().await;
            world.github.writes().await;
        },
    )
    .await;
}

/// Dispatches work that takes long, and answers the address of its plan once a run works on it.
async fn working(browser: &Browser) -> String {
    let form = json!({"repo": "acme/widgets", "instruction": "Write a rule.\n\ndemo:slow 120"});
    let answer = browser.json(Method::POST, "/api/v1/dispatches", &form).await.json();
    let dispatch = format!("/api/v1/dispatches/{}", answer["id"].as_str().expect("an id"));
    let plan = found(async || browser.get(&dispatch).await.json()["issue"].as_i64()).await;
    let plan = format!("/api/v1/repositories/acme/widgets/plans/{plan}");
    phase(browser, &plan, "planning").await;
    plan
}

async fn phase(browser: &Browser, plan: &str, wanted: &str) {
    found(async || Some(browser.get(plan).await.json()).filter(|plan| plan["phase"] == wanted)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_asked_to_stop_is_forced_after_the_next_start() {
    world_without_server(
        |_| (),
        async |world| {
            let process = world.process().await;
            let browser = world.sign_in("writer").await;
            let plan = working(&browser).await;
            // GitHub takes the request and does nothing.
            let deaf = json!({"method": "POST", "path": "/cancel$", "status": 202, "body": {}});
            world.github.set("faults", deaf).await;
            let asked = json!({"action": "cancel-run"});
            let answer = browser.json(Method::POST, &format!("{plan}/actions"), &asked).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
            process.kill().await;
            // As if it were a minute later.
            let mut database = world.database().await;
            let earlier = sqlx::query("UPDATE cancellations SET asked_at = asked_at - 60000");
            assert_eq!(earlier.execute(&mut database).await.expect("changed").rows_affected(), 1);
            drop(database);
            let process = world.process().await;
            written(world, 0, ("POST", "/force-cancel$", false)).await;
            phase(&browser, &plan, "cancelled").await;
            process.kill().await;
            world.github.writes().await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_is_known_before_github_has_answered() {
    world_without_server(
        |_| (),
        async |world| {
            let process = world.process().await;
            let browser = world.sign_in("writer").await;
            let plan = working(&browser).await;
            let cancel = ("POST", "/cancel$", false);
            let (actions, asked) = (format!("{plan}/actions"), json!({"action": "cancel-run"}));
            // What GitHub refuses was not asked: it can be asked again.
            world.github.set("faults", json!({"method": "POST", "path": "/cancel$", "status": 409})).await;
            let refused = browser.json(Method::POST, &actions, &asked).await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
            let refused = written(world, 0, cancel).await;
            let mut database = world.database().await;
            let mut known = async || {
                let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM cancellations");
                count.fetch_one(&mut database).await.expect("counted")
            };
            assert_eq!(known().await, 0);
            hold(world, cancel).await;
            // Whoever asked never hears of it.
            tokio::select! {
                answer = browser.json(Method::POST, &actions, &asked) => panic!("not held: {answer:?}"),
                _ = written(world, refused, cancel) => {}
            }
            process.kill().await;
            assert_eq!(known().await, 1);
            world.github.set("release", json!({})).await;
            let process = world.process().await;
            phase(&browser, &plan, "cancelled").await;
            until(known, |known| *known == 0).await;
            process.kill().await;
            world.github.writes().await;
        },
    )
    .await;
}
