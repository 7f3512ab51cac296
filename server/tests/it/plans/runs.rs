//! Runs: cancelled until they settle, forced when asking does not help; logs read once; work on
//! somebody's own machine.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{ActionKind, PlanPage, SubmitForm};
use waymark_domain::block;
use waymark_domain::lifecycle::Phase;
use waymark_server::mirror;

use super::{Person, repo};
use crate::support::{World, world, world_with};

async fn submitted(world: &World, writer: &Person<'_>, wishes: &str) -> i64 {
    let text = format!("# Rules\n\n## Steps\n\n1. Write a rule.\n\n{wishes}");
    let issue = json!({"title": "[erk-plan] Rules", "body": text, "labels": ["erk-plan"]});
    let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
    let number = made["number"].as_i64().expect("a number");
    mirror::track(world.app(), &writer.viewer, &repo("acme/widgets")).await.expect("tracked");
    let form = SubmitForm { repo: "acme/widgets".into(), number, ..SubmitForm::default() };
    writer.areas.dispatches.submit(&writer.viewer, &form).await.expect("submitted");
    number
}

fn has_run(page: &PlanPage) -> bool {
    page.attempts.iter().any(|attempt| attempt.run.as_ref().is_some_and(|run| run.status == "in_progress"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_stop_is_forced_and_its_state_is_named() {
    let soon = Duration::from_secs(2);
    world_with(
        |config| config.force_cancel_after = soon,
        async |world| {
            let writer = Person::signed_in(world, "writer").await;
            let number = submitted(world, &writer, "demo:slow 120").await;
            writer.page(number, has_run).await;
            let plans = &writer.areas.plans;
            let widgets = repo("acme/widgets");
            // GitHub takes the request and does nothing.
            let deaf =
                |path: &str| json!({"method": "POST", "path": path, "status": 202, "body": {}, "times": 1});
            world.github.set("faults", deaf("/cancel$")).await;
            world.github.set("faults", deaf("/force-cancel$")).await;
            let cancel = ActionKind::CancelRun;
            plans.act(&writer.viewer, &widgets, number, cancel, None).await.expect("asked");
            let asked = writer.page(number, |page| page.cancelling.is_some()).await;
            let again = asked.actions.iter().find(|offer| offer.kind == cancel).expect("an offer");
            assert!(again.refused.as_deref().is_some_and(|why| why.contains("already")), "{again:#?}");
            let forced = |page: &PlanPage| {
                page.cancelling.as_deref().is_some_and(|words| words.contains("still says"))
            };
            writer.page(number, forced).await;

            // What was asked is known to another process too, and is followed until the run has ended.
            let path = world
                .github
                .writes()
                .await
                .iter()
                .rev()
                .find_map(|write| write.path.strip_suffix("/force-cancel").map(str::to_owned));
            let path = path.expect("it was forced");
            world.github.send("admin", Method::POST, &format!("{path}/cancel"), json!({})).await;
            writer.until(number, Phase::Cancelled).await;
            writer.page(number, |page| page.cancelling.is_none()).await;
            world.github.idle().await;
            world.github.writes().await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_while_it_waits_while_it_works_and_not_once_it_is_over() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let cancel = async |number| {
            let widgets = repo("acme/widgets");
            writer.areas.plans.act(&writer.viewer, &widgets, number, ActionKind::CancelRun, None).await
        };
        // The sandbox has two runners, so that the third run waits for one.
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let number = submitted(world, &writer, "demo:slow 120").await;
            writer.page(number, has_run).await;
            numbers.push(number);
        }
        let waiting = submitted(world, &writer, "demo:slow 120").await;
        let queued = |page: &PlanPage| {
            page.attempts.iter().any(|a| a.run.as_ref().is_some_and(|run| run.status == "queued"))
        };
        let page = writer.page(waiting, queued).await;
        assert_eq!(page.phase, Phase::Dispatched);
        for number in [waiting, numbers[0], numbers[1]] {
            cancel(number).await.expect("asked");
            writer.until(number, Phase::Cancelled).await;
            writer.page(number, |page| page.cancelling.is_none()).await;
            let again = cancel(number).await;
            assert!(again.is_err_and(|problem| problem.message.contains("over")));
        }
        world.github.idle().await;
        let asked = world.github.writes().await;
        assert_eq!(asked.iter().filter(|write| write.path.ends_with("/cancel")).count(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_once_and_shows_where_it_failed() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let number = submitted(world, &writer, "demo:fail-step 1").await;
        writer.until(number, Phase::Failed).await;
        world.github.idle().await;
        let over = |page: &PlanPage| {
            page.attempts.iter().all(|a| a.run.as_ref().is_some_and(|run| run.status == "completed"))
        };
        let page = writer.page(number, over).await;
        let run = page.attempts[0].run.as_ref().expect("its run");
        let job =
            run.jobs.iter().find(|job| job.conclusion.as_deref() == Some("failure")).expect("a failed job");
        let plans = &writer.areas.plans;
        let widgets = repo("acme/widgets");
        let log = plans.log(Some(&writer.viewer), &widgets, number, job.id).await.expect("a log");
        let failed: Vec<&str> =
            log.sections.iter().filter(|part| part.failed).map(|part| part.name.as_str()).collect();
        assert_eq!(failed.len(), 1, "{:#?}", log.sections.iter().map(|s| &s.name).collect::<Vec<_>>());
        assert!(job.steps.iter().any(|step| step.name == failed[0]), "{failed:?}");
        let reads = async || {
            let journal = world.github.journal().await;
            journal.iter().filter(|entry| entry.path.ends_with(&format!("/jobs/{}/logs", job.id))).count()
        };
        let before = reads().await;
        let again = plans.log(Some(&writer.viewer), &widgets, number, job.id).await.expect("the log");
        assert_eq!((&again, reads().await), (&log, before));
        assert!(plans.log(Some(&writer.viewer), &widgets, number, job.id + 1_000_000).await.is_err());

        let place = format!("/repositories/acme/widgets/plans/{number}/jobs/{}/log", job.id);
        crate::api::is_as_described(
            world,
            &place,
            "/repositories/{owner}/{name}/plans/{number}/jobs/{job}/log",
        )
        .await;

        let hour = 3_600;
        world.github.set("clock", json!({"advance_seconds": hour})).await;
        let rerun = ActionKind::RerunFailed;
        plans.act(&writer.viewer, &widgets, number, rerun, None).await.expect("run again");
        let second = |page: &PlanPage| {
            let run = page.attempts[0].run.as_ref();
            run.is_some_and(|run| run.attempt == 2 && run.jobs.iter().all(|now| now.id != job.id))
        };
        let page = writer.page(number, second).await;
        let earlier = &page.attempts[0].run.as_ref().expect("its run").earlier;
        assert!(earlier.iter().any(|one| one.id == job.id), "{earlier:#?}");
        let kept = plans.log(Some(&writer.viewer), &widgets, number, job.id).await;
        assert_eq!(kept.expect("the log of the first attempt"), log);
        let browser = world.sign_in("writer").await;
        let here = format!("/acme/widgets/plans/{number}");
        let first = format!("{here}/jobs/{}", job.id);
        assert!(browser.get(&here).await.body.contains(&format!("href=\"{first}\"")));
        let shown = browser.get(&first).await;
        assert!(shown.status == 200 && shown.body.contains("log-part"), "{shown:?}");

        // The hour between the attempts is no phase's time.
        writer.until(number, Phase::Complete).await;
        let page = writer.plan(number).await;
        assert!(
            page.stages.iter().filter(|stage| stage.left_at.is_some()).count() >= 3,
            "{:#?}",
            page.stages
        );
        for stage in &page.stages {
            if let (Some(entered), Some(left)) = (stage.entered_at, stage.left_at) {
                assert!((0..hour * 1_000).contains(&(left - entered)), "{:#?}", page.stages);
            }
        }
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn work_on_somebody_s_own_machine_is_shown_with_who_and_since_when() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let header = json!({
            "schema_version": "2", "created_at": "2026-01-15T14:30:00Z", "created_by": "writer",
            "last_local_impl_at": "2026-01-15T15:00:00Z", "last_local_impl_event": "started",
            "last_local_impl_user": "ada",
        });
        let header = block::render_with_warning("plan-header", header.as_object().expect("an object"));
        let issue =
            json!({"title": "[erk-plan] Rules", "body": header.expect("renders"), "labels": ["erk-plan"]});
        let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
        let number = made["number"].as_i64().expect("a number");
        let place =
            json!({"worktree_name": "rules", "branch_name": "P1-rules", "timestamp": "2026-01-15T15:00:00Z"});
        let place =
            block::render_with_warning("erk-worktree-creation", place.as_object().expect("an object"));
        let plan = block::render_content("plan-body", "# Rules\n\n1. One");
        for body in [plan.expect("renders"), place.expect("renders")] {
            let path = format!("/repos/acme/widgets/issues/{number}/comments");
            world.github.send("admin", Method::POST, &path, json!({"body": body})).await;
        }
        mirror::track(world.app(), &writer.viewer, &repo("acme/widgets")).await.expect("tracked");
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read");
        let page = writer.page(number, |page| page.local.is_some()).await;
        assert_eq!(page.phase, Phase::Implementing);
        let local = page.local.expect("it is shown");
        assert_eq!((local.who.as_deref(), local.worktree.as_deref()), (Some("ada"), Some("rules")));
        assert_eq!(local.since, Some(1_768_489_200_000));
        let runs = world.anonymous().get("/runs").await.body;
        assert!(runs.contains("implemented locally") && !runs.contains("waits for GitHub"), "{runs}");
        world.github.writes().await;
    })
    .await;
}
