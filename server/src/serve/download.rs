//! `/download/waymark`: this very program, for workflows, so that both sides always fit together.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio_util::io::ReaderStream;

static DIGEST: OnceCell<String> = OnceCell::const_new();

/// The program.
pub async fn program() -> Response {
    let file = match std::env::current_exe() {
        Ok(path) => tokio::fs::File::open(path).await,
        Err(error) => Err(error),
    };
    match file {
        Ok(file) => {
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            (kind, Body::from_stream(ReaderStream::new(file))).into_response()
        }
        Err(error) => broken(&error),
    }
}

/// Its SHA-256 as 64 hexadecimal digits, as `sha256sum -c` reads it.
pub async fn digest() -> Response {
    let of_program = || async {
        let program = tokio::fs::read(std::env::current_exe()?).await?;
        Ok::<_, std::io::Error>(hex::encode(Sha256::digest(program)))
    };
    match DIGEST.get_or_try_init(of_program).await {
        Ok(digest) => format!("{digest}  waymark\n").into_response(),
        Err(error) => broken(&error),
    }
}

fn broken(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the program cannot be read");
    (StatusCode::INTERNAL_SERVER_ERROR, "The program cannot be read.").into_response()
}
