//! A sandbox of one's own and people to call it.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use waymark_sandbox::{Options, Sandbox, WebhookTarget, start};

pub struct Box {
    pub sandbox: Sandbox,
    pub http: Client,
}

/// Somebody with a token, or nobody.
pub struct Person {
    base: String,
    http: Client,
    pub token: Option<String>,
}

pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

pub fn options() -> Options {
    Options {
        addr: ([127, 0, 0, 1], 0).into(),
        data_dir: None,
        oauth_client_id: "client".to_owned(),
        oauth_client_secret: "hush".to_owned(),
        webhook: None,
        tool_path: Vec::new(),
    }
}

impl Box {
    pub async fn new() -> Self {
        Self::with(options()).await
    }

    pub async fn with(options: Options) -> Self {
        // Built with the server, the HTTP client wants to know who does its TLS.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = start(options).await.expect("a sandbox");
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { sandbox, http }
    }

    pub async fn telling(url: &str) -> Self {
        let webhook = Some(WebhookTarget { url: url.to_owned(), secret: "whsec".to_owned() });
        Self::with(Options { webhook, ..options() }).await
    }

    pub fn nobody(&self) -> Person {
        Person { base: self.sandbox.url(), http: self.http.clone(), token: None }
    }

    pub async fn person(&self, login: &str) -> Person {
        self.with_scopes(login, "repo,workflow,gist,read:org").await
    }

    pub async fn with_scopes(&self, login: &str, scopes: &str) -> Person {
        let nobody = self.nobody();
        let told = nobody.post("/_sandbox/token", json!({ "login": login, "scopes": scopes })).await;
        let token = told.body["token"].as_str().expect("a token").to_owned();
        Person { token: Some(token), ..nobody }
    }

    pub async fn control(&self, path: &str, body: Value) {
        let told = self.nobody().post(&format!("/_sandbox/{path}"), body).await;
        assert_eq!(told.status, 200, "{path}: {}", told.body);
    }

    pub async fn journal(&self) -> Vec<Value> {
        self.nobody().get("/_sandbox/journal").await.body.as_array().expect("a journal").clone()
    }

    pub async fn idle(&self) {
        let told = self.nobody().get("/_sandbox/idle?wait=20").await;
        assert_eq!(told.body["idle"], true);
    }

    /// The end of a test: nothing that went over the wire broke GitHub's contract.
    pub async fn clean(self) {
        self.nobody().get("/_sandbox/idle?wait=20").await;
        let violations = self.nobody().get("/_sandbox/violations").await.body;
        assert_eq!(violations, json!([]), "{violations:#}");
        self.sandbox.shutdown().await;
    }
}

impl Person {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.http.request(method, url).header("user-agent", "test");
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Answer::of(request.send().await.expect("an answer")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body");
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Self { status, headers, body }
    }

    /// The body, when the status is the expected one.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}
