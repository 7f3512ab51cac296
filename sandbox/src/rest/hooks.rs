//! Webhooks of a repository, their deliveries, and delivering again. For administrators; to others they
//! are not there.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Place, Under};
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, accepted, created, no_content, ok},
    },
    views,
    webhooks::Job,
    world::{
        Held, World,
        access::{Caller, Need},
        ids,
        model::{Delivery, Hook, Repo, Role},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/hooks", get(list).post(create))
        .route("/repos/{owner}/{repo}/hooks/{id}", get(one).patch(change).delete(remove))
        .route("/repos/{owner}/{repo}/hooks/{id}/pings", post(ping))
        .route("/repos/{owner}/{repo}/hooks/{id}/deliveries", get(deliveries))
        .route("/repos/{owner}/{repo}/hooks/{id}/deliveries/{delivery}", get(delivery))
        .route("/repos/{owner}/{repo}/hooks/{id}/deliveries/{delivery}/attempts", post(again))
}

type Deep = Path<(String, String, u64, u64)>;

/// Redelivery is offered that long, in seconds.
const KEPT_FOR: i64 = 3 * 24 * 3600;

fn own<'m>(m: &'m Held<'_>, caller: &Caller, owner: &str, name: &str) -> Result<&'m Repo, Refusal> {
    let need = Need::read("repository_hooks").by(Role::Admin);
    let repo = m.allowed(caller, owner, name, need).map_err(|refusal| match refusal.status.as_u16() {
        403 => Refusal::not_found(),
        _ => refusal,
    })?;
    match caller.has_scope("admin:repo_hook") {
        true => Ok(repo),
        false => Err(Refusal::not_found()),
    }
}

fn hook_of(r: &Repo, id: u64) -> Result<&Hook, Refusal> {
    r.hooks.get(&id).ok_or_else(Refusal::not_found)
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    let all = r.hooks.values().map(|h| views::hook::hook(&m, r, h)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/hooks", m.base, r.id), all))
}

/// The configuration a request gives, over what there is.
fn configure(hook: &mut Hook, body: &Body) -> Result<(), Refusal> {
    if let Some(config) = body.object("config")? {
        if let Some(url) = config.text("url")? {
            hook.url = url;
        }
        hook.secret = config.text("secret")?.or_else(|| hook.secret.clone());
        hook.content_type = config.text("content_type")?.unwrap_or_else(|| hook.content_type.clone());
        if let Some(insecure) = config.0.get("insecure_ssl") {
            hook.insecure_ssl = insecure.as_str().map_or_else(|| insecure.to_string(), str::to_owned);
        }
    }
    if let Some(events) = body.texts("events")? {
        hook.events = events;
    }
    if let Some(active) = body.flag("active")? {
        hook.active = active;
    }
    if !["json", "form"].contains(&hook.content_type.as_str()) {
        return Err(Refusal::custom("Hook", Some("content_type"), "content_type is invalid"));
    }
    match url::Url::parse(&hook.url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(Refusal::custom("Hook", Some("url"), "url is missing a scheme")),
    }
}

async fn create(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let mut m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    let repo = r.id;
    if r.archived {
        return Err(Refusal::forbidden("Repository was archived so is read-only."));
    }
    if body.object("config")?.is_none_or(|c| !c.has("url")) {
        return Err(Refusal::custom("Hook", Some("url"), "url cannot be blank"));
    }
    let (id, now) = (m.fresh_id(), m.now());
    let mut hook = Hook {
        id,
        url: String::new(),
        secret: None,
        content_type: "form".to_owned(),
        insecure_ssl: "0".to_owned(),
        events: vec!["push".to_owned()],
        active: true,
        installed: false,
        created_at: now,
        updated_at: now,
        last_response: (None, Some("unused".to_owned()), None),
    };
    configure(&mut hook, &body)?;
    let r = m.repos.get_mut(&repo).ok_or_else(Refusal::not_found)?;
    if r.hooks.values().any(|h| h.url == hook.url && h.events.iter().any(|e| hook.events.contains(e))) {
        return Err(Refusal::custom("Hook", None, "Hook already exists on this repository"));
    }
    r.hooks.insert(id, hook.clone());
    send_ping(&w, &m, repo, &hook, &caller);
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    created(views::hook::hook(&m, r, &hook))
}

fn send_ping(w: &World, m: &Held<'_>, repo: u64, hook: &Hook, caller: &Caller) {
    let Some(r) = m.repos.get(&repo) else { return };
    let mut payload = json!({
        "zen": "Keep it logically awesome.",
        "hook_id": hook.id,
        "hook": views::hook::hook(m, r, hook),
        "repository": views::repo::in_webhook(m, r, "ping"),
        "sender": views::account::simple(m, &caller.login_or_ghost()),
    });
    if let Some(org) = views::account::organization_of(m, r) {
        payload["organization"] = org;
    }
    w.deliver(Job {
        repo,
        hook: hook.id,
        guid: ids::guid(),
        event: "ping".to_owned(),
        action: None,
        payload: payload.to_string(),
        redelivery: false,
    });
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    ok(views::hook::hook(&m, r, hook_of(r, id)?))
}

async fn change(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    let (repo, mut hook) = (r.id, hook_of(r, id)?.clone());
    configure(&mut hook, &body)?;
    hook.events.extend(body.texts("add_events")?.unwrap_or_default());
    let gone = body.texts("remove_events")?.unwrap_or_default();
    hook.events.retain(|e| !gone.contains(e));
    hook.updated_at = m.now();
    if let Some(r) = m.repos.get_mut(&repo) {
        r.hooks.insert(id, hook.clone());
    }
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    ok(views::hook::hook(&m, r, &hook))
}

async fn remove(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let mut m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    hook_of(r, id)?;
    let repo = r.id;
    if let Some(r) = m.repos.get_mut(&repo) {
        r.hooks.remove(&id);
    }
    no_content()
}

async fn ping(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    send_ping(&w, &m, r.id, hook_of(r, id)?, &caller);
    no_content()
}

/// Newest first; paged by a cursor that is the id of the first delivery not shown yet.
async fn deliveries(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    hook_of(r, id)?;
    let number = |key: &str| query.get(key).and_then(|v| v.parse::<u64>().ok());
    if query.contains_key("cursor") && number("cursor").is_none() {
        return Err(Refusal::bad_request("Invalid cursor"));
    }
    let per_page = number("per_page").unwrap_or(30).clamp(1, 100) as usize;
    let status = query.get("status").map(String::as_str);
    let mut fit: Vec<&Delivery> = r
        .deliveries
        .values()
        .rev()
        .filter(|d| d.hook == id && m.now() - d.delivered_at <= KEPT_FOR)
        .filter(|d| number("cursor").is_none_or(|c| d.id <= c))
        .filter(|d| match status {
            Some("success") => d.status_code < 400,
            Some("failure") => d.status_code >= 400,
            _ => true,
        })
        .take(per_page + 1)
        .collect();
    let next = (fit.len() > per_page).then(|| fit.pop()).flatten().map(|d| d.id);
    let shown = Value::Array(fit.into_iter().map(|d| views::hook::delivery_item(r, d)).collect());
    let mut answer = ok(shown)?;
    if let Some(next) = next {
        let at = format!("{}/repositories/{}/hooks/{id}/deliveries", m.base, r.id);
        let link = format!("<{at}?per_page={per_page}&cursor={next}>; rel=\"next\"");
        if let Ok(link) = link.parse() {
            answer.headers_mut().insert(axum::http::header::LINK, link);
        }
    }
    Ok(answer)
}

fn delivery_of(r: &Repo, hook: u64, id: u64, now: i64) -> Result<&Delivery, Refusal> {
    hook_of(r, hook)?;
    let found = r.deliveries.get(&id).filter(|d| d.hook == hook && now - d.delivered_at <= KEPT_FOR);
    found.ok_or_else(Refusal::not_found)
}

fn payload(w: &World, delivery: u64) -> String {
    std::fs::read_to_string(w.payload_file(delivery)).unwrap_or_else(|_| "{}".to_owned())
}

async fn delivery(State(w): State<World>, caller: Caller, Path((owner, name, hook, id)): Deep) -> Answer {
    let m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    let d = delivery_of(r, hook, id, m.now())?;
    let url = hook_of(r, hook)?.url.clone();
    let sent = serde_json::from_str(&payload(&w, id)).unwrap_or_default();
    ok(views::hook::delivery(r, d, &url, sent))
}

async fn again(State(w): State<World>, caller: Caller, Path((owner, name, hook, id)): Deep) -> Answer {
    let m = w.lock().await;
    let r = own(&m, &caller, &owner, &name)?;
    let d = delivery_of(r, hook, id, m.now())?;
    w.deliver(Job {
        repo: r.id,
        hook,
        guid: d.guid.clone(),
        event: d.event.clone(),
        action: d.action.clone(),
        payload: payload(&w, id),
        redelivery: true,
    });
    accepted(json!({}))
}
