//! References: branches and tags by their full names.

use axum::{
    Router,
    extract::State,
    routing::{get, patch, post},
};
use serde_json::Value;

use super::{Place, Under};
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
        refs::sync,
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/git/refs", post(create))
        .route("/repos/{owner}/{repo}/git/refs/{*name}", patch(change).delete(remove))
        .route("/repos/{owner}/{repo}/git/ref/{*name}", get(one))
        .route("/repos/{owner}/{repo}/git/matching-refs/{*name}", get(matching))
        .route("/repos/{owner}/{repo}/git/matching-refs/", get(matching_all))
}

const NO_SUCH: &str = "Reference does not exist";

async fn show(m: &Held<'_>, repo: u64, name: &str, sha: &str) -> Result<Value, Refusal> {
    let kind = m.git(repo).kind_of(sha).await.unwrap_or_else(|| "commit".to_owned());
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    Ok(views::git::reference(m, r, name, &kind, sha))
}

fn not_empty(m: &Held<'_>, repo: u64) -> Result<(), Refusal> {
    match m.repos.get(&repo).is_some_and(|r| !r.refs.is_empty()) {
        true => Ok(()),
        false => Err(Refusal::conflict("Git Repository is empty.")),
    }
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, git_ref)): Under<String>) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("contents"))?.id;
    not_empty(&m, repo)?;
    let full = format!("refs/{git_ref}");
    let sha = m.repos.get(&repo).and_then(|r| r.refs.get(&full)).ok_or_else(Refusal::not_found)?;
    ok(show(&m, repo, &full, sha).await?)
}

async fn matching(
    state: State<World>,
    caller: Caller,
    Path((owner, name, prefix)): Under<String>,
    query: Query,
) -> Answer {
    let State(w) = state;
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("contents"))?.id;
    not_empty(&m, repo)?;
    let prefix = format!("refs/{prefix}");
    let found: Vec<(String, String)> = m
        .repos
        .get(&repo)
        .into_iter()
        .flat_map(|r| r.refs.iter())
        .filter(|(name, _)| name.starts_with(&prefix))
        .filter(|(name, _)| w.controls().hidden.listed("ref", format!("{repo}:{name}")))
        .map(|(n, s)| (n.clone(), s.clone()))
        .collect();
    let mut all = Vec::new();
    for (name, sha) in found {
        all.push(show(&m, repo, &name, &sha).await?);
    }
    Ok(Page::of(&query).list(&format!("{}/repositories/{repo}/git/matching-refs", m.base), all))
}

async fn matching_all(state: State<World>, caller: Caller, Path((o, n)): Place, query: Query) -> Answer {
    matching(state, caller, Path((o, n, String::new())), query).await
}

/// The commit or other object a request names: it must be there, by its whole name.
async fn object(m: &Held<'_>, repo: u64, sha: &str) -> Result<String, Refusal> {
    m.git(repo).kind_of(sha).await.ok_or_else(|| Refusal::unprocessable("Object does not exist"))
}

async fn create(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("contents"))?.id;
    not_empty(&m, repo)?;
    let full = body.required("Reference", "ref")?;
    let sha = body.required("Reference", "sha")?;
    let named = full.starts_with("refs/heads/") || full.starts_with("refs/tags/");
    let git = m.git(repo);
    if !named || git.run(&["check-ref-format", &full]).await.is_err() {
        return Err(Refusal::unprocessable("Reference name is not valid"));
    }
    let kind = object(&m, repo, &sha).await?;
    if full.starts_with("refs/heads/") && kind != "commit" {
        return Err(Refusal::unprocessable("Reference update failed"));
    }
    if m.repos.get(&repo).is_some_and(|r| r.refs.contains_key(&full)) {
        return Err(Refusal::unprocessable("Reference already exists"));
    }
    // A branch `a` is in the way of a branch `a/b`, and the other way round.
    if git.set_ref(&full, Some(&sha)).await.is_err() {
        return Err(Refusal::unprocessable("Reference update failed"));
    }
    w.controls().hidden.created("ref", format!("{repo}:{full}"));
    sync(&mut m, repo, &caller).await?;
    created(show(&m, repo, &full, &sha).await?)
}

async fn change(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, git_ref)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("contents"))?.id;
    not_empty(&m, repo)?;
    let full = format!("refs/{git_ref}");
    let sha = body.required("Reference", "sha")?;
    let force = body.flag("force")?.unwrap_or(false);
    let old = m.repos.get(&repo).and_then(|r| r.refs.get(&full)).cloned();
    let old = old.ok_or_else(|| Refusal::unprocessable(NO_SUCH))?;
    object(&m, repo, &sha).await?;
    let git = m.git(repo);
    if !force && !git.is_ancestor(&old, &sha).await {
        return Err(Refusal::unprocessable("Update is not a fast forward"));
    }
    git.set_ref(&full, Some(&sha))
        .await
        .map_err(|error| Refusal::by_git(error, "Reference update failed"))?;
    sync(&mut m, repo, &caller).await?;
    ok(show(&m, repo, &full, &sha).await?)
}

async fn remove(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, git_ref)): Under<String>,
) -> Answer {
    let mut m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::write("contents"))?;
    let (repo, full) = (r.id, format!("refs/{git_ref}"));
    not_empty(&m, repo)?;
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    if !r.refs.contains_key(&full) {
        return Err(Refusal::unprocessable(NO_SUCH));
    }
    if full == format!("refs/heads/{}", r.default_branch) {
        return Err(Refusal::unprocessable("Cannot delete the default branch"));
    }
    m.git(repo).set_ref(&full, None).await?;
    sync(&mut m, repo, &caller).await?;
    no_content()
}
