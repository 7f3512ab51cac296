//! Approval of a plan: `plan-implement` on the branch and pull request that the plan has.

use jiff::Timestamp;
use serde_json::Value;
use waymark_app::areas::{DispatchState, Mode, Problem, ProblemKind, RepoName, Viewer};

use super::area::{identities, insert, recorded, unique};
use super::describe::{Kind, implement};
use super::engine::{self, fault};
use super::identity;
use super::journal::{self, Dispatch};
use super::slots::{Bindings, Slot};
use crate::github::Client;
use crate::state::App;

/// Dispatches the implementation once: a second approval answers the first one's dispatch.
pub async fn approve(app: &App, viewer: &Viewer, repo: &RepoName, issue: i64) -> Result<String, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    let past = journal::of_plan(&mut db, repo, issue).await.map_err(fault)?;
    drop(db);
    let past: Vec<Dispatch> = past.into_iter().filter(|old| old.state != DispatchState::Undone).collect();
    if let Some(approved) = past.iter().find(|old| old.workflow == implement::WORKFLOW) {
        return Ok(approved.id.clone());
    }
    let planned = past.last();
    let client = app.github.client(app.tokens.of(viewer.account_id).await?);
    let facts = facts(app, &client, viewer, repo, issue, planned).await?;
    let slots = implement::slots(&facts);
    let at = Timestamp::now();
    let id = identity::dispatch_id();
    let seen = Bindings::from([(Slot::Issue, issue.to_string()), (Slot::Pr, facts.pull.to_string())]);
    let dispatch = Dispatch {
        id: id.clone(),
        draft_id: None,
        repo: repo.clone(),
        issue: Some(issue),
        account_id: viewer.account_id,
        acts_as: viewer.login.clone(),
        dispatched_by: viewer.login.clone(),
        workflow: implement::WORKFLOW.to_owned(),
        mode: Mode::PlanFirst,
        title: facts.title.clone(),
        instruction: planned.and_then(|planned| planned.instruction.clone()),
        slots,
        bindings: identities(&id, at, seen),
        state: DispatchState::Running,
        active: true,
        created_at: at.as_millisecond(),
    };
    match insert(app, &dispatch, &recorded(&id, implement::operations(&facts, &slots))).await {
        Ok(()) => {}
        Err(error) if unique(&error) => {
            return Err(conflict(
                "This plan is being dispatched right now.",
                "Wait for that dispatch, or undo it.",
            ));
        }
        Err(error) => return Err(fault(error)),
    }
    engine::publish(app, &id).await;
    app.engine.start(app, &id);
    Ok(id)
}

fn conflict(message: impl Into<String>, next: &str) -> Problem {
    Problem::new(ProblemKind::Conflict, message).next(next)
}

/// What GitHub holds of the plan now.
async fn facts(
    app: &App,
    client: &Client,
    viewer: &Viewer,
    repo: &RepoName,
    number: i64,
    planned: Option<&Dispatch>,
) -> Result<implement::Facts, Problem> {
    let read = |path: String, doing: &'static str| async move {
        client.get::<Value>(&path).await.map_err(|error| error.problem(doing))
    };
    let issue = read(format!("/repos/{repo}/issues/{number}"), "the plan issue was read").await?;
    if issue["state"] != "open" {
        return Err(conflict(format!("Plan #{number} is closed."), "Reopen it on GitHub to go on with it."));
    }
    let pull = pull(client, repo, number, planned).await?;
    if pull["state"] != "open" {
        return Err(conflict("The plan's pull request is closed.", "Reopen it on GitHub to go on with it."));
    }
    if let Some(run) = planned.and_then(|planned| planned.number(Slot::RunId)) {
        let run = read(format!("/repos/{repo}/actions/runs/{run}"), "the planning run was read").await?;
        if run["status"] != "completed" {
            return Err(conflict(
                "The plan is still being written.",
                "Approve it when the planning run is over.",
            ));
        }
    }
    let repository = read(format!("/repos/{repo}"), "the repository was read").await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let title = text(&issue["title"]);
    Ok(implement::Facts {
        repo: repo.clone(),
        default_branch: text(&repository["default_branch"]),
        submitter: viewer.login.clone(),
        public_url: app.config.public().to_owned(),
        issue: number,
        title: title.strip_prefix("[erk-plan] ").unwrap_or(&title).to_owned(),
        issue_body: text(&issue["body"]),
        pull: pull["number"].as_i64().unwrap_or_default(),
        pull_body: text(&pull["body"]),
        branch: text(&pull["head"]["ref"]),
        base: text(&pull["base"]["ref"]),
        model: model(app, planned).await,
    })
}

/// The plan's pull request: the one its dispatch opened, else the newest open one of a branch of the plan.
async fn pull(
    client: &Client,
    repo: &RepoName,
    issue: i64,
    planned: Option<&Dispatch>,
) -> Result<Value, Problem> {
    if let Some(number) = planned.and_then(|planned| planned.number(Slot::Pr)) {
        return client
            .get(&format!("/repos/{repo}/pulls/{number}"))
            .await
            .map_err(|error| error.problem("the pull request was read"));
    }
    let pulls: Vec<Value> = client
        .get_all(&format!("/repos/{repo}/pulls?state=open&per_page=100"))
        .await
        .map_err(|error| error.problem("the plan's pull request was looked for"))?;
    let prefix = format!("P{issue}-");
    pulls
        .into_iter()
        .filter(|pull| pull["head"]["ref"].as_str().is_some_and(|branch| branch.starts_with(&prefix)))
        .max_by_key(|pull| pull["number"].as_i64())
        .ok_or_else(|| {
            conflict(
                format!("Plan #{issue} has no open pull request to go on with."),
                "Look on GitHub whether its branch and pull request are still there.",
            )
        })
}

/// The model that the plan was written with.
async fn model(app: &App, planned: Option<&Dispatch>) -> String {
    let Some(planned) = planned else { return String::new() };
    let operations = engine::operations(app, &planned.id).await.unwrap_or_default();
    operations
        .iter()
        .find(|op| op.kind == Kind::Run)
        .and_then(|op| op.body.as_ref()?["inputs"]["model_name"].as_str())
        .unwrap_or_default()
        .to_owned()
}
