//! Deliveries: signed, in order, listed, again.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::Box;

#[derive(Clone, Default)]
pub struct Received(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Received {
    fn all(&self) -> Vec<(HeaderMap, Bytes)> {
        self.0.lock().expect("unpoisoned").clone()
    }

    pub fn names(&self) -> Vec<String> {
        let name = |h: &HeaderMap, b: &Bytes| {
            let body: Value = serde_json::from_slice(b).expect("JSON");
            let event = h["x-github-event"].to_str().expect("text");
            body["action"].as_str().map_or_else(|| event.to_owned(), |a| format!("{event}.{a}"))
        };
        self.all().iter().map(|(h, b)| name(h, b)).collect()
    }
}

pub async fn listen() -> (String, Received) {
    let received = Received::default();
    let take = |State(r): State<Received>, headers: HeaderMap, body: Bytes| async move {
        r.0.lock().expect("unpoisoned").push((headers, body));
    };
    let app = Router::new().route("/hook", post(take)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, received)
}

#[tokio::test]
async fn deliveries_are_signed_and_in_order() {
    let (url, received) = listen().await;
    let b = Box::telling(&url).await;
    let writer = b.person("writer").await;
    writer.post("/repos/acme/widgets/issues", json!({ "title": "t", "labels": ["bug"] })).await.is(201);
    crate::pulls::branch(&writer, "a").await;
    let pull = json!({ "title": "T", "head": "a", "base": "main" });
    writer.post("/repos/acme/widgets/pulls", pull).await.is(201);
    b.idle().await;
    let told: Vec<String> = received
        .names()
        .into_iter()
        .filter(|n| !n.starts_with("workflow") && !n.starts_with("check"))
        .collect();
    let expected = ["issues.opened", "issues.labeled", "create", "push", "push", "pull_request.opened"];
    assert_eq!(told, expected);
    let (headers, body) = &received.all()[0];
    let mac = Hmac::<Sha256>::new_from_slice(b"whsec").expect("a key").chain_update(body).finalize();
    let signature = format!("sha256={}", hex::encode(mac.into_bytes()));
    assert_eq!(headers["x-hub-signature-256"], signature.as_str());
    assert!(headers["user-agent"].to_str().expect("text").starts_with("GitHub-Hookshot/"));
    b.clean().await;
}

#[tokio::test]
async fn a_delivery_is_listed_and_made_again() {
    let (url, received) = listen().await;
    let b = Box::telling(&url).await;
    let admin = b.person("admin").await;
    b.control("webhooks", json!({ "mode": "drop", "times": 1 })).await;
    admin.post("/repos/acme/widgets/issues", json!({ "title": "t" })).await.is(201);
    b.idle().await;
    assert!(received.all().is_empty());
    let hook = admin.get("/repos/acme/widgets/hooks").await.is(200)[0]["id"].clone();
    let at = format!("/repos/acme/widgets/hooks/{hook}/deliveries");
    let lost = admin.get(&format!("{at}?status=failure")).await.is(200)[0].clone();
    admin.post(&format!("{at}/{}/attempts", lost["id"]), json!({})).await.is(202);
    b.idle().await;
    assert_eq!(received.all()[0].0["x-github-delivery"], lost["guid"].as_str().expect("a GUID"));
    let again = admin.get(&at).await.is(200)[0].clone();
    assert_eq!((&again["redelivery"], &again["status_code"]), (&json!(true), &json!(200)));
    let whole = admin.get(&format!("{at}/{}", again["id"])).await.is(200);
    assert_eq!(whole["request"]["payload"]["issue"]["title"], "t");
    b.clean().await;
}

#[tokio::test]
async fn deliveries_can_be_doubled_and_overtaken() {
    let (url, received) = listen().await;
    let b = Box::telling(&url).await;
    let writer = b.person("writer").await;
    b.control("webhooks", json!({ "mode": "double", "times": 1 })).await;
    writer.post("/repos/acme/widgets/issues", json!({ "title": "t" })).await.is(201);
    b.idle().await;
    assert_eq!(received.names(), ["issues.opened", "issues.opened"]);
    b.control("webhooks", json!({ "mode": "reorder", "times": 1 })).await;
    let change = json!({ "title": "new", "state": "closed" });
    writer.patch("/repos/acme/widgets/issues/1", change).await.is(200);
    b.idle().await;
    assert_eq!(received.names()[2..], ["issues.closed", "issues.edited"]);
    b.clean().await;
}

#[tokio::test]
async fn a_hook_is_made_once_and_pinged() {
    let (url, received) = listen().await;
    let b = Box::new().await;
    let admin = b.person("admin").await;
    let config = json!({ "url": url, "content_type": "json", "secret": "x" });
    let hook = json!({ "config": config, "events": ["issues"], "active": true });
    admin.post("/repos/acme/widgets/hooks", hook.clone()).await.is(201);
    let twice = admin.post("/repos/acme/widgets/hooks", hook).await.is(422);
    assert_eq!(twice["errors"][0]["message"], "Hook already exists on this repository");
    b.idle().await;
    assert_eq!(received.names(), ["ping"]);
    b.clean().await;
}
