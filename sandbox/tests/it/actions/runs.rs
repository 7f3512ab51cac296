//! Dispatched and triggered workflows are run for real, and told of.

use serde_json::{Value, json};

use super::{WIDGETS, commit, dispatch, job, jobs, log, run, workflow};
use crate::harness::{Answer, Box, Person};

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
async fn the_addresses_of_a_run_and_of_a_picture_lead_somewhere() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    workflow(&writer, &job("echo hello")).await;
    let id = dispatch(&writer, "try.yml", json!({})).await;
    b.idle().await;
    let found = run(&writer, id).await;
    let read = async |address: &Value| {
        let request = b.nobody().request(reqwest::Method::GET, address.as_str().expect("an address"));
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let (status, page) = read(&found["html_url"]).await;
    assert_eq!(status, 200);
    assert!(page.contains("try") && page.contains("success"), "{page}");
    let (status, picture) = read(&found["actor"]["avatar_url"]).await;
    assert_eq!((status, picture.starts_with("<svg")), (200, true));
    b.clean().await;
}
