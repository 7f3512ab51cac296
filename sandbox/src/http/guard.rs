//! Only programs and pages of this machine are served: the sandbox runs code, so a foreign web page must
//! neither reach it by a name that leads here nor make a browser send it anything.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, header};

/// Host of an authority such as `127.0.0.1:3100` or `[::1]:3100`.
fn is_local(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether the request was meant for this machine and does not come from a page of another one.
pub fn allows(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let meant = text(header::HOST).is_some_and(is_local);
    let foreign = text(header::ORIGIN).is_some_and(|o| !o.split("://").nth(1).is_some_and(is_local));
    meant && (method.is_safe() || !foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: Method, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a host"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
        }
        allows(&method, &headers)
    }

    #[test]
    fn only_this_machine() {
        assert!(allowed(Method::POST, "127.0.0.1:3100", None));
        assert!(allowed(Method::POST, "[::1]:3100", Some("http://localhost:3000")));
        assert!(!allowed(Method::GET, "sandbox.example.com:3100", None));
        assert!(!allowed(Method::POST, "127.0.0.1:3100", Some("https://example.com")));
        assert!(!allowed(Method::POST, "127.0.0.1:3100", Some("null")));
        assert!(allowed(Method::GET, "127.0.0.1:3100", Some("https://example.com")));
    }
}
