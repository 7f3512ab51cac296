//! The git database: blobs, trees and commits made one by one.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Place, Under};
use crate::{
    http::{
        body::Body,
        page::Query,
        path::Path,
        reply::{Answer, created, ok},
    },
    views,
    world::{
        Held, World,
        access::{Caller, Need},
        clock,
        git::{Git, Signature},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/git/blobs", post(make_blob))
        .route("/repos/{owner}/{repo}/git/blobs/{sha}", get(blob))
        .route("/repos/{owner}/{repo}/git/trees", post(make_tree))
        .route("/repos/{owner}/{repo}/git/trees/{*sha}", get(tree))
        .route("/repos/{owner}/{repo}/git/commits", post(make_commit))
        .route("/repos/{owner}/{repo}/git/commits/{sha}", get(commit))
}

fn url(m: &Held<'_>, repo: u64, kind: &str, sha: &str) -> String {
    let full = m.repos.get(&repo).map(|r| r.full_name()).unwrap_or_default();
    format!("{}/repos/{full}/git/{kind}/{sha}", m.base)
}

fn decoded(content: &str, encoding: &str) -> Result<Vec<u8>, Refusal> {
    match encoding {
        "utf-8" => Ok(content.as_bytes().to_vec()),
        "base64" => {
            let packed: String = content.chars().filter(|c| !c.is_whitespace()).collect();
            STANDARD.decode(packed).map_err(|_| Refusal::unprocessable("content is not valid Base64"))
        }
        _ => Err(Refusal::field("Blob", "invalid", "encoding")),
    }
}

async fn make_blob(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("contents"))?.id;
    empty_is_conflict(&m, repo)?;
    let content = body.text("content")?.ok_or_else(|| Refusal::field("Blob", "missing_field", "content"))?;
    let encoding = body.text("encoding")?.unwrap_or_else(|| "utf-8".to_owned());
    let sha = m.git(repo).write_blob(&decoded(&content, &encoding)?).await?;
    created(json!({ "url": url(&m, repo, "blobs", &sha), "sha": sha }))
}

fn empty_is_conflict(m: &Held<'_>, repo: u64) -> Result<(), Refusal> {
    match m.repos.get(&repo).is_some_and(|r| !r.refs.is_empty()) {
        true => Ok(()),
        false => Err(Refusal::conflict("Git Repository is empty.")),
    }
}

async fn blob(State(w): State<World>, caller: Caller, Path((owner, name, sha)): Under<String>) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("contents"))?.id;
    let git = m.git(repo);
    if git.kind_of(&sha).await.as_deref() != Some("blob") {
        return Err(Refusal::not_found());
    }
    let content = git.run(&["cat-file", "blob", &sha]).await?;
    ok(json!({
        "sha": sha,
        "node_id": format!("B_{sha}"),
        "size": content.len(),
        "url": url(&m, repo, "blobs", &sha),
        "content": lines_of_60(&content),
        "encoding": "base64",
    }))
}

/// Base64 as GitHub writes it: sixty characters a line.
pub(super) fn lines_of_60(content: &[u8]) -> String {
    let packed = STANDARD.encode(content);
    let mut out = String::with_capacity(packed.len() + packed.len() / 60 + 1);
    for line in packed.as_bytes().chunks(60) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out
}

/// Workflow files may be written with the scope `workflow` only; without it GitHub says 404.
pub(super) fn may_write(caller: &Caller, path: &str) -> Result<(), Refusal> {
    match path.starts_with(".github/workflows/") && !caller.has_scope("workflow") {
        true if caller.is_integration() => Err(Refusal::forbidden("Resource not accessible by integration")),
        true => Err(Refusal::not_found()),
        false => Ok(()),
    }
}

async fn make_tree(State(w): State<World>, caller: Caller, Path((owner, name)): Place, body: Body) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("contents"))?.id;
    empty_is_conflict(&m, repo)?;
    let git = m.git(repo);
    let base = match body.text("base_tree")? {
        Some(base) => Some(
            tree_of(&git, &base)
                .await
                .ok_or_else(|| Refusal::unprocessable("base_tree is not a valid tree sha"))?,
        ),
        None => None,
    };
    let entries = body.0.get("tree").and_then(Value::as_array).filter(|t| !t.is_empty());
    let entries = entries.ok_or_else(|| Refusal::unprocessable("Invalid tree info"))?;
    let mut changes = Vec::new();
    for entry in entries {
        let path = entry["path"].as_str().filter(|p| is_path(p));
        let path =
            path.ok_or_else(|| Refusal::unprocessable("tree.path contains a malformed path component"))?;
        may_write(&caller, path)?;
        let mode = entry["mode"].as_str().unwrap_or("100644");
        if !["100644", "100755", "040000", "160000", "120000"].contains(&mode) {
            return Err(Refusal::unprocessable(
                "tree.mode must be one of 100644, 100755, 040000, 160000, 120000",
            ));
        }
        let sha = match (entry.get("sha"), entry["content"].as_str()) {
            (Some(Value::Null), None) => {
                let there = match &base {
                    Some(base) => git
                        .text(&["rev-parse", "--verify", "--quiet", &format!("{base}:{path}")])
                        .await
                        .is_ok(),
                    None => false,
                };
                if !there {
                    return Err(Refusal::unprocessable("GitRPC::BadObjectState"));
                }
                None
            }
            (Some(Value::String(sha)), None) => {
                if git.kind_of(sha).await.is_none() {
                    return Err(Refusal::unprocessable(format!("tree.sha {sha} is not a valid blob")));
                }
                Some(sha.clone())
            }
            (None, Some(content)) => Some(git.write_blob(content.as_bytes()).await?),
            _ => return Err(Refusal::unprocessable("Must supply either tree.sha or tree.content, not both")),
        };
        changes.push((path.to_owned(), sha.map(|sha| (mode.to_owned(), sha))));
    }
    let sha = git
        .write_tree(base.as_deref(), &changes)
        .await
        .map_err(|error| Refusal::by_git(error, "Invalid tree info"))?;
    created(show_tree(&m, repo, &sha, false).await?)
}

fn is_path(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !part.is_empty() && !matches!(part, "." | ".." | ".git"))
}

async fn tree_of(git: &Git, name: &str) -> Option<String> {
    if name.starts_with('-') {
        return None;
    }
    let spec = format!("{name}^{{tree}}");
    git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).await.ok()
}

async fn show_tree(m: &Held<'_>, repo: u64, sha: &str, recursive: bool) -> Result<Value, Refusal> {
    let mut args = vec!["ls-tree", "-l", "-z"];
    if recursive {
        args.extend(["-r", "-t"]);
    }
    args.push(sha);
    let text = m.git(repo).text(&args).await?;
    let mut entries = Vec::new();
    for line in text.split('\0').filter(|l| !l.is_empty()) {
        let Some((head, path)) = line.split_once('\t') else { continue };
        let [mode, kind, sha, size] = head.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let place = if kind == "tree" { "trees" } else { "blobs" };
        let mut entry =
            json!({ "path": path, "mode": mode, "type": kind, "sha": sha, "url": url(m, repo, place, sha) });
        if let Ok(size) = size.parse::<u64>() {
            entry["size"] = json!(size);
        }
        entries.push(entry);
    }
    Ok(json!({ "sha": sha, "url": url(m, repo, "trees", sha), "tree": entries, "truncated": false }))
}

async fn tree(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, sha)): Under<String>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("contents"))?.id;
    let tree = tree_of(&m.git(repo), &sha).await.ok_or_else(Refusal::not_found)?;
    ok(show_tree(&m, repo, &tree, query.contains_key("recursive")).await?)
}

/// Who a request says made a commit; what it leaves out is the caller's, now.
pub(super) fn person(body: Option<Body>, fallback: &Signature) -> Result<Signature, Refusal> {
    let Some(body) = body else { return Ok(fallback.clone()) };
    let name = body.required("Commit", "name")?;
    let email = body.required("Commit", "email")?;
    let seconds = match body.text("date")? {
        Some(date) => clock::parse(&date).ok_or_else(|| Refusal::field("Commit", "invalid", "date"))?,
        None => fallback.seconds,
    };
    Ok(Signature { name, email, seconds, offset: 0 })
}

async fn make_commit(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name)): Place,
    body: Body,
) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("contents"))?.id;
    empty_is_conflict(&m, repo)?;
    let git = m.git(repo);
    let message = body.required("Commit", "message")?;
    let tree = body.required("Commit", "tree")?;
    if git.kind_of(&tree).await.as_deref() != Some("tree") {
        return Err(Refusal::unprocessable("Tree SHA does not exist"));
    }
    let parents = body.texts("parents")?.unwrap_or_default();
    for parent in &parents {
        if git.kind_of(parent).await.as_deref() != Some("commit") {
            return Err(Refusal::unprocessable("Parent SHA does not exist or is not a commit object"));
        }
    }
    let me = m.signature(&caller.login_or_ghost());
    let author = person(body.object("author")?, &me)?;
    // As GitHub has it: the committer is the author where none is given.
    let committer = match body.object("committer")? {
        Some(c) => person(Some(c), &me)?,
        None => author.clone(),
    };
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    let sha = git.write_commit(&tree, &parents, &message, &author, &committer).await?;
    created(show_commit(&m, repo, &sha).await?)
}

async fn show_commit(m: &Held<'_>, repo: u64, sha: &str) -> Result<Value, Refusal> {
    let commit = m.git(repo).commit(sha).await.ok_or_else(Refusal::not_found)?;
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    Ok(views::git::git_commit(m, r, &commit))
}

async fn commit(State(w): State<World>, caller: Caller, Path((owner, name, sha)): Under<String>) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("contents"))?.id;
    if m.git(repo).kind_of(&sha).await.as_deref() != Some("commit") {
        return Err(Refusal::not_found());
    }
    ok(show_commit(&m, repo, &sha).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_comes_in_lines() {
        let text = lines_of_60(&[b'a'; 50]);
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [60, 8]);
    }

    #[test]
    fn paths_stay_inside() {
        assert!(is_path(".worker-impl/task.md"));
        for bad in ["", "/a", "a//b", "../x", ".git/config"] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
