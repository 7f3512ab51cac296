//! How runs end: steps after a failure, cancellation, time limits, another try.

use serde_json::{Value, json};

use super::{WIDGETS, commit, conclusions, dispatch, found, jobs, run, until_running, workflow};
use crate::harness::{Box, options};

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
    let over =
        found(async || Some(run(&writer, waiting).await).filter(|run| run["status"] == "completed")).await;
    assert_eq!(over["conclusion"], "cancelled");
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
