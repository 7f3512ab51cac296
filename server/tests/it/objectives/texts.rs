//! Writing objectives: created once, whatever fails; edited, arranged and upgraded without losing anything.

use serde_json::{Value, json};
use waymark_app::areas::{DispatchCommand, DispatchState, ObjectiveForm, ProblemKind};
use waymark_domain::roadmap::{self, outline};

use super::on_github;
use crate::plans::Person;
use crate::support::{World, until, world};

const OUTLINE: &str = "### Phase 1: Groundwork\n- 1.1 Agree on the names\n- 1.2 Write them down (after 1.1)\n\n### Phase 2: Launch\n- 2.1 Tell everybody (after 1.2)\n- 2.2 Tell nobody (after 1.1, 1.2)\n";

fn form(repo: &str) -> ObjectiveForm {
    ObjectiveForm {
        repo: repo.to_owned(),
        title: "Objective: Names for all".to_owned(),
        prose: "Because `x` | y.\n\n## How\n\nSlowly.".to_owned(),
        outline: OUTLINE.to_owned(),
        ..ObjectiveForm::default()
    }
}

/// The issues of `acme/widgets` that carry the label of objectives and this title.
async fn issues(world: &World, title: &str) -> Vec<Value> {
    let path = "/repos/acme/widgets/issues?labels=erk-objective&state=all&per_page=100";
    let all = world.github.get("writer", path).await;
    let fits = |issue: &&Value| issue["title"] == title;
    all.as_array().into_iter().flatten().filter(fits).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objective_is_created_once_as_its_preview_says() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let dispatches = &writer.areas.dispatches;
        let wrong =
            ObjectiveForm { title: " ".into(), outline: "- 1.1 a (after 9)".into(), ..form("acme/nowhere") };
        let found = dispatches.preview_objective(&writer.viewer, &wrong).await.expect_err("refused");
        let fields: Vec<_> = found.iter().filter_map(|problem| problem.field.as_deref()).collect();
        assert_eq!(fields, ["repo", "title", "outline"], "everything at once");

        let form = form("acme/widgets");
        let preview = dispatches.preview_objective(&writer.viewer, &form).await.expect("a preview");
        assert!(world.github.writes().await.is_empty(), "a preview writes nothing");
        let refused =
            json!({"method": "POST", "path": "/issues/[0-9]+/comments$", "status": 403, "times": 1});
        world.github.set("faults", refused).await;
        let kept = waymark_app::areas::NewForm {
            objective_text: Some(Box::new(form.clone())),
            ..waymark_app::areas::NewForm::default()
        };
        let draft = dispatches.save_draft(Some(&writer.viewer), None, &kept).await.expect("kept");
        let create = async || dispatches.create_objective(&writer.viewer, Some(&draft.id), &form).await;
        let id = create().await.expect("begun");
        assert_eq!(create().await.as_deref(), Ok(id.as_str()), "a second press is the same dispatch");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let stopped = until(30, ask, |view| view.state == DispatchState::Stopped).await;
        let number = stopped.issue.expect("the issue was made");
        dispatches.command(&writer.viewer, &id, DispatchCommand::Resume).await.expect("resumed");
        until(30, ask, |view| view.state == DispatchState::Sent).await;
        assert_eq!(create().await.as_deref(), Ok(id.as_str()));

        let made = issues(world, "Objective: Names for all").await;
        assert_eq!(made.len(), 1);
        assert_eq!(made[0]["labels"][0]["name"], "erk-objective");
        let comments =
            world.github.get("writer", &format!("/repos/acme/widgets/issues/{number}/comments")).await;
        assert_eq!(comments.as_array().map(Vec::len), Some(1));
        let (body, comment, map) = on_github(world, number).await;
        assert!(body.contains(&format!("objective_comment_id: {}", comments[0]["id"])), "{body}");
        assert_eq!(outline::write(&map), OUTLINE);
        assert_eq!(roadmap::redraw(&comment, &map), comment, "the tables equal the roadmap");
        assert_eq!(roadmap::edit::prose(&comment).as_deref(), Some(form.prose.as_str()));
        let failed: Vec<_> =
            roadmap::check(["erk-objective"], &body).into_iter().filter(|check| !check.passed).collect();
        assert_eq!(failed, []);

        // What the preview named is what was sent, byte for byte.
        let bound = |text: &str| {
            let header = waymark_domain::block::first(&body, "objective-header").expect("a header");
            text.replace("{dispatch}", &id)
                .replace("{issue}", &number.to_string())
                .replace("{comment}", &comments[0]["id"].to_string())
                .replace("{now}", header["created_at"].as_str().unwrap_or_default())
        };
        let shown = |key: &str| {
            let write = preview.writes.iter().find(|write| write.operation == key).expect("a write");
            let json: Value = serde_json::from_str(&bound(&write.json)).expect("JSON");
            json["body"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(shown("link-objective-comment"), body);
        assert_eq!(shown("comment-objective"), comment);

        writer.connect().await;
        let page = writer.objective(number, None, |page| page.row.total == 4).await;
        assert_eq!((page.findings.as_slice(), page.phases[1].name.as_str()), (&[][..], "Launch"));

        // Undone before it is complete, the issue is closed and says why.
        let refused =
            json!({"method": "POST", "path": "/issues/[0-9]+/comments$", "status": 403, "times": 1});
        world.github.set("faults", refused).await;
        let id = dispatches.create_objective(&writer.viewer, None, &form).await.expect("begun");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let stopped = until(30, ask, |view| view.state == DispatchState::Stopped).await;
        dispatches.command(&writer.viewer, &id, DispatchCommand::Undo).await.expect("undone");
        until(30, ask, |view| view.state == DispatchState::Undone).await;
        let at = format!("/repos/acme/widgets/issues/{}", stopped.issue.unwrap_or_default());
        assert_eq!(world.github.get("writer", &at).await["state"], "closed");
        let said = world.github.get("writer", &format!("{at}/comments")).await;
        assert!(
            said[0]["body"].as_str().is_some_and(|text| text.contains("created this objective")),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn only_those_who_may_write_write_objectives() {
    world(async |world| {
        for (login, kind) in [("outsider", ProblemKind::NotFound), ("reader", ProblemKind::Forbidden)] {
            let person = Person::signed_in(world, login).await;
            let dispatches = &person.areas.dispatches;
            let form = form("acme/secret");
            let refused = dispatches.preview_objective(&person.viewer, &form).await.expect_err(login);
            assert_eq!(refused[0].kind, kind, "{login}");
            let refused = dispatches.create_objective(&person.viewer, None, &form).await.expect_err(login);
            assert_eq!(refused[0].kind, kind, "{login}");
        }
        assert!(world.github.writes().await.is_empty(), "nothing was written");
    })
    .await;
}
