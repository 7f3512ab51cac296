//! What every answer carries, and what every state-changing request must carry.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::App;

/// Refuses state-changing requests that a page of another site caused: `Sec-Fetch-Site` decides, or
/// `Origin` against the public address or the host for browsers without it. A request without either is no
/// page's, for browsers send one of them with every POST; it passes, and carries no cookie of a browser. Webhooks are signed and need no cookie.
pub async fn same_site(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe
        || request.uri().path().starts_with("/webhooks/")
        || from_here(request.headers(), app.config.public())
    {
        return next.run(request).await;
    }
    let words =
        "This request came from another site, so nothing was done. Open the page in Waymark and try again.";
    (StatusCode::FORBIDDEN, words).into_response()
}

/// Refuses HTTP/1.1 without exactly one `Host` (RFC 9112, 3.2): it is not known who was asked.
pub async fn one_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if request.version() == Version::HTTP_11 && hosts != 1 {
        return (StatusCode::BAD_REQUEST, "A request needs one Host header.\n").into_response();
    }
    next.run(request).await
}

fn from_here(headers: &HeaderMap, public: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => match text(header::ORIGIN) {
            Some(origin) => {
                origin == public
                    || text(header::HOST)
                        .is_some_and(|host| origin.split_once("://").is_some_and(|(_, o)| o == host))
            }
            None => true,
        },
    }
}

/// Headers for every answer; private pages are never stored.
pub async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let https = app.config.is_https();
    let headers = answer.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    };
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    set("cache-control", "no-store");
    set(
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    if https {
        set("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    answer
}

/// The policy of a page whose scripts carry this nonce.
pub fn page_policy(nonce: &str, github: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: https://avatars.githubusercontent.com {github}; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_is_refused() {
        let check = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            from_here(&headers.collect(), "https://waymark.example")
        };
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(check(&[("sec-fetch-site", "none")]));
        assert!(check(&[("origin", "https://waymark.example")]));
        assert!(check(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(check(&[]), "a program");
        assert!(!check(&[("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("sec-fetch-site", "same-site")]));
        assert!(!check(&[("sec-fetch-site", "cross-site"), ("origin", "https://waymark.example")]));
        assert!(!check(&[("origin", "https://evil.example"), ("host", "waymark.example")]));
        assert!(!check(&[("origin", "null"), ("host", "waymark.example")]));
    }
}
