//! Many writers at once, and one outside Waymark who knows nothing of them.

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{ObjectiveCommand, ObjectiveForm, RepoName};
use waymark_domain::roadmap::{self, Change, Status};
use waymark_server::objectives::write::Writing;

use super::{node, on_github, widgets, write};
use crate::plans::Person;
use crate::support::{Entry, until, world, world_with};

const WRITERS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_and_an_outsider_lose_nothing_unseen() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let ids: Vec<String> = (0..WRITERS).map(|n| format!("1.{n}")).collect();
        let theirs = ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6"];
        let nodes = ids.iter().map(String::as_str).chain(theirs).map(|id| node(id, None)).collect();
        let number = write(world, nodes).await;
        writer.objective(number, None, |page| page.phases.len() == 2).await;

        let set = |body: &str, id: &str, pull: usize| {
            let change =
                Change { pr: Some(pull.to_string()), status: Some(Status::InProgress), ..Change::default() };
            roadmap::update(body, id, &change)
        };
        let ours = ids.iter().enumerate().map(|(n, id)| {
            let (app, viewer, repo): (_, _, RepoName) = (world.app(), &writer.viewer, widgets());
            async move {
                let writing = Writing::of(app, viewer, &repo, number).await.expect("a writer");
                writing.change(|_| None, |body| set(body, id, 100 + n)).await.expect("written")
            }
        });
        let outside = async {
            for (n, id) in theirs.iter().enumerate() {
                // It reads, takes its time, and writes back the whole text, as erk does.
                let (body, ..) = on_github(world, number).await;
                on_github(world, number).await;
                let body = set(&body, id, 900 + n).expect("their change");
                let at = format!("/repos/acme/widgets/issues/{number}");
                world.github.send("admin", Method::PATCH, &at, json!({ "body": body })).await;
            }
        };
        let (written, ()) = tokio::join!(futures::future::join_all(ours), outside);
        assert!(written.into_iter().all(|written| written));

        // What the outsider took back after we had looked is shown, and can be mended from the page.
        let objectives = &writer.areas.objectives;
        let held = |map: &roadmap::Roadmap, n: usize| {
            map.node(&ids[n]).is_some_and(|node| node.pr.as_deref() == Some(&format!("#{}", 100 + n)))
        };
        objectives
            .command(&writer.viewer, &widgets(), number, ObjectiveCommand::Refresh)
            .await
            .expect("read again");
        let page =
            objectives.objective(Some(&writer.viewer), &widgets(), number, None).await.expect("a page");
        let mends: Vec<String> =
            page.findings.iter().filter_map(|finding| Some(finding.mend.as_ref()?.0.clone())).collect();
        let (_, _, map) = on_github(world, number).await;
        for n in (0..WRITERS).filter(|n| !held(&map, *n)) {
            assert!(
                mends.contains(&format!("again:{}", ids[n])),
                "the loss of {} is not shown: {mends:?}",
                ids[n]
            );
        }
        for mend in mends {
            let command = ObjectiveCommand::Mend { mend };
            objectives.command(&writer.viewer, &widgets(), number, command).await.expect("mended");
        }
        let (body, comment, map) = on_github(world, number).await;
        assert!((0..WRITERS).all(|n| held(&map, n)), "{body}");
        assert!(body.starts_with("Before.\n\n") && body.ends_with("\n\nAfter."));
        assert_eq!(roadmap::redraw(&comment, &map), comment);
        let page =
            objectives.objective(Some(&writer.viewer), &widgets(), number, None).await.expect("a page");
        assert_eq!(page.findings, []);
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_writes_while_an_objective_is_saved_stays() {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let quiet = |config: &mut waymark_server::config::Config| config.reconcile_every = day;
    world_with(quiet, async |world| {
        world.github.set("webhooks", json!({"mode": "drop", "times": 100_000})).await;
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let texts = &writer.areas.objective_texts;
        for what in ["title", "description"] {
            let number = write(world, vec![node("1.1", None)]).await;
            let issue = format!("/repos/acme/widgets/issues/{number}");
            let comments = world.github.get("admin", &format!("{issue}/comments")).await;
            let comment = format!("/repos/acme/widgets/issues/comments/{}", comments[0]["id"]);
            let opened = texts.open(&writer.viewer, &widgets(), number).await.expect("opened").form;
            let mine = match what {
                "title" => ObjectiveForm { title: "Mine".into(), ..opened },
                _ => ObjectiveForm { prose: "Mine.".into(), ..opened },
            };
            let before = world.github.journal().await.last().map_or(0, |entry| entry.n);
            let read = json!({"method": "GET", "path": format!("{comment}$"), "hold": true, "times": 1});
            world.github.set("faults", read).await;
            let meanwhile = async {
                let seen = |journal: &Vec<Entry>| {
                    journal.iter().any(|one| one.n > before && one.method == "GET" && one.path == comment)
                };
                until(async || world.github.journal().await, seen).await;
                let (path, theirs) = match what {
                    "title" => (&issue, json!({"title": "Theirs"})),
                    _ => {
                        let text = comments[0]["body"].as_str().unwrap_or_default();
                        (&comment, json!({"body": text.replace("Why.", "Theirs.")}))
                    }
                };
                world.github.send("admin", Method::PATCH, path, theirs).await;
                world.github.set("release", json!({})).await;
            };
            let repo = widgets();
            let save = texts.save(&writer.viewer, &repo, number, &mine);
            let (saved, ()) = tokio::join!(save, meanwhile);
            assert!(saved.is_err(), "{what}");
            let path = if what == "title" { &issue } else { &comment };
            let stands = world.github.get("admin", path).await.to_string();
            assert!(stands.contains("Theirs") && !stands.contains("Mine"), "{what}: {stands}");
        }
        world.github.writes().await;
    })
    .await;
}
