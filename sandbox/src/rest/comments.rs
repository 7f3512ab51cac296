//! Comments on issues and pull requests.

use axum::{Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::{Place, Under, repos::since};
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, no_content, ok},
    },
    views,
    world::{
        Event, Held, World,
        access::{Caller, Need},
        issues::cross_reference,
        model::{Comment, Role},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/issues/comments", get(all))
        .route("/repos/{owner}/{repo}/issues/comments/{id}", get(one).patch(change).delete(remove))
        .route("/repos/{owner}/{repo}/issues/{number}/comments", get(list).post(create))
}

async fn all(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let since = since(&query)?;
    let mut fit: Vec<&Comment> = r
        .comments
        .values()
        .filter(|c| since.is_none_or(|t| c.updated_at >= t) && w.controls().hidden.listed("comment", c.id))
        .collect();
    if query.get("sort").is_some_and(|s| s == "updated") {
        fit.sort_by_key(|c| (c.updated_at, c.id));
    }
    if query.get("direction").is_some_and(|d| d == "desc") {
        fit.reverse();
    }
    let shown = fit.into_iter().map(|c| views::issue::comment(&m, r, c)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/issues/comments", m.base, r.id), shown))
}

async fn list(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let since = since(&query)?;
    let shown = r
        .comments
        .values()
        .filter(|c| c.issue == number && since.is_none_or(|t| c.updated_at >= t))
        .filter(|c| w.controls().hidden.listed("comment", c.id))
        .map(|c| views::issue::comment(&m, r, c))
        .collect();
    let at = format!("{}/repositories/{}/issues/{number}/comments", m.base, r.id);
    Ok(Page::of(&query).list(&at, shown))
}

fn tell(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    id: u64,
    action: &'static str,
    from: Option<String>,
) {
    let Some(r) = held.repos.get(&repo) else { return };
    let Some(c) = r.comments.get(&id) else { return };
    let Some(i) = r.issues.get(&c.issue) else { return };
    let mut event = Event::by(caller, repo, "issue_comment")
        .action(action)
        .with("issue", views::issue::issue(held, r, i))
        .with("comment", views::issue::comment(held, r, c));
    if let Some(from) = from {
        event = event.with("changes", json!({ "body": { "from": from } }));
    }
    held.emit(event);
}

fn text(body: &Body) -> Result<String, Refusal> {
    match body.prose("IssueComment", "body")? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        Some(_) => Err(Refusal::custom("IssueComment", Some("body"), "body cannot be blank")),
        None => Err(Refusal::field("IssueComment", "missing_field", "body")),
    }
}

async fn create(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let (found, is_pull) = {
        let r = m.repo(&owner, &name).ok_or_else(Refusal::not_found)?;
        let pull = r.issues.get(&number).is_some_and(|i| i.pull.is_some());
        (r.id, pull)
    };
    let issues = m.allowed(&caller, &owner, &name, Need::write("issues").by(Role::Read)).map(|r| r.id);
    let repo = match issues {
        // A job's token may comment on a pull request with either permission.
        Err(_) if is_pull => {
            m.allowed(&caller, &owner, &name, Need::write("pull-requests").by(Role::Read)).map(|_| found)?
        }
        other => other?,
    };
    let issue = m.issue(repo, number).ok_or_else(Refusal::not_found)?;
    if issue.locked {
        return Err(Refusal::forbidden("Unable to create comment because issue is locked."));
    }
    let text = text(&body)?;
    let (id, now) = (m.fresh_id(), m.now());
    let comment = Comment {
        id,
        issue: number,
        author: caller.login_or_ghost(),
        body: text.clone(),
        created_at: now,
        updated_at: now,
    };
    if let Some(r) = m.repos.get_mut(&repo) {
        r.comments.insert(id, comment);
    }
    if let Some(issue) = m.issue_mut(repo, number) {
        issue.updated_at = now;
    }
    w.controls().hidden.created("comment", id);
    cross_reference(&mut m, &caller, repo, number, &text);
    tell(&mut m, &caller, repo, id, "created", None);
    created(show(&m, repo, id)?)
}

fn show(held: &Held<'_>, repo: u64, id: u64) -> Result<Value, Refusal> {
    let r = held.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let c = r.comments.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(views::issue::comment(held, r, c))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("issues"))?.id;
    ok(show(&m, repo, id)?)
}

/// Comments are changed by their author and by whoever may push.
fn may_change(m: &Held<'_>, caller: &Caller, owner: &str, name: &str, id: u64) -> Result<u64, Refusal> {
    let need = Need::write("issues").by(Role::Read);
    let r = match m.allowed(caller, owner, name, need) {
        Err(_) if caller.is_integration() => {
            m.allowed(caller, owner, name, Need::write("pull-requests").by(Role::Read))?
        }
        other => other?,
    };
    let comment = r.comments.get(&id).ok_or_else(Refusal::not_found)?;
    let own = caller.login() == Some(comment.author.as_str());
    if !own && caller.role_on(r).is_none_or(|role| role < Role::Write) {
        return Err(Refusal::forbidden("Must have admin rights to Repository."));
    }
    Ok(r.id)
}

async fn change(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = may_change(&m, &caller, &owner, &name, id)?;
    let (text, now) = (text(&body)?, m.now());
    let comment =
        m.repos.get_mut(&repo).and_then(|r| r.comments.get_mut(&id)).ok_or_else(Refusal::not_found)?;
    let number = comment.issue;
    let before = std::mem::replace(&mut comment.body, text);
    comment.updated_at = now;
    if let Some(issue) = m.issue_mut(repo, number) {
        issue.updated_at = now;
    }
    tell(&mut m, &caller, repo, id, "edited", Some(before));
    ok(show(&m, repo, id)?)
}

async fn remove(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let mut m = w.lock().await;
    let repo = may_change(&m, &caller, &owner, &name, id)?;
    tell(&mut m, &caller, repo, id, "deleted", None);
    if let Some(r) = m.repos.get_mut(&repo) {
        r.comments.remove(&id);
    }
    no_content()
}
