//! The workflows as they are shipped, run by the sandbox with the real program and the demo agent.

mod bench;
mod setup;

use bench::Bench;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn one_shot_plans_implements_and_hands_over() {
    let bench = Bench::dispatched("Add x to the widgets, `$(touch /tmp/x)` ${{ secrets.X }}").await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(
        (&run["conclusion"], &run["name"]),
        (&json!("success"), &json!("one-shot")),
        "{}",
        bench.log(&run, "plan").await
    );
    assert_eq!(run["display_title"], "one-shot:x1y2z3");

    let issue = bench.issue().await;
    assert_eq!(issue["title"], "[erk-plan] Add x to the widgets, `$(touch /tmp/x)` ${{ secrets.X }}");
    let header = waymark_domain::block::first(issue["body"].as_str().expect("a body"), "plan-header")
        .expect("a header");
    for name in [
        "plan_comment_id",
        "last_dispatched_run_id",
        "last_dispatched_node_id",
        "last_session_gist_url",
        "last_remote_impl_at",
    ] {
        assert!(header.get(name).is_some_and(|value| !value.is_null()), "{name}: {header:?}");
    }
    for key in ["plan-body", "submission-queued", "workflow-started", "erk-implementation-status"] {
        let found = bench
            .comments()
            .await
            .iter()
            .filter(|text| text.contains(&format!("<!-- erk:metadata-block:{key} -->")))
            .count();
        assert_eq!(found, 1, "{key}");
    }
    let status = bench.blocks("erk-implementation-status").await.remove(0);
    assert_eq!(
        (&status["status"], &status["completed_steps"], &status["total_steps"]),
        (&json!("complete"), &json!(3), &json!(3))
    );

    let pull = bench.pull().await;
    assert_eq!(
        (&pull["draft"], &pull["title"]),
        (&json!(false), &json!("Add x to the widgets, `$(touch /tmp/x)` ${{ secrets.X }}"))
    );
    let body = pull["body"].as_str().expect("a body");
    for part in [
        "Closes #1\n",
        "**Progress:** complete, 3 of 3 steps done.",
        "**Workflow run:** ",
        "## Check it out",
        "demo agent",
    ] {
        assert_eq!(body.matches(part).count(), 1, "{part} in {body}");
    }
    let issue = bench.issue;
    assert_eq!(
        bench.commits().await[1..],
        [
            format!("writer: Add plan for issue #{issue}"),
            format!("writer: Describe the change of #{issue}"),
            format!("writer: List the change request of #{issue}"),
            format!("writer: Announce the change of #{issue}"),
            "writer: Remove .worker-impl/ folder after implementation".to_owned(),
            "writer: Trigger CI workflows".to_owned(),
        ]
    );
    let files = bench.get(&format!("pulls/{}/files", bench.pr)).await;
    let names: Vec<&str> =
        files.as_array().expect("files").iter().filter_map(|file| file["filename"].as_str()).collect();
    assert!(names.contains(&"CHANGELOG.md") && names.iter().all(|name| !name.starts_with('.')), "{names:?}");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_first_stops_after_planning_and_goes_on_when_approved() {
    let bench = Bench::dispatched("Add x").await;
    let run = bench.one_shot(json!({"plan_only": "true"})).await;
    assert_eq!(
        (&run["conclusion"], &run["display_title"]),
        (&json!("success"), &json!("one-shot(plan):x1y2z3"))
    );
    assert_eq!(bench.pull().await["draft"], true);
    assert!(bench.blocks("workflow-started").await.is_empty());

    let run = bench.implement(json!({})).await;
    assert_eq!(
        (&run["conclusion"], &run["display_title"]),
        (&json!("success"), &json!("1:a1b2c3")),
        "{}",
        bench.log(&run, "implement").await
    );
    assert_eq!(bench.pull().await["draft"], false);
    assert_eq!(bench.blocks("workflow-started").await.len(), 1);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_keeps_what_was_done_and_a_rerun_goes_on_from_there() {
    let bench = Bench::dispatched("Add x demo:fail-step 2").await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "failure");
    let comments = bench.comments().await;
    let traces: Vec<&String> = comments.iter().filter(|text| text.contains("<!-- waymark:failed:")).collect();
    assert_eq!(traces.len(), 1, "{comments:?}");
    assert!(
        traces[0].contains("job **implement**, step **Implement**") && traces[0].contains("demo:fail-step 2"),
        "{}",
        traces[0]
    );
    let status = bench.blocks("erk-implementation-status").await.remove(0);
    assert_eq!((&status["status"], &status["completed_steps"]), (&json!("failed"), &json!(1)));
    let pull = bench.pull().await;
    assert_eq!(pull["draft"], true);
    assert!(pull["title"].as_str().is_some_and(|title| title.starts_with("[WIP] ")), "{pull}");
    assert!(bench.commits().await.iter().any(|subject| subject.contains("Describe the change")));

    let run = bench.rerun(&run).await;
    assert_eq!(run["conclusion"], "success", "{}", bench.log(&run, "implement").await);
    assert_eq!(bench.pull().await["draft"], false);
    for key in ["workflow-started", "erk-implementation-status", "submission-queued"] {
        assert_eq!(bench.blocks(key).await.len(), 1, "{key}");
    }
    let comments = bench.comments().await;
    assert_eq!(comments.iter().filter(|text| text.contains("<!-- waymark:failed:")).count(), 1);
    assert_eq!(comments.iter().filter(|text| text.starts_with("✅ Attempt 2 succeeded.")).count(), 1);
    let described =
        bench.commits().await.iter().filter(|subject| subject.contains("Describe the change")).count();
    assert_eq!(described, 1, "a finished step is not done again");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn planning_that_fails_leaves_its_trace_on_the_plan() {
    let bench = Bench::dispatched("Add x demo:fail-plan").await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "failure");
    let comments = bench.comments().await;
    assert!(
        comments
            .iter()
            .any(|text| text.contains("job **plan**, step **Plan**") && text.contains("demo:fail-plan")),
        "{comments:?}"
    );
    assert!(comments[0].contains("_Skeleton:"), "{comments:?}");
    let run = bench.rerun(&run).await;
    assert_eq!(run["conclusion"], "success", "{}", bench.log(&run, "plan").await);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_implementation_that_changes_nothing_is_told_apart() {
    let bench = Bench::dispatched("Add x demo:no-changes").await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "success", "{}", bench.log(&run, "implement").await);
    let pull = bench.pull().await;
    assert_eq!((&pull["draft"], &pull["labels"][0]["name"]), (&json!(false), &json!("no-changes")));
    assert!(
        pull["title"].as_str().is_some_and(|title| title.starts_with("[no-changes] P1 Impl Attempt: ")),
        "{pull}"
    );
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_secrets_and_narrow_tokens_stop_the_run_and_are_named() {
    let bench = Bench::dispatched("Add x").await;
    bench.set(json!({"secrets": {"ANTHROPIC_API_KEY": null}})).await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "failure");
    assert!(bench.log(&run, "plan").await.contains("Add the secret ANTHROPIC_API_KEY to acme/widgets"));

    let narrow = bench.narrow_token(&["repo"]).await;
    bench.set(json!({"secrets": {"ANTHROPIC_API_KEY": "x", "ERK_QUEUE_GH_PAT": narrow}})).await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "failure");
    let log = bench.log(&run, "plan").await;
    assert!(log.contains("lacks the scope gist"), "{log}");

    bench.set(json!({"secrets": {"ERK_QUEUE_GH_PAT": null}})).await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "failure");
    assert!(bench.log(&run, "plan").await.contains("Add the secret ERK_QUEUE_GH_PAT"));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_can_switch_the_workflows_off() {
    let bench = Bench::dispatched("Add x").await;
    bench.set(json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
    let run = bench.one_shot(json!({})).await;
    assert_eq!(run["conclusion"], "skipped");
    assert_eq!(bench.comments().await.len(), 1);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_of_a_branch_or_an_issue_ends_the_first() {
    let bench = Bench::dispatched("Add x demo:slow 120").await;
    for workflow in ["one-shot", "plan-implement"] {
        if workflow == "plan-implement" {
            bench.write_plan("# Add x\n\n1. Add it.\n\ndemo:slow 120").await;
        }
        let begin = async |more: Value| match workflow {
            "one-shot" => bench.begin_one_shot(more).await,
            _ => bench.begin_implement(more).await,
        };
        let first = begin(json!({})).await;
        bench.at_work(first).await;
        // What fails at once, so that nobody waits for a slow agent.
        let second = begin(json!({"pr_number": "none"})).await;
        let end = bench.ended(second).await;
        assert_eq!(end["conclusion"], "failure", "{workflow}");
        assert_eq!(bench.ended(first).await["conclusion"], "cancelled", "{workflow}");
    }
    bench.end().await;
}
