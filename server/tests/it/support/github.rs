//! The sandbox as a test sees it: GitHub's API for what is true, `/_sandbox/` for what to make happen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

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
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    pub status: Option<u16>,
    pub response: Option<String>,
}

/// Who asks when a test does so past Waymark.
const TESTS: &str = "waymark-tests";

pub struct GitHub {
    pub url: String,
    client: reqwest::Client,
    /// The newest entry of the journal when the test last looked at the writes.
    looked: AtomicU64,
}

impl GitHub {
    pub fn new(url: String) -> Self {
        let client = super::client();
        GitHub { url, client, looked: AtomicU64::new(0) }
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
        let request = request.header("user-agent", TESTS);
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
        let request = request.header("user-agent", TESTS).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.expect("the sandbox answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") }
    }

    /// Every exchange so far, the controls' own left out.
    pub async fn journal(&self) -> Vec<Entry> {
        let entries: Vec<Entry> =
            serde_json::from_value(self.control(Method::GET, "journal", None).await).expect("a journal");
        entries.into_iter().filter(|entry| !entry.path.starts_with("/_sandbox/")).collect()
    }

    /// What was written to GitHub so far, in order; signing in left out. What is written later is to be looked
    /// at again before the test ends.
    pub async fn writes(&self) -> Vec<Entry> {
        let journal = self.journal().await;
        self.looked.fetch_max(journal.last().map_or(0, |entry| entry.n), Ordering::Relaxed);
        journal.into_iter().filter(is_write).collect()
    }

    /// Waits until no run is queued or running and no webhook is undelivered.
    pub async fn idle(&self) {
        let seconds = super::PATIENCE.as_secs();
        let answer = self.control(Method::GET, &format!("idle?wait={seconds}"), None).await;
        assert_eq!(answer["idle"], true, "the sandbox is still busy after {seconds} s: {answer}");
    }

    /// What was written since the test last looked, but for what the test wrote itself. A dispatch that it saw begin,
    /// and the run of that, may still be at work when the test ends: what they write then is not held against it.
    pub(super) async fn unseen_writes(&self) -> Vec<Entry> {
        let looked = self.looked.load(Ordering::Relaxed);
        let journal = self.journal().await;
        let its_own = |entry: &Entry| entry.headers.get("user-agent").is_some_and(|agent| agent == TESTS);
        let begins = |entry: &Entry| {
            entry.method == "POST" && ["/issues", "/dispatches"].iter().any(|end| entry.path.ends_with(end))
        };
        if journal.iter().any(|entry| entry.n <= looked && begins(entry) && !its_own(entry)) {
            return Vec::new();
        }
        let unseen = |entry: &Entry| entry.n > looked && is_write(entry) && !its_own(entry);
        journal.into_iter().filter(unseen).collect()
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
