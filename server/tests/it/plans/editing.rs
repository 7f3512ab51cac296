//! Saving a plan's text while somebody else writes it on GitHub: nothing is lost, nothing is made twice.

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::EditRefusal;
use waymark_domain::{block, plan};

use super::{Person, repo};
use crate::support::{World, until, world_with};

const ISSUES: &str = "/repos/acme/widgets/issues";
const OLD: &str = "# Rules\n\n1. Write one.";
const THEIRS: &str = "# Rules\n\n1. Write one.\n2. Write theirs.";
const OURS: &str = "# Rules\n\n1. Write one.\n2. Write ours.";

/// Nothing but the test makes the mirror read.
async fn quiet(test: impl AsyncFnOnce(&World)) {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    world_with(
        |config| config.reconcile_every = day,
        async |world| {
            world.github.set("webhooks", json!({"mode": "drop", "times": 100_000})).await;
            test(world).await;
        },
    )
    .await;
}

fn in_block(text: &str) -> String {
    block::render_content("plan-body", text).expect("renders")
}

/// A plan without a text; its header names no comment.
async fn bare(world: &World) -> i64 {
    let header = plan::header("2026-01-15T14:30:00+00:00", "writer", None::<i64>);
    let header = block::render_with_warning("plan-header", header.as_object().expect("fields"));
    let issue = json!({"title": "Rules", "body": header.expect("renders"), "labels": ["erk-plan"]});
    let made = world.github.send("admin", Method::POST, ISSUES, issue).await;
    made["number"].as_i64().expect("a number")
}

/// Where the text of a plan stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Comment,
    /// A second comment goes on with what the first begins.
    Comments,
    Body,
}

/// A plan on GitHub, and where somebody else changes it.
struct Plan {
    number: i64,
    place: Place,
    path: String,
}

impl Plan {
    async fn new(world: &World, place: Place) -> Plan {
        let number = bare(world).await;
        let comments = format!("{ISSUES}/{number}/comments");
        let mut path = format!("{ISSUES}/{number}");
        let parts = match place {
            Place::Body => {
                world.github.send("admin", Method::PATCH, &path, json!({"body": OLD})).await;
                Vec::new()
            }
            Place::Comment => vec![in_block(OLD)],
            Place::Comments => plan::comments(&format!("{OLD}\n\n{}", "x ".repeat(40_000))).expect("renders"),
        };
        for part in parts {
            let made = world.github.send("admin", Method::POST, &comments, json!({"body": part})).await;
            path = format!("{ISSUES}/comments/{}", made["id"]);
        }
        Plan { number, place, path }
    }

    /// The body that somebody else writes.
    fn theirs(&self) -> String {
        match self.place {
            Place::Comment => in_block(THEIRS),
            Place::Comments => {
                let parts = plan::comments(&format!("{OLD}\n\n{}", "y ".repeat(40_000)));
                parts.expect("renders").pop().expect("the last")
            }
            Place::Body => THEIRS.to_owned(),
        }
    }
}

async fn last(world: &World) -> u64 {
    world.github.journal().await.last().map_or(0, |entry| entry.n)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_writes_on_github_is_never_overwritten() {
    quiet(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let widgets = repo("acme/widgets");
        for place in [Place::Comment, Place::Comments, Place::Body] {
            // Before Waymark looks, after it has looked, and after it has written.
            for held in [None, Some("GET"), Some("PATCH")] {
                let plan = Plan::new(world, place).await;
                let shown = writer.page(plan.number, |page| page.plan_version.is_some()).await;
                let version = shown.plan_version.expect("a version");
                let write = async || {
                    let body = json!({"body": plan.theirs()});
                    world.github.send("admin", Method::PATCH, &plan.path, body).await;
                };
                let before = last(world).await;
                let between = async || {
                    let Some(method) = held else { return };
                    let seen = async || world.github.journal().await;
                    until(seen, |seen| {
                        let comments = format!("/issues/{}/comments", plan.number);
                        let ours = |path: &str| method == "PATCH" || path.ends_with(&comments);
                        seen.iter().any(|one| one.n > before && one.method == method && ours(&one.path))
                    })
                    .await;
                    write().await;
                    world.github.set("release", json!({})).await;
                };
                match held {
                    None => write().await,
                    Some(method) => {
                        let path = if method == "GET" { "/comments\\?" } else { "/issues/" };
                        let fault = json!({"method": method, "path": path, "hold": true, "times": 1});
                        world.github.set("faults", fault).await;
                    }
                }
                let save = writer.areas.plans.edit(&writer.viewer, &widgets, plan.number, &version, OURS);
                let (saved, ()) = tokio::join!(save, between());
                let case = format!("{place:?}, somebody after {held:?}");
                assert!(matches!(saved, Err(EditRefusal::Changed { .. })), "{case}: {saved:?}");
                let stands = world.github.get("admin", &plan.path).await;
                assert_eq!(stands["body"].as_str(), Some(plan.theirs().as_str()), "{case}");
                let ours =
                    |one: &&crate::support::Entry| one.n > before && one.user.as_deref() == Some("writer");
                let written = world.github.writes().await.iter().filter(ours).count();
                assert_eq!(written, usize::from(held == Some("PATCH")), "{case}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_github_does_not_list_yet_is_made_once() {
    quiet(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let number = bare(world).await;
        let shown = writer.page(number, |page| page.plan_version.is_some()).await;
        let version = shown.plan_version.expect("a version");
        world.github.set("hide", json!({"kind": "comment", "seconds": 600})).await;
        let saved =
            writer.areas.plans.edit(&writer.viewer, &repo("acme/widgets"), number, &version, OURS).await;
        assert_eq!(saved, Ok(()));
        let comments = format!("{ISSUES}/{number}/comments");
        let made = |one: &&crate::support::Entry| one.path == comments && one.method == "POST";
        assert_eq!(world.github.writes().await.iter().filter(made).count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_whose_answer_was_lost_is_made_once() {
    quiet(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let number = bare(world).await;
        let shown = writer.page(number, |page| page.plan_version.is_some()).await;
        let version = shown.plan_version.expect("a version");
        // However the name is typed.
        let widgets = repo("Acme/Widgets");
        let long = format!("{OURS}\n\n{}", "x ".repeat(40_000));
        let save = async || writer.areas.plans.edit(&writer.viewer, &widgets, number, &version, &long).await;
        let comments = format!("{ISSUES}/{number}/comments");
        let lost = json!({"method": "POST", "path": format!("{comments}$"), "cut": true, "when": "after", "skip": 1});
        world.github.set("faults", lost).await;
        let saved = save().await;
        assert!(matches!(saved, Err(EditRefusal::Problem(_))), "{saved:?}");
        assert_eq!(save().await, Ok(()));
        assert_eq!(save().await, Ok(()));
        let made = world.github.get("admin", &comments).await;
        assert_eq!(made.as_array().map(Vec::len), Some(2), "{made}");
        let issue = world.github.get("admin", &format!("{ISSUES}/{number}")).await;
        let header = block::first(issue["body"].as_str().unwrap_or_default(), "plan-header");
        assert_eq!(header.expect("a header")["plan_comment_id"], made[0]["id"]);
        assert_eq!(writer.plan(number).await.plan.as_deref(), Some(long.trim()));
        let written = |one: &&crate::support::Entry| one.path.contains("/issues/") && one.method != "POST";
        let writes = world.github.writes().await;
        assert_eq!(writes.iter().filter(written).count(), 1, "the header is written once");
    })
    .await;
}
