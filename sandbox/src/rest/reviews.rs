//! Reviews of pull requests and comments on their lines.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde_json::json;

use super::Under;
use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, ok},
    },
    views,
    world::{
        Event, World,
        access::{Caller, Need},
        model::{Review, ReviewComment, Role},
        pulls::{show, tell},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/pulls/{number}/reviews", get(list).post(create))
        .route("/repos/{owner}/{repo}/pulls/{number}/comments", get(comments).post(comment))
        .route("/repos/{owner}/{repo}/pulls/{number}/requested_reviewers", post(request))
}

const READ: Need = Need::read("pull-requests");
const SAY: Need = Need::write("pull-requests").by(Role::Read);

async fn list(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    m.pull(r.id, number).ok_or_else(Refusal::not_found)?;
    let all =
        r.reviews.values().filter(|v| v.pull == number).map(|v| views::pull::review(&m, r, v)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/pulls/{number}/reviews", m.base, r.id), all))
}

async fn create(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, SAY)?.id;
    let (issue, pull) = m.pull(repo, number).ok_or_else(Refusal::not_found)?;
    let own = caller.login() == Some(issue.author.as_str());
    let head = pull.head_sha.clone();
    let event = body.text("event")?.unwrap_or_else(|| "PENDING".to_owned());
    let text = body.prose("PullRequestReview", "body")?.unwrap_or_default();
    let state = match event.as_str() {
        "APPROVE" => "APPROVED",
        "REQUEST_CHANGES" => "CHANGES_REQUESTED",
        "COMMENT" => "COMMENTED",
        "PENDING" => "PENDING",
        _ => return Err(Refusal::field("PullRequestReview", "invalid", "event")),
    };
    if own && matches!(state, "APPROVED" | "CHANGES_REQUESTED") {
        let what = if state == "APPROVED" { "approve" } else { "request changes on" };
        return Err(Refusal::unprocessable(format!("Can not {what} your own pull request")));
    }
    if text.is_empty() && matches!(state, "CHANGES_REQUESTED" | "COMMENTED") {
        return Err(Refusal::unprocessable("Unprocessable Entity: body is required"));
    }
    let review = Review {
        id: m.fresh_id(),
        pull: number,
        author: caller.login_or_ghost(),
        body: text,
        state: state.to_owned(),
        commit_id: body.text("commit_id")?.unwrap_or(head),
        submitted_at: m.now(),
    };
    let id = review.id;
    if let Some(r) = m.repos.get_mut(&repo) {
        r.reviews.insert(id, review.clone());
    }
    let now = m.now();
    if let Some(issue) = m.issue_mut(repo, number) {
        issue.updated_at = now;
    }
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let shown = views::pull::review(&m, r, &review);
    if state != "PENDING" {
        let (issue, pull) = m.pull(repo, number).ok_or_else(Refusal::not_found)?;
        let mut in_hook = shown.clone();
        in_hook["state"] = json!(state.to_lowercase());
        let event = Event::by(&caller, repo, "pull_request_review")
            .action("submitted")
            .with("review", in_hook)
            .with("pull_request", views::pull::simple_pull(&m, r, issue, pull));
        m.emit(event);
    }
    ok(shown)
}

async fn comments(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, READ)?;
    m.pull(r.id, number).ok_or_else(Refusal::not_found)?;
    let fit = r.review_comments.values().filter(|c| c.pull == number);
    let all = fit.map(|c| views::pull::review_comment(&m, r, c)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/pulls/{number}/comments", m.base, r.id), all))
}

async fn comment(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, SAY)?.id;
    m.pull(repo, number).ok_or_else(Refusal::not_found)?;
    let missing = |field: &str| Refusal::field("PullRequestReviewComment", "missing_field", field);
    let parent = body.0.get("in_reply_to").and_then(serde_json::Value::as_u64);
    let parent_of = |id: u64| m.repos.get(&repo).and_then(|r| r.review_comments.get(&id)).cloned();
    let parent = match parent {
        Some(id) => Some(parent_of(id).ok_or_else(Refusal::not_found)?),
        None => None,
    };
    let (path, line) = match &parent {
        Some(parent) => (parent.path.clone(), parent.line),
        None => (
            body.text("path")?.ok_or_else(|| missing("path"))?,
            body.0.get("line").and_then(serde_json::Value::as_u64).ok_or_else(|| missing("line"))?,
        ),
    };
    let text = body.prose("PullRequestReviewComment", "body")?.ok_or_else(|| missing("body"))?;
    let comment = ReviewComment {
        id: m.fresh_id(),
        pull: number,
        author: caller.login_or_ghost(),
        body: text,
        path,
        line,
        commit_id: body.text("commit_id")?.ok_or_else(|| missing("commit_id"))?,
        in_reply_to: parent.map(|p| p.in_reply_to.unwrap_or(p.id)),
        resolved: false,
        created_at: m.now(),
    };
    if let Some(r) = m.repos.get_mut(&repo) {
        r.review_comments.insert(comment.id, comment.clone());
    }
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    created(views::pull::review_comment(&m, r, &comment))
}

async fn request(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, number)): Under<u64>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("pull-requests"))?.id;
    let logins = body.texts("reviewers")?.unwrap_or_default();
    let (issue, _) = m.pull(repo, number).ok_or_else(Refusal::not_found)?;
    if logins.contains(&issue.author) {
        return Err(Refusal::unprocessable("Review cannot be requested from pull request author."));
    }
    for login in logins {
        let known = m.repos.get(&repo).is_some_and(|r| r.roles.contains_key(&login));
        if !known {
            return Err(Refusal::unprocessable(
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.",
            ));
        }
        let Some(pull) = m.pull_mut(repo, number) else { continue };
        if !pull.requested_reviewers.contains(&login) {
            pull.requested_reviewers.push(login.clone());
            let who = views::account::simple(&m, &login);
            tell(&mut m, &caller, repo, number, "review_requested", Some(("requested_reviewer", who)))
                .await?;
        }
    }
    created(show(&m, repo, number).await.ok_or_else(Refusal::not_found)?)
}
