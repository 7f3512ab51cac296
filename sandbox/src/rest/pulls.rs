//! Pull requests. A draft becomes ready, or a draft again, through GraphQL only.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, put},
};
use serde_json::{Value, json};

use super::{
    Place, Under,
    issues::{edit, insert, new_body, title},
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
        World,
        access::{Caller, Need},
        issues::{cross_reference, note, set_open},
        model::{Issue, Pull, Role},
        pulls::{Merge, merge, show, show_changed, tell},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/pulls", get(list).post(create))
        .route("/repos/{owner}/{repo}/pulls/{number}", get(one).patch(change))
        .route("/repos/{owner}/{repo}/pulls/{number}/files", get(files))
        .route("/repos/{owner}/{repo}/pulls/{number}/commits", get(commits))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge", put(do_merge).get(is_merged))
}

const READ: Need = Need::read("pull-requests");

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    let get = |key: &str| query.get(key).map(String::as_str);
    let state = get("state").unwrap_or("open");
    if !matches!(state, "open" | "closed" | "all") {
        return Err(Refusal::field("PullRequest", "invalid", "state"));
    }
    let mut all: Vec<(&Issue, &Pull)> = r
        .issues
        .values()
        .filter_map(|i| Some((i, i.pull.as_ref()?)))
        .filter(|(i, _)| state == "all" || (state == "open") == i.open)
        .filter(|(_, p)| {
            get("head").is_none_or(|h| !h.contains(':') || h == format!("{}:{}", r.owner, p.head_ref))
        })
        .filter(|(_, p)| get("base").is_none_or(|b| b == p.base_ref))
        .filter(|(i, _)| w.controls().hidden.listed("pull", i.id))
        .collect();
    match get("sort") {
        Some("updated") => all.sort_by_key(|(i, _)| (i.updated_at, i.number)),
        _ => all.sort_by_key(|(i, _)| (i.created_at, i.number)),
    }
    let ascending = get("direction").map_or(get("sort").is_some_and(|s| s != "created"), |d| d == "asc");
    if !ascending {
        all.reverse();
    }
    let shown = all.into_iter().map(|(i, p)| views::pull::simple_pull(&m, r, i, p)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/pulls", m.base, r.id), shown))
}

async fn create(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let mut m = w.lock().await;
    // Of one's own branches: who opens a pull request can push.
    let r = m.allowed(&caller, &owner, &name, Need::write("pull-requests").by(Role::Write))?;
    let repo = r.id;
    let refuse = |message: String| Refusal::custom("PullRequest", None, message);
    let title = title(&body, "PullRequest")?;
    let text = body.prose("PullRequest", "body")?;
    let draft = body.flag("draft")?.unwrap_or(false);
    let head = body.required("PullRequest", "head")?;
    let base = body.required("PullRequest", "base")?;
    let head = match head.split_once(':') {
        Some((user, branch)) if user.eq_ignore_ascii_case(&r.owner) => branch.to_owned(),
        Some(_) => return Err(Refusal::field("PullRequest", "invalid", "head")),
        None => head,
    };
    let head_sha =
        r.branch(&head).ok_or_else(|| Refusal::field("PullRequest", "invalid", "head"))?.to_owned();
    let base_sha =
        r.branch(&base).ok_or_else(|| Refusal::field("PullRequest", "invalid", "base"))?.to_owned();
    let twin = r.issues.values().filter(|i| i.open).filter_map(|i| i.pull.as_ref());
    if twin.into_iter().any(|p| p.head_ref == head && p.base_ref == base) {
        return Err(refuse(format!("A pull request already exists for {}:{head}.", r.owner)));
    }
    if m.git(repo).between(&base_sha, &head_sha).await.is_empty() {
        return Err(refuse(format!("No commits between {base} and {head}")));
    }
    let number = insert(&mut m, &caller, repo, title, text.clone());
    let id = m.fresh_id();
    if let Some(issue) = m.issue_mut(repo, number) {
        issue.pull = Some(Pull {
            id,
            head_ref: head,
            head_sha,
            base_ref: base,
            base_sha,
            draft,
            first_body: text.clone().unwrap_or_default(),
            merged_at: None,
            merged_by: None,
            merge_commit_sha: None,
            requested_reviewers: Vec::new(),
        });
        let issue_id = issue.id;
        w.controls().hidden.created("pull", issue_id);
    }
    tell(&mut m, &caller, repo, number, "opened", None).await?;
    cross_reference(&mut m, &caller, repo, number, text.as_deref().unwrap_or_default());
    created(show_changed(&m, repo, number).await.ok_or_else(Refusal::not_found)?)
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, number)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, READ)?.id;
    ok(show(&m, repo, number).await.ok_or_else(Refusal::not_found)?)
}

async fn change(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::write("pull-requests").by(Role::Read))?;
    let repo = r.id;
    let (issue, pull) = m.pull(repo, number).ok_or_else(Refusal::not_found)?;
    let author = caller.login() == Some(issue.author.as_str());
    let merged = pull.merged_at.is_some();
    let head = pull.head_ref.clone();
    if !author && caller.role_on(r).is_none_or(|role| role < Role::Write) {
        return Err(Refusal::forbidden("Must have admin rights to Repository."));
    }
    let new_title = body.has("title").then(|| title(&body, "PullRequest")).transpose()?;
    let text = new_body(&body, "PullRequest")?;
    let state = body.text("state")?;
    let base = body.text("base")?;
    if state.as_ref().is_some_and(|s| s != "open" && s != "closed") {
        return Err(Refusal::field("PullRequest", "invalid", "state"));
    }
    if state.as_deref() == Some("open") && (merged || r.branch(&head).is_none()) {
        let why = if merged { "Pull request is already merged" } else { "The head branch has been deleted" };
        return Err(Refusal::custom(
            "PullRequest",
            Some("state"),
            format!("state cannot be changed. {why}."),
        ));
    }
    let base_sha = match &base {
        Some(base) => {
            Some(r.branch(base).ok_or_else(|| Refusal::field("PullRequest", "invalid", "base"))?.to_owned())
        }
        None => None,
    };
    edit(&mut m, &caller, repo, number, new_title, text).await?;
    if let (Some(base), Some(sha), Some(pull)) = (base, base_sha, m.pull_mut(repo, number)) {
        let from = std::mem::replace(&mut pull.base_ref, base);
        let from_sha = std::mem::replace(&mut pull.base_sha, sha);
        if pull.base_ref != from {
            note(&mut m, repo, number, "base_ref_changed", &caller.login_or_ghost(), json!({}));
            let changes = json!({ "base": { "ref": { "from": from }, "sha": { "from": from_sha } } });
            tell(&mut m, &caller, repo, number, "edited", Some(("changes", changes))).await?;
        }
    }
    if let Some(state) = state {
        set_open(&mut m, &caller, repo, number, state == "open", None, None).await?;
    }
    ok(show(&m, repo, number).await.ok_or_else(Refusal::not_found)?)
}

async fn files(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    let (_, pull) = m.pull(r.id, number).ok_or_else(Refusal::not_found)?;
    let git = m.git(r.id);
    let base = git.merge_base(&pull.base_sha, &pull.head_sha).await.unwrap_or_else(|| pull.base_sha.clone());
    let mut all = Vec::new();
    for change in git.changes(&base, &pull.head_sha).await? {
        all.push(super::commits::file(&m, r, &change, &base, &pull.head_sha).await);
    }
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/pulls/{number}/files", m.base, r.id), all))
}

async fn commits(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    let (_, pull) = m.pull(r.id, number).ok_or_else(Refusal::not_found)?;
    let git = m.git(r.id);
    let mut all: Vec<Value> = Vec::new();
    let base = git.merge_base(&pull.base_sha, &pull.head_sha).await.unwrap_or_else(|| pull.base_sha.clone());
    for sha in git.between(&base, &pull.head_sha).await {
        if let Some(commit) = git.commit(&sha).await {
            all.push(views::git::commit(&m, r, &commit));
        }
    }
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/pulls/{number}/commits", m.base, r.id), all))
}

async fn do_merge(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("contents"))?.id;
    let how = Merge {
        method: body.text("merge_method")?.unwrap_or_else(|| "merge".to_owned()),
        title: body.text("commit_title")?,
        message: body.text("commit_message")?,
        sha: body.text("sha")?,
    };
    let commit = merge(&mut m, &caller, repo, number, how).await?;
    ok(json!({ "sha": commit, "merged": true, "message": "Pull Request successfully merged" }))
}

async fn is_merged(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, READ)?.id;
    let (_, pull) = m.pull(repo, number).ok_or_else(Refusal::not_found)?;
    match pull.merged_at {
        Some(_) => no_content(),
        None => Err(Refusal::new(StatusCode::NOT_FOUND, "Not Found")),
    }
}
