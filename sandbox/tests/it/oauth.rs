//! The web flow.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Answer, Box};

const BACK: &str = "http://127.0.0.1:9/auth/back";

async fn code(b: &Box, login: &str, verifier: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let form = [
        ("client_id", "client"),
        ("redirect_uri", BACK),
        ("scope", "repo workflow"),
        ("state", "s"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("login", login),
    ];
    let url = format!("{}/login/oauth/authorize", b.sandbox.url());
    let page = b.http.get(&url).query(&form[..6]).send().await.expect("a page").text().await.expect("text");
    for login in ["admin", "writer", "reader", "outsider"] {
        assert!(page.contains(&format!("value=\"{login}\"")), "{page}");
    }
    let answer = b.http.post(&url).form(&form).send().await.expect("an answer");
    let to = answer.headers()["location"].to_str().expect("text").to_owned();
    let to = url::Url::parse(&to).expect("a url");
    assert!(to.query_pairs().any(|(k, v)| k == "state" && v == "s"));
    to.query_pairs().find(|(k, _)| k == "code").map(|(_, v)| v.into_owned()).expect("a code")
}

async fn exchange(b: &Box, fields: Value) -> Value {
    let url = format!("{}/login/oauth/access_token", b.sandbox.url());
    let request = b.http.post(url).header("accept", "application/json").json(&fields);
    Answer::of(request.send().await.expect("an answer")).await.is(200)
}

fn fields(code: &str, verifier: &str) -> Value {
    json!({ "client_id": "client", "client_secret": "hush", "code": code, "redirect_uri": BACK,
            "code_verifier": verifier })
}

#[tokio::test]
async fn a_code_is_good_once_with_its_verifier() {
    let b = Box::new().await;
    let first = code(&b, "writer", "v1").await;
    assert_eq!(exchange(&b, fields(&first, "wrong")).await["error"], "bad_verification_code");
    let told = exchange(&b, fields(&first, "v1")).await;
    assert_eq!(told["scope"], "repo,workflow");
    let mut person = b.nobody();
    person.token = told["access_token"].as_str().map(str::to_owned);
    assert_eq!(person.get("/user").await.is(200)["login"], "writer");
    assert_eq!(exchange(&b, fields(&first, "v1")).await["error"], "bad_verification_code");
    let second = code(&b, "writer", "v2").await;
    b.control("clock", json!({ "advance_seconds": 601 })).await;
    assert_eq!(exchange(&b, fields(&second, "v2")).await["error"], "bad_verification_code");
    let mut secret = fields("x", "v");
    secret["client_secret"] = json!("wrong");
    assert_eq!(exchange(&b, secret).await["error"], "incorrect_client_credentials");
    let third = code(&b, "writer", "v3").await;
    let mut mismatch = fields(&third, "v3");
    mismatch["redirect_uri"] = json!("http://127.0.0.1:9/elsewhere");
    assert_eq!(exchange(&b, mismatch).await["error"], "redirect_uri_mismatch");
    b.clean().await;
}

#[tokio::test]
async fn expiring_tokens_are_refreshed_once() {
    let b = Box::new().await;
    b.control("oauth", json!({ "token_lifetime": 28800 })).await;
    let told = exchange(&b, fields(&code(&b, "writer", "v").await, "v")).await;
    let mut person = b.nobody();
    person.token = told["access_token"].as_str().map(str::to_owned);
    b.control("clock", json!({ "advance_seconds": 28801 })).await;
    person.get("/user").await.is(401);
    let refresh = json!({ "client_id": "client", "client_secret": "hush", "grant_type": "refresh_token",
                          "refresh_token": told["refresh_token"] });
    let fresh = exchange(&b, refresh.clone()).await;
    person.token = fresh["access_token"].as_str().map(str::to_owned);
    person.get("/user").await.is(200);
    assert_eq!(exchange(&b, refresh).await["error"], "bad_refresh_token");
    b.clean().await;
}

#[tokio::test]
async fn only_s256_and_only_this_machine() {
    let b = Box::new().await;
    let url = format!("{}/login/oauth/authorize", b.sandbox.url());
    let plain = [
        ("client_id", "client"),
        ("redirect_uri", BACK),
        ("code_challenge", "x"),
        ("code_challenge_method", "plain"),
    ];
    let answer = b.http.get(&url).query(&plain).send().await.expect("an answer");
    assert!(answer.headers()["location"].to_str().expect("text").contains("error=invalid_request"));
    let away = [("client_id", "client"), ("redirect_uri", "https://example.com/")];
    assert_eq!(b.http.get(&url).query(&away).send().await.expect("an answer").status(), 400);
    let unknown = [("client_id", "other"), ("redirect_uri", BACK)];
    assert_eq!(b.http.get(&url).query(&unknown).send().await.expect("an answer").status(), 404);
    b.clean().await;
}
