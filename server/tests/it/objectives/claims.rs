//! A node is planned once, whoever asks and however fast, and shows the dispatch that is not over.

use serde_json::json;
use waymark_app::areas::{
    DispatchCommand, DispatchState, NewForm, ObjectivePage, ObjectivesQuery, ProblemKind,
};

use super::{node, write};
use crate::plans::Person;
use crate::support::{until, world};

fn form(objective: i64) -> NewForm {
    NewForm {
        repo: "acme/widgets".into(),
        instruction: "Do it.".into(),
        objective: objective.to_string(),
        node: "1.1".into(),
        ..NewForm::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_plan_a_node_at_once_make_one_plan() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let admin = Person::signed_in(world, "admin").await;
        let number = write(world, vec![node("1.1", Some(&[]))]).await;
        writer.objective(number, None, |page| page.row.total == 1).await;
        let ask = async |person: &Person<'_>| {
            person.areas.dispatches.dispatch(&person.viewer, None, &form(number)).await
        };
        let (one, two) = tokio::join!(ask(&writer), ask(&admin));
        let (begun, refused) = match (one, two) {
            (Ok(id), Err(problems)) => ((&writer, id), problems),
            (Err(problems), Ok(id)) => ((&admin, id), problems),
            both => panic!("one of the two is refused: {both:?}"),
        };
        let (who, id) = begun;
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0].kind, ProblemKind::Conflict);
        for part in ["1.1", &who.viewer.login, "UTC"] {
            assert!(refused[0].message.contains(part), "{refused:?}");
        }
        let ask = async || who.areas.dispatches.get(&who.viewer, &id).await.expect("the dispatch");
        until(ask, |view| view.state == DispatchState::Sent).await;
        world.github.idle().await;
        let made = world.github.writes().await.into_iter().filter(|write| {
            write.method == "POST"
                && write.path == "/repos/acme/widgets/issues"
                && write.body.as_deref().is_some_and(|body| body.contains("waymark:node:1.1 "))
        });
        assert_eq!(made.count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_dispatch_stopped_says_so_and_is_not_offered() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let number = write(world, vec![node("1.1", Some(&[]))]).await;
        let shown = |page: &ObjectivePage| page.node("1.1").cloned();
        let page = writer.objective(number, None, |page| page.row.total == 1).await;
        assert!(shown(&page).is_some_and(|node| node.ready && node.dispatch.is_none()));
        let fault =
            json!({"method": "POST", "path": "/git/refs$", "status": 422, "when": "before", "times": 1});
        world.github.set("faults", fault).await;
        let dispatches = &writer.areas.dispatches;
        let id = dispatches.dispatch(&writer.viewer, None, &form(number)).await.expect("begun");
        let stopped = |page: &ObjectivePage| {
            shown(page).and_then(|node| node.dispatch).is_some_and(|it| it.state == DispatchState::Stopped)
        };
        let page = writer.objective(number, Some("1.1"), stopped).await;
        let node = shown(&page).expect("the node");
        assert!(!node.ready && node.dispatch.is_some_and(|it| it.id == id && it.by == "writer"));
        let page = world.anonymous().get(&format!("/acme/widgets/objectives/{number}?node=1.1")).await;
        assert!(page.body.contains("Stopped") && !page.body.contains("id=\"ready\" href"), "{}", page.body);
        // The list and the roadmap lead to the dispatch instead of offering the node.
        let listed = async |query: ObjectivesQuery| {
            writer.areas.objectives.list(Some(&writer.viewer), &query).await.expect("a list").rows
        };
        let rows = listed(ObjectivesQuery::default()).await;
        let told = rows[0].stopped.as_ref().map(|stopped| (stopped.node.as_str(), stopped.dispatch.as_str()));
        assert_eq!((rows[0].next.as_ref(), told), (None, Some(("1.1", id.as_str()))));
        assert_eq!(listed(ObjectivesQuery { ready: true, ..ObjectivesQuery::default() }).await, []);
        let browser = world.sign_in("writer").await;
        for path in ["/objectives".to_owned(), format!("/acme/widgets/objectives/{number}")] {
            let page = browser.get(&path).await.body;
            let link = format!("href=\"/dispatches/{id}\"");
            assert!(page.contains(&link) && page.contains("tone-failed"), "{path}: {page}");
            assert!(!page.contains("id=\"pick-1.1\""), "{path}");
        }
        let admin = Person::signed_in(world, "admin").await;
        let again = admin.areas.dispatches.dispatch(&admin.viewer, None, &form(number)).await;
        let refused = again.expect_err("it waits for a person");
        assert!(refused[0].message.contains("stopped") && refused[0].field.as_deref() == Some("node"));
        assert!(refused[0].next.as_ref().is_some_and(|next| next.contains(&id)), "{refused:?}");

        dispatches.command(&writer.viewer, &id, DispatchCommand::Undo).await.expect("undone");
        let free =
            |page: &ObjectivePage| shown(page).is_some_and(|node| node.ready && node.dispatch.is_none());
        writer.objective(number, None, free).await;
        let id = admin.areas.dispatches.dispatch(&admin.viewer, None, &form(number)).await.expect("begun");
        let ask = async || admin.areas.dispatches.get(&admin.viewer, &id).await.expect("the dispatch");
        until(ask, |view| view.state == DispatchState::Sent).await;
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}
