//! What the mirror costs of GitHub's limits, counted by the sandbox's journal, and what it does when they are near.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_app::areas::{ActionKind, Mode, OverviewQuery, ProblemKind, Viewer};
use waymark_domain::lifecycle::Phase;
use waymark_server::mirror;
use waymark_server::mirror::store::{self, Connection};

use super::{Person, repo};
use crate::support::{Browser, World, until, world};

/// A person who has connected `acme/widgets`, which is not read yet, and to whom no webhook comes.
async fn connected(world: &World) -> Person<'_> {
    world.github.set("webhooks", json!({"mode": "drop", "times": 1_000_000})).await;
    let writer = Person::signed_in(world, "writer").await;
    let Viewer { account_id, login, .. } = writer.viewer.clone();
    let connection = Connection { repo: repo("acme/widgets"), account_id, login };
    let mut tx = world.app().db.begin().await.expect("a transaction");
    store::connect(&mut tx, &connection, 0, true).await.expect("connected");
    tx.commit().await.expect("committed");
    writer
}

/// A plan with the comment that holds its text, as Waymark writes it; its number.
async fn plan(world: &World, title: &str) -> i64 {
    let issue = json!({"title": title, "body": "", "labels": ["erk-plan"]});
    let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
    let number = made["number"].as_i64().expect("a number");
    let path = format!("/repos/acme/widgets/issues/{number}/comments");
    let text = "<!-- erk:plan-content -->\n# A plan\n\n1. One\n<!-- /erk:plan-content -->";
    world.github.send("admin", Method::POST, &path, json!({"body": text})).await;
    number
}

async fn read(world: &World) -> Result<(), waymark_app::areas::Problem> {
    mirror::sync_repo(world.app(), &repo("acme/widgets")).await
}

/// Requests of a person since the last count: those that GitHub counts, and those that were answered 304.
async fn spent(world: &World, login: &str) -> (usize, usize) {
    let journal = world.github.journal().await;
    world.github.control(Method::DELETE, "journal", None).await;
    let own =
        journal.iter().filter(|entry| entry.user.as_deref() == Some(login) && entry.path != "/rate_limit");
    let (free, charged): (Vec<_>, Vec<_>) = own.partition(|entry| entry.status == Some(304));
    (charged.len(), free.len())
}

async fn rows(writer: &Person<'_>) -> waymark_app::areas::Overview {
    let query = OverviewQuery::default();
    writer.areas.plans.overview(Some(&writer.viewer), &query).await.expect("an overview")
}

#[tokio::test]
async fn three_hundred_plans_cost_two_requests_each_once_and_hardly_any_later() {
    world(async |world| {
        let writer = connected(world).await;
        for n in 0..300 {
            plan(world, &format!("Plan {n}")).await;
        }
        world.github.writes().await;
        spent(world, "writer").await;
        read(world).await.expect("read");
        let import = spent(world, "writer").await;
        assert_eq!(rows(&writer).await.total, 300);
        spent(world, "writer").await;
        let mut minutes = Vec::new();
        for _ in 0..5 {
            world.github.set("clock", json!({"advance_seconds": 60})).await;
            read(world).await.expect("read");
            minutes.push(spent(world, "writer").await);
        }
        println!("import (charged, 304): {import:?}; each minute after: {minutes:?}");
        assert!(import.0 <= 600, "{import:?}");
        assert!(minutes.iter().all(|(charged, free)| *charged <= 6 && *free <= 20), "{minutes:?}");
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_without_webhooks_is_seen_at_the_next_reading() {
    world(async |world| {
        let writer = connected(world).await;
        let (first, second) = (plan(world, "One").await, plan(world, "Two").await);
        read(world).await.expect("read");
        let issue = |number: i64| format!("/repos/acme/widgets/issues/{number}");
        world.github.send("admin", Method::PATCH, &issue(first), json!({"state": "closed"})).await;
        let path = format!("{}/comments", issue(second));
        world.github.send("admin", Method::POST, &path, json!({"body": "Look."})).await;
        read(world).await.expect("read");
        assert_eq!(writer.plan(first).await.phase, Phase::Closed);
        assert_eq!(rows(&writer).await.rows.iter().find(|row| row.number == second).expect("it").comments, 2);
        // What is over is read again when a list shows a change of it, and else not.
        world.github.send("admin", Method::PATCH, &issue(first), json!({"state": "open"})).await;
        read(world).await.expect("read");
        assert_eq!(writer.plan(first).await.phase, Phase::Created);
        spent(world, "writer").await;
        read(world).await.expect("read");
        let asked: Vec<String> = world.github.journal().await.into_iter().map(|entry| entry.path).collect();
        assert!(!asked.iter().any(|path| path.ends_with(&issue(first))), "{asked:#?}");
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_of_the_limit_is_left_for_people() {
    world(async |world| {
        let writer = connected(world).await;
        for n in 0..12 {
            plan(world, &format!("Plan {n}")).await;
        }
        read(world).await.expect("read");
        plan(world, "A new one").await;
        world.github.set("limit", json!({"login": "writer", "remaining": 1002})).await;
        let left = async || {
            world.github.get("writer", "/rate_limit").await["resources"]["core"]["remaining"].clone()
        };
        let waits = read(world).await.expect_err("it waits");
        assert_eq!((waits.kind, left().await), (ProblemKind::TooMany, json!(1000)), "{waits:?}");
        let waits = read(world).await.expect_err("it waits");
        assert_eq!((waits.kind, left().await), (ProblemKind::TooMany, json!(1000)), "{waits:?}");

        // One notice for one cause, and nothing that was read is lost.
        let seen = rows(&writer).await;
        assert!(seen.rows.len() == 12 && seen.rows.iter().all(|row| row.stale.is_none()), "{seen:#?}");
        assert_eq!(seen.stale.len(), 1, "{:?}", seen.stale);
        assert_eq!(seen.stale[0].0, repo("acme/widgets"));
        assert!(seen.stale[0].1.contains("kept for what people do"), "{:?}", seen.stale);

        // People go on.
        let number = seen.rows[0].number;
        let refresh = ActionKind::Refresh;
        let plans = &writer.areas.plans;
        plans.act(&writer.viewer, &repo("acme/widgets"), number, refresh, None).await.expect("read");
        writer.dispatch(Mode::PlanFirst).await;

        // The next hour.
        world.github.set("clock", json!({"advance_seconds": 3601})).await;
        plans.act(&writer.viewer, &repo("acme/widgets"), number, refresh, None).await.expect("read");
        read(world).await.expect("read again");
        let seen = rows(&writer).await;
        assert_eq!((seen.stale.len(), seen.total), (0, 14), "{seen:#?}");
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_secondary_limit_nothing_is_read_and_nothing_is_lost() {
    world(async |world| {
        let writer = connected(world).await;
        plan(world, "One").await;
        read(world).await.expect("read");
        let message =
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let fault = json!({"path": "issues", "status": 403, "times": 1, "body": {"message": message},
            "headers": {"x-ratelimit-remaining": "3127"}});
        world.github.set("faults", fault).await;
        assert_eq!(read(world).await.expect_err("limited").kind, ProblemKind::TooMany);
        spent(world, "writer").await;
        assert_eq!(read(world).await.expect_err("it waits").kind, ProblemKind::TooMany);
        assert_eq!(spent(world, "writer").await, (0, 0));
        let seen = rows(&writer).await;
        assert_eq!((seen.rows.len(), seen.stale.len()), (1, 1), "{seen:#?}");
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn one_unreadable_plan_marks_one_row() {
    world(async |world| {
        let writer = connected(world).await;
        let mut numbers = Vec::new();
        for n in 0..5 {
            numbers.push(plan(world, &format!("Plan {n}")).await);
        }
        let path = format!("/issues/{}/comments", numbers[2]);
        world.github.set("faults", json!({"path": path, "status": 500, "times": 1000})).await;
        read(world).await.expect("the repository is read all the same");
        let stale = async || {
            let seen = rows(&writer).await;
            assert_eq!((seen.rows.len(), seen.stale.len()), (5, 0), "{seen:#?}");
            let stale = seen.rows.iter().filter(|row| row.stale.is_some());
            stale.map(|row| row.number).collect::<Vec<_>>()
        };
        assert_eq!(stale().await, [numbers[2]]);
        spent(world, "writer").await;
        read(world).await.expect("read");
        let (charged, _) = spent(world, "writer").await;
        assert!(charged <= 6, "{charged}");
        read(world).await.expect("read");
        let asked: Vec<String> = world.github.journal().await.into_iter().map(|entry| entry.path).collect();
        assert!(
            !asked.iter().any(|asked| asked.ends_with(&path)),
            "it is left alone for a while: {asked:#?}"
        );
        world.github.control(Method::DELETE, "faults", None).await;
        mirror::refresh_plan(world.app(), &repo("acme/widgets"), numbers[2]).await.expect("read");
        assert_eq!(stale().await, [0; 0]);
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_found_is_gone_only_while_its_repository_is_there() {
    world(async |world| {
        let writer = connected(world).await;
        let number = plan(world, "One").await;
        read(world).await.expect("read");
        world
            .github
            .set("faults", json!({"path": "^/repos/acme/widgets", "status": 404, "times": 1000}))
            .await;
        let refresh = async || mirror::refresh_plan(world.app(), &repo("acme/widgets"), number).await;
        let refused = refresh().await.expect_err("not there");
        assert_eq!(refused.kind, ProblemKind::NotFound, "{refused:?}");
        world.github.control(Method::DELETE, "faults", None).await;
        let page = writer.plan(number).await;
        assert!(page.plan.is_some() && page.stale.is_some(), "the last good copy stays: {page:?}");

        let issue = format!("/issues/{number}$");
        world.github.set("faults", json!({"path": issue, "status": 404, "times": 1})).await;
        refresh().await.expect("it is gone");
        assert_eq!(rows(&writer).await.rows.len(), 0);
        world.github.writes().await;
    })
    .await;
}

/// The states of all deliveries.
async fn deliveries(world: &World) -> Vec<String> {
    let states = sqlx::query_scalar("SELECT state FROM deliveries").fetch_all(world.app().db.pool()).await;
    states.expect("states")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_error_does_not_lose_a_delivery() {
    world(async |world| {
        let writer = connected(world).await;
        let number = plan(world, "One").await;
        read(world).await.expect("read");
        let rename = async |from: &str, to: &str| {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(world.app().db.pool()).await.expect("renamed");
        };
        rename("connections", "connections_gone").await;
        world.github.set("webhooks", json!({"mode": "normal"})).await;
        let path = format!("/repos/acme/widgets/issues/{number}");
        world.github.send("admin", Method::PATCH, &path, json!({"state": "closed"})).await;
        let failed = "deliveries cannot be worked off";
        until(async || crate::support::logs::text().contains(failed), |seen| *seen).await;
        let states = deliveries(world).await;
        assert!(!states.is_empty() && states.iter().all(|state| state == "new"), "{states:?}");
        rename("connections_gone", "connections").await;
        world.app().inbox.notify_one();
        writer.until(number, Phase::Closed).await;
        until(async || deliveries(world).await, |states| states.iter().all(|state| state == "done")).await;
        world.github.writes().await;
    })
    .await;
}

/// Prints what two dozen plans at work cost in an hour of GitHub's clock, while people go on dispatching:
/// `cargo test --features waymark/sandbox --test it an_hour_of_two_dozen -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn an_hour_of_two_dozen_plans_at_work() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        spent(world, "writer").await;
        let instruction = |n: usize| format!("Say hello in the README, number {n} demo:slow 20");
        let mut numbers = Vec::new();
        for n in 0..24 {
            numbers.push(writer.dispatch_of(Mode::OneShot, &instruction(n)).await);
            world.github.set("clock", json!({"advance_seconds": 5})).await;
        }
        println!("24 dispatches (charged, 304): {:?}", spent(world, "writer").await);
        let page: Browser = world.sign_in("writer").await;
        for minute in 1..=60 {
            world.github.set("clock", json!({"advance_seconds": 60})).await;
            let read = read(world).await;
            page.visit("/").await;
            let core: Value = world.github.get("writer", "/rate_limit").await["resources"]["core"].clone();
            println!(
                "minute {minute}: {:?}, {} left, {read:?}",
                spent(world, "writer").await,
                core["remaining"]
            );
            assert!(core["remaining"].as_i64().is_some_and(|left| left >= 1000), "{core}");
            if minute % 20 == 0 {
                numbers.push(writer.dispatch_of(Mode::OneShot, &instruction(minute)).await);
            }
        }
        world.github.writes().await;
    })
    .await;
}
