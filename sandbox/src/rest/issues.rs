//! Issues, and what pull requests share with them.

use axum::{Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::{Place, Under, repos::since};
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, ok},
    },
    views,
    world::{
        Held, World,
        access::{Caller, Need},
        issues::{cross_reference, note, set_open, tell},
        model::{Issue, Repo, Role},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/issues", get(list).post(create))
        .route("/repos/{owner}/{repo}/issues/{number}", get(one).patch(change))
        .route("/repos/{owner}/{repo}/issues/{number}/timeline", get(timeline))
        .route("/repos/{owner}/{repo}/issues/{number}/events", get(events))
}

/// Issues are there to be asked about; a repository may have them turned off.
pub(super) fn enabled(r: &Repo) -> Result<(), Refusal> {
    match r.has_issues {
        true => Ok(()),
        false => Err(Refusal::gone("Issues has been disabled in this repository.")),
    }
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let get = |key: &str| query.get(key).map(String::as_str);
    let state = get("state").unwrap_or("open");
    if !matches!(state, "open" | "closed" | "all") {
        return Err(Refusal::field("Issue", "invalid", "state"));
    }
    let since = since(&query)?;
    let labels: Vec<String> = get("labels")
        .unwrap_or("")
        .split(',')
        .map(|l| l.trim().to_lowercase())
        .filter(|l| !l.is_empty())
        .collect();
    let fits = |i: &&Issue| {
        let kind = if i.pull.is_some() { "pull" } else { "issue" };
        w.controls().hidden.listed(kind, i.id)
            && (state == "all" || (state == "open") == i.open)
            && labels.iter().all(|l| i.labels.iter().any(|has| has.to_lowercase() == *l))
            && since.is_none_or(|t| i.updated_at >= t)
            && get("creator").is_none_or(|l| i.author.eq_ignore_ascii_case(l))
            && match get("assignee") {
                None | Some("*") if get("assignee").is_none() || !i.assignees.is_empty() => true,
                None | Some("*") => false,
                Some("none") => i.assignees.is_empty(),
                Some(login) => i.assignees.iter().any(|a| a == login),
            }
    };
    let mut all: Vec<&Issue> =
        r.issues.values().filter(|i| r.has_issues || i.pull.is_some()).filter(fits).collect();
    let comments = |i: &Issue| r.comments.values().filter(|c| c.issue == i.number).count() as i64;
    match get("sort").unwrap_or("created") {
        "updated" => all.sort_by_key(|i| (i.updated_at, i.number)),
        "comments" => all.sort_by_key(|i| (comments(i), i.number)),
        _ => all.sort_by_key(|i| (i.created_at, i.number)),
    }
    if get("direction") != Some("asc") {
        all.reverse();
    }
    let shown = all.into_iter().map(|i| views::issue::issue(&m, r, i)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/issues", m.base, r.id), shown))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, number)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    if i.pull.is_none() {
        enabled(r)?;
    }
    ok(views::issue::issue(&m, r, i))
}

/// The title, at most 256 characters and not blank.
pub(super) fn title(body: &Body, resource: &str) -> Result<String, Refusal> {
    let title = body.required(resource, "title")?;
    if title.chars().count() > 256 {
        return Err(Refusal::custom(
            resource,
            Some("title"),
            "title is too long (maximum is 256 characters)",
        ));
    }
    Ok(title.trim().to_owned())
}

/// Names of labels from a body, where each is a string or an object with a `name`.
pub(super) fn label_names(body: &Body) -> Result<Option<Vec<String>>, Refusal> {
    let Some(value) = body.0.get("labels") else { return Ok(None) };
    let wrong = || Refusal::field("Issue", "invalid", "labels");
    let name = |v: &Value| v.as_str().or_else(|| v["name"].as_str()).map(str::to_owned).ok_or_else(wrong);
    value.as_array().ok_or_else(wrong)?.iter().map(name).collect::<Result<_, _>>().map(Some)
}

/// The labels by their names; those that do not exist yet are made, grey.
pub(super) fn ensure_labels(held: &mut Held<'_>, repo: u64, names: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        let id = held.fresh_id();
        let Some(r) = held.repos.get_mut(&repo) else { break };
        let known = r.labels.iter().find(|l| l.name.eq_ignore_ascii_case(&name)).map(|l| l.name.clone());
        let name = known.unwrap_or_else(|| {
            let color = "ededed".to_owned();
            r.labels.push(crate::world::model::Label { id, name: name.clone(), color, description: None });
            name
        });
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

/// Puts exactly these labels on an issue; says so in the timeline and to webhooks.
pub(super) async fn set_labels(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    labels: Vec<String>,
) -> Result<(), Refusal> {
    let actor = caller.login_or_ghost();
    let Some(issue) = held.issue_mut(repo, number) else { return Err(Refusal::not_found()) };
    let before = std::mem::replace(&mut issue.labels, labels.clone());
    let added = labels.iter().filter(|l| !before.contains(l)).map(|l| (l, "labeled"));
    let removed = before.iter().filter(|l| !labels.contains(l)).map(|l| (l, "unlabeled"));
    let changes: Vec<(String, &'static str)> = added.chain(removed).map(|(l, e)| (l.clone(), e)).collect();
    for (name, event) in changes {
        let r = held.repos.get(&repo).ok_or_else(Refusal::not_found)?;
        let label = r.labels.iter().find(|l| l.name == name);
        let shown = label.map(|l| views::issue::label(held, r, l)).unwrap_or_default();
        let short = json!({ "label": { "name": name, "color": shown["color"] } });
        note(held, repo, number, event, &actor, short);
        tell(held, caller, repo, number, event, Some(("label", shown))).await?;
    }
    Ok(())
}

async fn create(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let mut m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::write("issues").by(Role::Read))?;
    enabled(r)?;
    let repo = r.id;
    // Without push access labels and assignees are dropped without a word.
    let trusted = caller.role_on(r).is_some_and(|role| role >= Role::Triage);
    let title = title(&body, "Issue")?;
    let text = body.prose("Issue", "body")?;
    let names = label_names(&body)?.unwrap_or_default();
    let assignees = body.texts("assignees")?.unwrap_or_default();
    let number = insert(&mut m, &caller, repo, title, text.clone());
    let id = m.issue(repo, number).map_or(0, |i| i.id);
    w.controls().hidden.created("issue", id);
    if trusted {
        let known: Vec<String> = assignees.into_iter().filter(|l| m.account(l).is_some()).collect();
        if let Some(issue) = m.issue_mut(repo, number) {
            issue.assignees = known;
        }
    }
    let labels = if trusted { ensure_labels(&mut m, repo, names) } else { Vec::new() };
    if let Some(issue) = m.issue_mut(repo, number) {
        issue.labels = labels.clone();
    }
    tell(&mut m, &caller, repo, number, "opened", None).await?;
    for label in &labels {
        let color = m.repos.get(&repo).and_then(|r| r.labels.iter().find(|l| l.name == *label));
        let short = json!({ "label": { "name": label, "color": color.map(|l| l.color.clone()) } });
        note(&mut m, repo, number, "labeled", &caller.login_or_ghost(), short);
        let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
        let shown = r.labels.iter().find(|l| l.name == *label).map(|l| views::issue::label(&m, r, l));
        tell(&mut m, &caller, repo, number, "labeled", Some(("label", shown.unwrap_or_default()))).await?;
    }
    cross_reference(&mut m, &caller, repo, number, text.as_deref().unwrap_or_default());
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    created(views::issue::issue(&m, r, i))
}

/// A new issue, or what a pull request is as an issue.
pub(super) fn insert(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    title: String,
    body: Option<String>,
) -> u64 {
    let (id, now) = (held.fresh_id(), held.now());
    let Some(r) = held.repos.get_mut(&repo) else { return 0 };
    r.last_number += 1;
    let number = r.last_number;
    let issue = Issue {
        id,
        number,
        title,
        body,
        author: caller.login_or_ghost(),
        open: true,
        state_reason: None,
        labels: Vec::new(),
        assignees: Vec::new(),
        locked: false,
        created_at: now,
        updated_at: now,
        closed_at: None,
        closed_by: None,
        timeline: Vec::new(),
        pull: None,
    };
    r.issues.insert(number, issue);
    number
}

/// A new title or body, by the author or somebody who may push; what changed goes to webhooks.
pub(super) async fn edit(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    new_title: Option<String>,
    new_body: Option<Option<String>>,
) -> Result<(), Refusal> {
    let now = held.now();
    let issue = held.issue_mut(repo, number).ok_or_else(Refusal::not_found)?;
    let mut changes = serde_json::Map::new();
    let mut renamed = None;
    if let Some(title) = new_title.filter(|t| *t != issue.title) {
        changes.insert("title".to_owned(), json!({ "from": issue.title }));
        renamed = Some(json!({ "rename": { "from": issue.title, "to": title } }));
        issue.title = title;
    }
    if let Some(body) = new_body.filter(|b| *b != issue.body) {
        changes.insert("body".to_owned(), json!({ "from": issue.body.clone().unwrap_or_default() }));
        issue.body = body;
    }
    if changes.is_empty() {
        return Ok(());
    }
    issue.updated_at = now;
    let body = issue.body.clone().unwrap_or_default();
    if let Some(renamed) = renamed {
        note(held, repo, number, "renamed", &caller.login_or_ghost(), renamed);
    }
    cross_reference(held, caller, repo, number, &body);
    tell(held, caller, repo, number, "edited", Some(("changes", Value::Object(changes)))).await?;
    Ok(())
}

/// The body a request sets: absent, null, or text.
pub(super) fn new_body(body: &Body, resource: &str) -> Result<Option<Option<String>>, Refusal> {
    let text = body.prose(resource, "body")?;
    Ok(body.has("body").then_some(text))
}

async fn change(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::write("issues").by(Role::Read))?;
    let issue = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    if issue.pull.is_none() {
        enabled(r)?;
    }
    let repo = r.id;
    let role = caller.role_on(r);
    let author = caller.login() == Some(issue.author.as_str());
    let may_edit = author || role.is_some_and(|role| role >= Role::Write);
    let may_sort = role.is_some_and(|role| role >= Role::Triage);
    if !(may_edit || may_sort) {
        return Err(Refusal::forbidden("Must have admin rights to Repository."));
    }
    let new_title = body.has("title").then(|| title(&body, "Issue")).transpose()?;
    let text = new_body(&body, "Issue")?;
    let state = body.text("state")?;
    let reason = body.text("state_reason")?;
    let labels = label_names(&body)?;
    let assignees = body.texts("assignees")?;
    if state.as_ref().is_some_and(|s| s != "open" && s != "closed") {
        return Err(Refusal::field("Issue", "invalid", "state"));
    }
    if (new_title.is_some() || text.is_some()) && !may_edit {
        return Err(Refusal::forbidden("Must have admin rights to Repository."));
    }
    edit(&mut m, &caller, repo, number, new_title, text).await?;
    if may_sort {
        if let Some(names) = labels {
            let labels = ensure_labels(&mut m, repo, names);
            set_labels(&mut m, &caller, repo, number, labels).await?;
        }
        if let Some(logins) = assignees {
            let known: Vec<String> = logins.into_iter().filter(|l| m.account(l).is_some()).collect();
            if let Some(issue) = m.issue_mut(repo, number) {
                issue.assignees = known;
            }
        }
    }
    if let Some(state) = state {
        if let Some(merged) = m.pull(repo, number).and_then(|(_, p)| p.merged_at)
            && state == "open"
            && merged > 0
        {
            return Err(Refusal::custom("PullRequest", Some("state"), "Pull request is already merged"));
        }
        set_open(&mut m, &caller, repo, number, state == "open", reason.as_deref(), None).await?;
    }
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    ok(views::issue::issue(&m, r, i))
}

async fn timeline(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let at = format!("{}/repositories/{}/issues/{number}/timeline", m.base, r.id);
    let mut all = views::timeline::timeline(&m, r, i);
    let hidden = &w.controls().hidden;
    all.retain(|e| e["event"] != "commented" || hidden.listed("comment", &e["id"]));
    Ok(Page::of(&query).list(&at, all))
}

async fn events(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("issues"))?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let listed = i.timeline.iter().filter(|e| e.event != "cross-referenced");
    let all = listed.map(|e| views::timeline::event(&m, r, e)).collect();
    let at = format!("{}/repositories/{}/issues/{number}/events", m.base, r.id);
    Ok(Page::of(&query).list(&at, all))
}
