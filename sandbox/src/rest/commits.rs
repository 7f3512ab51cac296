//! Commits, comparisons, and what is known of a commit: statuses, check runs, pull requests. A ref may
//! contain slashes, so these share one route.

use axum::{Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::{Place, Under, checks};
use crate::{
    http::{
        page::{Page, Query},
        path::Path,
        reply::{Answer, ok},
    },
    views,
    world::{
        Held, World,
        access::{Caller, Need},
        commits::Change,
        model::Repo,
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/commits", get(list))
        .route("/repos/{owner}/{repo}/commits/{*rest}", get(below))
        .route("/repos/{owner}/{repo}/compare/{*basehead}", get(compare))
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("contents"))?;
    if r.refs.is_empty() {
        return Err(Refusal::conflict("Git Repository is empty."));
    }
    let git = m.git(r.id);
    let at = query.get("sha").cloned().unwrap_or_else(|| r.default_branch.clone());
    let commit = git.commit_of(&at).await.ok_or_else(Refusal::not_found)?;
    let mut args = vec!["-1000", commit.as_str()];
    if let Some(path) = query.get("path") {
        args.extend(["--", path]);
    }
    let commits = git.log(&args).await?;
    let all = commits.iter().map(|c| views::git::commit(&m, r, c)).collect();
    Ok(Page::of(&query).list(&format!("{}/repositories/{}/commits", m.base, r.id), all))
}

async fn below(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, rest)): Under<String>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let (at, what) = match rest.rsplit_once('/') {
        Some((at, what @ ("check-runs" | "check-suites" | "status" | "statuses" | "pulls"))) => (at, what),
        _ => (rest.as_str(), "commit"),
    };
    let area = match what {
        "check-runs" | "check-suites" => "checks",
        "status" | "statuses" => "statuses",
        "pulls" => "pull-requests",
        _ => "contents",
    };
    let r = m.allowed(&caller, &owner, &name, Need::read(area))?;
    let no_commit = || Refusal::unprocessable(format!("No commit found for SHA: {at}"));
    let at = at.trim_start_matches("refs/").trim_start_matches("heads/");
    let sha = m.git(r.id).commit_of(at).await.ok_or_else(no_commit)?;
    match what {
        "check-runs" => Ok(checks::list(&m, r, &sha, &query)),
        "status" => ok(views::checks::combined(&m, r, &sha)),
        "statuses" => {
            let all = r.statuses.iter().rev().filter(|s| s.sha == sha);
            let all = all.map(|s| views::checks::status(&m, r, s)).collect();
            Ok(Page::of(&query).list(&format!("{}/repositories/{}/commits/{at}/statuses", m.base, r.id), all))
        }
        "pulls" => {
            let found = r.issues.values().filter_map(|i| Some((i, i.pull.as_ref()?)));
            let found = found.filter(|(_, p)| p.head_sha == sha || p.merge_commit_sha.as_ref() == Some(&sha));
            let all = found.map(|(i, p)| views::pull::simple_pull(&m, r, i, p)).collect();
            Ok(Page::of(&query).list(&format!("{}/repositories/{}/commits/{at}/pulls", m.base, r.id), all))
        }
        "commit" => ok(full(&m, r, &sha).await?),
        _ => Err(Refusal::not_found()),
    }
}

/// A changed file, as comparisons and pull requests list it.
pub(super) async fn file(m: &Held<'_>, r: &Repo, change: &Change, from: &str, to: &str) -> Value {
    let api = format!("{}/repos/{}", m.base, r.full_name());
    let web = format!("{}/{}", m.base, r.full_name());
    let args = ["diff", "--no-renames", "--no-color", from, to, "--", &change.path];
    let text = m.git(r.id).text(&args).await.unwrap_or_default();
    let patch = text.find("\n@@").map(|at| text[at + 1..].to_owned());
    let status = match change.letter {
        'A' => "added",
        'D' => "removed",
        _ => "modified",
    };
    let mut v = json!({
        "sha": change.sha,
        "filename": change.path,
        "status": status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": format!("{web}/blob/{to}/{}", change.path),
        "raw_url": format!("{web}/raw/{to}/{}", change.path),
        "contents_url": format!("{api}/contents/{}?ref={to}", change.path),
    });
    if let Some(patch) = patch {
        v["patch"] = json!(patch);
    }
    v
}

async fn full(m: &Held<'_>, r: &Repo, sha: &str) -> Result<Value, Refusal> {
    let git = m.git(r.id);
    let commit = git.commit(sha).await.ok_or_else(Refusal::not_found)?;
    let changes = git.changes_of(&commit).await?;
    let from = commit.parents.first().map_or(crate::world::commits::EMPTY_TREE, String::as_str);
    let mut v = views::git::commit(m, r, &commit);
    let mut files = Vec::new();
    for change in &changes {
        files.push(file(m, r, change, from, sha).await);
    }
    let (add, del): (u64, u64) =
        (changes.iter().map(|c| c.additions).sum(), changes.iter().map(|c| c.deletions).sum());
    v["stats"] = json!({ "total": add + del, "additions": add, "deletions": del });
    v["files"] = Value::Array(files);
    Ok(v)
}

async fn compare(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, basehead)): Under<String>,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("contents"))?;
    let (base, head) = basehead.split_once("...").ok_or_else(Refusal::not_found)?;
    let own = |n: &str| n.strip_prefix(&format!("{}:", r.owner)).unwrap_or(n).to_owned();
    let git = m.git(r.id);
    let base = git.commit_of(&own(base)).await.ok_or_else(Refusal::not_found)?;
    let head = git.commit_of(&own(head)).await.ok_or_else(Refusal::not_found)?;
    let common = git.merge_base(&base, &head).await.ok_or_else(Refusal::not_found)?;
    let ahead = git.between(&base, &head).await;
    let behind = git.between(&head, &base).await.len();
    let mut commits = Vec::new();
    for sha in &ahead {
        if let Some(commit) = git.commit(sha).await {
            commits.push(views::git::commit(&m, r, &commit));
        }
    }
    let mut files = Vec::new();
    for change in git.changes(&common, &head).await? {
        files.push(file(&m, r, &change, &common, &head).await);
    }
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let show = |c: Option<views::git::Commit>| c.map(|c| views::git::commit(&m, r, &c));
    let api = format!("{}/repos/{}/compare/{basehead}", m.base, r.full_name());
    let web = format!("{}/{}/compare/{basehead}", m.base, r.full_name());
    ok(json!({
        "url": api,
        "html_url": web,
        "permalink_url": web,
        "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"),
        "base_commit": show(git.commit(&base).await),
        "merge_base_commit": show(git.commit(&common).await),
        "status": status,
        "ahead_by": ahead.len(),
        "behind_by": behind,
        "total_commits": ahead.len(),
        "commits": commits,
        "files": files,
    }))
}
