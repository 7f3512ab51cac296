//! `/_sandbox/`: JSON in, JSON out; what is wrong with a request is said with status 400.

use std::{path::Path as FilePath, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use super::{faults::Fault, hide::KINDS, history};
use crate::{
    contract,
    http::page::Query,
    webhooks::trouble::Mode,
    world::{
        World, clock,
        fixture::{self, Content, Seed},
        model::{AccountKind, InstalledApp, Role, Secret},
    },
};

pub(super) type Told = Result<Json<Value>, (StatusCode, Json<Value>)>;
pub(super) type Sent = Option<Json<Map<String, Value>>>;

pub fn router() -> Router<World> {
    Router::new()
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/seed", post(seed))
        .route("/_sandbox/saving", post(saving))
        .route("/_sandbox/people", post(history::person))
        .route("/_sandbox/runs", post(history::run))
        .route("/_sandbox/latency", post(latency))
        .route("/_sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/_sandbox/release", post(release))
        .route("/_sandbox/hide", post(hide))
        .route("/_sandbox/webhooks", post(webhooks))
        .route("/_sandbox/clock", get(time).post(set_clock))
        .route("/_sandbox/limit", post(limit))
        .route("/_sandbox/journal", get(journal).delete(clear_journal))
        .route("/_sandbox/violations", get(violations).delete(clear_violations))
        .route("/_sandbox/token", post(token))
        .route("/_sandbox/revoke", post(revoke))
        .route("/_sandbox/oauth", post(oauth))
        .route("/_sandbox/app", post(app))
        .route("/_sandbox/repos/{owner}/{repo}", post(repo))
        .route("/_sandbox/orgs/{org}", post(organization))
        .route("/_sandbox/idle", get(idle))
}

pub(super) fn fine() -> Told {
    Ok(Json(json!({ "ok": true })))
}

pub(super) fn wrong(message: impl Into<String>) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": message.into() })))
}

pub(super) fn text<'b>(body: &'b Sent, key: &str) -> Option<&'b str> {
    body.as_ref()?.get(key)?.as_str()
}

fn number(body: &Sent, key: &str) -> Option<i64> {
    body.as_ref()?.get(key)?.as_i64()
}

/// Back to the fixture; all controls off.
async fn reset(State(w): State<World>) -> Told {
    w.controls().reset();
    if let Some(actions) = w.actions() {
        actions.stop().await;
    }
    let mut m = w.lock().await;
    let options = w.options().clone();
    fixture::build(&mut m, &options).await.map_err(|e| wrong(e.to_string()))?;
    fine()
}

/// `{repo: "owner/name", from: "fixture" | PATH}` or `{repo, files: {PATH: TEXT}}`: the repository's branches
/// and tags become those of a git repository on this machine, or the fixture's, or one commit of these files.
/// It is made when it is not there.
async fn seed(State(w): State<World>, body: Sent) -> Told {
    let name = text(&body, "repo").ok_or_else(|| wrong("repo is needed: owner/name"))?;
    let (owner, name) = name.split_once('/').ok_or_else(|| wrong("repo is owner/name"))?;
    let field = |key: &str| body.as_ref().and_then(|b| b.get(key));
    let flag = |key: &str, otherwise| field(key).and_then(Value::as_bool).unwrap_or(otherwise);
    let file = |(path, content): (&'_ String, &'_ Value)| {
        let content = content.as_str()?;
        let mode = if content.starts_with("#!") { "100755" } else { "100644" };
        Some((path.clone(), mode, content.to_owned()))
    };
    let files: Option<Vec<_>> = match field("files").and_then(Value::as_object) {
        Some(files) => files.iter().map(file).collect(),
        None => Some(Vec::new()),
    };
    let files = files.ok_or_else(|| wrong("files are texts by their paths"))?;
    let content = match text(&body, "from") {
        _ if !files.is_empty() => Content::Files(files.iter().map(|(p, m, c)| (&**p, *m, &**c)).collect()),
        None | Some("fixture") => Content::Fixture,
        Some(path) => Content::Copy(FilePath::new(path)),
    };
    let seed = Seed {
        owner,
        name,
        description: text(&body, "description").unwrap_or_default(),
        private: flag("private", false),
        automated: flag("automated", true),
        content,
    };
    let mut m = w.lock().await;
    let options = w.options().clone();
    fixture::seed(&mut m, &options, seed).await.map_err(|e| wrong(e.to_string()))?;
    fine()
}

async fn latency(State(w): State<World>, body: Sent) -> Told {
    let ms =
        number(&body, "ms").and_then(|ms| u64::try_from(ms).ok()).ok_or_else(|| wrong("ms is needed"))?;
    w.controls().set_latency(ms);
    fine()
}

async fn add_fault(State(w): State<World>, body: Sent) -> Told {
    let Json(body) = body.unwrap_or_default();
    w.controls().faults.add(Fault::read(&body).map_err(wrong)?);
    fine()
}

async fn clear_faults(State(w): State<World>) -> Told {
    w.controls().faults.clear();
    fine()
}

async fn release(State(w): State<World>) -> Told {
    w.controls().faults.release();
    fine()
}

async fn hide(State(w): State<World>, body: Sent) -> Told {
    let kind = text(&body, "kind").filter(|k| KINDS.contains(k));
    let kind = kind.ok_or_else(|| wrong(format!("kind is one of {}", KINDS.join(", "))))?;
    let seconds = body.as_ref().and_then(|b| b.get("seconds")).and_then(Value::as_f64);
    let seconds = seconds.filter(|s| (0.0..1e6).contains(s)).ok_or_else(|| wrong("seconds is needed"))?;
    w.controls().hidden.rule(kind, Duration::from_secs_f64(seconds));
    fine()
}

async fn webhooks(State(w): State<World>, body: Sent) -> Told {
    let mode = body.as_ref().and_then(|b| b.get("mode")).cloned().unwrap_or_default();
    let mode: Mode =
        serde_json::from_value(mode).map_err(|_| wrong("mode is one of drop, double, reorder, normal"))?;
    let times = number(&body, "times").and_then(|n| u64::try_from(n).ok()).unwrap_or(u64::MAX);
    w.controls().webhooks.set(mode, times);
    fine()
}

async fn time(State(w): State<World>) -> Told {
    let m = w.lock().await;
    Ok(Json(json!({ "now": clock::iso(m.now()), "offset_seconds": m.clock_offset })))
}

async fn set_clock(State(w): State<World>, body: Sent) -> Told {
    let mut m = w.lock().await;
    let by = number(&body, "advance_seconds");
    let to = text(&body, "set").map(|t| clock::parse(t).ok_or_else(|| wrong("set is an RFC 3339 time")));
    match (by, to.transpose()?) {
        (Some(by), None) => m.clock_offset += by,
        (None, Some(to)) => m.clock_offset = to - clock::machine_now(),
        _ => return Err(wrong("either advance_seconds or set is needed")),
    }
    Ok(Json(json!({ "now": clock::iso(m.now()), "offset_seconds": m.clock_offset })))
}

/// `{login, remaining}`: so many requests are left of this person's hour, which begins now.
async fn limit(State(w): State<World>, body: Sent) -> Told {
    let login = text(&body, "login").ok_or_else(|| wrong("login is needed"))?;
    let remaining = number(&body, "remaining").and_then(|n| u64::try_from(n).ok());
    let remaining = remaining.ok_or_else(|| wrong("remaining is needed"))?;
    let now = w.lock().await.now();
    w.controls().rates.leave(login, now, remaining);
    fine()
}

/// Every exchange since the last emptying; `?after=N` leaves out those up to N.
async fn journal(State(w): State<World>, query: Query) -> Response {
    let after = query.get("after").and_then(|n| n.parse().ok()).unwrap_or(0_u64);
    let mut entries = w.controls().journal.entries();
    entries.retain(|e| e.n > after);
    Json(entries).into_response()
}

async fn clear_journal(State(w): State<World>) -> Told {
    w.controls().journal.clear();
    fine()
}

/// Ways in which exchanges broke GitHub's published contract; they outlive a reset. A build that does not
/// check says so, rather than that there are none.
async fn violations(State(w): State<World>) -> Response {
    match contract::CHECKS {
        true => Json(w.controls().violations.all()).into_response(),
        false => (StatusCode::NOT_IMPLEMENTED, "built without the feature `contract`").into_response(),
    }
}

async fn clear_violations(State(w): State<World>) -> Told {
    w.controls().violations.clear();
    fine()
}

/// `{login, scopes: ["repo"] | "repo,gist"}` to a personal access token.
async fn token(State(w): State<World>, body: Sent) -> Told {
    let mut m = w.lock().await;
    let login =
        text(&body, "login").filter(|l| m.account(l).is_some()).ok_or_else(|| wrong("no such login"))?;
    let scopes: Vec<String> = match body.as_ref().and_then(|b| b.get("scopes")) {
        Some(Value::Array(all)) => all.iter().filter_map(|s| s.as_str().map(str::to_owned)).collect(),
        Some(Value::String(all)) => all.split([',', ' ']).map(str::to_owned).collect(),
        _ => ["repo", "workflow", "gist", "read:org"].map(str::to_owned).into(),
    };
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).filter(|s| !s.is_empty()).collect();
    let login = login.to_owned();
    let token = fixture::add_token(&mut m, &login, &scopes);
    Ok(Json(json!({ "token": token, "login": login, "scopes": scopes })))
}

/// `{token}` or `{login}`: these tokens, refresh tokens included, are good no more.
async fn revoke(State(w): State<World>, body: Sent) -> Told {
    let mut m = w.lock().await;
    let (token, login) = (text(&body, "token"), text(&body, "login"));
    if token.is_none() && login.is_none() {
        return Err(wrong("token or login is needed"));
    }
    m.tokens.retain(|value, t| Some(value.as_str()) != token && Some(t.login.as_str()) != login);
    m.refresh_tokens.retain(|_, r| Some(r.access.as_str()) != token && Some(r.login.as_str()) != login);
    fine()
}

/// `{token_lifetime: SECONDS | null}`: whether user tokens expire and come with a refresh token.
async fn oauth(State(w): State<World>, body: Sent) -> Told {
    w.lock().await.app.token_lifetime = number(&body, "token_lifetime");
    fine()
}

/// `{id, public_key: PEM, repositories: ["owner/name"], permissions: {issues: "write"}}`: the one GitHub App
/// there is, and where it is installed.
async fn app(State(w): State<World>, body: Sent) -> Told {
    let mut m = w.lock().await;
    let id =
        number(&body, "id").and_then(|id| u64::try_from(id).ok()).ok_or_else(|| wrong("id is needed"))?;
    let public_key = text(&body, "public_key").ok_or_else(|| wrong("public_key is needed"))?.to_owned();
    let field = |key: &str| body.as_ref().and_then(|b| b.get(key)).cloned().unwrap_or_default();
    let names: Vec<String> = serde_json::from_value(field("repositories"))
        .map_err(|_| wrong("repositories is a list of names"))?;
    let permissions = serde_json::from_value(field("permissions"))
        .map_err(|_| wrong("permissions is a mapping of texts"))?;
    let repos = names
        .iter()
        .map(|name| name.split_once('/').and_then(|(owner, name)| m.repo(owner, name)).map(|r| r.id))
        .collect::<Option<Vec<u64>>>()
        .ok_or_else(|| wrong("no such repository"))?;
    let installation = m.fresh_id();
    m.installed_app = Some(InstalledApp { id, installation, public_key, repos, permissions });
    Ok(Json(json!({ "installation": installation })))
}

/// Changes what only GitHub's settings pages change: `{roles: {login: role | null}, secrets: {NAME: value
/// | null}, variables: {...}, archived, private, has_issues, actions_enabled, delete_branch_on_merge}`.
async fn repo(State(w): State<World>, Path((owner, name)): Path<(String, String)>, body: Sent) -> Told {
    let mut m = w.lock().await;
    let now = m.now();
    let id = m.repo(&owner, &name).map(|r| r.id).ok_or_else(|| wrong("no such repository"))?;
    let Some(r) = m.repos.get_mut(&id) else { return Err(wrong("no such repository")) };
    for (key, value) in body.map(|Json(b)| b).unwrap_or_default() {
        match (key.as_str(), &value) {
            ("archived", Value::Bool(b)) => r.archived = *b,
            ("private", Value::Bool(b)) => r.private = *b,
            ("has_issues", Value::Bool(b)) => r.has_issues = *b,
            ("actions_enabled", Value::Bool(b)) => r.actions_enabled = *b,
            ("delete_branch_on_merge", Value::Bool(b)) => r.merge_methods.delete_branch = *b,
            ("allow_merge_commit", Value::Bool(b)) => r.merge_methods.merge = *b,
            ("allow_squash_merge", Value::Bool(b)) => r.merge_methods.squash = *b,
            ("allow_rebase_merge", Value::Bool(b)) => r.merge_methods.rebase = *b,
            ("roles", Value::Object(roles)) => {
                for (login, role) in roles {
                    if role.is_null() {
                        r.roles.remove(login);
                        continue;
                    }
                    let role: Role = serde_json::from_value(role.clone())
                        .map_err(|_| wrong("a role is read, triage, write, maintain or admin"))?;
                    r.roles.insert(login.clone(), role);
                }
            }
            ("secrets" | "variables", Value::Object(all)) => {
                let kept = if key == "secrets" { &mut r.secrets } else { &mut r.variables };
                for (name, value) in all {
                    match value.as_str() {
                        Some(v) => {
                            let secret = Secret { value: v.to_owned(), created_at: now, updated_at: now };
                            kept.insert(name.to_uppercase(), secret);
                        }
                        None => {
                            kept.remove(&name.to_uppercase());
                        }
                    }
                }
            }
            _ => return Err(wrong(format!("{key} cannot be set to that"))),
        }
    }
    fine()
}

/// `{on: false}`: changes stay in memory until it is on again.
async fn saving(State(w): State<World>, body: Sent) -> Told {
    let on = body.as_ref().and_then(|b| b.get("on")).and_then(Value::as_bool);
    w.save(on.ok_or_else(|| wrong("on is true or false"))?).await;
    fine()
}

/// Changes an organisation: `{members: {login: "admin" | "member" | null}, teams: {slug: [login]}}`.
async fn organization(State(w): State<World>, Path(org): Path<String>, body: Sent) -> Told {
    let mut m = w.lock().await;
    let account = m.accounts.get_mut(&org).filter(|a| a.kind == AccountKind::Organization);
    let account = account.ok_or_else(|| wrong("no such organisation"))?;
    for (key, value) in body.map(|Json(b)| b).unwrap_or_default() {
        match (key.as_str(), value) {
            ("members", Value::Object(members)) => {
                for (login, role) in members {
                    match role.as_str() {
                        Some(role) => drop(account.members.insert(login, role.to_owned())),
                        None => {
                            account.members.remove(&login);
                            // Whoever leaves the organisation leaves its teams.
                            account.teams.values_mut().for_each(|team| team.retain(|one| *one != login));
                        }
                    }
                }
            }
            ("teams", teams) => {
                account.teams =
                    serde_json::from_value(teams).map_err(|_| wrong("teams map slugs to logins"))?;
            }
            _ => return Err(wrong(format!("{key} cannot be set to that"))),
        }
    }
    fine()
}

/// Whether nothing is going on; `?wait=SECONDS` waits that long for it.
async fn idle(State(w): State<World>, query: Query) -> Told {
    let wait = query.get("wait").and_then(|s| s.parse::<f64>().ok()).unwrap_or(0.0).clamp(0.0, 600.0);
    let busy = || !w.settled() || w.actions().is_some_and(|a| a.busy());
    let quiet = async {
        loop {
            // Runs end without a word to this place, so look again now and then.
            let settling = tokio::time::timeout(Duration::from_millis(50), w.settling());
            if !busy() {
                // What the last event started is queued before it counts as told.
                return;
            }
            settling.await.ok();
        }
    };
    let idle = tokio::time::timeout(Duration::from_secs_f64(wait), quiet).await.is_ok() || !busy();
    Ok(Json(json!({ "idle": idle })))
}
