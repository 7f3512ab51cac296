//! What only time makes: more people, and runs that are over.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::routes::{Sent, Told, fine, text, wrong};
use crate::{
    actions::{Cause, Conclusion, Past, record},
    world::{Held, World, fixture, model::AccountKind},
};

/// `{login, name, organization?}`: a person who can sign in, a member of the organization.
pub(super) async fn person(State(w): State<World>, body: Sent) -> Told {
    let login = text(&body, "login").ok_or_else(|| wrong("login is needed"))?;
    let mut m = w.lock().await;
    if m.account(login).is_some() {
        return Err(wrong(format!("{login} is there already")));
    }
    let now = m.now();
    fixture::add_account(&mut m, login, text(&body, "name").unwrap_or(login), AccountKind::User, now);
    if let Some(organization) = text(&body, "organization") {
        let organization = m.accounts.get_mut(organization).ok_or_else(|| wrong("no such organization"))?;
        organization.members.insert(login.to_owned(), "member".to_owned());
    }
    fine()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    repo: String,
    /// File name of the workflow.
    workflow: String,
    /// Login of whoever started it.
    by: String,
    /// Of a dispatch on the default branch.
    #[serde(default)]
    inputs: Map<String, Value>,
    /// The pull request whose event started it, rather than a dispatch.
    pull: Option<u64>,
    #[serde(default)]
    seconds: u32,
    conclusion: Conclusion,
    last: Option<Last>,
    #[serde(default)]
    skipped: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    job: String,
    step: String,
    #[serde(default)]
    log: String,
}

/// `{repo, workflow: FILE, by, inputs?, pull?, seconds?, conclusion, last?: {job, step, log?}, skipped?: [JOB]}`:
/// a run that begins now and is over; the clock has moved on by its seconds. Answers its ids and address.
pub(super) async fn run(State(w): State<World>, body: Sent) -> Told {
    let Json(body) = body.unwrap_or_default();
    let asked: Asked = serde_json::from_value(Value::Object(body)).map_err(|e| wrong(e.to_string()))?;
    let mut m = w.lock().await;
    let cause = cause(&m, &asked).ok_or_else(|| wrong("no such repository, branch or pull request"))?;
    let (last, log) = match asked.last {
        Some(last) => (Some((last.job, last.step)), last.log),
        None => (None, String::new()),
    };
    let past = Past {
        cause,
        seconds: asked.seconds.into(),
        conclusion: asked.conclusion,
        last,
        skipped: asked.skipped,
        log,
    };
    let id = record(&mut m, past).await.map_err(wrong)?;
    Ok(Json(json!({ "id": id, "html_url": format!("{}/{}/actions/runs/{id}", m.base, asked.repo) })))
}

fn cause(m: &Held<'_>, asked: &Asked) -> Option<Cause> {
    let (owner, name) = asked.repo.split_once('/')?;
    let r = m.repo(owner, name)?;
    let cause = Cause {
        repo: r.id,
        event: "workflow_dispatch",
        path: format!(".github/workflows/{}", asked.workflow),
        sha: r.branch(&r.default_branch)?.to_owned(),
        git_ref: format!("refs/heads/{}", r.default_branch),
        head_branch: Some(r.default_branch.clone()),
        head_sha: r.branch(&r.default_branch)?.to_owned(),
        actor: asked.by.clone(),
        payload: json!({}),
        inputs: asked.inputs.clone(),
    };
    let Some(number) = asked.pull else { return Some(cause) };
    let (issue, pull) = m.pull(r.id, number)?;
    Some(Cause {
        event: "pull_request",
        sha: pull.head_sha.clone(),
        git_ref: format!("refs/pull/{number}/merge"),
        head_branch: Some(pull.head_ref.clone()),
        head_sha: pull.head_sha.clone(),
        payload: json!({ "number": number, "pull_request": { "number": number, "title": issue.title } }),
        inputs: Map::new(),
        ..cause
    })
}
