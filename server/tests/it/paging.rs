//! Lists of the API: pages that end, links between them, and answers that are not sent twice.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{until, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_over_the_pages_sees_everything_once_and_ends() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        for number in 0..5 {
            let issue =
                json!({ "title": format!("Plan {number}"), "body": "# A plan", "labels": ["erk-plan"] });
            world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
        }
        writer.json(Method::PUT, "/api/v1/repositories/acme/widgets/connection", &Value::Null).await;
        until(async || writer.get("/api/v1/plans").await.json()["total"].clone(), |total| *total == 5).await;
        let mut path = "/api/v1/plans?per_page=2&repo=acme%2Fwidgets".to_owned();
        let mut seen = Vec::new();
        for _ in 0..9 {
            let page = writer.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{page:?}");
            let rows = page.json()["rows"].as_array().expect("rows").clone();
            assert!(rows.len() <= 2);
            seen.extend(rows.iter().filter_map(|row| row["number"].as_i64()));
            let link = page.header("link").expect("links").to_owned();
            let next = link.split(", ").find(|one| one.ends_with("rel=\"next\"")).map(str::to_owned);
            let Some(next) = next else { break };
            let address = next.trim_start_matches('<').split('>').next().expect("an address").to_owned();
            path = address.strip_prefix(&world.url).expect("here").to_owned();
        }
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (5, 5), "{seen:?}");

        for list in ["plans", "objectives", "dispatches"] {
            let beyond = writer.get(&format!("/api/v1/{list}?page=99999")).await;
            assert_eq!(beyond.status, StatusCode::OK, "{beyond:?}");
            let body = beyond.json();
            let items = body.get("rows").or(body.get("dispatches")).expect("items");
            assert_eq!((items, &body["page"]), (&json!([]), &json!(99999)), "{list}");
            assert!(!beyond.header("link").expect("links").contains("next"), "{list}");
            for bad in ["0", "101", "x"] {
                let refused = writer.get(&format!("/api/v1/{list}?per_page={bad}")).await;
                assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{list} {bad}");
            }
        }

        let first = writer.get("/api/v1/plans").await;
        let tag = first.header("etag").expect("a tag").to_owned();
        let headers = [("if-none-match", tag.as_str())];
        let again = writer.send(Method::GET, "/api/v1/plans", &headers, String::new()).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        let issue = json!({ "title": "Plan 6", "body": "# A plan", "labels": ["erk-plan"] });
        world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
        until(async || writer.get("/api/v1/plans").await.json()["total"].clone(), |total| *total == 6).await;
        let changed = writer.send(Method::GET, "/api/v1/plans", &headers, String::new()).await;
        assert_eq!(changed.status, StatusCode::OK);
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dispatches_are_listed_to_those_who_see_their_repository() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let mut ids = Vec::new();
        for repo in ["acme/secret", "acme/widgets"] {
            let form = json!({ "repo": repo, "base": "main", "instruction": "Say hello in the README" });
            let made = writer.json(Method::POST, "/api/v1/dispatches", &form).await;
            assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
            ids.push(made.json()["id"].clone());
            let place = made.location().expect("a place").to_owned();
            until(async || writer.get(&place).await.json()["state"].clone(), |state| state == "sent").await;
        }
        world.github.idle().await;
        let list = async |query: &str| {
            let page = writer.get(&format!("/api/v1/dispatches{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{page:?}");
            let all = page.json()["dispatches"].as_array().expect("a list").clone();
            all.iter().map(|one| one["id"].clone()).collect::<Vec<Value>>()
        };
        assert_eq!(list("").await, [ids[1].clone(), ids[0].clone()]);
        assert_eq!(list("?repo=acme/secret").await, [ids[0].clone()]);
        assert_eq!(list("?state=sent&by=Writer&per_page=1&page=2").await, [ids[0].clone()]);
        assert!(list("?state=stopped").await.is_empty() && list("?by=admin").await.is_empty());
        let plan = writer.get(&format!("/api/v1/dispatches/{}", ids[0].as_str().expect("an id"))).await;
        let number = plan.json()["issue"].to_string();
        assert!(list(&format!("?plan={number}")).await.contains(&ids[0]));
        let outsider = world.sign_in("outsider").await.get("/api/v1/dispatches").await.json();
        assert_eq!((&outsider["total"], &outsider["dispatches"][0]["id"]), (&json!(1), &ids[1]));
        assert_eq!(world.anonymous().get("/api/v1/dispatches").await.status, StatusCode::UNAUTHORIZED);
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objective_is_created_by_the_api() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let asked = json!({
            "repo": "acme/widgets",
            "title": "Say hello everywhere",
            "outline": "### Phase 1: Greetings\n- 1.1 Say hello in the README\n",
        });
        let shown = writer.json(Method::POST, "/api/v1/objectives/preview", &asked).await;
        assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
        let made = writer.json(Method::POST, "/api/v1/objectives", &asked).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let place = made.location().expect("a place").to_owned();
        until(async || writer.get(&place).await.json()["state"].clone(), |state| state == "sent").await;
        let number = writer.get(&place).await.json()["issue"].to_string();
        let page = writer.get(&format!("/api/v1/repositories/acme/widgets/objectives/{number}")).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(page.body.contains("Say hello in the README"));
        let reader = world.sign_in("reader").await;
        let refused = reader.json(Method::POST, "/api/v1/objectives", &asked).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_before_github_lists_it() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        world.github.set("hide", json!({ "kind": "run", "seconds": 30 })).await;
        let form =
            json!({ "repo": "acme/widgets", "base": "main", "instruction": "Say hello. demo:slow 60" });
        let made = writer.json(Method::POST, "/api/v1/dispatches", &form).await;
        let place = made.location().expect("a place").to_owned();
        let view = async || writer.get(&place).await.json();
        let sent = until(view, |view| !view["run_id"].is_null() && !view["issue"].is_null()).await;
        let (number, run) = (sent["issue"].to_string(), sent["run_id"].to_string());
        let act = format!("/api/v1/repositories/acme/widgets/plans/{number}/actions");
        let done = writer.json(Method::POST, &act, &json!({ "action": "cancel-run" })).await;
        assert!(done.status == StatusCode::NO_CONTENT, "{done:?}");
        let asked = format!("/repos/acme/widgets/actions/runs/{run}/cancel");
        assert!(world.github.writes().await.iter().any(|write| write.path == asked));
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}
