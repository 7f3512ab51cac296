//! Repositories and who may do what with them.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use serde_json::{Value, json};

use super::{Place, Under};
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, no_content, ok},
    },
    views,
    world::{
        World,
        access::{Caller, Need},
        clock,
        model::{Repo, Role},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/user/repos", get(mine))
        .route("/repos/{owner}/{repo}", get(one).patch(change))
        .route("/repos/{owner}/{repo}/collaborators/{login}", get(collaborator))
        .route("/repos/{owner}/{repo}/collaborators/{login}/permission", get(permission))
        .route("/repos/{owner}/{repo}/actions/permissions", get(actions_permissions))
}

async fn mine(State(w): State<World>, caller: Caller, query: Query) -> Answer {
    let login = caller.person()?.to_owned();
    let m = w.lock().await;
    let get = |key: &str| query.get(key).map(String::as_str);
    if get("type").is_some() && (get("visibility").is_some() || get("affiliation").is_some()) {
        return Err(Refusal::unprocessable(
            "If you specify visibility or affiliation, you cannot specify type.",
        ));
    }
    let visible = |r: &&Repo| match get("visibility").or(get("type")) {
        Some("public") => !r.private,
        Some("private") => r.private,
        _ => true,
    };
    let mut repos: Vec<&Repo> = m
        .repos
        .values()
        .filter(|r| r.owner == login || r.roles.contains_key(&login))
        .filter(|r| caller.role_on(r).is_some())
        .filter(|r| !r.private || caller.has_scope("repo"))
        .filter(visible)
        .collect();
    let sort = get("sort").unwrap_or("full_name");
    match sort {
        "created" => repos.sort_by_key(|r| r.created_at),
        "updated" => repos.sort_by_key(|r| r.updated_at),
        "pushed" => repos.sort_by_key(|r| r.pushed_at),
        _ => repos.sort_by_key(|r| r.full_name()),
    }
    let descending = get("direction").map_or(sort != "full_name", |d| d == "desc");
    if descending {
        repos.reverse();
    }
    let all: Vec<Value> = repos.into_iter().map(|r| views::repo::seen(&m, r, &caller)).collect();
    Ok(Page::of(&query).list(&format!("{}/user/repos", m.base), all))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name)): Place) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("metadata"))?;
    ok(views::repo::full(&m, r, &caller))
}

/// Only what Waymark and its tests change.
async fn change(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let mut m = w.lock().await;
    let need = Need::read("administration").by(Role::Admin);
    let id = m.allowed(&caller, &owner, &name, need)?.id;
    let (description, archived, now) = (body.text("description")?, body.flag("archived")?, m.now());
    let (has_issues, delete_branch) = (body.flag("has_issues")?, body.flag("delete_branch_on_merge")?);
    let methods = (
        body.flag("allow_merge_commit")?,
        body.flag("allow_squash_merge")?,
        body.flag("allow_rebase_merge")?,
    );
    let default = body.text("default_branch")?;
    if let Some(branch) = &default
        && m.repos.get(&id).is_some_and(|r| r.branch(branch).is_none())
    {
        return Err(Refusal::unprocessable(format!(
            "The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
        )));
    }
    if let Some(r) = m.repos.get_mut(&id) {
        if r.archived && archived != Some(false) {
            return Err(Refusal::forbidden("Repository was archived so is read-only."));
        }
        r.description = description.unwrap_or_else(|| r.description.clone());
        r.archived = archived.unwrap_or(r.archived);
        r.has_issues = has_issues.unwrap_or(r.has_issues);
        r.default_branch = default.unwrap_or_else(|| r.default_branch.clone());
        r.merge_methods.delete_branch = delete_branch.unwrap_or(r.merge_methods.delete_branch);
        r.merge_methods.merge = methods.0.unwrap_or(r.merge_methods.merge);
        r.merge_methods.squash = methods.1.unwrap_or(r.merge_methods.squash);
        r.merge_methods.rebase = methods.2.unwrap_or(r.merge_methods.rebase);
        r.updated_at = now;
    }
    let r = m.repos.get(&id).ok_or_else(Refusal::not_found)?;
    ok(views::repo::full(&m, r, &caller))
}

fn role_name(role: Option<Role>) -> (&'static str, &'static str) {
    match role {
        Some(Role::Admin) => ("admin", "admin"),
        Some(Role::Maintain) => ("write", "maintain"),
        Some(Role::Write) => ("write", "write"),
        Some(Role::Triage) => ("read", "triage"),
        Some(Role::Read) => ("read", "read"),
        None => ("none", "none"),
    }
}

async fn permission(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, login)): Under<String>,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("metadata"))?;
    if caller.token.is_none() {
        return Err(Refusal::sign_in());
    }
    if caller.role_on(r).is_none_or(|role| role < Role::Write) {
        return Err(Refusal::forbidden("Must have push access to view collaborator permission."));
    }
    let account = m.account(&login).ok_or_else(Refusal::not_found)?;
    let role = r.role_of(Some(&account.login));
    let (permission, role_name) = role_name(role);
    let mut user = views::account::simple(&m, &account.login);
    let at_least = |least: Role| role.is_some_and(|role| role >= least);
    user["permissions"] = json!({
        "admin": at_least(Role::Admin), "maintain": at_least(Role::Maintain), "push": at_least(Role::Write),
        "triage": at_least(Role::Triage), "pull": at_least(Role::Read),
    });
    user["role_name"] = json!(role_name);
    ok(json!({ "permission": permission, "role_name": role_name, "user": user }))
}

async fn collaborator(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, login)): Under<String>,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("metadata"))?;
    if caller.role_on(r).is_none_or(|role| role < Role::Write) {
        return Err(Refusal::forbidden("Must have push access to view repository collaborators."));
    }
    match r.roles.contains_key(&login) {
        true => no_content(),
        false => Err(Refusal::new(StatusCode::NOT_FOUND, format!("{login} is not a user"))),
    }
}

async fn actions_permissions(State(w): State<World>, caller: Caller, Path((owner, name)): Place) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("administration").by(Role::Admin))?;
    ok(json!({ "enabled": r.actions_enabled, "allowed_actions": "all", "sha_pinning_required": false }))
}

/// A time in a query; GitHub refuses what it cannot read.
pub(super) fn since(query: &Query) -> Result<Option<i64>, Refusal> {
    match query.get("since") {
        None => Ok(None),
        Some(text) => match clock::parse(text) {
            Some(time) => Ok(Some(time)),
            None => Err(Refusal::custom("Issue", Some("since"), "since is not a valid time")),
        },
    }
}
