//! Who sees a repository, and until when: pages, lists, exports and live updates say the same.

use reqwest::{Method, StatusCode};
use serde_json::json;
use waymark_server::events::Change;
use waymark_server::mirror;

use super::{Person, repo};
use crate::support::{Browser, World, until, world};

/// A plan in a repository that the writer connected; its number.
async fn plan_in(world: &World, name: &str) -> i64 {
    let issue = json!({"title": "[erk-plan] Canary", "body": "# A plan\n\nDo it.", "labels": ["erk-plan"]});
    let made = world.github.send("admin", Method::POST, &format!("/repos/{name}/issues"), issue).await;
    let writer = Person::signed_in(world, "writer").await;
    mirror::track(world.app(), &writer.viewer, &repo(name)).await.expect("tracked");
    mirror::sync_repo(world.app(), &repo(name)).await.expect("read");
    world.github.writes().await;
    made["number"].as_i64().expect("a number")
}

async fn told(world: &World, browser: &Browser, name: &str) -> bool {
    let mut stream = Stream::open(world, browser).await;
    stream.publish(world, name);
    // What everybody sees comes after it, so that nothing is waited for in vain.
    stream.publish(world, "acme/bare");
    stream.next().await.is_some_and(|event| event.contains(name))
}

/// Where the canary is seen.
async fn seen(world: &World, browser: &Browser, name: &str, number: i64) -> Vec<&'static str> {
    let mut places = Vec::new();
    let plan = browser.get(&format!("/{name}/plans/{number}")).await;
    assert!(matches!(plan.status, StatusCode::OK | StatusCode::NOT_FOUND), "{plan:?}");
    for (place, there) in [
        ("page", plan.body.contains("Canary")),
        ("overview", browser.get("/").await.body.contains("Canary")),
        ("export", browser.get("/export/plans.csv").await.body.contains("Canary")),
        ("api", browser.get("/api/v1/plans").await.body.contains("Canary")),
        ("go", browser.get(&format!("/go?to={name}%23{number}")).await.status == StatusCode::SEE_OTHER),
        ("events", told(world, browser, name).await),
    ] {
        if there {
            places.push(place);
        }
    }
    places
}

const EVERYWHERE: [&str; 6] = ["page", "overview", "export", "api", "go", "events"];

/// A stream of live updates.
struct Stream(reqwest::Response);

impl Stream {
    async fn open(world: &World, browser: &Browser) -> Stream {
        Stream::after(world, browser, None).await
    }

    /// Opened again by somebody who saw this event last.
    async fn after(world: &World, browser: &Browser, last: Option<&str>) -> Stream {
        let answer = Stream::ask(world, browser, last).await;
        assert_eq!(answer.status(), StatusCode::OK);
        Stream(answer)
    }

    async fn ask(world: &World, browser: &Browser, last: Option<&str>) -> reqwest::Response {
        let mut request = reqwest::Client::new().get(format!("{}/events", world.url));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        if let Some(cookie) = browser.cookie("waymark") {
            request = request.header("cookie", format!("waymark={cookie}"));
        }
        request.send().await.expect("the server answers")
    }

    fn publish(&self, world: &World, name: &str) {
        let change = Change { repo: repo(name), plan: Some(1), objective: None, dispatch: None };
        world.app().events.publish(change);
    }

    /// The next event; nothing when the stream has ended.
    async fn next(&mut self) -> Option<String> {
        loop {
            let chunk =
                tokio::time::timeout(crate::support::PATIENCE, self.0.chunk()).await.expect("an answer");
            let text = String::from_utf8_lossy(&chunk.ok()??).into_owned();
            if text.contains("data:") {
                return Some(text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_private_is_private_here() {
    world(async |world| {
        plan_in(world, "acme/bare").await;
        let number = plan_in(world, "acme/widgets").await;
        let anyone = world.anonymous();
        let outsider = world.sign_in("outsider").await;
        // Turned private, and whoever connected it may read it no more.
        assert_eq!(seen(world, &anyone, "acme/widgets", number).await, EVERYWHERE);
        let gone = json!({"private": true, "roles": {"writer": null}});
        world.github.set("repos/acme/widgets", gone).await;
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect_err("refused");
        for browser in [&anyone, &outsider] {
            let widgets: Vec<&str> = seen(world, browser, "acme/widgets", number)
                .await
                .into_iter()
                .filter(|place| matches!(*place, "page" | "go" | "events"))
                .collect();
            assert_eq!(widgets, [] as [&str; 0]);
            let listed = browser.get("/api/v1/plans").await.json();
            let rows = listed["rows"].as_array().expect("rows");
            assert!(rows.iter().all(|row| !row["repo"].to_string().contains("widgets")), "{listed}");
        }
        // Whoever may read it with a token of their own sees it all the same.
        let admin = world.sign_in("admin").await;
        assert_eq!(admin.get(&format!("/acme/widgets/plans/{number}")).await.status, StatusCode::OK);
        // Public again, and read again.
        world.github.set("repos/acme/widgets", json!({"private": false, "roles": {"writer": "write"}})).await;
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read");
        assert_eq!(anyone.get(&format!("/acme/widgets/plans/{number}")).await.status, StatusCode::OK);
        // Turned private while it is still read.
        world.github.set("repos/acme/widgets", json!({"private": true})).await;
        mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read");
        assert_eq!(anyone.get(&format!("/acme/widgets/plans/{number}")).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_what_was_remembered() {
    world(async |world| {
        plan_in(world, "acme/bare").await;
        let number = plan_in(world, "acme/secret").await;
        let reader = world.sign_in("reader").await;
        let page = format!("/acme/secret/plans/{number}");
        assert_eq!(reader.get(&page).await.status, StatusCode::OK);
        world.github.set("repos/acme/secret", json!({"roles": {"reader": null}})).await;
        // GitHub refuses something, and from then on nothing is seen.
        let branches = reader.get("/api/v1/repositories/acme/secret/branches").await;
        assert_eq!(branches.status, StatusCode::NOT_FOUND);
        assert_eq!(reader.get(&page).await.status, StatusCode::NOT_FOUND);
        assert!(!told(world, &reader, "acme/secret").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_github_be_asked_without_a_token() {
    world(async |world| {
        let number = plan_in(world, "acme/widgets").await;
        let secret = plan_in(world, "acme/secret").await;
        world.github.control(Method::DELETE, "journal", None).await;
        let anyone = world.anonymous();
        let mut pages: Vec<String> = (0..20).map(|at| format!("/nobody/r{at}/plans/1")).collect();
        for page in
            ["/", "/objectives", "/runs", "/repos", "/new", "/export/plans.json", "/go?to=acme/other%231"]
        {
            pages.push(page.to_owned());
        }
        pages.push(format!("/acme/widgets/plans/{number}"));
        pages.push(format!("/acme/secret/plans/{secret}"));
        pages.push("/acme/bare/objectives/1".to_owned());
        for page in &pages {
            let answer = anyone.get(page).await;
            assert!(answer.status.as_u16() < 500, "{page}: {answer:?}");
        }
        let mut stream = Stream::open(world, &anyone).await;
        for name in ["acme/secret", "acme/other", "acme/widgets"] {
            stream.publish(world, name);
        }
        assert!(stream.next().await.is_some_and(|event| event.contains("acme/widgets")));
        let asked = world.github.journal().await;
        let without: Vec<_> = asked.iter().filter(|entry| entry.user.is_none()).collect();
        assert!(without.is_empty(), "{without:#?}");
        // One may not know the one that is there from those that are not.
        let told = |page: &str| page.to_owned();
        let (there, not) =
            (anyone.get("/acme/secret/plans/1").await, anyone.get("/acme/nothing/plans/1").await);
        assert_eq!(there.status, not.status);
        let words = |body: &str| body.split("<main").nth(1).map(told).unwrap_or_default();
        let words = |body: &str| {
            words(body).split("Request ").next().unwrap_or_default().replace("secret", "nothing")
        };
        assert_eq!(words(&there.body), words(&not.body));
        assert!(words(&not.body).contains("Sign in"), "{}", not.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_updates_end_with_the_sign_in() {
    world(async |world| {
        plan_in(world, "acme/secret").await;
        for ends in ["signs out", "expires"] {
            let writer = world.sign_in("writer").await;
            let mut stream = Stream::open(world, &writer).await;
            stream.publish(world, "acme/secret");
            assert!(stream.next().await.is_some_and(|event| event.contains("acme/secret")), "{ends}");
            if ends == "signs out" {
                writer.form("/auth/sign-out", &[]).await;
            } else {
                let pool = world.app().db.pool();
                sqlx::query("UPDATE sessions SET expires_at = 1").execute(pool).await.expect("set");
            }
            stream.publish(world, "acme/secret");
            assert_eq!(stream.next().await, None, "{ends}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_misses_nothing_that_one_may_see() {
    world(async |world| {
        plan_in(world, "acme/widgets").await;
        let writer = world.sign_in("writer").await;
        let mut stream = Stream::open(world, &writer).await;
        stream.publish(world, "acme/widgets");
        let event = stream.next().await.expect("an event");
        let id = event.lines().find_map(|line| line.strip_prefix("id:")).expect("an id").trim().to_owned();
        drop(stream);
        let change =
            |plan| Change { repo: repo("acme/widgets"), plan: Some(plan), objective: None, dispatch: None };
        let hidden = Change { repo: repo("acme/secret"), ..change(2) };
        for change in [hidden, change(3)] {
            world.app().events.publish(change);
        }
        let reader = world.sign_in("outsider").await;
        for browser in [&writer, &reader] {
            let mut again = Stream::after(world, browser, Some(&id)).await;
            let mut told = String::new();
            while !told.contains("\"plan\":3") {
                told.push_str(&again.next().await.expect("an event"));
            }
            let sees = std::ptr::eq(browser, &writer);
            assert_eq!(told.contains("acme/secret"), sees, "{told}");
            assert!(!told.contains("resync") && !told.contains(&id), "{told}");
        }
        let mut unknown = Stream::after(world, &writer, Some("0000000000000001")).await;
        assert!(unknown.next().await.is_some_and(|event| event.contains("event: resync")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_capitals_is_the_same_repository() {
    world(async |world| {
        let number = plan_in(world, "acme/widgets").await;
        let writer = world.sign_in("writer").await;
        let path = "/api/v1/repositories/Acme/Widgets/connection";
        let connected = writer.json(Method::PUT, path, &json!({})).await;
        assert!(connected.status.is_success(), "{connected:?}");
        let known: Vec<String> = sqlx::query_scalar("SELECT repo FROM connections")
            .fetch_all(world.app().db.pool())
            .await
            .expect("rows");
        assert_eq!(known, ["acme/widgets"]);
        for browser in [&writer, &world.anonymous()] {
            let page = browser.get(&format!("/Acme/Widgets/plans/{number}")).await;
            assert_eq!(page.status, StatusCode::OK, "{page:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_updates_are_bounded_for_each_person_and_say_so() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let mut open = Vec::new();
        let refused = loop {
            let answer = Stream::ask(world, &writer, None).await;
            if answer.status() != StatusCode::OK {
                break answer;
            }
            open.push(answer);
            assert!(open.len() < 200, "there is an end");
        };
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers().contains_key("retry-after"));
        let told: serde_json::Value = refused.json().await.expect("JSON");
        assert!(
            told["problems"][0]["message"].as_str().is_some_and(|words| words.contains("pages open")),
            "{told}"
        );
        for other in [&world.anonymous(), &world.sign_in("admin").await] {
            Stream::open(world, other).await;
        }
        open.truncate(open.len() / 2);
        let again = async || Stream::ask(world, &writer, None).await.status();
        until(again, |status| *status == StatusCode::OK).await;
    })
    .await;
}
