//! A sandbox whose runner finds the real `waymark` and the demo agent, and what a dispatch would have left in it.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use http::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use waymark_domain::{block, plan};
use waymark_sandbox::{Options, Sandbox};
use waymark_server::github::{Client, GitHub};

pub const BRANCH: &str = "P1-add-x-01-15-1430";
const REPO: &str = "/repos/acme/widgets";

pub struct Bench {
    sandbox: Sandbox,
    github: GitHub,
    /// Acts as `writer`.
    pub client: Client,
    pub issue: u64,
    pub pr: u64,
}

impl Bench {
    /// A world in which `writer` has dispatched an instruction up to the draft pull request; no run yet.
    pub async fn dispatched(instruction: &str) -> Bench {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let program = Path::new(env!("CARGO_BIN_EXE_waymark")).parent().expect("a folder").to_owned();
        let agent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/demo-agent");
        let sandbox = waymark_sandbox::start(Options {
            addr: ([127, 0, 0, 1], 0).into(),
            data_dir: None,
            oauth_client_id: "id".into(),
            oauth_client_secret: "secret".into(),
            webhook: None,
            tool_path: vec![program, agent],
        })
        .await
        .expect("a sandbox");
        let github = GitHub::new(sandbox.url().parse().expect("an address"), Duration::from_secs(60));
        let token = token(&github, "writer", &["repo", "workflow"]).await;
        let client = github.client(SecretString::from(token));
        let mut bench = Bench { sandbox, github, client, issue: 0, pr: 0 };
        bench.skeleton(instruction).await;
        bench.branch(instruction).await;
        let body = format!(
            "Dispatched by **writer**.\n\n**Progress:** queued.\n\nCloses #{}\n\n<!-- waymark:d1:create-pull -->",
            bench.issue
        );
        let pull = json!({"title": "[WIP] One-shot: add x", "head": BRANCH, "base": "main", "draft": true, "body": body});
        bench.pr = bench.send(Method::POST, "pulls", pull).await["number"].as_u64().expect("a number");
        bench
    }

    async fn skeleton(&mut self, instruction: &str) {
        let header = json!({
            "schema_version": "2", "created_at": "2026-01-15T14:30:00Z", "created_by": "writer",
            "plan_comment_id": null, "last_dispatched_run_id": null, "last_dispatched_node_id": null,
            "last_dispatched_at": null,
        });
        let header =
            block::render_with_warning("plan-header", header.as_object().expect("fields")).expect("a block");
        let issue = json!({"title": "[erk-plan] One-shot: add x", "body": header, "labels": ["erk-plan"]});
        self.issue = self.send(Method::POST, "issues", issue).await["number"].as_u64().expect("a number");
        let text = format!(
            "_Skeleton: plan content will be populated by one-shot workflow._\n\n**Instruction:** {instruction}"
        );
        let comment = json!({"body": plan::comments(&text).expect("a comment").remove(0)});
        self.send(Method::POST, &format!("issues/{}/comments", self.issue), comment).await;
    }

    async fn branch(&self, instruction: &str) {
        let head = self.get("git/ref/heads/main").await["object"]["sha"].clone();
        let base =
            self.get(&format!("git/commits/{}", head.as_str().expect("a sha"))).await["tree"]["sha"].clone();
        let file = json!({"path": ".worker-impl/task.md", "mode": "100644", "type": "blob", "content": format!("{instruction}\n")});
        let tree = self.send(Method::POST, "git/trees", json!({"base_tree": base, "tree": [file]})).await;
        let commit = json!({"message": "Add the task", "tree": tree["sha"], "parents": [head]});
        let commit = self.send(Method::POST, "git/commits", commit).await;
        let reference = json!({"ref": format!("refs/heads/{BRANCH}"), "sha": commit["sha"]});
        self.send(Method::POST, "git/refs", reference).await;
    }

    /// Starts `one-shot.yml`; `more` is added to its inputs.
    pub async fn one_shot(&self, more: Value) -> Value {
        let run = self.begin_one_shot(more).await;
        self.ended(run).await
    }

    /// The same without waiting for its end; answers its id.
    pub async fn begin_one_shot(&self, more: Value) -> u64 {
        let inputs = json!({
            "instruction": "add x", "branch_name": BRANCH, "pr_number": self.pr.to_string(), "submitted_by": "writer",
            "distinct_id": "x1y2z3", "plan_issue_number": self.issue.to_string(),
        });
        self.begin("one-shot.yml", inputs, more).await
    }

    /// Starts `plan-implement.yml`; `more` is added to its inputs.
    pub async fn implement(&self, more: Value) -> Value {
        let run = self.begin_implement(more).await;
        self.ended(run).await
    }

    /// The same without waiting for its end; answers its id.
    pub async fn begin_implement(&self, more: Value) -> u64 {
        let inputs = json!({
            "issue_number": self.issue.to_string(), "branch_name": BRANCH, "pr_number": self.pr.to_string(),
            "submitted_by": "writer", "distinct_id": "a1b2c3", "issue_title": "Add x", "base_branch": "main",
        });
        self.begin("plan-implement.yml", inputs, more).await
    }

    async fn begin(&self, workflow: &str, mut inputs: Value, more: Value) -> u64 {
        for (name, value) in more.as_object().expect("fields") {
            inputs[name] = value.clone();
        }
        let body = json!({"ref": "main", "inputs": inputs, "return_run_details": true});
        let run = self.send(Method::POST, &format!("actions/workflows/{workflow}/dispatches"), body).await;
        run["workflow_run_id"].as_u64().expect("a run")
    }

    /// Waits until a run is at work.
    pub async fn at_work(&self, run: u64) {
        let status = async || self.get(&format!("actions/runs/{run}")).await["status"].clone();
        crate::support::until(status, |status| status == "in_progress").await;
    }

    /// Writes the plan where the skeleton is.
    pub async fn write_plan(&self, text: &str) {
        let comments = self.get(&format!("issues/{}/comments", self.issue)).await;
        let body = json!({"body": plan::comments(text).expect("a comment").remove(0)});
        self.send(Method::PATCH, &format!("issues/comments/{}", comments[0]["id"]), body).await;
    }

    /// The run again, once nothing is under way any more.
    pub async fn ended(&self, run: u64) -> Value {
        let idle: Value = self.client.get("/_sandbox/idle?wait=55").await.expect("idle");
        assert_eq!(idle["idle"], true, "the run does not end");
        self.get(&format!("actions/runs/{run}")).await
    }

    /// Runs the failed jobs of a run again.
    pub async fn rerun(&self, run: &Value) -> Value {
        let id = run["id"].as_u64().expect("a run");
        self.send(Method::POST, &format!("actions/runs/{id}/rerun-failed-jobs"), json!({})).await;
        self.ended(id).await
    }

    /// The log of the first job whose name ends so.
    pub async fn log(&self, run: &Value, job: &str) -> String {
        let jobs = self.get(&format!("actions/runs/{}/jobs", run["id"])).await;
        let jobs = jobs["jobs"].as_array().expect("jobs").clone();
        let found = jobs.iter().find(|found| found["name"].as_str().is_some_and(|name| name.ends_with(job)));
        let id = found.expect("the job")["id"].clone();
        self.client.text(&format!("{REPO}/actions/jobs/{id}/logs")).await.expect("a log")
    }

    /// Changes secrets or variables; null removes.
    pub async fn set(&self, what: Value) {
        let path = "/_sandbox/repos/acme/widgets";
        self.client.send::<Value>(Method::POST, path, Some(&what)).await.expect("set");
    }

    /// A token of `admin` with these scopes only.
    pub async fn narrow_token(&self, scopes: &[&str]) -> String {
        token(&self.github, "admin", scopes).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.client.get(&format!("{REPO}/{path}")).await.expect(path)
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        self.client.send(method, &format!("{REPO}/{path}"), Some(&body)).await.expect(path).body
    }

    pub async fn pull(&self) -> Value {
        self.get(&format!("pulls/{}", self.pr)).await
    }

    pub async fn issue(&self) -> Value {
        self.get(&format!("issues/{}", self.issue)).await
    }

    pub async fn comments(&self) -> Vec<String> {
        let path = format!("{REPO}/issues/{}/comments", self.issue);
        let all: Vec<Value> = self.client.get_all(&path).await.expect("comments");
        all.iter().map(|comment| comment["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// How many comments hold a readable block of this key.
    pub async fn blocks(&self, key: &str) -> Vec<block::Mapping> {
        self.comments().await.iter().filter_map(|text| block::first(text, key)).collect()
    }

    /// First lines of the branch's commits beyond `main`, oldest first, with their authors.
    pub async fn commits(&self) -> Vec<String> {
        let compared = self.get(&format!("compare/main...{BRANCH}")).await;
        let commits = compared["commits"].as_array().expect("commits").clone();
        let told = |commit: &Value| {
            let message = commit["commit"]["message"].as_str().unwrap_or_default();
            format!(
                "{}: {}",
                commit["commit"]["author"]["name"].as_str().unwrap_or_default(),
                message.lines().next().unwrap_or_default()
            )
        };
        commits.iter().map(told).collect()
    }

    /// Ends the world, having seen that nothing broke GitHub's published contract.
    pub async fn end(self) {
        let violations: Value = self.client.get("/_sandbox/violations").await.expect("violations");
        assert_eq!(violations, json!([]));
        self.sandbox.shutdown().await;
    }
}

async fn token(github: &GitHub, login: &str, scopes: &[&str]) -> String {
    let body = json!({"login": login, "scopes": scopes});
    // The controls ask for no token.
    let made = github
        .client(SecretString::from("none"))
        .send::<Value>(Method::POST, "/_sandbox/token", Some(&body))
        .await
        .expect("a token");
    made.body["token"].as_str().expect("a token").to_owned()
}
