//! Labels of a repository and of an issue.

use axum::{
    Router,
    extract::State,
    routing::{delete, get},
};
use serde_json::Value;

use super::{
    Place, Under,
    issues::{ensure_labels, label_names, set_labels},
};
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, no_content, ok},
    },
    views,
    world::{
        Held, World,
        access::{Caller, Need},
        model::{Label, Role},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/labels", get(list).post(create))
        .route("/repos/{owner}/{repo}/labels/{name}", get(one).patch(change).delete(remove))
        .route("/repos/{owner}/{repo}/issues/{number}/labels", get(of_issue).post(add).put(replace))
        .route("/repos/{owner}/{repo}/issues/{number}/labels/{name}", delete(take_off))
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let mut labels: Vec<&Label> = r.labels.iter().collect();
    labels.sort_by_key(|l| l.name.to_lowercase());
    let shown = labels.into_iter().map(|l| views::issue::label(&m, r, l)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/labels", m.base, r.id), shown))
}

fn color(body: &Body) -> Result<Option<String>, Refusal> {
    let color = body.text("color")?;
    let fits = |c: &String| c.len() == 6 && c.bytes().all(|b| b.is_ascii_hexdigit());
    match color {
        Some(c) if !fits(&c) => Err(Refusal::field("Label", "invalid", "color")),
        other => Ok(other),
    }
}

async fn create(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let mut m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::write("issues"))?;
    let label = body.required("Label", "name")?;
    if r.labels.iter().any(|l| l.name.eq_ignore_ascii_case(&label)) {
        return Err(Refusal::field("Label", "already_exists", "name"));
    }
    let color = color(&body)?.unwrap_or_else(|| "ededed".to_owned());
    let description = body.text("description")?;
    if description.as_ref().is_some_and(|d| d.chars().count() > 100) {
        let message = "description is too long (maximum is 100 characters)";
        return Err(Refusal::custom("Label", Some("description"), message));
    }
    let (repo, id) = (r.id, m.fresh_id());
    let label = Label { id, name: label, color, description };
    if let Some(r) = m.repos.get_mut(&repo) {
        r.labels.push(label.clone());
    }
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    created(views::issue::label(&m, r, &label))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, label)): Under<String>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let label =
        r.labels.iter().find(|l| l.name.eq_ignore_ascii_case(&label)).ok_or_else(Refusal::not_found)?;
    ok(views::issue::label(&m, r, label))
}

async fn change(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, label)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("issues"))?.id;
    let (color, description) = (color(&body)?, body.text("description")?);
    let r = m.repos.get_mut(&repo).ok_or_else(Refusal::not_found)?;
    let found = r.labels.iter_mut().find(|l| l.name.eq_ignore_ascii_case(&label));
    let found = found.ok_or_else(Refusal::not_found)?;
    found.color = color.unwrap_or_else(|| found.color.clone());
    found.description = description.or_else(|| found.description.clone());
    let label = found.clone();
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    ok(views::issue::label(&m, r, &label))
}

async fn remove(State(w): State<World>, caller: Caller, Path((owner, name, label)): Under<String>) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("issues"))?.id;
    let r = m.repos.get_mut(&repo).ok_or_else(Refusal::not_found)?;
    let at =
        r.labels.iter().position(|l| l.name.eq_ignore_ascii_case(&label)).ok_or_else(Refusal::not_found)?;
    let gone = r.labels.remove(at);
    for issue in r.issues.values_mut() {
        issue.labels.retain(|l| *l != gone.name);
    }
    no_content()
}

fn shown(m: &Held<'_>, repo: u64, number: u64) -> Result<Value, Refusal> {
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    Ok(Value::Array(views::issue::labels_of(m, r, i)))
}

/// Who may put labels on this: triage and up; a job's token with either permission on a pull request.
fn may_label(m: &Held<'_>, caller: &Caller, owner: &str, name: &str, number: u64) -> Result<u64, Refusal> {
    let r = match m.allowed(caller, owner, name, Need::write("issues").by(Role::Triage)) {
        Err(refusal) => {
            let pull =
                m.repo(owner, name).and_then(|r| r.issues.get(&number)).is_some_and(|i| i.pull.is_some());
            if !(pull && caller.is_integration()) {
                return Err(refusal);
            }
            m.allowed(caller, owner, name, Need::write("pull-requests").by(Role::Triage))?
        }
        Ok(r) => r,
    };
    r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    Ok(r.id)
}

async fn of_issue(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let at = format!("{}/repositories/{}/issues/{number}/labels", m.base, r.id);
    Ok(Page::of(&query).list(&at, views::issue::labels_of(&m, r, i)))
}

async fn add(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = may_label(&m, &caller, &owner, &name, number)?;
    let names = label_names(&body)?.ok_or_else(|| Refusal::field("Issue", "missing_field", "labels"))?;
    let mut labels = m.issue(repo, number).map(|i| i.labels.clone()).unwrap_or_default();
    for name in ensure_labels(&mut m, repo, names) {
        if !labels.contains(&name) {
            labels.push(name);
        }
    }
    set_labels(&mut m, &caller, repo, number, labels).await?;
    ok(shown(&m, repo, number)?)
}

async fn replace(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = may_label(&m, &caller, &owner, &name, number)?;
    let names = label_names(&body)?.unwrap_or_default();
    let labels = ensure_labels(&mut m, repo, names);
    set_labels(&mut m, &caller, repo, number, labels).await?;
    ok(shown(&m, repo, number)?)
}

async fn take_off(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number, label)): Path<(String, String, u64, String)>,
) -> Answer {
    let mut m = w.lock().await;
    let repo = may_label(&m, &caller, &owner, &name, number)?;
    let mut labels = m.issue(repo, number).map(|i| i.labels.clone()).unwrap_or_default();
    let before = labels.len();
    labels.retain(|l| !l.eq_ignore_ascii_case(&label));
    if labels.len() == before {
        return Err(Refusal::new(axum::http::StatusCode::NOT_FOUND, "Label does not exist"));
    }
    set_labels(&mut m, &caller, repo, number, labels).await?;
    ok(shown(&m, repo, number)?)
}
