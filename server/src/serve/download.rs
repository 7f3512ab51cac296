//! `/download/waymark`: this very program, for workflows, so that both sides always fit together.
//!
//! - It is the program that runs, also after another was put in its place on the disk.
//! - It is never compressed, is sent in parts when asked (`Range`), and its tag is its SHA-256.

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tower::ServiceExt;
use tower_http::services::ServeFile;

static DIGEST: OnceCell<String> = OnceCell::const_new();

/// Where the running program is read from. On Linux this leads to it whatever became of its name.
fn program_file() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}

/// The program.
pub async fn program(mut request: Request) -> Response {
    let (file, digest) = match (program_file(), sha256().await) {
        (Ok(file), Ok(digest)) => (file, digest),
        (Err(error), _) | (_, Err(error)) => return broken(&error),
    };
    let tag = format!("\"{digest}\"");
    let (known, part) = asked(&request, &tag);
    if !part {
        request.headers_mut().remove(header::RANGE);
    }
    // What is left is answered by the file alone, whose own tag is another.
    for name in [header::IF_RANGE, header::IF_NONE_MATCH, header::IF_MATCH, header::IF_MODIFIED_SINCE] {
        request.headers_mut().remove(name);
    }
    let mut answer = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => match ServeFile::new(file).oneshot(request).await {
            Ok(answer) => answer.map(Body::new),
            Err(never) => match never {},
        },
    };
    let headers = answer.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

/// Whether the client has the program of this tag already, and whether a part of it may be sent.
fn asked(request: &Request, tag: &str) -> (bool, bool) {
    let given = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let known = given(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    (known, given(header::IF_RANGE).is_none_or(|only| only == tag))
}

/// Its SHA-256 as 64 hexadecimal digits, as `sha256sum -c` reads it.
pub async fn digest() -> Response {
    match sha256().await {
        Ok(digest) => format!("{digest}  waymark\n").into_response(),
        Err(error) => broken(&error),
    }
}

/// Counted once, away from the threads that answer requests.
async fn sha256() -> std::io::Result<&'static String> {
    let of_program = || {
        let mut sum = Sha256::new();
        std::io::copy(&mut std::fs::File::open(program_file()?)?, &mut Writer(&mut sum))?;
        Ok(hex::encode(sum.finalize()))
    };
    DIGEST
        .get_or_try_init(|| async {
            tokio::task::spawn_blocking(of_program)
                .await
                .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        })
        .await
}

struct Writer<'a>(&'a mut Sha256);

impl std::io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn broken(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the program cannot be read");
    (StatusCode::INTERNAL_SERVER_ERROR, "The program cannot be read.").into_response()
}
