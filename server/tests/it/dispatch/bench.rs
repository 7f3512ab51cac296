//! A sandbox, a Waymark on it without its pages, and a writer who dispatches.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use waymark_app::areas::{DispatchCommand, DispatchState, DispatchView, Dispatches, NewForm, Viewer};
use waymark_server::auth;
use waymark_server::config::{Config, EncryptionKey};
use waymark_server::serve;
use waymark_server::state::App;

use crate::support::{database::Database, until};

pub struct Bench {
    pub sandbox: waymark_sandbox::Sandbox,
    pub http: reqwest::Client,
    pub app: App,
    pub area: Arc<dyn Dispatches>,
    account: Mutex<i64>,
    admin: Mutex<String>,
    before: Mutex<Vec<String>>,
    _database: Database,
    _folder: tempfile::TempDir,
}

/// A write of a dispatch, and how a fault finds it.
pub struct Write {
    pub key: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    /// An earlier write has the same address.
    pub after_run: bool,
}

impl Write {
    pub const ALL: [Write; 11] = [
        Write::new("create-issue", "POST", "/issues$", false),
        Write::new("comment-plan", "POST", "/issues/[0-9]+/comments$", false),
        Write::new("link-plan-comment", "PATCH", "/issues/[0-9]+$", false),
        Write::new("create-tree", "POST", "/git/trees$", false),
        Write::new("create-commit", "POST", "/git/commits$", false),
        Write::new("create-branch", "POST", "/git/refs$", false),
        Write::new("create-pull", "POST", "/pulls$", false),
        Write::new("dispatch-run", "POST", "/dispatches$", false),
        Write::new("note-run-in-plan", "PATCH", "/issues/[0-9]+$", true),
        Write::new("comment-queued", "POST", "/issues/[0-9]+/comments$", true),
        Write::new("note-run-in-pull", "PATCH", "/pulls/[0-9]+$", false),
    ];

    const fn new(key: &'static str, method: &'static str, path: &'static str, after_run: bool) -> Write {
        Write { key, method, path, after_run }
    }
}

/// What a dispatch made, as GitHub has it.
pub struct Made {
    pub issues: Vec<Value>,
    pub pulls: Vec<Value>,
    pub branches: Vec<String>,
    pub runs: Vec<Value>,
}

async fn token(http: &reqwest::Client, sandbox: &str, login: &str) -> String {
    let request = http.post(format!("{sandbox}/_sandbox/token")).json(&json!({"login": login}));
    let answer: Value = request.send().await.expect("sent").json().await.expect("json");
    answer["token"].as_str().expect("a token").to_owned()
}

impl Bench {
    /// Lists are believed at once: nothing lags unless a test says so.
    pub async fn start() -> Bench {
        Bench::with(Duration::from_millis(300), Duration::from_secs(15)).await
    }

    /// A Waymark that believes for `lookup_lag` that lists may lag behind, and waits for an answer for
    /// `github_timeout`.
    pub async fn with(lookup_lag: Duration, github_timeout: Duration) -> Bench {
        // Another test may have been first; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::fresh(folder.path()).await;
        let (id, secret) = ("id", "secret");
        let sandbox = waymark_sandbox::start(waymark_sandbox::Options {
            addr: "127.0.0.1:0".parse().expect("an address"),
            data_dir: None,
            oauth_client_id: id.to_owned(),
            oauth_client_secret: secret.to_owned(),
            webhook: None,
            tool_path: Vec::new(),
        })
        .await
        .expect("a sandbox");
        let github: url::Url = sandbox.url().parse().expect("an address");
        let config = Config {
            addr: "127.0.0.1:3000".parse().expect("an address"),
            public_url: "http://127.0.0.1:3000".parse().expect("an address"),
            database_url: database.url().into(),
            data_dir: folder.path().to_owned(),
            site_dir: folder.path().to_owned(),
            sandbox: true,
            demo: false,
            github_url: github.clone(),
            github_api_url: github.clone(),
            github_client_id: id.to_owned(),
            github_client_secret: secret.into(),
            github_app: None,
            webhook_secret: "webhook".into(),
            encryption_key: EncryptionKey([7; 32]),
            github_timeout,
            write_pause: Duration::ZERO,
            lookup_lag,
            lookup_in_flight: Duration::from_millis(300),
            reconcile_every: Duration::from_secs(60),
            autostart_delay: Duration::from_secs(60),
            force_cancel_after: Duration::from_secs(60),
            trusted_proxies: Vec::new(),
            entry: Default::default(),
        };
        let app = serve::open(config).await.expect("an open Waymark");
        let area = serve::areas(&app).dispatches;
        // A connection of its own for each request: those of the faults are cut.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0);
        let http = http.redirect(reqwest::redirect::Policy::none()).build();
        let bench = Bench {
            sandbox,
            http: http.expect("a client"),
            area,
            account: Mutex::default(),
            app,
            admin: Mutex::default(),
            before: Mutex::default(),
            _database: database,
            _folder: folder,
        };
        bench.sign_in("writer").await;
        bench.prepare().await;
        bench
    }

    /// The writer, as signed in last: a reset gives everyone a new id.
    pub fn viewer(&self) -> Viewer {
        let account_id = *self.account.lock().expect("the account");
        Viewer { account_id, login: "writer".to_owned(), name: None, avatar_url: None }
    }

    /// Signs in on GitHub's consent page, as a browser does.
    pub async fn sign_in(&self, login: &str) {
        let layer = auth::layer(&self.app.db, &self.app.config);
        let waymark = auth::routes().layer(layer).with_state(self.app.clone());
        let get = |path: &str, cookie: &str| {
            let request = Request::get(path).header("cookie", cookie).body(Body::empty());
            waymark.clone().oneshot(request.expect("a request"))
        };
        let begun = get("/auth/github", "").await.expect("an answer");
        let cookie = begun.headers()["set-cookie"].to_str().expect("a cookie").to_owned();
        let cookie = cookie.split(';').next().unwrap_or_default();
        let consent: url::Url =
            begun.headers()["location"].to_str().expect("text").parse().expect("an address");
        let asked = format!("{}&login={login}", consent.query().unwrap_or_default());
        let agreed = self.http.post(format!("{}/login/oauth/authorize", self.sandbox.url()));
        let agreed = agreed.header("content-type", "application/x-www-form-urlencoded").body(asked);
        let agreed = agreed.send().await.expect("an answer");
        let back: url::Url =
            agreed.headers()["location"].to_str().expect("text").parse().expect("an address");
        let path = format!("{}?{}", back.path(), back.query().unwrap_or_default());
        let done = get(&path, cookie).await.expect("an answer");
        assert_eq!(done.headers()["location"], "/");
        let newest = "SELECT id FROM accounts WHERE login = $1 ORDER BY signed_in_at DESC LIMIT 1";
        let account = sqlx::query_scalar(newest).bind(login.to_owned());
        let account: i64 = account.fetch_one(self.app.db.pool()).await.expect("the account");
        *self.account.lock().expect("the account") = account;
    }

    /// Somebody else who signs in; the writer stays who acts for the bench.
    pub async fn person(&self, login: &str) -> Viewer {
        let writer = *self.account.lock().expect("the account");
        self.sign_in(login).await;
        let account_id = std::mem::replace(&mut *self.account.lock().expect("the account"), writer);
        Viewer { account_id, login: login.to_owned(), name: None, avatar_url: None }
    }

    pub async fn control(&self, path: &str, body: Value) {
        let answer = self
            .http
            .post(format!("{}/_sandbox/{path}", self.sandbox.url()))
            .json(&body)
            .send()
            .await
            .expect("sent");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    /// What GitHub's API says to the administrator.
    pub async fn api(&self, path: &str) -> Value {
        let token = self.admin.lock().expect("the token").clone();
        let answer = self
            .http
            .get(format!("{}{path}", self.sandbox.url()))
            .bearer_auth(token)
            .header("user-agent", "tests")
            .send()
            .await
            .expect("sent");
        answer.json().await.expect("json")
    }

    /// Writes to GitHub as the writer, past Waymark.
    pub async fn write(&self, path: &str, body: Value) {
        let token = token(&self.http, &self.sandbox.url(), "writer").await;
        let request = self.http.post(format!("{}{path}", self.sandbox.url())).bearer_auth(token);
        let answer = request.header("user-agent", "tests").json(&body).send().await.expect("sent");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// Writes to GitHub as this person, past Waymark.
    pub async fn write_as(&self, login: &str, method: reqwest::Method, path: &str, body: Value) -> Value {
        let token = token(&self.http, &self.sandbox.url(), login).await;
        let request = self.http.request(method, format!("{}{path}", self.sandbox.url())).bearer_auth(token);
        let answer = request.header("user-agent", "tests").json(&body).send().await.expect("sent");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub fn repo(&self) -> waymark_app::areas::RepoName {
        waymark_app::areas::RepoName::parse(&self.form().repo).expect("a name")
    }

    /// The writes of the writer that had their effect, in order.
    pub async fn writes(&self) -> Vec<Value> {
        let all = self.journal().await;
        let writes = |entry: &Value| {
            entry["user"] == "writer" && !matches!(entry["method"].as_str(), Some("GET" | "HEAD"))
        };
        all.into_iter().filter(writes).collect()
    }

    pub async fn journal(&self) -> Vec<Value> {
        let url = format!("{}/_sandbox/journal", self.sandbox.url());
        self.http.get(url).send().await.expect("sent").json().await.expect("json")
    }

    /// Back to the fixture; runs are made but do nothing.
    pub async fn reset(&self) {
        self.control("reset", json!({})).await;
        self.sign_in("writer").await;
        self.prepare().await;
    }

    async fn prepare(&self) {
        let admin = token(&self.http, &self.sandbox.url(), "admin").await;
        *self.admin.lock().expect("the token") = admin;
        self.control("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
        let before = self.everything().await;
        *self.before.lock().expect("before") = before;
        let url = format!("{}/_sandbox/journal", self.sandbox.url());
        self.http.delete(url).send().await.expect("sent");
    }

    pub fn form(&self) -> NewForm {
        let instruction = "Add a short contributing guide.".to_owned();
        NewForm { repo: "acme/widgets".to_owned(), instruction, ..NewForm::default() }
    }

    pub async fn draft(&self) -> String {
        self.area.save_draft(Some(&self.viewer()), "", None, &self.form()).await.expect("a draft").id
    }

    pub async fn dispatch_draft(&self, draft: &str) -> String {
        self.area.dispatch(&self.viewer(), Some(draft), &self.form()).await.expect("dispatched")
    }

    pub async fn dispatch(&self) -> String {
        self.area.dispatch(&self.viewer(), None, &self.form()).await.expect("dispatched")
    }

    /// Dispatches with a fault at one write. Two writes go to the same address as an earlier one; their
    /// fault is set while the run's answer is held back.
    pub async fn dispatch_with_fault(&self, write: &Write, how: &Value) -> String {
        let mut fault = how.clone();
        fault["method"] = write.method.into();
        fault["path"] = write.path.into();
        fault["times"] = 1.into();
        if !write.after_run {
            self.control("faults", fault).await;
            return self.dispatch().await;
        }
        let runs = "/dispatches$";
        self.control("faults", json!({"method": "POST", "path": runs, "hold": true, "times": 1})).await;
        let id = self.dispatch().await;
        let held = |entry: &Value| entry["path"].as_str().is_some_and(|path| path.ends_with("/dispatches"));
        until(async || self.journal().await, |journal| journal.iter().any(held)).await;
        self.control("faults", fault).await;
        self.control("release", json!({})).await;
        id
    }

    pub async fn command(&self, id: &str, command: DispatchCommand) {
        self.area.command(&self.viewer(), id, command).await.expect("a command that is taken");
    }

    /// Waits until the dispatch neither runs nor is being undone.
    pub async fn rest(&self, id: &str) -> DispatchView {
        let ask = async || self.area.get(&self.viewer(), id).await.expect("seen");
        until(ask, |view| !matches!(view.state, DispatchState::Running | DispatchState::Undoing)).await
    }

    /// What the repository holds, by the identity of each thing.
    async fn everything(&self) -> Vec<String> {
        let repo = "/repos/acme/widgets";
        let mut all = Vec::new();
        for issue in self.list(&format!("{repo}/issues?state=all&per_page=100")).await {
            all.push(format!("issue {}", issue["number"]));
        }
        for branch in self.list(&format!("{repo}/branches?per_page=100")).await {
            all.push(format!("branch {}", branch["name"].as_str().unwrap_or_default()));
        }
        all
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        self.api(path).await.as_array().cloned().unwrap_or_default()
    }

    /// What is there beyond the fixture.
    pub async fn made(&self) -> Made {
        let repo = "/repos/acme/widgets";
        let before = self.before.lock().expect("before").clone();
        let is_new = |thing: &String| !before.contains(thing);
        let all = self.list(&format!("{repo}/issues?state=all&per_page=100")).await;
        let (pulls, issues) = all
            .into_iter()
            .filter(|issue| is_new(&format!("issue {}", issue["number"])))
            .partition(|issue| issue["pull_request"].is_object());
        let branches = self.list(&format!("{repo}/branches?per_page=100")).await;
        let name = |branch: &Value| branch["name"].as_str().unwrap_or_default().to_owned();
        let branches = branches.iter().map(name).filter(|name| is_new(&format!("branch {name}"))).collect();
        let runs = self.api(&format!("{repo}/actions/runs?event=workflow_dispatch&per_page=100")).await;
        let runs = runs["workflow_runs"].as_array().cloned().unwrap_or_default();
        Made { issues, pulls, branches, runs }
    }

    /// The comments of an issue or pull request.
    pub async fn comments(&self, number: i64) -> Vec<String> {
        let all = self.list(&format!("/repos/acme/widgets/issues/{number}/comments?per_page=100")).await;
        all.iter().map(|comment| comment["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The end state of a dispatch: everything once, and each thing naming the others.
    pub async fn assert_made_once(&self, view: &DispatchView, at: &str) {
        let made = self.made().await;
        assert_eq!(made.issues.len(), 1, "{at}: issues");
        assert_eq!(made.pulls.len(), 1, "{at}: pull requests");
        assert_eq!(made.runs.len(), 1, "{at}: runs");
        assert_eq!(made.branches, [view.branch.clone().unwrap_or_default()], "{at}: branches");
        let issue = &made.issues[0];
        let number = issue["number"].as_i64().unwrap_or_default();
        assert_eq!(view.issue, Some(number), "{at}");
        let comments = self.comments(number).await;
        assert_eq!(comments.len(), 2, "{at}: {comments:#?}");
        assert!(comments[0].contains("erk:metadata-block:plan-body"), "{at}");
        assert!(comments[1].contains("erk:metadata-block:submission-queued"), "{at}");
        let run = made.runs[0]["id"].to_string();
        assert_eq!(view.run_id.map(|id| id.to_string()), Some(run.clone()), "{at}");
        let header = issue["body"].as_str().unwrap_or_default();
        assert!(header.contains(&format!("last_dispatched_run_id: '{run}'")), "{at}: {header}");
        assert!(!header.contains("plan_comment_id: null"), "{at}: {header}");
        assert_eq!(header.matches("## Commands").count(), 1, "{at}");
        let pull = self.api(&format!("/repos/acme/widgets/pulls/{}", made.pulls[0]["number"])).await;
        assert_eq!(pull["draft"], true, "{at}");
        let body = pull["body"].as_str().unwrap_or_default();
        assert_eq!(body.matches(&format!("Closes #{number}\n")).count(), 1, "{at}: {body}");
        assert_eq!(body.matches("**Workflow run:** ").count(), 1, "{at}: {body}");
        assert_eq!(pull["commits"], 1, "{at}");
        assert_eq!(pull["changed_files"], 1, "{at}");
    }
}
