//! Nodes that start by themselves: announced, vetoed, limited, paused, and never begun twice.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{AutoState, NodeStatus, ObjectiveCommand, ObjectivePage, ProblemKind};
use waymark_domain::lifecycle::Phase;

use super::{node, widgets, write};
use crate::plans::Person;
use crate::support::{GitHub, until, world_with, world_without_server};

/// Where the start of a node stands.
fn state<'a>(page: &'a ObjectivePage, id: &str) -> Option<&'a AutoState> {
    page.auto.as_ref()?.nodes.iter().find(|node| node.node == id).map(|node| &node.state)
}

fn status(page: &ObjectivePage, id: &str) -> Option<NodeStatus> {
    page.node(id).map(|node| node.status)
}

fn paused(page: &ObjectivePage) -> bool {
    page.auto.as_ref().is_some_and(|auto| auto.paused)
}

/// Who made the plan issues of a node.
async fn made(github: &GitHub, id: &str) -> Vec<String> {
    let marker = format!("waymark:node:{id} ");
    let writes = github.writes().await.into_iter();
    let new = writes.filter(|write| write.method == "POST" && write.path.ends_with("/issues"));
    let ours = new.filter(|write| write.body.as_ref().is_some_and(|body| body.contains(&marker)));
    ours.filter(|write| write.status == Some(201)).filter_map(|write| write.user).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_are_announced_and_a_veto_holds() {
    let long = |config: &mut waymark_server::config::Config| {
        config.autostart_delay = Duration::from_secs(3600);
    };
    world_with(long, async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let nodes = vec![node("1.1", Some(&[])), node("1.2", Some(&[])), node("2.1", Some(&["1.1"]))];
        let number = write(world, nodes).await;
        let page = writer.objective(number, None, |page| page.row.total == 3).await;
        assert_eq!(page.auto, None, "off unless somebody turns it on");
        let before = world.github.writes().await.len();
        let act = async |who: &Person<'_>, command: ObjectiveCommand| {
            who.areas.objectives.command(&who.viewer, &widgets(), number, command).await
        };
        let veto = |id: &str| ObjectiveCommand::Veto { node: id.to_owned() };
        let allow = |id: &str| ObjectiveCommand::Allow { node: id.to_owned() };
        let on = |most| ObjectiveCommand::AutoOn { most };

        for other in ["reader", "outsider"] {
            let other = Person::signed_in(world, other).await;
            let (pause, off) = (ObjectiveCommand::AutoPause, ObjectiveCommand::AutoOff);
            for command in [on(1), pause, off, veto("1.1"), allow("1.1")] {
                let refused = act(&other, command).await.map_err(|problem| problem.kind);
                assert_eq!(refused, Err(ProblemKind::Forbidden), "{}", other.viewer.login);
            }
        }
        for (command, kind) in [
            (on(0), ProblemKind::Invalid),
            (on(1000), ProblemKind::Invalid),
            (ObjectiveCommand::AutoPause, ProblemKind::Conflict),
            (veto("1.1"), ProblemKind::Conflict),
        ] {
            assert_eq!(act(&writer, command).await.map_err(|problem| problem.kind), Err(kind));
        }

        act(&writer, on(1)).await.expect("on");
        let announced =
            |id: &'static str| move |page: &ObjectivePage| state(page, id) == Some(&AutoState::Announced);
        let page = writer.objective(number, None, announced("1.1")).await;
        assert_eq!((state(&page, "1.2"), state(&page, "2.1")), (None, None), "one at a time");
        let auto = page.auto.expect("on");
        assert_eq!((auto.login.as_str(), auto.most, auto.paused), ("writer", 1, false));
        let shown = world.anonymous().get(&format!("/acme/widgets/objectives/{number}")).await;
        assert!(shown.body.contains("data-until") && !shown.body.contains("Veto 1.1"), "{}", shown.body);

        act(&writer, veto("1.1")).await.expect("vetoed");
        let page = writer.objective(number, None, announced("1.2")).await;
        assert_eq!(state(&page, "1.1"), Some(&AutoState::Vetoed { who: "writer".into() }));
        assert!(
            act(&writer, veto("1.1")).await.is_err_and(|problem| problem.next.is_some()),
            "once is enough"
        );
        act(&writer, ObjectiveCommand::AutoPause).await.expect("paused");
        let page = writer.objective(number, None, |page| state(page, "1.2").is_none()).await;
        assert!(paused(&page) && state(&page, "1.1").is_some(), "a veto outlives a pause");
        assert!(act(&writer, allow("1.1")).await.is_err(), "nothing is announced in a pause");
        act(&writer, on(2)).await.expect("resumed");
        writer.objective(number, None, announced("1.2")).await;
        act(&writer, allow("1.1")).await.expect("allowed");
        writer.objective(number, None, announced("1.1")).await;
        act(&writer, ObjectiveCommand::AutoOff).await.expect("off");
        writer.objective(number, None, |page| page.auto.is_none()).await;
        assert_eq!(world.github.writes().await.len(), before, "nothing was written to GitHub");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_keep_to_their_limit_and_stop_with_the_right_to_write() {
    let at_once = |config: &mut waymark_server::config::Config| config.autostart_delay = Duration::ZERO;
    world_with(at_once, async |world| {
        let admin = Person::signed_in(world, "admin").await;
        admin.connect().await;
        let writer = Person::signed_in(world, "writer").await;
        let nodes = vec![node("1.1", Some(&[])), node("1.2", Some(&[])), node("2.1", Some(&["1.1"]))];
        let number = write(world, nodes).await;
        writer.objective(number, None, |page| page.row.total == 3).await;
        let on = async |who: &Person<'_>, most| {
            let command = ObjectiveCommand::AutoOn { most };
            who.areas.objectives.command(&who.viewer, &widgets(), number, command).await.expect("on");
        };
        on(&writer, 1).await;
        let working = |page: &ObjectivePage| page.node("1.1").is_some_and(|node| node.work.is_some());
        let page = writer.objective(number, None, working).await;
        let plan = page.node("1.1").and_then(|node| node.work.as_ref()).expect("its plan").number;
        writer.until(plan, Phase::Complete).await;
        world.github.idle().await;
        let page = writer.objective(number, None, |_| true).await;
        assert_eq!(status(&page, "1.2"), Some(NodeStatus::Pending), "there is no room for it");
        assert_eq!(state(&page, "1.2"), None);

        // Whoever enabled it may only read by now; the merge makes room.
        world.github.set("repos/acme/widgets", json!({"roles": {"writer": "read"}})).await;
        let pull = page.node("1.1").and_then(|node| node.pr.clone()).expect("its pull request");
        let merge = format!("/repos/acme/widgets/pulls/{}/merge", pull.trim_start_matches('#'));
        let ready = format!("/repos/acme/widgets/pulls/{}", pull.trim_start_matches('#'));
        assert_eq!(world.github.get("admin", &ready).await["draft"], false);
        world.github.send("admin", Method::PUT, &merge, json!({})).await;
        let page = admin.objective(number, None, paused).await;
        assert_eq!(status(&page, "1.1"), Some(NodeStatus::Done));
        let reason = page.auto.and_then(|auto| auto.reason).expect("why");
        assert!(reason.contains("write access") && reason.contains("Ask an administrator"), "{reason}");

        // Resumed by somebody else it runs as them; one of the two starts fails, and that pauses it.
        let fault = json!({"method": "POST", "path": "/repos/acme/widgets/issues$", "status": 422, "when": "before",
            "skip": 1, "times": 1});
        world.github.set("faults", fault).await;
        on(&admin, 2).await;
        let page = admin.objective(number, None, paused).await;
        let auto = page.auto.as_ref().expect("it is on");
        assert_eq!(auto.login, "admin");
        let reason = auto.reason.as_deref().unwrap_or_default();
        assert!(reason.contains("was not started") && reason.contains("422"), "{reason}");
        let held = |node: &&str| matches!(state(&page, node), Some(AutoState::Held { dispatch: Some(_), .. }));
        let held: Vec<&str> = ["1.2", "2.1"].into_iter().filter(held).collect();
        assert_eq!(held.len(), 1, "{:?}", page.auto);
        let other = if held == ["1.2"] { "2.1" } else { "1.2" };
        admin.objective(number, None, |page| status(page, other) == Some(NodeStatus::Planning)).await;
        world.github.idle().await;

        assert_eq!(made(&world.github, "1.1").await, ["writer"]);
        assert_eq!(made(&world.github, other).await, ["admin"]);
        assert!(made(&world.github, held[0]).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_outlives_the_process_and_is_made_once() {
    let soon = |config: &mut waymark_server::config::Config| config.autostart_delay = Duration::from_secs(1);
    world_without_server(soon, async |world| {
        world.github.set("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
        let process = world.process().await;
        let browser = world.sign_in("writer").await;
        let connect = "/api/v1/repositories/acme/widgets/connection";
        assert!(browser.json(Method::PUT, connect, &json!({})).await.status.is_success());
        let number = write(world, vec![node("1.1", Some(&[]))]).await;
        let path = format!("/acme/widgets/objectives/{number}");
        let shown = async || browser.get(&path).await.body;
        until(shown, |body| body.contains("id=\"auto-start\"")).await;
        let written = number.to_string();
        let fields =
            [("repo", "acme/widgets"), ("number", written.as_str()), ("do", "auto-on"), ("most", "1")];
        let answer = browser.form("/do/objective", &fields).await;
        assert_eq!(answer.location().map(|to| to.split('?').next().unwrap_or_default()), Some(path.as_str()));
        process.kill().await;

        let held = json!({"method": "POST", "path": "/issues$", "hold": true, "when": "after", "times": 1});
        world.github.set("faults", held).await;
        let process = world.process().await;
        until(async || made(&world.github, "1.1").await, |made| made.len() == 1).await;
        process.kill().await;
        world.github.control(Method::DELETE, "faults", None).await;
        world.github.set("release", json!({})).await;

        let process = world.process().await;
        until(shown, |body| body.contains("data-status=\"planning\"")).await;
        process.kill().await;
        assert_eq!(made(&world.github, "1.1").await, ["writer"]);
        let runs = "/repos/acme/widgets/actions/workflows/one-shot.yml/runs";
        assert_eq!(world.github.get("admin", runs).await["total_count"], 1);
    })
    .await;
}
