//! The mirror against trouble: webhooks lost, doubled, late or forged; GitHub down; the mirror dropped.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use waymark_app::areas::{OverviewQuery, Viewer};
use waymark_domain::lifecycle::Phase;
use waymark_server::mirror;
use waymark_server::mirror::store::{self, Connection};

use super::{Person, repo};
use crate::support::{WEBHOOK_SECRET, World, until, world, world_with};

async fn tracked<'a>(world: &'a World, number_of_plans: usize) -> (Person<'a>, Vec<i64>) {
    let mut numbers = Vec::new();
    for n in 0..number_of_plans {
        let issue = json!({"title": format!("Plan {n}"), "body": "# A plan\n\n1. One\n2. Two", "labels": ["erk-plan"]});
        let made =
            world.github.send("admin", reqwest::Method::POST, "/repos/acme/widgets/issues", issue).await;
        numbers.push(made["number"].as_i64().expect("a number"));
    }
    let writer = Person::signed_in(world, "writer").await;
    // Connected without the reading that comes with it in the background: here each reading is the test's own.
    let Viewer { account_id, login, .. } = writer.viewer.clone();
    let connection = Connection { repo: repo("acme/widgets"), account_id, login };
    let mut tx = world.app().db.begin().await.expect("a transaction");
    store::connect(&mut tx, &connection, 0, true).await.expect("connected");
    tx.commit().await.expect("committed");
    mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read");
    world.github.writes().await;
    (writer, numbers)
}

async fn close(world: &World, number: i64) {
    let path = format!("/repos/acme/widgets/issues/{number}");
    world.github.send("admin", reqwest::Method::PATCH, &path, json!({"state": "closed"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_moves_a_plan_however_it_arrives() {
    world(async |world| {
        let (writer, numbers) = tracked(world, 3).await;
        for (number, mode) in numbers.into_iter().zip(["normal", "double", "reorder"]) {
            world.github.set("webhooks", json!({"mode": mode, "times": 2})).await;
            close(world, number).await;
            writer.until(number, Phase::Closed).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_no_webhook_told_is_caught_up_with() {
    world(async |world| {
        let (writer, numbers) = tracked(world, 1).await;
        world.github.set("webhooks", json!({"mode": "drop", "times": 1000})).await;
        close(world, numbers[0]).await;
        assert_eq!(writer.plan(numbers[0]).await.phase, Phase::Created);
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read");
        assert_eq!(writer.plan(numbers[0]).await.phase, Phase::Closed);
    })
    .await;
}

#[tokio::test]
async fn the_last_good_data_stays_when_github_is_down() {
    world(async |world| {
        world.github.set("webhooks", json!({"mode": "drop", "times": 1000})).await;
        let (writer, numbers) = tracked(world, 2).await;
        world.github.set("faults", json!({"path": ".*", "status": 503, "times": 1000})).await;
        let before = writer.plan(numbers[0]).await;
        assert!(before.plan.as_deref().is_some_and(|plan| plan.contains("2. Two")), "{before:?}");
        assert!(mirror::sync_repo(world.app(), &repo("acme/widgets")).await.is_err());
        let page = writer.plan(numbers[0]).await;
        assert_eq!((page.phase, &page.plan, page.as_of), (before.phase, &before.plan, before.as_of));
        assert!(page.stale.as_deref().is_some_and(|why| why.contains("503")), "{:?}", page.stale);
        let all = writer.areas.plans.overview(None, &OverviewQuery::default()).await.expect("an overview");
        assert_eq!((all.rows.len(), all.stale.len()), (2, 1), "{all:#?}");
        world.github.control(reqwest::Method::DELETE, "faults", None).await;
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read again");
        assert_eq!(writer.plan(numbers[0]).await.stale, None);
    })
    .await;
}

#[tokio::test]
async fn a_rebuilt_mirror_is_the_same() {
    world(async |world| {
        let (_, numbers) = tracked(world, 3).await;
        close(world, numbers[1]).await;
        world.github.idle().await;
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read");
        let all = async || {
            let mut all = Vec::new();
            for number in &numbers {
                let kept = store::plan(world.app().db.pool(), &repo("acme/widgets"), *number).await;
                let mut kept = kept.expect("the mirror").expect("the plan");
                kept.row.as_of = 0;
                all.push((kept.snapshot, kept.row, kept.stale));
            }
            all
        };
        let live = all().await;
        let failed = mirror::rebuild(world.app()).await.expect("rebuilt");
        assert!(failed.is_empty(), "{failed:?}");
        assert_eq!(all().await, live);
    })
    .await;
}

#[tokio::test]
async fn forged_and_doubled_deliveries_change_nothing() {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    world_with(|config| config.reconcile_every = day, async |world| {
        world.github.set("webhooks", json!({"mode": "drop", "times": 1000})).await;
        let (writer, numbers) = tracked(world, 1).await;
        let payload = json!({
            "action": "closed", "repository": {"full_name": "acme/widgets"}, "issue": {"number": numbers[0]},
        });
        let body = payload.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let good = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let deliver = async |signature: &str| {
            let headers = [
                ("x-github-event", "issues"),
                ("x-github-delivery", "guid-1"),
                ("x-hub-signature-256", signature),
                ("content-type", "application/json"),
            ];
            let browser = world.anonymous();
            browser.send(reqwest::Method::POST, "/webhooks/github", &headers, body.clone()).await.status
        };
        let kept = async || -> Vec<(String, i64)> {
            let rows = sqlx::query_as("SELECT state, ended_at FROM deliveries WHERE guid = 'guid-1'");
            rows.fetch_all(world.app().db.pool()).await.unwrap_or_default()
        };
        for forged in ["sha256=00", "", &good.replace("sha256=", "sha1="), &format!("{good}00")] {
            assert_eq!(deliver(forged).await, 401, "{forged}");
        }
        close(world, numbers[0]).await;
        assert_eq!(deliver(&good).await, 202);
        writer.until(numbers[0], Phase::Closed).await;
        let first = until(kept, |kept| kept.iter().any(|(state, _)| state == "done")).await;
        // The same again changes nothing, whatever has happened since.
        let path = format!("/repos/acme/widgets/issues/{}", numbers[0]);
        world.github.send("admin", reqwest::Method::PATCH, &path, json!({"state": "open"})).await;
        assert_eq!(deliver(&good).await, 202);
        assert_eq!(kept().await, first, "it is neither kept nor worked on twice");
        assert_eq!(writer.plan(numbers[0]).await.phase, Phase::Closed);
    })
    .await;
}
