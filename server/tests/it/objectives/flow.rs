//! From a node of the picture to a merge and on to the next nodes; and back where work fails.

use waymark_app::areas::{ActionKind, NewForm, NodeStatus, ObjectiveCommand, ObjectivePage, ObjectivesQuery};
use waymark_domain::lifecycle::Phase;
use waymark_domain::roadmap::{self, Node};

use super::{node, on_github, widgets, write};
use crate::plans::Person;
use crate::support::world;

fn form(objective: i64, node: &str, instruction: &str) -> NewForm {
    NewForm {
        repo: "acme/widgets".into(),
        instruction: instruction.to_owned(),
        objective: objective.to_string(),
        node: node.to_owned(),
        ..NewForm::default()
    }
}

fn status(page: &ObjectivePage, id: &str) -> Option<NodeStatus> {
    page.node(id).map(|node| node.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_planned_merged_and_leads_to_the_next_ones() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let nodes = vec![
            node("1.1", Some(&[])),
            node("2.1", Some(&["1.1"])),
            node("2.2", Some(&["1.1"])),
            node("3.1", Some(&["2.1", "2.2"])),
        ];
        let number = write(world, nodes).await;
        let whole = |page: &ObjectivePage| page.phases.len() == 3 && page.findings.is_empty();
        let page = writer.objective(number, Some("1.1"), whole).await;
        assert_eq!((page.row.done, page.row.total, page.row.blocked), (0, 4, 3));
        assert_eq!(page.drawing.cards.len(), 4);
        let chosen = page.chosen.expect("the node");
        assert_eq!(chosen.unblocks, ["2.1", "2.2"]);
        assert_eq!(chosen.leads_to, ["2.1", "2.2", "3.1"]);
        for part in ["Do 1.1", "node 1.1", &format!("objective #{number}"), "Phase 1: Groundwork"] {
            assert!(chosen.instruction.contains(part), "{}", chosen.instruction);
        }
        let list = writer.areas.objectives.list(Some(&writer.viewer), &ObjectivesQuery::default()).await;
        let list = list.expect("a list");
        assert_eq!(list.rows.len(), 1);
        assert_eq!(list.rows[0].next.as_ref().map(|next| next.0.as_str()), Some("1.1"));

        let plan = writer.dispatch_form(&form(number, "1.1", &chosen.instruction)).await;
        let page =
            writer.objective(number, None, |page| status(page, "1.1") != Some(NodeStatus::Pending)).await;
        let planning = page.node("1.1").expect("the node");
        assert_eq!(planning.status, NodeStatus::Planning);
        assert!(planning.pr.as_deref().is_some_and(|pr| pr.starts_with('#')), "{planning:?}");
        let again = writer.areas.dispatches.preview(&writer.viewer, &form(number, "1.1", "Again")).await;
        let refused = again.expect_err("it is being worked on");
        assert_eq!(refused[0].field.as_deref(), Some("node"));

        writer.until(plan, Phase::Complete).await;
        world.github.idle().await;
        let merge = ActionKind::Merge;
        writer.areas.plans.act(&writer.viewer, &widgets(), plan, merge, None).await.expect("merged");
        let page =
            writer.objective(number, Some("1.1"), |page| status(page, "1.1") == Some(NodeStatus::Done)).await;
        let ready: Vec<&str> = page.nodes().filter(|node| node.ready).map(|node| node.id.as_str()).collect();
        assert_eq!(ready, ["2.1", "2.2"]);
        let history = page.chosen.expect("the node").history;
        assert!(history[0].words.contains("→ done"), "{history:?}");
        assert_eq!(history[0].reason.as_deref(), Some(format!("Plan #{plan} was merged").as_str()));

        let failing = writer.dispatch_form(&form(number, "2.1", "Fail. demo:fail-plan")).await;
        writer.until(failing, Phase::Failed).await;
        let back = |page: &ObjectivePage| {
            let detail = page.chosen.as_ref();
            status(page, "2.1") == Some(NodeStatus::Pending)
                && detail.is_some_and(|detail| detail.history.iter().any(|change| change.reason.is_some()))
        };
        let page = writer.objective(number, Some("2.1"), back).await;
        assert_eq!(page.node("2.1").and_then(|node| node.pr.clone()), None);
        let close = ObjectiveCommand::Close;
        let refused = writer.areas.objectives.command(&writer.viewer, &widgets(), number, close).await;
        assert!(refused.is_err_and(|problem| problem.message.contains("not complete")));
        world.github.idle().await;

        let page = writer.objective(number, None, |page| page.findings.is_empty()).await;
        assert!(page.row.open);
        let (body, comment, map) = on_github(world, number).await;
        assert!(body.starts_with("Before.\n\n") && body.ends_with("\n\nAfter."), "{body}");
        assert_eq!(roadmap::redraw(&comment, &map), comment, "the table says what the roadmap says");
        let done = map.node("1.1").expect("the node");
        assert!(done.plan.as_deref() == Some(&format!("#{plan}")), "{done:?}");
        assert!(comment.contains("Why."));
        let shown = world.anonymous().get(&format!("/acme/widgets/objectives/{number}?node=2.1")).await;
        for part in ["id=\"card-2.1\"", "id=\"node-panel\"", "Phase 1: Groundwork"] {
            assert!(shown.body.contains(part), "{part}: {}", shown.body);
        }
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_objective_of_which_nothing_is_left_is_closed_when_somebody_says_so() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let reader = Person::signed_in(world, "reader").await;
        writer.connect().await;
        let done = Node { status: NodeStatus::Done, pr: Some("#1".into()), ..node("1.1", Some(&[])) };
        let skipped = Node { status: NodeStatus::Skipped, ..node("1.2", Some(&["1.1"])) };
        let number = write(world, vec![done, skipped]).await;
        let page = writer.objective(number, None, |page| page.row.done == 1).await;
        assert!(page.row.open && page.complete);
        let close = |person: &Person<'_>| {
            let (objectives, viewer) = (person.areas.objectives.clone(), person.viewer.clone());
            async move { objectives.command(&viewer, &widgets(), number, ObjectiveCommand::Close).await }
        };
        assert!(close(&reader).await.is_err());
        let at = format!("/repos/acme/widgets/issues/{number}");
        assert_eq!(world.github.get("writer", &at).await["state"], "open");
        close(&writer).await.expect("closed");
        let issue = world.github.get("writer", &at).await;
        assert_eq!(
            (issue["state"].as_str(), issue["state_reason"].as_str()),
            (Some("closed"), Some("completed"))
        );
        writer.objective(number, None, |page| !page.row.open).await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objective_or_a_node_that_is_none_is_refused_at_its_field() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let number = write(world, vec![node("1.1", Some(&[]))]).await;
        let issue = serde_json::json!({"title": "Just an issue", "body": "Text."});
        let plain =
            world.github.send("admin", reqwest::Method::POST, "/repos/acme/widgets/issues", issue).await;
        let plain = plain["number"].as_i64().expect("a number");
        let before = world.github.writes().await.len();
        for (objective, id, field, words) in [
            (999_999, "", "objective", "has no objective #999999"),
            (plain, "", "objective", "is not an objective"),
            (number, "9.9", "node", "has no node 9.9"),
        ] {
            let form = form(objective, id, "Do it");
            let found = writer.areas.dispatches.dispatch(&writer.viewer, None, &form).await.expect_err(words);
            let told = found.iter().find(|problem| problem.message.contains(words));
            let told = told.unwrap_or_else(|| panic!("{words}: {found:#?}"));
            assert_eq!(told.field.as_deref(), Some(field));
        }
        assert_eq!(world.github.writes().await.len(), before, "nothing is written");
    })
    .await;
}
