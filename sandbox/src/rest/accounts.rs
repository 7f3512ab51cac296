//! Users, organisations and their members, and the rate limit.

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::{Value, json};

use crate::{
    http::{
        page::{Page, Query},
        path::Path,
        reply::{Answer, no_content, ok},
    },
    views,
    world::{World, access::Caller, model::AccountKind, refusal::Refusal},
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/user", get(me))
        .route("/user/emails", get(emails))
        .route("/user/orgs", get(my_orgs))
        .route("/user/memberships/orgs/{org}", get(membership))
        .route("/users/{login}", get(user))
        .route("/orgs/{org}/members/{login}", get(member))
        .route("/orgs/{org}/teams/{slug}/memberships/{login}", get(team_membership))
        .route("/rate_limit", get(rate_limit))
}

async fn me(State(w): State<World>, caller: Caller) -> Answer {
    let login = caller.person()?.to_owned();
    let m = w.lock().await;
    let account = m.account(&login).ok_or_else(Refusal::bad_credentials)?;
    ok(views::account::full(&m, account))
}

async fn emails(State(w): State<World>, caller: Caller) -> Answer {
    let login = caller.person()?.to_owned();
    if !caller.has_scope("user:email") {
        return Err(Refusal::not_found());
    }
    let m = w.lock().await;
    let account = m.account(&login).ok_or_else(Refusal::bad_credentials)?;
    ok(json!([{ "email": account.email, "primary": true, "verified": true, "visibility": "public" }]))
}

async fn user(State(w): State<World>, Path(login): Path<String>, _caller: Caller) -> Answer {
    let m = w.lock().await;
    let account = m.account(&login).ok_or_else(Refusal::not_found)?;
    ok(views::account::full(&m, account))
}

async fn my_orgs(State(w): State<World>, caller: Caller, query: Query) -> Answer {
    let login = caller.person()?.to_owned();
    if !caller.has_scope("read:org") && !caller.has_scope("user") && !caller.has_scope("repo") {
        return Err(Refusal::forbidden(
            "You need at least read:org scope or user scope to list your organizations.",
        ));
    }
    let m = w.lock().await;
    let orgs = m
        .accounts
        .values()
        .filter(|a| a.kind == AccountKind::Organization && a.members.contains_key(&login))
        .map(|a| views::account::organization(&m, a))
        .collect();
    Ok(Page::of(&query).list(&format!("{}/user/orgs", m.base), orgs))
}

async fn membership(State(w): State<World>, caller: Caller, Path(org): Path<String>) -> Answer {
    let login = caller.person()?.to_owned();
    if !caller.has_scope("read:org") {
        return Err(Refusal::forbidden("You need at least read:org scope to view your membership."));
    }
    let m = w.lock().await;
    let account = m.account(&org).filter(|a| a.kind == AccountKind::Organization);
    let account = account.ok_or_else(Refusal::not_found)?;
    let role = account.members.get(&login).ok_or_else(Refusal::not_found)?;
    ok(json!({
        "url": format!("{}/orgs/{}/memberships/{login}", m.base, account.login),
        "state": "active",
        "role": role,
        "organization_url": format!("{}/orgs/{}", m.base, account.login),
        "organization": views::account::organization(&m, account),
        "user": views::account::simple(&m, &login),
        "direct_membership": true,
        "permissions": { "can_create_repository": role == "admin" },
    }))
}

async fn member(
    State(w): State<World>,
    caller: Caller,
    Path((org, login)): Path<(String, String)>,
) -> Answer {
    let m = w.lock().await;
    let account = m.account(&org).filter(|a| a.kind == AccountKind::Organization);
    let account = account.ok_or_else(Refusal::not_found)?;
    let asking = caller.login().filter(|l| account.members.contains_key(*l) && caller.has_scope("read:org"));
    if asking.is_none() {
        let to = format!("{}/orgs/{}/public_members/{login}", m.base, account.login);
        return Ok((StatusCode::FOUND, [("location", to)]).into_response());
    }
    match account.members.contains_key(&login) {
        true => no_content(),
        false => Err(Refusal::not_found()),
    }
}

async fn team_membership(
    State(w): State<World>,
    caller: Caller,
    Path((org, slug, login)): Path<(String, String, String)>,
) -> Answer {
    let asking = caller.person()?.to_owned();
    if !caller.has_scope("read:org") {
        return Err(Refusal::forbidden("You need at least read:org scope to view team memberships."));
    }
    let m = w.lock().await;
    let account = m.account(&org).filter(|a| a.kind == AccountKind::Organization);
    // An organisation's teams are known to its members alone.
    let account = account.filter(|a| a.members.contains_key(&asking)).ok_or_else(Refusal::not_found)?;
    let team = account.teams.get(&slug).ok_or_else(Refusal::not_found)?;
    match team.contains(&login) {
        true => ok(json!({
            "url": format!("{}/orgs/{}/teams/{slug}/memberships/{login}", m.base, account.login),
            "role": "member",
            "state": "active",
        })),
        false => Err(Refusal::not_found()),
    }
}

async fn rate_limit(State(w): State<World>, caller: Caller) -> Answer {
    let now = w.lock().await.now();
    let rates = &w.controls().rates;
    let core = rates.look(&caller, now, "/").show();
    let graphql = rates.look(&caller, now, "/graphql").show();
    let other =
        |limit: u64| -> Value { json!({ "limit": limit, "used": 0, "remaining": limit, "reset": now + 60 }) };
    ok(json!({
        "resources": { "core": core, "graphql": graphql, "search": other(30), "integration_manifest": other(5000),
            "source_import": other(100), "code_search": other(10), "code_scanning_upload": other(1000),
            "actions_runner_registration": other(10000), "scim": other(15000), "dependency_snapshots": other(100) },
        "rate": core,
    }))
}
