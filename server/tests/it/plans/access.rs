//! Who sees what, and who may do what, for every method of the area.

use waymark_app::areas::{ActionKind, EditRefusal, NewForm, OverviewQuery, ProblemKind, SubmitForm};

use super::{Person, repo};
use crate::support::{World, world};

/// A plan in a repository, written by `admin`; its number.
async fn plan_in(world: &World, name: &str) -> i64 {
    let issue = serde_json::json!({"title": "[erk-plan] A plan", "body": "# A plan\n\nDo it.", "labels": ["erk-plan"]});
    let made =
        world.github.send("admin", reqwest::Method::POST, &format!("/repos/{name}/issues"), issue).await;
    made["number"].as_i64().expect("a number")
}

#[tokio::test]
async fn every_method_asks_who_calls() {
    world(async |world| {
        let secret = repo("acme/secret");
        let number = plan_in(world, "acme/secret").await;
        let writer = Person::signed_in(world, "writer").await;
        waymark_server::mirror::track(world.app(), &writer.viewer, &secret).await.expect("tracked");
        waymark_server::mirror::sync_repo(world.app(), &secret).await.expect("read");
        let plans = &writer.areas.plans;
        let all = OverviewQuery::default();

        let reader = Person::signed_in(world, "reader").await;
        let outsider = Person::signed_in(world, "outsider").await;
        for (viewer, sees) in [
            (None, false),
            (Some(&outsider.viewer), false),
            (Some(&reader.viewer), true),
            (Some(&writer.viewer), true),
        ] {
            let who = viewer.map_or("anonymous", |viewer| viewer.login.as_str());
            let page = plans.plan(viewer, &secret, number).await.map(|page| page.number);
            let none = plans.plan(viewer, &repo("acme/nothing"), number).await.map(|page| page.number);
            let rows = plans.overview(viewer, &all).await.expect("an overview");
            assert_eq!(rows.rows.len(), usize::from(sees), "{who}");
            assert_eq!(rows.total, u32::from(sees), "{who}");
            match sees {
                true => assert_eq!(page, Ok(number), "{who}"),
                false => {
                    let (page, none) = (page.expect_err(who), none.expect_err(who));
                    let like = page.message.replace("acme/secret", "acme/nothing");
                    assert_eq!((page.kind, like), (none.kind, none.message), "{who}");
                }
            }
        }
        for (person, kind) in [(&outsider, ProblemKind::NotFound), (&reader, ProblemKind::Forbidden)] {
            let who = &person.viewer.login;
            for action in ActionKind::ALL.into_iter().filter(|action| *action != ActionKind::Refresh) {
                let done = plans.act(&person.viewer, &secret, number, action, None).await;
                assert_eq!(done.map_err(|problem| problem.kind), Err(kind), "{who}: {action:?}");
            }
            let dispatches = &person.areas.dispatches;
            let form = SubmitForm { repo: "acme/secret".into(), number, ..SubmitForm::default() };
            let submitted = dispatches.submit(&person.viewer, &form).await.expect_err(who);
            assert_eq!(submitted[0].kind, kind, "{who}");
            let form =
                NewForm { repo: "acme/secret".into(), instruction: "# A plan".into(), ..NewForm::default() };
            let created = dispatches.create_plan(&person.viewer, None, &form).await.expect_err(who);
            assert_eq!(created[0].kind, kind, "{who}");
            let log =
                plans.log(Some(&person.viewer), &secret, number, 1).await.map_err(|problem| problem.kind);
            assert_eq!(log, Err(ProblemKind::NotFound), "{who}");
            let edited = plans.edit(&person.viewer, &secret, number, "", "x").await;
            assert!(matches!(edited, Err(EditRefusal::Problem(problem)) if problem.kind == kind), "{who}");
        }
        let page = plans.plan(Some(&reader.viewer), &secret, number).await.expect("seen");
        let open: Vec<_> = page.actions.iter().filter(|offer| offer.refused.is_none()).collect();
        assert!(open.iter().all(|offer| offer.kind == ActionKind::Refresh), "{open:#?}");

        let before = world.github.writes().await.len();
        let close = plans.act(&writer.viewer, &secret, number, ActionKind::ClosePlan, None).await;
        close.expect("a writer closes");
        assert_eq!(world.github.writes().await.len(), before + 1);
    })
    .await;
}

#[tokio::test]
async fn plans_of_public_repositories_are_seen_by_everybody() {
    world(async |world| {
        let widgets = repo("acme/widgets");
        let number = plan_in(world, "acme/widgets").await;
        let writer = Person::signed_in(world, "writer").await;
        waymark_server::mirror::track(world.app(), &writer.viewer, &widgets).await.expect("tracked");
        waymark_server::mirror::sync_repo(world.app(), &widgets).await.expect("read");
        let page = writer.areas.plans.plan(None, &widgets, number).await.expect("seen");
        assert_eq!(page.plan.as_deref(), Some("# A plan\n\nDo it."));
        assert!(page.actions.iter().all(|offer| offer.refused.is_some()));
        let listed = writer.areas.repositories.list(&writer.viewer).await.expect("a list");
        assert!(listed.iter().any(|row| row.choice.repo == widgets && row.connected));
        world.github.writes().await;
    })
    .await;
}
