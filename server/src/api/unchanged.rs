//! What has not changed is not sent again: answers to GET carry an ETag, and one that the asker has is a 304.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

pub(super) async fn unchanged(request: Request, next: Next) -> Response {
    let reads = *request.method() == Method::GET;
    let had = request.headers().get_all(header::IF_NONE_MATCH).iter();
    let had: Vec<String> = had.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    let answer = next.run(request).await;
    if !reads || answer.status() != StatusCode::OK {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Weak: compressing changes the bytes, not what they say.
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&body).as_slice()[..16]));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let same = had.iter().flat_map(|line| line.split(',')).any(|one| {
        let one = opaque(one);
        one == "*" || one == opaque(&tag)
    });
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}
