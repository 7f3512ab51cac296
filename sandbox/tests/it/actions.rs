//! Workflows: dispatched and triggered, run for real, watched, ended, tried again.

use serde_json::{Value, json};

use crate::harness::{Answer, Box, Person, options};

const WIDGETS: &str = "/repos/acme/widgets";

/// Commits files to a branch, which is made from the default branch when it is not there.
async fn commit(who: &Person, branch: &str, files: &[(&str, &str)]) -> String {
    let at = format!("{WIDGETS}/git/ref/heads/{branch}");
    let there = who.get(&at).await;
    let base = match there.status {
        200 => there.body,
        _ => who.get(&format!("{WIDGETS}/git/ref/heads/main")).await.is(200),
    };
    let parent = base["object"]["sha"].as_str().expect("a sha").to_owned();
    let entry = |(path, content): &(&str, &str)| json!({ "path": path, "mode": "100644", "type": "blob", "content": content });
    let tree: Vec<Value> = files.iter().map(entry).collect();
    let tree =
        who.post(&format!("{WIDGETS}/git/trees"), json!({ "base_tree": parent, "tree": tree })).await.is(201);
    let body = json!({ "message": "Change files", "tree": tree["sha"], "parents": [parent] });
    let commit = who.post(&format!("{WIDGETS}/git/commits"), body).await.is(201);
    let sha = commit["sha"].as_str().expect("a sha").to_owned();
    match there.status {
        200 => who.patch(&format!("{WIDGETS}/git/refs/heads/{branch}"), json!({ "sha": sha })).await.is(200),
        _ => {
            let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
            who.post(&format!("{WIDGETS}/git/refs"), body).await.is(201)
        }
    };
    sha
}

/// Puts a workflow `try.yml` on the default branch: `workflow_dispatch` and these jobs.
async fn workflow(who: &Person, rest: &str) {
    let text = format!("name: try\non: workflow_dispatch\n{rest}");
    commit(who, "main", &[(".github/workflows/try.yml", &text)]).await;
}

/// A job `a` that runs a script.
fn job(script: &str) -> String {
    let script: String = script.lines().map(|l| format!("          {l}\n")).collect();
    format!("jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{script}")
}

async fn dispatch(who: &Person, file: &str, inputs: Value) -> u64 {
    let body = json!({ "ref": "main", "inputs": inputs, "return_run_details": true });
    let told = who.post(&format!("{WIDGETS}/actions/workflows/{file}/dispatches"), body).await.is(200);
    told["workflow_run_id"].as_u64().expect("an id")
}

async fn run(who: &Person, id: u64) -> Value {
    who.get(&format!("{WIDGETS}/actions/runs/{id}")).await.is(200)
}

async fn jobs(who: &Person, id: u64) -> Vec<Value> {
    let told = who.get(&format!("{WIDGETS}/actions/runs/{id}/jobs")).await.is(200);
    told["jobs"].as_array().expect("jobs").clone()
}

async fn log(b: &Box, who: &Person, job: &Value) -> String {
    let told = who.get(&format!("{WIDGETS}/actions/jobs/{}/logs", job["id"])).await;
    assert_eq!(told.status, 302, "{}", told.body);
    let address = told.header("location").to_owned();
    assert_eq!(who.get(&address).await.status, 400, "the token does not belong there");
    let text = b.nobody().request(reqwest::Method::GET, &address).send().await.expect("an answer");
    text.text().await.expect("a log")
}

/// Waits until a step named `Marker` runs.
async fn until_running(who: &Person, id: u64) -> Vec<Value> {
    loop {
        let all = jobs(who, id).await;
        let begun = |s: &Value| s["name"] == "Marker" && s["status"] == "in_progress";
        if all.iter().any(|j| j["steps"].as_array().is_some_and(|s| s.iter().any(begun))) {
            return all;
        }
        tokio::task::yield_now().await;
    }
}

fn conclusions(job: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let steps = job["steps"].as_array().expect("steps").iter();
    steps.map(|s| (text(&s["name"]), text(&s["conclusion"]))).collect()
}

#[tokio::test]
async fn a_dispatched_workflow_runs_in_a_real_clone() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let text = "\
name: try
run-name: try ${{ inputs.word }}
on:
  workflow_dispatch:
    inputs:
      word: {required: true, type: string}
env: {FROM_WORKFLOW: w}
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {said: '${{ steps.say.outputs.said }}'}
    steps:
      - uses: actions/checkout@v4
      - id: say
        env: {WORD: '${{ inputs.word }}'}
        run: |
          test -f check.sh
          echo \"said=$WORD-$FROM_WORKFLOW\" >>\"$GITHUB_OUTPUT\"
          echo LATER=later >>\"$GITHUB_ENV\"
          env | sort | sed 's/=.*//' >names; cat names
      - run: test \"$LATER\" = later
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - env: {SAID: '${{ needs.one.outputs.said }}'}
        run: echo \"heard $SAID\"
  three:
    needs: two
    if: failure()
    runs-on: ubuntu-latest
    steps: [{run: 'false'}]
";
    commit(&writer, "main", &[(".github/workflows/try.yml", text)]).await;
    b.idle().await;
    let id = dispatch(&writer, "try.yml", json!({ "word": "x y" })).await;
    b.idle().await;
    let run = run(&writer, id).await;
    if run["conclusion"] != "success" {
        panic!("{}", log(&b, &writer, &jobs(&writer, id).await[0]).await);
    }
    assert_eq!((&run["status"], &run["conclusion"]), (&json!("completed"), &json!("success")));
    assert_eq!((&run["display_title"], &run["name"]), (&json!("try x y"), &json!("try")));
    let all = jobs(&writer, id).await;
    let names: Vec<_> = all.iter().map(|j| (j["name"].as_str(), j["conclusion"].as_str())).collect();
    assert_eq!(
        names,
        [(Some("one"), Some("success")), (Some("two"), Some("success")), (Some("three"), Some("skipped"))]
    );
    let first = log(&b, &writer, &all[0]).await;
    assert!(first.contains(" GITHUB_REPOSITORY\n") && !first.contains("CARGO"), "{first}");
    assert!(log(&b, &writer, &all[1]).await.contains(" heard x y-w\n"));
    let skipped = writer.get(&format!("{WIDGETS}/actions/jobs/{}/logs", all[2]["id"])).await;
    assert_eq!(skipped.status, 404);
    b.clean().await;
}

#[tokio::test]
async fn webhooks_tell_a_run_from_request_to_end() {
    let (url, received) = crate::webhooks::listen().await;
    let b = Box::telling(&url).await;
    let writer = b.person("writer").await;
    workflow(&writer, &job("true")).await;
    b.idle().await;
    let before = received.names().len();
    dispatch(&writer, "try.yml", json!({})).await;
    b.idle().await;
    let expected = [
        "workflow_run.requested",
        "workflow_job.queued",
        "check_run.created",
        "workflow_job.in_progress",
        "workflow_run.in_progress",
        "workflow_job.completed",
        "check_run.completed",
        "workflow_run.completed",
    ];
    assert_eq!(received.names()[before..], expected);
    b.clean().await;
}

#[tokio::test]
async fn a_dispatch_is_refused_as_github_refuses_it() {
    let b = Box::new().await;
    let (writer, reader, outsider) =
        (b.person("writer").await, b.person("reader").await, b.person("outsider").await);
    let text = "on: {workflow_dispatch: {inputs: {a: {required: true}}}}\n";
    let broken =
        "on: workflow_dispatch\njobs: {a: {runs-on: ubuntu-latest, container: x, steps: [{run: x}]}}\n";
    let files = [
        (".github/workflows/in.yml", &*format!("{text}{}", job("true"))),
        (".github/workflows/broken.yml", broken),
    ];
    commit(&writer, "main", &files).await;
    let ask = async |who: &Person, file: &str, body: Value| -> Answer {
        who.post(&format!("{WIDGETS}/actions/workflows/{file}/dispatches"), body).await
    };
    let main = json!({ "ref": "main", "inputs": { "a": "x" } });
    assert_eq!(ask(&writer, "none.yml", main.clone()).await.status, 404);
    assert_eq!(ask(&reader, "in.yml", main.clone()).await.status, 403);
    let secret = "/repos/acme/secret/actions/workflows/check.yml/dispatches";
    assert_eq!(outsider.post(secret, json!({ "ref": "main" })).await.status, 404);
    let many: serde_json::Map<String, Value> = (0..26).map(|n| (format!("i{n}"), json!("x"))).collect();
    for (file, body, message) in [
        ("check.yml", main.clone(), "Workflow does not have 'workflow_dispatch' trigger"),
        ("in.yml", json!({ "ref": "gone", "inputs": {"a": "x"} }), "No ref found for: gone"),
        ("in.yml", json!({ "ref": "main" }), "Required input 'a' not provided"),
        (
            "in.yml",
            json!({ "ref": "main", "inputs": {"a": "x", "b": "y"} }),
            "Unexpected inputs provided: [\"b\"]",
        ),
        ("in.yml", json!({ "ref": "main", "inputs": many }), "No more than 25 properties are allowed; 26"),
        ("broken.yml", json!({ "ref": "main" }), "Unexpected value 'container'"),
    ] {
        let told = ask(&writer, file, body).await;
        assert_eq!(told.status, 422, "{file}: {}", told.body);
        let said = told.body["message"].as_str().expect("a message");
        assert!(said.contains(message), "{said}");
    }
    assert_eq!(ask(&writer, "in.yml", main).await.status, 204);
    b.idle().await;
    b.clean().await;
}

#[tokio::test]
async fn the_table_of_steps_after_success_failure_and_cancellation() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let steps = |first: &str, middle: &str| {
        format!(
            "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {{name: First, run: '{first}'}}\n{middle}\
             \x20     - {{name: Plain, run: 'true'}}\n\
             \x20     - {{name: Failure, if: failure(), run: 'true'}}\n\
             \x20     - {{name: Cancelled, if: cancelled(), run: 'true'}}\n\
             \x20     - {{name: Always, if: always(), run: 'true'}}\n\
             \x20     - {{name: Unless cancelled, if: '!cancelled()', run: 'true'}}\n"
        )
    };
    let forgiven = "      - {name: Forgiven, id: f, continue-on-error: true, run: exit 3}\n\
                    \x20     - {name: Outcome, if: \"steps.f.outcome == 'failure' && steps.f.conclusion == 'success'\", run: 'true'}\n";
    for (first, middle, run_conclusion, expected) in [
        ("true", "", "success", ["success", "success", "skipped", "skipped", "success", "success"].to_vec()),
        (
            "exit 7",
            "",
            "failure",
            ["failure", "skipped", "success", "skipped", "success", "success"].to_vec(),
        ),
        (
            "true",
            forgiven,
            "success",
            ["success", "success", "success", "success", "skipped", "skipped", "success", "success"].to_vec(),
        ),
    ] {
        workflow(&writer, &steps(first, middle)).await;
        let id = dispatch(&writer, "try.yml", json!({})).await;
        b.idle().await;
        assert_eq!(run(&writer, id).await["conclusion"], run_conclusion);
        let job = jobs(&writer, id).await.remove(0);
        let all = conclusions(&job);
        let said: Vec<&str> = all[1..all.len() - 1].iter().map(|(_, c)| c.as_str()).collect();
        assert_eq!(said, expected, "{first} {middle}");
    }
    let slow = "      - {name: Marker, run: sleep 600}\n";
    workflow(&writer, &steps("true", slow)).await;
    let id = dispatch(&writer, "try.yml", json!({})).await;
    until_running(&writer, id).await;
    writer.post(&format!("{WIDGETS}/actions/runs/{id}/cancel"), json!({})).await.is(202);
    b.idle().await;
    assert_eq!(run(&writer, id).await["conclusion"], "cancelled");
    let job = jobs(&writer, id).await.remove(0);
    assert_eq!(job["conclusion"], "cancelled");
    let said: Vec<String> = conclusions(&job).into_iter().map(|(_, c)| c).collect();
    let expected =
        ["success", "success", "cancelled", "skipped", "skipped", "success", "success", "skipped", "success"];
    assert_eq!(said, expected);
    assert_eq!(writer.post(&format!("{WIDGETS}/actions/runs/{id}/cancel"), json!({})).await.status, 409);
    b.clean().await;
}

#[tokio::test]
async fn secrets_are_masked_and_annotations_kept() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let repo = json!({ "secrets": { "HUSH": "swordfish" } });
    b.control("repos/acme/widgets", repo).await;
    workflow(
        &writer,
        "jobs:\n  a:\n    runs-on: ubuntu-latest\n    outputs: {leak: '${{ steps.s.outputs.leak }}', fine: '${{ steps.s.outputs.fine }}'}\n    steps:\n\
         \x20     - id: s\n\
         \x20       env: {H: '${{ secrets.hush }}', T: '${{ github.token }}'}\n\
         \x20       run: |\n\
         \x20         echo \"secret $H and token $T\"\n\
         \x20         echo '::add-mask::mackerel'; echo 'a mackerel'\n\
         \x20         echo \"::error file=src/a.sh,line=3,title=Wrong::not $H\"\n\
         \x20         echo '::warning::careful'\n\
         \x20         echo \"leak=$H\" >>\"$GITHUB_OUTPUT\"; echo fine=yes >>\"$GITHUB_OUTPUT\"\n\
         \x20         exit 3\n",
    )
    .await;
    let id = dispatch(&writer, "try.yml", json!({})).await;
    b.idle().await;
    let job = jobs(&writer, id).await.remove(0);
    let log = log(&b, &writer, &job).await;
    assert!(log.contains(" secret *** and token ***\n") && log.contains(" a ***\n"), "{log}");
    assert!(!log.contains("swordfish") && !log.contains("ghs_"));
    assert!(log.contains("##[error]Process completed with exit code 3."));
    let notes = writer.get(&format!("{WIDGETS}/check-runs/{}/annotations", job["id"])).await.is(200);
    let said: Vec<_> = notes
        .as_array()
        .expect("annotations")
        .iter()
        .map(|n| (n["annotation_level"].as_str(), n["path"].as_str(), n["message"].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (Some("failure"), Some("src/a.sh"), Some("not ***")),
            (Some("warning"), Some(".github"), Some("careful")),
            (Some("failure"), Some(".github"), Some("Process completed with exit code 3.")),
            (Some("warning"), Some(".github"), Some("Skip output 'leak' since it may contain secret.")),
        ]
    );
    b.clean().await;
}

#[tokio::test]
async fn pushes_and_pull_requests_are_checked() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    commit(&writer, "topic", &[("note.md", "x\n")]).await;
    let pull = json!({ "title": "Add a note", "head": "topic", "base": "main", "draft": true });
    let pull = writer.post(&format!("{WIDGETS}/pulls"), pull).await.is(201);
    b.idle().await;
    let head = pull["head"]["sha"].as_str().expect("a sha");
    let checks = writer.get(&format!("{WIDGETS}/commits/{head}/check-runs")).await.is(200);
    let said: Vec<_> = checks["check_runs"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|c| (&c["name"], &c["conclusion"]))
        .collect();
    assert_eq!(said, [(&json!("check"), &json!("success"))]);
    let runs = writer.get(&format!("{WIDGETS}/actions/runs?event=pull_request&branch=topic")).await.is(200);
    assert_eq!(
        (&runs["total_count"], &runs["workflow_runs"][0]["display_title"]),
        (&json!(1), &json!("Add a note"))
    );
    assert_eq!(runs["workflow_runs"][0]["pull_requests"][0]["number"], pull["number"]);

    let broken = commit(&writer, "topic", &[("src/broken.sh", "if\n")]).await;
    b.idle().await;
    let checks = writer.get(&format!("{WIDGETS}/commits/{broken}/check-runs")).await.is(200);
    assert_eq!(checks["check_runs"][0]["conclusion"], "failure");
    b.clean().await;
}

#[tokio::test]
async fn what_a_jobs_own_token_does_starts_nothing() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let token = writer.token.clone().expect("a token");
    b.control("repos/acme/widgets", json!({ "secrets": { "PAT": token } })).await;
    let push = |token: &str| {
        format!(
            "permissions: {{contents: write}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n\
             \x20     - uses: actions/checkout@v4\n        with: {{token: '{token}'}}\n\
             \x20     - run: |\n\
             \x20         git -c user.name=x -c user.email=x@example.com commit --quiet --allow-empty -m 'By a job'\n\
             \x20         git push --quiet origin HEAD:main\n"
        )
    };
    let pushes = async || {
        let runs = writer.get(&format!("{WIDGETS}/actions/runs?event=push")).await.is(200);
        runs["total_count"].as_u64().expect("a count")
    };
    for (token, more) in [("${{ github.token }}", 0), ("${{ secrets.PAT }}", 1)] {
        workflow(&writer, &push(token)).await;
        b.idle().await;
        let before = pushes().await;
        let id = dispatch(&writer, "try.yml", json!({})).await;
        b.idle().await;
        assert_eq!(run(&writer, id).await["conclusion"], "success");
        assert_eq!(pushes().await - before, more, "{token}");
    }
    b.clean().await;
}

#[tokio::test]
async fn a_run_can_be_cancelled_in_every_state() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let sleep = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {name: Marker, run: \"trap '' INT TERM; while :; do sleep 600; done\"}\n";
    workflow(&writer, sleep).await;
    b.idle().await;
    let cancel = async |id: u64, how: &str| {
        writer.post(&format!("{WIDGETS}/actions/runs/{id}/{how}"), json!({})).await.is(202);
    };
    // Two run, so that the third waits for a runner.
    let running =
        [dispatch(&writer, "try.yml", json!({})).await, dispatch(&writer, "try.yml", json!({})).await];
    for id in running {
        until_running(&writer, id).await;
    }
    let waiting = dispatch(&writer, "try.yml", json!({})).await;
    cancel(waiting, "cancel").await;
    loop {
        let now = run(&writer, waiting).await;
        if now["status"] == "completed" {
            assert_eq!(now["conclusion"], "cancelled");
            break;
        }
        tokio::task::yield_now().await;
    }
    for id in running {
        cancel(id, "force-cancel").await;
    }
    b.idle().await;
    for id in running {
        assert_eq!(run(&writer, id).await["conclusion"], "cancelled");
        assert_eq!(conclusions(&jobs(&writer, id).await[0])[1].1, "cancelled");
    }
    b.clean().await;
}

#[tokio::test]
async fn a_concurrency_group_keeps_the_newest() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let group = "concurrency: {group: 'g-${{ github.ref }}', cancel-in-progress: true}\n";
    workflow(
        &writer,
        &format!(
            "{group}{}",
            "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {name: Marker, run: sleep 600}\n"
        ),
    )
    .await;
    let first = dispatch(&writer, "try.yml", json!({})).await;
    until_running(&writer, first).await;
    let second = dispatch(&writer, "try.yml", json!({})).await;
    until_running(&writer, second).await;
    assert_eq!(run(&writer, first).await["conclusion"], "cancelled");
    assert_eq!(run(&writer, second).await["status"], "in_progress");
    writer.post(&format!("{WIDGETS}/actions/runs/{second}/cancel"), json!({})).await.is(202);
    b.idle().await;
    b.clean().await;
}

#[tokio::test]
async fn time_limits_end_steps_and_jobs() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    for (limits, job_conclusion, always) in [
        ("      - {timeout-minutes: 0.01, run: sleep 600}\n", "failure", "success"),
        ("      - {run: sleep 600}\n", "cancelled", "success"),
    ] {
        let minutes = if job_conclusion == "cancelled" { "    timeout-minutes: 0.01\n" } else { "" };
        workflow(
            &writer,
            &format!("jobs:\n  a:\n    runs-on: ubuntu-latest\n{minutes}    steps:\n{limits}      - {{if: always(), run: 'true'}}\n"),
        )
        .await;
        let id = dispatch(&writer, "try.yml", json!({})).await;
        b.idle().await;
        let job = jobs(&writer, id).await.remove(0);
        assert_eq!(job["conclusion"], job_conclusion);
        assert_eq!(conclusions(&job)[2].1, always);
    }
    b.clean().await;
}

#[tokio::test]
async fn failed_jobs_are_tried_again_and_the_others_kept() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let called = "on: {workflow_call: {inputs: {word: {required: true, type: string}}, outputs: {o: {value: '${{ jobs.in.outputs.o }}'}}}}\n\
                  jobs:\n  in:\n    runs-on: ubuntu-latest\n    outputs: {o: '${{ steps.s.outputs.o }}'}\n    steps:\n      - id: s\n        run: echo 'o=got ${{ inputs.word }}' >>\"$GITHUB_OUTPUT\"\n";
    let text = "name: try\non: workflow_dispatch\njobs:\n\
                \x20 call:\n    uses: ./.github/workflows/called.yml\n    with: {word: w}\n\
                \x20 b:\n    needs: call\n    runs-on: ubuntu-latest\n    steps:\n\
                \x20     - run: test $GITHUB_RUN_ATTEMPT = 2 && test '${{ needs.call.outputs.o }}' = 'got w'\n\
                \x20 c:\n    needs: b\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n";
    let files = [(".github/workflows/called.yml", called), (".github/workflows/try.yml", text)];
    commit(&writer, "main", &files).await;
    let id = dispatch(&writer, "try.yml", json!({})).await;
    b.idle().await;
    let said = |all: &[Value]| -> Vec<(String, String, u64)> {
        let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
        all.iter()
            .map(|j| (text(&j["name"]), text(&j["conclusion"]), j["run_attempt"].as_u64().unwrap_or(0)))
            .collect()
    };
    let own = |v: &[(&str, &str, u64)]| {
        v.iter().map(|(a, b, n)| ((*a).to_owned(), (*b).to_owned(), *n)).collect::<Vec<_>>()
    };
    let first = own(&[("call / in", "success", 1), ("b", "failure", 1), ("c", "skipped", 1)]);
    assert_eq!(said(&jobs(&writer, id).await), first);
    writer.post(&format!("{WIDGETS}/actions/runs/{id}/rerun-failed-jobs"), json!({})).await.is(201);
    b.idle().await;
    let now = run(&writer, id).await;
    assert_eq!((&now["run_attempt"], &now["conclusion"]), (&json!(2), &json!("success")));
    assert_eq!(
        said(&jobs(&writer, id).await),
        own(&[("call / in", "success", 1), ("b", "success", 2), ("c", "success", 2)])
    );
    let before = writer.get(&format!("{WIDGETS}/actions/runs/{id}/attempts/1")).await.is(200);
    assert_eq!(before["conclusion"], "failure");
    let before = writer.get(&format!("{WIDGETS}/actions/runs/{id}/attempts/1/jobs")).await.is(200);
    assert_eq!(said(before["jobs"].as_array().expect("jobs")), first);
    assert_eq!(writer.get(&format!("{WIDGETS}/actions/runs/{id}/attempts/3")).await.status, 404);
    assert_eq!(
        writer.post(&format!("{WIDGETS}/actions/runs/{id}/rerun-failed-jobs"), json!({})).await.status,
        403
    );
    b.clean().await;
}

#[tokio::test]
async fn an_invalid_workflow_fails_its_run_from_the_start() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let text = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{uses: actions/cache@v4}]}}\n";
    commit(&writer, "main", &[(".github/workflows/bad.yml", text)]).await;
    b.idle().await;
    let runs = writer.get(&format!("{WIDGETS}/actions/workflows/bad.yml/runs")).await.is(200);
    assert_eq!(runs["workflow_runs"][0]["conclusion"], "startup_failure");
    let workflows = writer.get(&format!("{WIDGETS}/actions/workflows")).await.is(200);
    let paths: Vec<_> =
        workflows["workflows"].as_array().expect("workflows").iter().map(|w| &w["path"]).collect();
    assert!(paths.contains(&&json!(".github/workflows/bad.yml")), "{paths:?}");
    b.clean().await;
}

#[tokio::test]
async fn what_ran_when_the_sandbox_ended_is_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = Some(folder.path().to_owned());
    let b = Box::with(waymark_sandbox::Options { data_dir: data_dir.clone(), ..options() }).await;
    let writer = b.person("writer").await;
    workflow(
        &writer,
        "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {name: Marker, run: sleep 600}\n",
    )
    .await;
    let id = dispatch(&writer, "try.yml", json!({})).await;
    until_running(&writer, id).await;
    // As a killed process leaves it: the snapshot says that it runs.
    let snapshot = std::fs::read(folder.path().join("world.json")).expect("a snapshot");
    b.clean().await;
    std::fs::write(folder.path().join("world.json"), snapshot).expect("written");
    let b = Box::with(waymark_sandbox::Options { data_dir, ..options() }).await;
    let writer = b.person("writer").await;
    b.idle().await;
    assert_eq!(run(&writer, id).await["conclusion"], "cancelled");
    let job = jobs(&writer, id).await.remove(0);
    assert_eq!((&job["conclusion"], &conclusions(&job)[1].1), (&json!("cancelled"), &"cancelled".to_owned()));
    b.clean().await;
}
