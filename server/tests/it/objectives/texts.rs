//! Writing objectives: created once, whatever fails; edited, arranged and upgraded without losing anything.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_app::areas::{
    DispatchCommand, DispatchState, ObjectiveForm, ObjectivePage, ObjectiveRefusal, ProblemKind, RepoName,
};
use waymark_domain::roadmap::{self, Status, outline};

use super::{node, on_github, widgets};
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
        let draft = dispatches.save_draft(Some(&writer.viewer), "", None, &kept).await.expect("kept");
        let create = async || dispatches.create_objective(&writer.viewer, Some(&draft.id), &form).await;
        let id = create().await.expect("begun");
        assert_eq!(create().await.as_deref(), Ok(id.as_str()), "a second press is the same dispatch");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let stopped = until(ask, |view| view.state == DispatchState::Stopped).await;
        let number = stopped.issue.expect("the issue was made");
        dispatches.command(&writer.viewer, &id, DispatchCommand::Resume).await.expect("resumed");
        until(ask, |view| view.state == DispatchState::Sent).await;
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
        // What was seen of it while it was being made is replaced.
        let whole = |page: &ObjectivePage| page.findings.is_empty() && page.phases.len() == 2;
        let page = writer.objective(number, None, whole).await;
        assert_eq!((page.row.total, page.phases[1].name.as_str()), (4, "Launch"));

        // Undone before it is complete, the issue is closed and says why.
        let refused =
            json!({"method": "POST", "path": "/issues/[0-9]+/comments$", "status": 403, "times": 1});
        world.github.set("faults", refused).await;
        let id = dispatches.create_objective(&writer.viewer, None, &form).await.expect("begun");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let stopped = until(ask, |view| view.state == DispatchState::Stopped).await;
        dispatches.command(&writer.viewer, &id, DispatchCommand::Undo).await.expect("undone");
        until(ask, |view| view.state == DispatchState::Undone).await;
        let at = format!("/repos/acme/widgets/issues/{}", stopped.issue.unwrap_or_default());
        assert_eq!(world.github.get("writer", &at).await["state"], "closed");
        let said = world.github.get("writer", &format!("{at}/comments")).await;
        assert!(
            said[0]["body"].as_str().is_some_and(|text| text.contains("created this objective")),
            "{said}"
        );
        world.github.writes().await;
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
            let (texts, viewer) = (&person.areas.objective_texts, &person.viewer);
            let secret = RepoName::parse("acme/secret").expect("a name");
            let refused = texts.open(viewer, &secret, 1).await.map(|_| ()).map_err(|problem| problem.kind);
            assert_eq!(refused, Err(kind), "{login}");
            let refused = texts.changes(viewer, &secret, 1, &form).await.expect_err(login);
            assert_eq!(refused[0].kind, kind, "{login}");
            let refused = texts.save(viewer, &secret, 1, &form).await;
            assert!(
                matches!(&refused, Err(ObjectiveRefusal::Problems(found)) if found[0].kind == kind),
                "{refused:?}"
            );
            let refused = texts.upgrade_changes(viewer, &secret, 1).await.expect_err(login);
            assert_eq!(refused.kind, kind, "{login}");
            let refused = texts.upgrade(viewer, &secret, 1, "").await.expect_err(login);
            assert_eq!(refused.kind, kind, "{login}");
        }
        assert!(world.github.writes().await.is_empty(), "nothing was written");
    })
    .await;
}

/// The ids of nodes with their states and pull requests.
fn states(map: &roadmap::Roadmap) -> Vec<(&str, roadmap::Status, Option<&str>)> {
    map.nodes.iter().map(|node| (node.id.as_str(), node.status, node.pr.as_deref())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objective_is_edited_and_nothing_of_others_is_lost() {
    world(async |world| {
        let done = |id: &str| roadmap::Node { status: Status::Done, pr: Some("#4".into()), ..node(id, None) };
        let number = super::write(world, vec![done("1.1"), node("1.2", None), node("2.1", None)]).await;
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let texts = &writer.areas.objective_texts;
        let at = format!("/repos/acme/widgets/issues/{number}");

        // Words between the tables, by somebody on GitHub.
        let (_, comment, _) = on_github(world, number).await;
        let comments = world.github.get("writer", &format!("{at}/comments")).await;
        let worded = comment.replace("### Phase 2", "**Test:** it runs.\n\n### Phase 2");
        let path = format!("/repos/acme/widgets/issues/comments/{}", comments[0]["id"]);
        world.github.send("writer", Method::PATCH, &path, json!({ "body": worded })).await;

        let opened = texts.open(&writer.viewer, &widgets(), number).await.expect("opened");
        assert!(opened.told && opened.form.prose == "Why.", "{opened:#?}");
        let outline = "### Phase 1: Groundwork\n- 1.1 Do 1.1\n- 1.3 New\n- 1.2 Do 1.2, better\n\n### Phase 3: Late\n- 3.1 Last (after 1.2, 1.3)\n";
        let mine = ObjectiveForm {
            title: "Objective: Some".into(),
            prose: "Because.".into(),
            outline: outline.into(),
            ..opened.form.clone()
        };
        let before = world.github.writes().await.len();
        let changes = texts.changes(&writer.viewer, &widgets(), number, &mine).await.expect("changes");
        assert!(changes.title.is_some() && !changes.body.is_empty() && !changes.comment.is_empty());
        let dropped = ObjectiveForm { outline: "- 1.2 Do 1.2\n".into(), ..mine.clone() };
        let refused = texts.changes(&writer.viewer, &widgets(), number, &dropped).await.expect_err("begun");
        assert!(refused[0].message.contains("node 1.1 is done and cannot be taken out"), "{refused:?}");
        let refused = texts.save(&writer.viewer, &widgets(), number, &dropped).await;
        assert!(matches!(refused, Err(ObjectiveRefusal::Problems(_))), "{refused:?}");
        assert_eq!(world.github.writes().await.len(), before, "nothing was written");

        // A state that changes meanwhile is no conflict; it stays.
        let body = on_github(world, number).await.0;
        let change = roadmap::Change { status: Some(Status::Blocked), ..roadmap::Change::default() };
        let blocked = roadmap::update(&body, "1.2", &change).expect("blocked");
        world.github.send("writer", Method::PATCH, &at, json!({ "body": blocked })).await;
        texts.save(&writer.viewer, &widgets(), number, &mine).await.expect("saved");
        let (body, comment, map) = on_github(world, number).await;
        assert_eq!(outline::write(&map), outline);
        let known = [("1.1", Status::Done, Some("#4")), ("1.3", Status::Pending, None), ("1.2", Status::Blocked, None)];
        assert_eq!(states(&map)[..3], known);
        assert!(body.starts_with("Before.") && body.ends_with("After."), "{body}");
        assert_eq!(roadmap::redraw(&comment, &map), comment, "the tables equal the roadmap");
        for part in ["Because.\n\n<!-- erk:roadmap-table -->", "**Test:** it runs.", "### Phase 3: Late (0 PR)"] {
            assert!(comment.contains(part), "{part}: {comment}");
        }
        assert!(!comment.contains("Phase 2"), "{comment}");
        let title = world.github.get("writer", &at).await["title"].clone();
        assert_eq!(title, "Objective: Some");
        let again = world.github.writes().await.len();
        texts.save(&writer.viewer, &widgets(), number, &mine).await.expect("it is there already");
        assert_eq!(world.github.writes().await.len(), again, "nothing is written twice");

        // Somebody edits a node on GitHub after it was opened.
        let theirs = body.replace("Do 1.2, better", "Do it well");
        world.github.send("writer", Method::PATCH, &at, json!({ "body": theirs })).await;
        let later = texts.open(&writer.viewer, &widgets(), number).await.expect("opened").form;
        let stale = ObjectiveForm { prose: "Mine.".into(), ..ObjectiveForm { version: opened.form.version, ..mine } };
        let refused = texts.save(&writer.viewer, &widgets(), number, &stale).await;
        assert_eq!(refused, Err(ObjectiveRefusal::Changed));
        assert!(on_github(world, number).await.0.contains("Do it well"), "theirs stands");
        let over = ObjectiveForm { version: later.version, ..stale };
        texts.save(&writer.viewer, &widgets(), number, &over).await.expect("chosen over theirs");
        assert!(on_github(world, number).await.0.contains("Do 1.2, better"));
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_roadmaps_are_upgraded() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let texts = &writer.areas.objective_texts;
        let issue = async |body: &str| {
            let issue = json!({"title": "Objective: Old", "body": body, "labels": ["erk-objective"]});
            let made = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
            made["number"].as_i64().expect("a number")
        };
        let tables = "Why.\n\n### Phase 1: Thread (1 PR)\n\nIntro.\n\n| Step | Description | Status | PR |\n|--|--|--|--|\n| 1.1 | a | done | #3 |\n| 1.2 | b | pending | - |\n\nEnd.";
        let number = issue(tables).await;
        let page = writer.objective(number, None, |page| page.row.total == 2).await;
        assert!(page.older && page.can_write);
        let refused = texts.open(&writer.viewer, &widgets(), number).await.expect_err("tables");
        assert!(refused.next.is_some_and(|next| next.contains("Upgrade it first")));
        let changes = texts.upgrade_changes(&writer.viewer, &widgets(), number).await.expect("changes");
        assert!(!changes.body.is_empty() && !changes.comment.is_empty());
        let refused = texts.upgrade(&writer.viewer, &widgets(), number, "other").await.expect_err("changed");
        assert_eq!(refused.kind, ProblemKind::Conflict);

        let fault = json!({"method": "PATCH", "path": "/issues/[0-9]+$", "status": 403, "times": 2});
        world.github.set("faults", fault).await;
        let dispatches = &writer.areas.dispatches;
        let id = texts.upgrade(&writer.viewer, &widgets(), number, &changes.version).await.expect("begun");
        let id = id.expect("a dispatch");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        until(ask, |view| view.state == DispatchState::Stopped).await;
        dispatches.command(&writer.viewer, &id, DispatchCommand::Undo).await.expect("undone");
        until(ask, |view| view.state == DispatchState::Undone).await;
        let at = format!("/repos/acme/widgets/issues/{number}");
        assert_eq!(world.github.get("writer", &format!("{at}/comments")).await, json!([]));
        assert_eq!(world.github.get("writer", &at).await["body"], tables);

        let id = texts.upgrade(&writer.viewer, &widgets(), number, &changes.version).await.expect("begun");
        let id = id.expect("a dispatch");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        until(ask, |view| view.state == DispatchState::Stopped).await;
        dispatches.command(&writer.viewer, &id, DispatchCommand::Resume).await.expect("resumed");
        until(ask, |view| view.state == DispatchState::Sent).await;
        let (body, comment, map) = on_github(world, number).await;
        assert_eq!(outline::write(&map), "### Phase 1: Thread\n- 1.1 a\n- 1.2 b\n");
        assert_eq!(states(&map)[0], ("1.1", Status::Done, Some("#3")));
        assert!(comment.contains("Why.") && comment.contains("Intro.") && comment.contains("End."), "{comment}");
        assert_eq!(roadmap::redraw(&comment, &map), comment);
        assert!(body.contains("objective_comment_id: ") && !body.contains("comment_id: null"), "{body}");
        let page = writer.objective(number, None, |page| !page.older).await;
        assert_eq!(page.findings, []);
        let form = texts.open(&writer.viewer, &widgets(), number).await.expect("it can be edited").form;
        assert_eq!(form.prose, "Why.");
        let refused = texts.upgrade_changes(&writer.viewer, &widgets(), number).await.expect_err("today's");
        assert_eq!(refused.kind, ProblemKind::Conflict);

        // The second version is rewritten in its block alone.
        let second = super::write(world, vec![node("1.1", None)]).await;
        let body = on_github(world, second).await.0;
        let old = body.replace("schema_version: '3'", "schema_version: '2'").replace("nodes:", "steps:");
        let at = format!("/repos/acme/widgets/issues/{second}");
        world.github.send("writer", Method::PATCH, &at, json!({ "body": old })).await;
        let changes = texts.upgrade_changes(&writer.viewer, &widgets(), second).await.expect("changes");
        let begun = texts.upgrade(&writer.viewer, &widgets(), second, &changes.version).await;
        assert_eq!(begun, Ok(None));
        assert_eq!(on_github(world, second).await.0, body);
        world.github.writes().await;
    })
    .await;
}
