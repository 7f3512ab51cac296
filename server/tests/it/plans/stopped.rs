//! What a dispatch that stops shows, and what a request made by hand cannot do.

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{NewForm, OverviewQuery, PrState};
use waymark_domain::lifecycle::Phase;

use super::Person;
use crate::support::{World, until, world};

/// A plan with a draft pull request that nothing waits on: it was made by hand. Answers both numbers.
pub async fn plan_with_pull(world: &World) -> (i64, i64) {
    let send = async |path: &str, body: serde_json::Value| {
        world.github.send("admin", Method::POST, &format!("/repos/acme/widgets/{path}"), body).await
    };
    let body = "# Rules\n\n## Steps\n\n1. Write one.";
    let issue = json!({"title": "Rules", "body": body, "labels": ["erk-plan"]});
    let number = send("issues", issue).await["number"].as_i64().expect("a number");
    let head =
        world.github.get("admin", "/repos/acme/widgets/git/ref/heads/main").await["object"]["sha"].take();
    let commit = format!("/repos/acme/widgets/git/commits/{}", head.as_str().expect("a sha"));
    let base = world.github.get("admin", &commit).await["tree"]["sha"].take();
    let file = json!({"path": "x.txt", "mode": "100644", "type": "blob", "content": "x\n"});
    let tree = send("git/trees", json!({"base_tree": base, "tree": [file]})).await;
    let commit = json!({"message": "Begin", "tree": tree["sha"], "parents": [head]});
    let commit = send("git/commits", commit).await;
    let branch = format!("P{number}-rules-01-15-1430");
    send("git/refs", json!({"ref": format!("refs/heads/{branch}"), "sha": commit["sha"]})).await;
    let pull = json!({"title": "Rules", "head": branch, "base": "main", "draft": true, "body": format!("Closes #{number}")});
    (number, send("pulls", pull).await["number"].as_i64().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_made_by_hand_does_only_what_the_page_offers() {
    world(async |world| {
        world.github.set("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let (number, _) = plan_with_pull(world).await;
        writer.until(number, Phase::Submitted).await;
        let browser = world.sign_in("writer").await;
        let before = world.github.writes().await.len();
        let number_text = number.to_string();
        for action in
            ["approve", "continue", "merge", "mark-ready", "rerun-failed", "cancel-run", "reopen", "submit"]
        {
            let fields = [("repo", "acme/widgets"), ("number", &*number_text), ("action", action)];
            let answer = browser.form("/do/act", &fields).await;
            assert_ne!(answer.status, 500, "{action}: {answer:?}");
        }
        assert_eq!(
            world.github.writes().await.len(),
            before,
            "nothing of it is possible now, so nothing is written"
        );

        let fields = [("repo", "acme/widgets"), ("number", &*number_text), ("action", "close-pr")];
        browser.form("/do/act", &fields).await;
        writer.until(number, Phase::Closed).await;
        assert_eq!(writer.plan(number).await.pr.map(|pr| pr.summary.state), Some(PrState::Closed));
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_that_stops_before_its_issue_is_told_and_keeps_its_text() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let refused = json!({"method": "POST", "path": "/issues$", "status": 403, "times": 1});
        world.github.set("faults", refused).await;
        let dispatches = &writer.areas.dispatches;
        let form = NewForm {
            repo: "acme/widgets".into(),
            base: "main".into(),
            instruction: "Say hello in the README".into(),
            ..NewForm::default()
        };
        let draft = dispatches.save_draft(Some(&writer.viewer), "", None, &form).await.expect("kept");
        let id = dispatches.dispatch(&writer.viewer, Some(&draft.id), &form).await.expect("begun");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        until(ask, |view| view.state == waymark_app::areas::DispatchState::Stopped).await;
        let drafts = dispatches.drafts(&writer.viewer).await.expect("drafts");
        assert_eq!(drafts.iter().map(|draft| draft.id.as_str()).collect::<Vec<_>>(), [draft.id.as_str()]);
        let overview = async |person: &Person<'_>, query: OverviewQuery| {
            person.areas.plans.overview(Some(&person.viewer), &query).await.expect("an overview").stopped
        };
        let told = overview(&writer, OverviewQuery::default()).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].id, id);
        assert!(told[0].why.contains("403"), "{told:?}");
        assert!(
            overview(&writer, OverviewQuery { q: "nothing".into(), ..Default::default() }).await.is_empty()
        );
        let reader = Person::signed_in(world, "reader").await;
        assert!(overview(&reader, OverviewQuery::default()).await.is_empty(), "it is the dispatcher's own");
        let browser = world.sign_in("writer").await;
        for (path, list) in [("/", "Needs you"), ("/runs", "Stopped")] {
            let page = browser.get(path).await;
            assert!(page.body.contains(list) && page.body.contains(&format!("/dispatches/{id}")), "{path}");
            assert!(page.body.contains("Resume: One-shot: Say hello"), "{path}");
        }

        let resume = waymark_app::areas::DispatchCommand::Resume;
        dispatches.command(&writer.viewer, &id, resume).await.expect("resumed");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let sent = until(ask, |view| view.state == waymark_app::areas::DispatchState::Sent).await;
        assert!(dispatches.drafts(&writer.viewer).await.expect("drafts").is_empty());
        assert!(overview(&writer, OverviewQuery::default()).await.is_empty());
        writer.until(sent.issue.expect("an issue"), Phase::Complete).await;
        world.github.idle().await;
        let issues = world.github.writes().await.into_iter().filter(|write| write.path.ends_with("/issues"));
        assert_eq!(issues.count(), 2, "the refused one and the one that was made");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_that_stops_is_red_everywhere_and_raises_no_other_alarm_on_its_way() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let refused = json!({"method": "POST", "path": "/dispatches$", "status": 403, "times": 1});
        world.github.set("faults", refused).await;
        let dispatches = &writer.areas.dispatches;
        let form = NewForm {
            repo: "acme/widgets".into(),
            base: "main".into(),
            instruction: "Say hello in the README".into(),
            ..NewForm::default()
        };
        let id = dispatches.dispatch(&writer.viewer, None, &form).await.expect("begun");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let stopped = until(ask, |view| view.state == waymark_app::areas::DispatchState::Stopped).await;
        let number = stopped.issue.expect("an issue");
        let seen = writer.until(number, Phase::Stopped).await;
        assert!(!seen.contains(&Phase::PlanMissing), "{seen:?}");
        let query = OverviewQuery::default();
        let rows =
            async || writer.areas.plans.overview(Some(&writer.viewer), &query).await.expect("an overview");
        let found = until(rows, |all| all.rows.iter().any(|row| row.stopped.is_some())).await;
        assert_eq!(
            (found.rows[0].phase, found.rows[0].stopped.as_deref()),
            (Phase::Stopped, Some(id.as_str()))
        );
        assert_eq!((found.needs_you[0].number, found.needs_total), (number, 1));
        let browser = world.sign_in("writer").await;
        for path in ["/".to_owned(), "/runs".to_owned(), format!("/acme/widgets/plans/{number}")] {
            let page = browser.get(&path).await;
            assert!(page.body.contains("tone-failed") && page.body.contains("Stopped"), "{path}");
        }
        let resume = waymark_app::areas::DispatchCommand::Resume;
        dispatches.command(&writer.viewer, &id, resume).await.expect("resumed");
        writer.until(number, Phase::Complete).await;
        world.github.idle().await;
        let started =
            world.github.writes().await.into_iter().filter(|write| write.path.ends_with("/dispatches"));
        assert_eq!(started.count(), 2, "the refused one and the one that was taken");
    })
    .await;
}
