//! Names of Actions' secrets, and variables with their values.

use axum::{Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::{Place, Under};
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, no_content, ok},
    },
    world::{
        World,
        access::{Caller, Need},
        clock::iso,
        model::{Role, Secret},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/secrets", get(secrets))
        .route("/repos/{owner}/{repo}/actions/secrets/{name}", get(secret))
        .route("/repos/{owner}/{repo}/actions/organization-secrets", get(organization_secrets))
        .route("/repos/{owner}/{repo}/actions/variables", get(variables).post(add_variable))
        .route("/repos/{owner}/{repo}/actions/variables/{name}", get(variable).patch(change_variable))
}

const READ: Need = Need::read("secrets").by(Role::Write);

fn named(name: &str, s: &Secret) -> Value {
    json!({ "name": name, "created_at": iso(s.created_at), "updated_at": iso(s.updated_at) })
}

fn valued(name: &str, s: &Secret) -> Value {
    let mut v = named(name, s);
    v["value"] = json!(s.value);
    v
}

async fn secrets(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    let all = r.secrets.iter().map(|(n, s)| named(n, s)).collect();
    let at = format!("{}/repositories/{}/actions/secrets", m.base, r.id);
    Ok(Page::of(&query).counted(&at, "secrets", all))
}

async fn secret(State(w): State<World>, caller: Caller, Path((owner, name, key)): Under<String>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    let secret = r.secrets.get(&key.to_uppercase()).ok_or_else(Refusal::not_found)?;
    ok(named(&key.to_uppercase(), secret))
}

async fn organization_secrets(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name)): Place,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    let at = format!("{}/repositories/{}/actions/organization-secrets", m.base, r.id);
    Ok(Page::of(&query).counted(&at, "secrets", Vec::new()))
}

const VARIABLES: Need = Need::read("variables").by(Role::Write);

async fn variables(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name)): Place,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, VARIABLES)?;
    let all = r.variables.iter().map(|(n, s)| valued(n, s)).collect();
    let at = format!("{}/repositories/{}/actions/variables", m.base, r.id);
    Ok(Page::of(&query).counted(&at, "variables", all))
}

async fn variable(State(w): State<World>, caller: Caller, Path((owner, name, key)): Under<String>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, VARIABLES)?;
    let variable = r.variables.get(&key.to_uppercase()).ok_or_else(Refusal::not_found)?;
    ok(valued(&key.to_uppercase(), variable))
}

async fn add_variable(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name)): Place,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("variables"))?.id;
    let key = body.required("Variable", "name")?.to_uppercase();
    let (value, now) = (body.required("Variable", "value")?, m.now());
    let r = m.repos.get_mut(&repo).ok_or_else(Refusal::not_found)?;
    if r.variables.contains_key(&key) {
        return Err(Refusal::conflict("Already exists - Variable already exists"));
    }
    r.variables.insert(key, Secret { value, created_at: now, updated_at: now });
    created(json!({}))
}

async fn change_variable(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, key)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("variables"))?.id;
    let (value, now) = (body.text("value")?, m.now());
    let r = m.repos.get_mut(&repo).ok_or_else(Refusal::not_found)?;
    let variable = r.variables.get_mut(&key.to_uppercase()).ok_or_else(Refusal::not_found)?;
    variable.value = value.unwrap_or_else(|| variable.value.clone());
    variable.updated_at = now;
    no_content()
}
