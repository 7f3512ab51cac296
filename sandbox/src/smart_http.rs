//! git's own protocol over HTTP, through git's own server (`git http-backend`).
//!
//! Properties kept: who may not see a repository is asked for a password, as GitHub does; who may not
//! push is refused before git runs; a push that writes workflow files without the right to is refused by
//! a hook, as a whole; refs that a push moved are told as events before its answer leaves.

use std::{collections::HashMap, process::Stdio};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, Method, Response, StatusCode, Uri, header},
    response::IntoResponse,
    routing::{get, post},
};
use tokio::io::AsyncWriteExt;

use crate::world::{
    World,
    access::{Caller, Need},
    git::command,
    model::Role,
    refs,
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/{owner}/{repo}/info/refs", get(serve))
        .route("/{owner}/{repo}/git-upload-pack", post(serve))
        .route("/{owner}/{repo}/git-receive-pack", post(serve))
}

/// Run by git before refs move; the environment says what the pusher may.
pub const PRE_RECEIVE: &str = include_str!("pre-receive.sh");

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n")).into_response()
}

fn ask() -> Response<Body> {
    let mut answer = plain(StatusCode::UNAUTHORIZED, "Repository not found or credentials needed.");
    if let Ok(value) = "Basic realm=\"GitHub\"".parse() {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    answer
}

async fn serve(
    State(w): State<World>,
    Path((owner, name)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let name = name.strip_suffix(".git").unwrap_or(&name).to_owned();
    let query = uri.query().unwrap_or_default().to_owned();
    let pushing = uri.path().ends_with("/git-receive-pack") || query.contains("service=git-receive-pack");
    let mut held = w.lock().await;
    let Ok(caller) = Caller::of(&held, &headers) else { return ask() };
    let Some(repo) = held.repo(&owner, &name).filter(|r| caller.role_on(r).is_some()) else {
        return match caller.token {
            None => ask(),
            Some(_) => plain(StatusCode::NOT_FOUND, "Repository not found."),
        };
    };
    let need = if pushing { Need::write("contents") } else { Need::read("contents") };
    if let Err(refusal) = caller.may(repo, need) {
        let who = caller.login_or_ghost();
        return match refusal.status {
            StatusCode::UNAUTHORIZED => ask(),
            _ if repo.archived => {
                plain(StatusCode::FORBIDDEN, "This repository was archived so it is read-only.")
            }
            _ => plain(
                StatusCode::FORBIDDEN,
                &format!("Permission to {}.git denied to {who}.", repo.full_name()),
            ),
        };
    }
    debug_assert!(!pushing || caller.role_on(repo) >= Some(Role::Write));
    let id = repo.id;
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    let tail = if last == "refs" { "info/refs" } else { last };
    let mut env: Vec<(String, String)> = [
        ("GIT_PROJECT_ROOT", w.git(id).dir().parent().map(|p| p.display().to_string()).unwrap_or_default()),
        ("GIT_HTTP_EXPORT_ALL", "1".to_owned()),
        ("PATH_INFO", format!("/{id}.git/{tail}")),
        ("REQUEST_METHOD", method.to_string()),
        ("QUERY_STRING", query),
        ("REMOTE_USER", caller.login_or_ghost()),
        ("REMOTE_ADDR", "127.0.0.1".to_owned()),
        ("CONTENT_LENGTH", body.len().to_string()),
        ("SANDBOX_WORKFLOWS", if caller.has_scope("workflow") { "yes" } else { "no" }.to_owned()),
        ("SANDBOX_PUSHER", if caller.is_integration() { "GitHub App" } else { "OAuth App" }.to_owned()),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .into();
    for (header, name) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "HTTP_GIT_PROTOCOL"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = headers.get(header).and_then(|v| v.to_str().ok()) {
            env.push((name.to_owned(), value.to_owned()));
        }
    }
    if !pushing {
        drop(held);
        return backend(&env, &body).await;
    }
    let answer = backend(&env, &body).await;
    if let Err(error) = refs::sync(&mut held, id, &caller).await {
        tracing::error!(%error, "a push could not be followed");
    }
    answer
}

/// Runs git's server for one request and reads its answer.
async fn backend(env: &[(String, String)], body: &Bytes) -> Response<Body> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "git http-backend failed");
        plain(StatusCode::INTERNAL_SERVER_ERROR, "git could not be run")
    };
    let child = command()
        .arg("http-backend")
        .envs(env.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return failed(&error),
    };
    let pipe = child.stdin.take();
    let writing = async {
        if let Some(mut pipe) = pipe {
            pipe.write_all(body).await.ok();
        }
    };
    let (out, ()) = tokio::join!(child.wait_with_output(), writing);
    match out {
        Ok(out) => read(&out.stdout).unwrap_or_else(|| failed(&"its answer has no head")),
        Err(error) => failed(&error),
    }
}

/// The answer of a CGI program: a head, an empty line, a body.
fn read(out: &[u8]) -> Option<Response<Body>> {
    let (end, skip) = match out.windows(4).position(|w| w == b"\r\n\r\n") {
        Some(at) => (at, 4),
        None => (out.windows(2).position(|w| w == b"\n\n")?, 2),
    };
    let head = std::str::from_utf8(&out[..end]).ok()?;
    let mut fields: HashMap<String, String> = HashMap::new();
    let mut answer = Response::builder();
    for line in head.lines() {
        let (name, value) = line.split_once(':')?;
        fields.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let status = fields.remove("status");
    let status = status.and_then(|s| s.split(' ').next().and_then(|s| s.parse().ok())).unwrap_or(200);
    for (name, value) in fields {
        answer = answer.header(name, value);
    }
    answer.status(status).body(Body::from(out[end + skip..].to_vec())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_cgi_answer_is_read() {
        let answer = read(b"Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno").expect("an answer");
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()["content-type"], "text/plain");
        assert!(read(b"no head").is_none());
    }
}
