//! The sandbox as a test sees it: GitHub's API for what is true, `/_sandbox/` for what to make happen.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

/// One exchange that reached the sandbox.
#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)] // what no test reads is printed when one fails
pub struct Entry {
    pub n: u64,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// Login of the token's owner.
    pub user: Option<String>,
    pub body: Option<String>,
    pub status: Option<u16>,
    pub response: Option<String>,
}

pub struct GitHub {
    pub url: String,
    client: reqwest::Client,
    /// Whether the test has looked at the writes.
    looked: AtomicBool,
}

impl GitHub {
    pub fn new(url: String) -> Self {
        let client = super::client();
        GitHub { url, client, looked: AtomicBool::new(false) }
    }

    /// Calls a control under `/_sandbox/`.
    pub async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.client.request(method, format!("{}/_sandbox/{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.expect("the sandbox answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "/_sandbox/{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn set(&self, path: &str, body: Value) -> Value {
        self.control(Method::POST, path, Some(body)).await
    }

    /// Reads GitHub's API as this person.
    pub async fn get(&self, login: &str, path: &str) -> Value {
        let answer = self.set("token", json!({ "login": login })).await;
        let token = answer["token"].as_str().expect("a token");
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(token);
        let request = request.header("user-agent", "waymark-tests");
        let answer = request.send().await.expect("the sandbox answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "GET {path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Writes to GitHub's API as this person, past Waymark.
    pub async fn send(&self, login: &str, method: Method, path: &str, body: Value) -> Value {
        let answer = self.set("token", json!({ "login": login })).await;
        let token = answer["token"].as_str().expect("a token");
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(token);
        let request =
            request.header("user-agent", "waymark-tests").header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.expect("the sandbox answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Every exchange so far, the controls' own left out.
    pub async fn journal(&self) -> Vec<Entry> {
        let entries: Vec<Entry> =
            serde_json::from_value(self.control(Method::GET, "journal", None).await).expect("a journal");
        entries.into_iter().filter(|entry| !entry.path.starts_with("/_sandbox/")).collect()
    }

    /// What was written to GitHub so far, in order; signing in left out.
    pub async fn writes(&self) -> Vec<Entry> {
        self.looked.store(true, Ordering::Relaxed);
        self.journal().await.into_iter().filter(is_write).collect()
    }

    /// Waits until no run is queued or running and no webhook is undelivered.
    pub async fn idle(&self) {
        let seconds = super::PATIENCE.as_secs();
        let answer = self.control(Method::GET, &format!("idle?wait={seconds}"), None).await;
        assert_eq!(answer["idle"], true, "the sandbox is still busy after {seconds} s: {answer}");
    }

    pub(super) async fn unseen_writes(&self) -> Vec<Entry> {
        match self.looked.load(Ordering::Relaxed) {
            true => Vec::new(),
            false => self.journal().await.into_iter().filter(is_write).collect(),
        }
    }

    pub(super) async fn violations(&self) -> Vec<Value> {
        let answer = self.control(Method::GET, "violations", None).await;
        let list = answer.get("violations").unwrap_or(&answer);
        list.as_array().cloned().unwrap_or_else(|| vec![answer.clone()])
    }
}

fn is_write(entry: &Entry) -> bool {
    let reads = matches!(entry.method.as_str(), "GET" | "HEAD" | "OPTIONS");
    let query = entry.path.ends_with("/graphql")
        && entry.body.as_deref().is_some_and(|body| !body.contains("mutation"));
    let fetch = entry.path.ends_with("/git-upload-pack");
    !(reads || query || fetch || entry.path.starts_with("/login/oauth/"))
}
