//! From an instruction to a merged pull request, and with a stop in between.

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{
    ActionKind, EditRefusal, Mode, OverviewQuery, PlanPage, PrState, StageState, StepState,
};
use waymark_domain::lifecycle::Phase;

use super::{Person, repo};
use crate::support::world;

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_becomes_a_merged_pull_request() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let widgets = repo("acme/widgets");
        let number = writer.dispatch(Mode::OneShot).await;
        let seen = writer.until(number, Phase::Complete).await;
        assert!(seen.contains(&Phase::Planning) || seen.contains(&Phase::Implementing), "{seen:?}");
        let over = |page: &PlanPage| {
            page.attempts
                .iter()
                .all(|attempt| attempt.run.as_ref().is_some_and(|run| run.status == "completed"))
        };
        let page = writer.page(number, over).await;
        let pr = page.pr.as_ref().expect("a pull request");
        assert_eq!(pr.summary.state, PrState::Open);
        assert!(!page.steps.is_empty() && page.steps.iter().all(|step| step.state == StepState::Done));
        assert!(page.plan.as_deref().is_some_and(|plan| !plan.contains("_Skeleton")), "{:?}", page.plan);
        assert_eq!(page.instruction.as_deref(), Some("Say hello in the README"));
        assert_eq!(page.attempts.len(), 1);
        let run = page.attempts[0].run.as_ref().expect("its run");
        assert_eq!(run.conclusion.as_deref(), Some("success"));
        assert!(run.jobs.iter().all(|job| !job.steps.is_empty()), "{:#?}", run.jobs);
        let offered = |kind| page.actions.iter().any(|offer| offer.kind == kind && offer.refused.is_none());
        assert!(offered(ActionKind::Merge) && !offered(ActionKind::MarkReady));

        let all = writer.areas.plans.overview(Some(&writer.viewer), &OverviewQuery::default()).await;
        let all = all.expect("an overview");
        assert_eq!(all.needs_you.iter().map(|row| row.number).collect::<Vec<_>>(), [number]);
        assert_eq!(all.counts.iter().map(|(_, count)| count).sum::<u32>(), 1);

        let merge = writer.areas.plans.act(&writer.viewer, &widgets, number, ActionKind::Merge, None).await;
        merge.expect("merged");
        writer.until(number, Phase::Merged).await;
        let page = writer.plan(number).await;
        let entered: Vec<i64> = page.stages.iter().filter_map(|stage| stage.entered_at).collect();
        assert!(entered.is_sorted(), "{:#?}", page.stages);
        assert!(page.stages.iter().all(|stage| stage.state != StageState::Ahead));
        let again = writer.areas.plans.act(&writer.viewer, &widgets, number, ActionKind::Merge, None).await;
        assert!(again.is_err_and(|problem| problem.message.contains("already")));
        let merges = world.github.writes().await;
        assert_eq!(merges.iter().filter(|write| write.path.ends_with("/merge")).count(), 1);
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_shot_that_failed_in_a_step_is_edited_and_gone_on_with() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let widgets = repo("acme/widgets");
        let number = writer.dispatch_of(Mode::OneShot, "Say hello in the README demo:fail-step 2").await;
        writer.until(number, Phase::Failed).await;
        let go_on = ActionKind::Continue;
        let offered = |page: &PlanPage| page.actions.iter().any(|o| o.kind == go_on && o.refused.is_none());
        let page = writer.page(number, offered).await;
        let plans = &writer.areas.plans;
        let edited = page.plan.expect("a plan").replace("demo:fail-step 2", "as asked");
        let version = page.plan_version.expect("a version");
        plans.edit(&writer.viewer, &widgets, number, &version, &edited).await.expect("saved");
        plans.act(&writer.viewer, &widgets, number, go_on, None).await.expect("gone on");
        writer.until(number, Phase::Complete).await;
        let page = writer.plan(number).await;
        assert_eq!(page.attempts.len(), 2, "{:#?}", page.attempts);
        let writes = world.github.writes().await;
        let sent = writes.iter().find(|write| write.path.ends_with("/plan-implement.yml/dispatches"));
        let sent = sent.and_then(|write| write.body.clone()).expect("it was dispatched");
        assert!(sent.contains("\"from_step\":\"2\""), "{sent}");
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_edited_and_approved() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let widgets = repo("acme/widgets");
        let number = writer.dispatch(Mode::PlanFirst).await;
        writer.until(number, Phase::NeedsApproval).await;
        let page = writer.page(number, |page| page.plan_version.is_some()).await;
        let (plan, version) = (page.plan.expect("a plan"), page.plan_version.expect("a version"));
        let plans = &writer.areas.plans;
        let changed = format!("{plan}\n\nMind the greeting.");
        let stale = plans.edit(&writer.viewer, &widgets, number, "0", &changed).await;
        assert!(matches!(stale, Err(EditRefusal::Changed { theirs, .. }) if theirs == plan));
        plans.edit(&writer.viewer, &widgets, number, &version, &changed).await.expect("saved");
        assert_eq!(writer.plan(number).await.plan.as_deref(), Some(changed.as_str()));

        let approve = ActionKind::Approve;
        plans.act(&writer.viewer, &widgets, number, approve, None).await.expect("approved");
        let seen = writer.until(number, Phase::Complete).await;
        assert!(!seen.contains(&Phase::Failed), "{seen:?}");
        world.github.idle().await;
        let page = writer.plan(number).await;
        assert_eq!(page.attempts.len(), 2, "{:#?}", page.attempts);
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_plan_of_an_older_generation_is_edited_where_it_stands() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let old = "# Rules\n\n1. Write one.";
        let new = "# Rules\n\n1. Write two.";
        let marked = |text: &str| {
            format!("Look:\n\n<!-- erk:plan-content -->\n{text}\n<!-- /erk:plan-content -->\n\nBye.")
        };
        for (body, comment, body_after, comment_after) in [
            (old.to_owned(), None, new.to_owned(), None),
            (
                format!("---\nerk_plan: true\n---\n\n{old}"),
                None,
                format!("---\nerk_plan: true\n---\n\n{new}"),
                None,
            ),
            ("See below.".to_owned(), Some(marked(old)), "See below.".to_owned(), Some(marked(new))),
        ] {
            let issues = "/repos/acme/widgets/issues";
            let issue = json!({"title": "Rules", "body": body, "labels": ["erk-plan"]});
            let made = world.github.send("writer", Method::POST, issues, issue).await;
            let number = made["number"].as_i64().expect("a number");
            if let Some(comment) = comment {
                let path = format!("{issues}/{number}/comments");
                world.github.send("writer", Method::POST, &path, json!({"body": comment})).await;
            }
            let page = writer.page(number, |page| page.plan.as_deref() == Some(old)).await;
            let version = page.plan_version.expect("a version");
            let plans = &writer.areas.plans;
            plans.edit(&writer.viewer, &repo("acme/widgets"), number, &version, new).await.expect("saved");
            let after = world.github.get("writer", &format!("{issues}/{number}")).await;
            assert_eq!(after["body"], json!(body_after));
            let comments = world.github.get("writer", &format!("{issues}/{number}/comments")).await;
            assert_eq!(comments[0]["body"].as_str(), comment_after.as_deref());
            writer.page(number, |page| page.plan.as_deref() == Some(new)).await;
        }
        world.github.writes().await;
    })
    .await;
}
