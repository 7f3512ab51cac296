//! Files and folders at a ref, and changing one file in a commit of its own.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use serde_json::{Value, json};

use super::{
    Place, Under,
    git_data::{lines_of_60, may_write, person},
};
use crate::{
    http::{
        body::Body,
        page::Query,
        path::Path,
        reply::{Answer, ok},
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
        .route("/repos/{owner}/{repo}/contents", get(root))
        .route("/repos/{owner}/{repo}/contents/", get(root))
        .route("/repos/{owner}/{repo}/contents/{*path}", get(read).put(write).delete(remove))
}

async fn root(
    state: State<World>,
    caller: Caller,
    Path((o, n)): Place,
    q: Query,
    headers: HeaderMap,
) -> Answer {
    read(state, caller, Path((o, n, String::new())), q, headers).await
}

async fn read(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, path)): Under<String>,
    query: Query,
    headers: HeaderMap,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("contents"))?;
    let at = query.get("ref").cloned().unwrap_or_else(|| r.default_branch.clone());
    let git = m.git(r.id);
    let commit = git
        .commit_of(&at)
        .await
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, format!("No commit found for the ref {at}")))?;
    let path = path.trim_matches('/');
    let spec = format!("{commit}:{path}");
    let sha = git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).await;
    let sha = sha.map_err(|_| Refusal::not_found())?;
    if git.kind_of(&sha).await.as_deref() == Some("blob") {
        let content = git.run(&["cat-file", "blob", &sha]).await?;
        let raw =
            headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("raw"));
        if raw {
            return Ok(([(header::CONTENT_TYPE, "application/vnd.github.raw+json; charset=utf-8")], content)
                .into_response());
        }
        let mut v = views::git::entry(&m, r, path, "file", &sha, content.len() as u64, &at);
        // Beyond a megabyte GitHub leaves the content out.
        let small = content.len() <= 1 << 20;
        v["encoding"] = json!(if small { "base64" } else { "none" });
        v["content"] = json!(if small { lines_of_60(&content) } else { String::new() });
        return ok(v);
    }
    let text = git.text(&["ls-tree", "-l", "-z", &sha]).await?;
    let mut all = Vec::new();
    for line in text.split('\0').filter(|l| !l.is_empty()) {
        let Some((head, file)) = line.split_once('\t') else { continue };
        let [_, kind, sha, size] = head.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let kind = if kind == "tree" { "dir" } else { "file" };
        let full = format!("{path}/{file}");
        all.push(views::git::entry(&m, r, &full, kind, sha, size.parse().unwrap_or(0), &at));
    }
    ok(Value::Array(all))
}

struct Target {
    repo: u64,
    branch: String,
    head: String,
    /// Blob that the path has now.
    known: Option<String>,
}

async fn target(
    m: &Held<'_>,
    caller: &Caller,
    owner: &str,
    name: &str,
    path: &str,
    body: &Body,
) -> Result<Target, Refusal> {
    let r = m.allowed(caller, owner, name, Need::write("contents"))?;
    may_write(caller, path)?;
    let branch = body.text("branch")?.unwrap_or_else(|| r.default_branch.clone());
    let branch = branch.trim_start_matches("refs/heads/").to_owned();
    let missing = || Refusal::new(StatusCode::NOT_FOUND, format!("Branch {branch} not found"));
    let head = r.branch(&branch).ok_or_else(missing)?.to_owned();
    let spec = format!("{head}:{path}");
    let known = m.git(r.id).text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).await.ok();
    Ok(Target { repo: r.id, branch, head, known })
}

async fn commit(
    m: &mut Held<'_>,
    caller: &Caller,
    t: &Target,
    path: &str,
    blob: Option<&str>,
    body: &Body,
) -> Result<Value, Refusal> {
    let message = body.required("Commit", "message")?;
    let git = m.git(t.repo);
    let me = m.signature(&caller.login_or_ghost());
    let committer = person(body.object("committer")?, &me)?;
    let author = person(body.object("author")?, &committer)?;
    let change = (path.to_owned(), blob.map(|b| ("100644".to_owned(), b.to_owned())));
    let base = format!("{}^{{tree}}", t.head);
    let tree = git.write_tree(Some(&base), &[change]).await?;
    let sha = git.write_commit(&tree, &[&t.head], &message, &author, &committer).await?;
    git.set_ref(&format!("refs/heads/{}", t.branch), Some(&sha)).await?;
    sync(m, t.repo, caller).await?;
    let commit = git.commit(&sha).await.ok_or_else(Refusal::not_found)?;
    let r = m.repos.get(&t.repo).ok_or_else(Refusal::not_found)?;
    Ok(views::git::git_commit(m, r, &commit))
}

async fn write(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, path)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let t = target(&m, &caller, &owner, &name, &path, &body).await?;
    let sha = body.text("sha")?;
    match (&t.known, &sha) {
        (Some(_), None) => {
            return Err(Refusal::unprocessable("Invalid request.\n\n\"sha\" wasn't supplied."));
        }
        (Some(known), Some(sha)) if known != sha => {
            return Err(Refusal::conflict(format!("{path} does not match {sha}")));
        }
        _ => {}
    }
    let packed =
        body.text("content")?.ok_or_else(|| Refusal::field("Content", "missing_field", "content"))?;
    let packed: String = packed.chars().filter(|c| !c.is_whitespace()).collect();
    let content = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, packed)
        .map_err(|_| Refusal::unprocessable("content is not valid Base64"))?;
    let blob = m.git(t.repo).write_blob(&content).await?;
    let commit = commit(&mut m, &caller, &t, &path, Some(&blob), &body).await?;
    let r = m.repos.get(&t.repo).ok_or_else(Refusal::not_found)?;
    let entry = views::git::entry(&m, r, &path, "file", &blob, content.len() as u64, &t.branch);
    let status = if t.known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(json!({ "content": entry, "commit": commit }))).into_response())
}

async fn remove(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, path)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let t = target(&m, &caller, &owner, &name, &path, &body).await?;
    let known = t.known.clone().ok_or_else(Refusal::not_found)?;
    if body.required("Content", "sha")? != known {
        return Err(Refusal::conflict(format!("{path} does not match {known}")));
    }
    let commit = commit(&mut m, &caller, &t, &path, None, &body).await?;
    ok(json!({ "content": null, "commit": commit }))
}
