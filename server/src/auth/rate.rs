//! The headers `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` of requests that count
//! (draft-ietf-httpapi-ratelimit-headers-07).

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::limit::Allowance;

/// Tells what the limiter counted.
pub async fn tell(mut answer: Response) -> Response {
    if let Some(allowance) = answer.extensions().get::<Allowance>().copied() {
        let (burst, minute) = allowance.limit.size();
        // Seconds until everything is allowed again, or until one more is where nothing is left.
        let whole = (u64::from(burst.saturating_sub(allowance.remaining)) * 60).div_ceil(u64::from(minute));
        let reset = if allowance.remaining == 0 { allowance.wait.as_secs() + 1 } else { whole };
        let headers = answer.headers_mut();
        headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(burst));
        headers
            .insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(allowance.remaining));
        headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(reset));
    }
    answer
}
