//! The API is what its description says: what the router serves, names, and what it does not take.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::world;

/// The description that is served.
async fn description(world: &crate::support::World) -> Value {
    world.anonymous().get("/api/v1/openapi.json").await.json()
}

/// A path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "1" } else { part }.to_owned();
    format!("/api/v1{}", path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

#[tokio::test]
async fn what_is_described_is_served_and_nothing_else() {
    world(async |world| {
        let api = description(world).await;
        let paths = api["paths"].as_object().expect("paths");
        for (path, operations) in paths {
            for method in ["get", "put", "post", "delete", "patch"] {
                let page = world
                    .anonymous()
                    .json(method.to_uppercase().parse().expect("a method"), &filled(path), &json!({}))
                    .await;
                let message = page.json()["problems"][0]["message"].as_str().unwrap_or_default().to_owned();
                let served = page.status != StatusCode::METHOD_NOT_ALLOWED
                    && !message.contains("nothing at this address");
                assert_eq!(served, operations.get(method).is_some(), "{method} {path}: {page:?}");
            }
        }
        // Every route of the router is described, so that the guard in front of it hides none.
        let areas = waymark_server::serve::areas(world.app());
        let router = format!("{:?}", waymark_server::serve::router(world.app(), &areas));
        let mut routes = 0;
        for route in router.split('"').filter_map(|text| text.strip_prefix("/api/v1/")) {
            let route = format!("/{route}");
            if route != "/openapi.json" && !route.contains("__private") {
                assert!(paths.contains_key(&route), "{route} is not described");
                routes += 1;
            }
        }
        assert_eq!(routes, paths.len());
    })
    .await;
}

#[tokio::test]
async fn the_description_refers_to_nothing_that_is_not_there() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str().filter(|_| name == "$ref") {
                        Some(reference) => found.push(reference),
                        None => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    world(async |world| {
        let api = description(world).await;
        let mut found = Vec::new();
        references(&api, &mut found);
        for reference in &found {
            assert!(api.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        // Generators drop a union whose members have no name of their own.
        for (name, schema) in api["components"]["schemas"].as_object().expect("schemas") {
            for member in schema["oneOf"].as_array().into_iter().flatten() {
                let plain = member.get("properties").is_some() || member.get("$ref").is_some();
                assert!(
                    plain || member.get("const").is_some() || member["type"] != "object",
                    "{name}: {member}"
                );
            }
            assert!(found.iter().any(|one| one.ends_with(&format!("/{name}"))), "{name} is used by nothing");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_known_is_refused_by_its_name() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let api = description(world).await;
        for (path, operations) in api["paths"].as_object().expect("paths") {
            for method in operations.as_object().expect("operations").keys() {
                let verb: Method = method.to_uppercase().parse().expect("a method");
                let page =
                    writer.json(verb.clone(), &format!("{}?x-unknown=1", filled(path)), &json!({})).await;
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path}: {page:?}");
                let problem = &page.json()["problems"][0];
                assert_eq!(
                    (&problem["field"], &problem["code"]),
                    (&json!("x-unknown"), &json!("unknown_parameter"))
                );
            }
        }
        for (path, body, field) in [
            ("/preview", json!({ "repo": "acme/widgets", "form": {} }), "form"),
            ("/dispatches", json!({ "draft": "abc", "repo": "acme/widgets" }), "draft"),
            ("/plans", json!({ "title": "x" }), "title"),
            ("/plans/preview", json!({ "brnach": "x" }), "brnach"),
            ("/objectives", json!({ "repo": "a/b", "title": "t", "outline": "o", "number": 1 }), "number"),
            ("/objectives/preview", json!({ "repo": "a/b", "title": "t", "outline": "o", "x": 1 }), "x"),
            ("/submissions", json!({ "plans": [], "id": "1" }), "id"),
            ("/submissions", json!({ "plans": [{ "repo": "a/b", "steps": 1 }] }), "plans[0].steps"),
            ("/submissions/check", json!([{ "repo": "a/b", "x": 1 }]), "[0].x"),
            ("/dispatches/1/commands", json!({ "do": "resume", "now": true }), "now"),
            ("/repositories/acme/widgets/plans/1/actions", json!({ "action": "merge", "sha": "1" }), "sha"),
            ("/repositories/acme/widgets/objectives/1/commands", json!({ "do": "close", "x": 1 }), "x"),
        ] {
            let page = writer.json(Method::POST, &format!("/api/v1{path}"), &body).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {page:?}");
            let problem = &page.json()["problems"][0];
            assert_eq!(
                (&problem["field"], &problem["code"]),
                (&json!(field), &json!("unknown_field")),
                "{path}: {problem}"
            );
        }
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}
