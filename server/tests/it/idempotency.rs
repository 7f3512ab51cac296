//! `Idempotency-Key`: what is asked for twice is done once.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Browser, Page, World, until, world};

fn form(repo: &str, instruction: &str) -> Value {
    json!({ "repo": repo, "base": "main", "instruction": instruction, "mode": "one-shot" })
}

async fn ask(browser: &Browser, path: &str, key: &str, body: &Value) -> Page {
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("sec-fetch-site", "same-origin"),
        ("idempotency-key", key),
    ];
    browser.send(Method::POST, path, &headers, body.to_string()).await
}

async fn issues(world: &World, repo: &str) -> usize {
    world.github.idle().await;
    let path = format!("/repos/{repo}/issues");
    world.github.writes().await.iter().filter(|w| w.path == path && w.method == "POST").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_asked_for_twice_with_one_key_is_one() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let body = form("acme/secret", "Say hello in the README");
        let key = "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"";
        let first = ask(&writer, "/api/v1/dispatches", key, &body).await;
        let second = ask(&writer, "/api/v1/dispatches", key.trim_matches('"'), &body).await;
        assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
        assert_eq!((second.status, second.json()), (first.status, first.json()));
        let place = first.location().expect("a place").to_owned();
        assert_eq!(second.location(), Some(place.as_str()));
        until(async || writer.get(&place).await.json()["state"].clone(), |state| state == "sent").await;

        // Another request, or another address, is not a repetition.
        for (path, body) in [
            ("/api/v1/dispatches", form("acme/secret", "Say goodbye")),
            ("/api/v1/dispatches", form("acme/widgets", "Say hello in the README")),
            ("/api/v1/plans", body.clone()),
        ] {
            let refused = ask(&writer, path, key, &body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {refused:?}");
            assert_eq!(refused.json()["problems"][0]["code"], "idempotency_key_reused");
        }
        assert_eq!(issues(world, "acme/secret").await, 1);

        // Somebody else's key is their own.
        let admin = world.sign_in("admin").await;
        let other = ask(&admin, "/api/v1/dispatches", key, &body).await;
        assert_eq!(other.status, StatusCode::CREATED, "{other:?}");
        assert_ne!(other.json(), first.json());
        let theirs = other.location().expect("a place").to_owned();
        until(async || admin.get(&theirs).await.json()["state"].clone(), |state| state == "sent").await;
        assert_eq!(issues(world, "acme/secret").await, 2);
        assert_eq!(world.sign_in("outsider").await.get(&place).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_before_its_answer_was_lost_is_not_recorded_again() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let body = form("acme/secret", "Say hello in the README");
        let first = ask(&writer, "/api/v1/dispatches", "k1", &body).await;
        // As after a `kill -9` between the record and the answer.
        sqlx::query("DELETE FROM idempotency_keys").execute(world.app().db.pool()).await.expect("deleted");
        let again = ask(&writer, "/api/v1/dispatches", "k1", &body).await;
        assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
        assert_eq!((again.status, again.json()), (first.status, first.json()));
        until(async || issues(world, "acme/secret").await, |made| *made == 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_frees_its_key_and_what_is_under_way_keeps_it() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let empty = ask(&writer, "/api/v1/dispatches", "k2", &form("acme/secret", "")).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{empty:?}");
        let body = form("acme/secret", "Say hello in the README");
        let (one, two) = tokio::join!(
            ask(&writer, "/api/v1/dispatches", "k2", &body),
            ask(&writer, "/api/v1/dispatches", "k2", &body)
        );
        let mut statuses = [one.status, two.status];
        statuses.sort();
        assert_eq!(statuses[0], StatusCode::CREATED, "{one:?} {two:?}");
        for page in [&one, &two].into_iter().filter(|page| page.status != StatusCode::CREATED) {
            assert_eq!(page.status, StatusCode::CONFLICT, "{page:?}");
            assert_eq!(page.json()["problems"][0]["code"], "idempotency_key_in_use");
        }
        let made = [&one, &two].into_iter().find_map(|page| page.location()).expect("a place").to_owned();
        until(async || writer.get(&made).await.json()["state"].clone(), |state| state == "sent").await;
        let bad = ask(&writer, "/api/v1/dispatches", &"x".repeat(256), &body).await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST, "{bad:?}");
        assert_eq!(bad.json()["problems"][0]["code"], "idempotency_key_invalid");
        assert_eq!(issues(world, "acme/secret").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_count_tell_what_is_left() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let ask = async || writer.json(Method::POST, "/api/v1/dispatches", &form("acme/secret", "")).await;
        let left = |page: &Page| {
            let number = |name: &str| page.header(name).and_then(|text| text.parse::<i64>().ok());
            assert!(number("ratelimit-reset").is_some(), "{page:?}");
            (number("ratelimit-limit").expect("a limit"), number("ratelimit-remaining").expect("the rest"))
        };
        let (limit, first) = left(&ask().await);
        assert!(first < limit);
        // All at once: one by one, on a slow machine, the allowance could grow as fast as it is used.
        let pages = futures::future::join_all((0..2 * limit).map(|_| ask())).await;
        let last = pages.into_iter().find(|page| page.status == StatusCode::TOO_MANY_REQUESTS);
        let last = last.expect("one too many");
        assert_eq!(left(&last), (limit, 0));
        assert!(last.header("retry-after").is_some());
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}
