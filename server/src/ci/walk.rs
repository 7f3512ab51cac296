//! The commands in the order of the workflows, against the sandbox: what GitHub holds afterwards, also when they are run twice.

use http::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use waymark_sandbox::{Options, Sandbox};

use super::desk::{Desk, tests as desks};
use super::{
    failed, finish, formats, git, implement, plan, push, register, save_plan, secrets, session, start,
    summarise, task,
};
use crate::github::{Client, GitHub};

const BRANCH: &str = "P1-add-x-01-15-1430";
/// Plans two steps; carries out those that are open, unless `.impl/plan.md` says `fail here`.
const AGENT: &str = r##"
cat >/dev/null
echo "I $WAYMARK_PHASE."
case "$WAYMARK_PHASE" in
  plan)
    printf '# Add x\n\n## Steps\n\n1. Make x.\n2. Make y.\n' >.impl/plan.md
    printf '{"issue_number": %s, "title": "Add x"}' "$(sed -n 's/.*"plan_issue_number": \([0-9]*\).*/\1/p' .impl/context.json)" >.impl/plan-result.json ;;
  implement)
    [ ! -f .fail ] || { echo 'I give up: secret-secret'; exit 1; }
    [ -f .idle ] || echo x >x.txt
    sed -i 's/^- \[ \]/- [x]/; s/completed: false/completed: true/' .impl/progress.md ;;
  summarise) printf 'Adds x. Fixes #1\n' >.impl/pr-summary.md ;;
esac
"##;

struct World {
    sandbox: Sandbox,
    client: Client,
    token: String,
    _folder: tempfile::TempDir,
    desk: Desk,
    issue: u64,
    pr: u64,
}

impl World {
    /// What a dispatch leaves: a skeleton issue with its comment, a branch with the task, a draft pull request.
    async fn dispatched(files: &[(&str, &str)]) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = waymark_sandbox::start(Options {
            addr: ([127, 0, 0, 1], 0).into(),
            data_dir: None,
            oauth_client_id: "id".into(),
            oauth_client_secret: "secret".into(),
            webhook: None,
            tool_path: vec![],
        })
        .await
        .expect("a sandbox");
        let token = token(&sandbox, &["repo", "gist", "workflow"]).await;
        let client = client(&sandbox, &token);
        let (folder, mut desk) =
            desks::desk(&[("GITHUB_SERVER_URL", &sandbox.url()), ("GITHUB_API_URL", &sandbox.url())]);
        desk.token = Some(token.clone());

        git::git(&desk.root, &["init", "--quiet", "--initial-branch=main"]).await.expect("git");
        git::fetch(&desk, &token, "main").await.expect("git");
        git::check_out(&desk, &token, "main", "writer").await.expect("git");
        desk.write_at(".waymark", "config.toml", "[agent]\ncommand = [\"sh\", \"agent.sh\"]\n")
            .expect("a file");
        desk.write_at(".", "agent.sh", AGENT).expect("a file");
        git::commit_all(&desk.root, "Use a test agent").await.expect("git");
        git::push(&desk, &token, "main").await.expect("git");
        desk.job.sha = Some(git::git(&desk.root, &["rev-parse", "HEAD"]).await.expect("git"));

        let header = formats::render(
            "plan-header",
            &json!({
                "schema_version": "2", "created_at": "2026-01-15T14:30:00Z", "created_by": "writer",
                "plan_comment_id": null, "last_dispatched_run_id": null,
            }),
        );
        let body = format!("{header}\n\n<!-- waymark:d1:create-issue -->\n\nKept \\1 as it is.  \n");
        let issue = json!({"title": "[erk-plan] One-shot: add x", "body": body, "labels": ["erk-plan"]});
        let issue = sent(&client, Method::POST, "/repos/acme/widgets/issues", issue).await["number"]
            .as_u64()
            .expect("a number");
        let skeleton =
            formats::plan_comments("_Skeleton: plan content will be populated by one-shot workflow._")
                .expect("sound")
                .remove(0);
        let comment = json!({"body": format!("{skeleton}\n\n<!-- waymark:d1:comment-plan -->")});
        sent(&client, Method::POST, &format!("/repos/acme/widgets/issues/{issue}/comments"), comment).await;

        desk.write_at(".worker-impl", "task.md", "Add x.\n").expect("a file");
        for (name, text) in files {
            desk.write_at(".", name, text).expect("a file");
        }
        git::commit_all(&desk.root, "Add the task").await.expect("git");
        git::push(&desk, &token, BRANCH).await.expect("git");
        let pull = json!({
            "title": "[WIP] One-shot: add x", "head": BRANCH, "base": "main", "draft": true,
            "body": format!("By **writer**.\n\n**Progress:** queued.\n\nCloses #{issue}\n\n<!-- waymark:d1:create-pull -->"),
        });
        let pr = sent(&client, Method::POST, "/repos/acme/widgets/pulls", pull).await["number"]
            .as_u64()
            .expect("a number");
        desk.job.issue = Some(issue);
        desk.job.pr = Some(pr);
        desk.job.branch = Some(BRANCH.into());
        World { sandbox, client, token, _folder: folder, desk, issue, pr }
    }

    async fn plan(&mut self) {
        self.desk.job.job = "plan".into();
        task::write(&self.desk).await.expect("task");
        plan::plan(&self.desk).await.expect("plan");
        save_plan::save(&self.desk).await.expect("save-plan");
    }

    async fn implement(&mut self) {
        self.desk.job.job = "implement".into();
        start::start(&self.desk).await.expect("start");
        implement::implement(&self.desk).await.expect("implement");
        summarise::summarise(&self.desk).await.expect("summarise");
        push::push(&self.desk).await.expect("push");
        push::cleanup(&self.desk).await.expect("cleanup");
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(&format!("/repos/acme/widgets/{path}")).await.expect(path)
    }

    async fn comments(&self) -> Vec<String> {
        let all: Vec<Value> = self
            .client
            .get_all(&format!("/repos/acme/widgets/issues/{}/comments", self.issue))
            .await
            .expect("comments");
        all.iter().map(|comment| comment["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// How many comments contain a text.
    async fn count(&self, part: &str) -> usize {
        self.comments().await.iter().filter(|text| text.contains(part)).count()
    }

    /// Nothing that was sent or answered broke GitHub's published contract.
    async fn end(self) {
        let violations: Value = self.client.get("/_sandbox/violations").await.expect("violations");
        assert_eq!(violations, json!([]));
        self.sandbox.shutdown().await;
    }
}

fn client(sandbox: &Sandbox, token: &str) -> Client {
    let timeout = std::time::Duration::from_secs(10);
    GitHub::new(sandbox.url().parse().expect("an address"), timeout)
        .client(SecretString::from(token.to_owned()))
}

async fn token(sandbox: &Sandbox, scopes: &[&str]) -> String {
    let body = json!({"login": "admin", "scopes": scopes});
    let anonymous =
        GitHub::new(sandbox.url().parse().expect("an address"), std::time::Duration::from_secs(10))
            .anonymous();
    let made: Value =
        anonymous.send(Method::POST, "/_sandbox/token", Some(&body)).await.expect("a token").body;
    made["token"].as_str().expect("a token").to_owned()
}

async fn sent(client: &Client, method: Method, path: &str, body: Value) -> Value {
    client.send(method, path, Some(&body)).await.expect(path).body
}

#[tokio::test]
async fn an_instruction_becomes_a_pull_request_that_is_ready_and_nothing_is_written_twice() {
    let mut world = World::dispatched(&[]).await;
    world.plan().await;
    let issue = world.get(&format!("issues/{}", world.issue)).await;
    assert_eq!(issue["title"], "[erk-plan] Add x");
    let body = issue["body"].as_str().expect("a body");
    assert!(formats::field(body, "plan-header", "plan_comment_id").is_some(), "{body}");
    let plan = world.comments().await.remove(0);
    assert!(plan.contains("1. Make x.") && plan.ends_with("<!-- waymark:d1:comment-plan -->"), "{plan}");

    register::register(&world.desk).await.expect("register");
    register::register(&world.desk).await.expect("register again");
    world.implement().await;
    finish::finish(&world.desk).await.expect("finish");
    session::keep(&world.desk).await.expect("session-log");

    let pull = world.get(&format!("pulls/{}", world.pr)).await;
    assert_eq!((&pull["draft"], &pull["title"]), (&json!(false), &json!("Add x")));
    let body = pull["body"].as_str().expect("a body");
    for part in [
        "Adds x. Fixes issue #1",
        "git checkout P1-add-x",
        "**Progress:** complete, 2 of 2",
        "**Workflow run:** ",
        "waymark:d1:create-pull",
    ] {
        assert_eq!(body.matches(part).count(), 1, "{part} in {body}");
    }
    assert_eq!(body.matches("Closes #").count(), 1, "{body}");
    for (part, times) in [
        ("submission-queued -->\n<details>", 1),
        ("workflow-started -->\n<details>", 1),
        ("erk-implementation-status -->\n<details>", 1),
        ("status: complete", 1),
        ("waymark:d1:comment-queued", 1),
    ] {
        assert_eq!(world.count(part).await, times, "{part}");
    }
    let header =
        world.get(&format!("issues/{}", world.issue)).await["body"].as_str().expect("a body").to_owned();
    assert!(header.contains("\n\n<!-- waymark:d1:create-issue -->\n\nKept \\1 as it is.  \n"), "{header}");
    for name in ["last_dispatched_run_id", "last_session_gist_url", "last_remote_impl_at"] {
        assert!(formats::field(&header, "plan-header", name).is_some(), "{name} in {header}");
    }

    let subjects = git::git(&world.desk.root, &["log", "--reverse", "--format=%an: %s", "origin/main..HEAD"])
        .await
        .expect("git");
    assert_eq!(
        subjects.lines().collect::<Vec<_>>(),
        [
            "writer: Add the task",
            &format!("writer: Add plan for issue #{}", world.issue),
            "writer: Implement the plan",
            "writer: Remove .worker-impl/ folder after implementation",
            "writer: Trigger CI workflows",
        ]
    );
    let changed =
        git::git(&world.desk.root, &["diff", "--name-only", "origin/main", "HEAD"]).await.expect("git");
    assert_eq!(changed, "x.txt");

    world.implement().await;
    finish::finish(&world.desk).await.expect("finish again");
    for part in [
        "workflow-started -->\n<details>",
        "erk-implementation-status -->\n<details>",
        "submission-queued -->\n<details>",
    ] {
        assert_eq!(world.count(part).await, 1, "{part} after a second run");
    }
    world.end().await;
}

#[tokio::test]
async fn a_failure_leaves_one_trace_without_secrets_and_is_settled_by_a_success() {
    let mut world = World::dispatched(&[(".fail", "")]).await;
    world.plan().await;
    world.desk.job.job = "implement".into();
    start::start(&world.desk).await.expect("start");
    let failure = implement::implement(&world.desk).await.expect_err("the agent fails");
    world.desk.fail(&failure);
    failed::report(&world.desk).await.expect("failed");
    failed::report(&world.desk).await.expect("failed again");
    let comments = world.comments().await;
    let traces: Vec<_> = comments.iter().filter(|text| text.contains("waymark:failed:77")).collect();
    assert_eq!(traces.len(), 1, "{comments:?}");
    assert!(traces[0].contains("I give up: ***") && traces[0].contains("exit status 1"), "{}", traces[0]);
    assert_eq!(world.count("status: failed").await, 1);
    let body = world.get(&format!("pulls/{}", world.pr)).await["body"].as_str().expect("a body").to_owned();
    assert!(body.contains("**Progress:** stopped at step 1 of 2, 0 done."), "{body}");

    git::git(&world.desk.root, &["rm", "--quiet", ".fail"]).await.expect("git");
    git::commit_all(&world.desk.root, "Mend it").await.expect("git");
    git::push(&world.desk, &world.token, BRANCH).await.expect("git");
    world.desk.job.run_attempt = 2;
    world.implement().await;
    finish::finish(&world.desk).await.expect("finish");
    assert_eq!(world.count("✅ Attempt 2 succeeded.").await, 1);
    assert_eq!(world.count("waymark:failed:77").await, 1);
    world.end().await;
}

#[tokio::test]
async fn a_run_that_changes_nothing_says_so() {
    let mut world = World::dispatched(&[]).await;
    world.plan().await;
    world.desk.write_at(".", ".git/info/exclude", "/.idle\n").expect("a file");
    world.desk.write_at(".", ".idle", "").expect("a file");
    world.implement().await;
    assert!(world.desk.private("log.txt").is_some_and(|log| log.contains("has_changes=false")));
    finish::no_changes(&world.desk).await.expect("no-changes");
    finish::no_changes(&world.desk).await.expect("no-changes again");
    let pull = world.get(&format!("pulls/{}", world.pr)).await;
    assert_eq!(pull["title"], format!("[no-changes] P{} Impl Attempt: Add x", world.issue));
    assert_eq!((&pull["draft"], &pull["labels"][0]["name"]), (&json!(false), &json!("no-changes")));
    assert_eq!(world.count("Implementation produced no code changes").await, 1);
    world.end().await;
}

#[tokio::test]
async fn a_token_without_the_gist_scope_is_refused_by_name() {
    let mut world = World::dispatched(&[]).await;
    world.desk.token = Some(token(&world.sandbox, &["repo"]).await);
    let failure = secrets::check_scopes(&world.desk).await.expect_err("too narrow");
    assert_eq!(failure.title, "Secret ERK_QUEUE_GH_PAT lacks gist");
    world.desk.token = Some("ghp_nobody".into());
    let failure = secrets::check_scopes(&world.desk).await.expect_err("unknown");
    assert!(failure.message.contains("expired or was revoked"), "{failure}");
    world.desk.token = Some(world.token.clone());
    assert_eq!(secrets::check_scopes(&world.desk).await, Ok(()));
    world.end().await;
}
