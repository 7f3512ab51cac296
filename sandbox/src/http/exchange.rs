//! One exchange, from request to answer: controls, sign-in, rate limit, the handler, GitHub's headers,
//! the journal.
//!
//! Properties kept: a fault `before` leaves the world untouched and a fault `after` leaves it changed;
//! a cut exchange has no answer at all; everything else is in the journal as it was sent.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header},
    response::IntoResponse,
};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use super::{guard, rate::resource};
use crate::{
    contract::{self, Exchange},
    controls::{faults::Fault, journal::Entry},
    world::{World, access::Caller, clock::iso, ids, model::Time, refusal::Refusal},
};

/// The largest request or answer that is kept whole, in bytes.
const MAX: usize = 64 << 20;

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
pub struct Cut;

pub async fn exchange(world: World, router: Router, request: Request<Body>) -> Result<Response<Body>, Cut> {
    let path = request.uri().path().to_owned();
    if !guard::allows(request.method(), request.headers()) {
        return Ok(Refusal::forbidden("The sandbox serves this machine only").into_response());
    }
    if path.starts_with("/_sandbox") {
        return Ok(route(router, request).await);
    }
    if let Some(wait) = world.controls().latency() {
        tokio::time::sleep(wait).await;
    }
    let (mut parts, body) = request.into_parts();
    let mut entry = Entry::of(&parts);
    let sent = to_bytes(body, MAX).await.map_err(|_| Cut)?;
    entry.body = text_of(&sent, &path);

    let fault = world.controls().faults.take(&parts.method, &entry.path_and_query());
    if let Some(fault) = &fault
        && fault.before
    {
        return end(&world, entry, fault.answer(), fault).await;
    }
    let web = !is_api(&path);
    let caller = match web {
        true => Ok(Caller::default()),
        false => Caller::of(&*world.lock().await, &parts.headers),
    };
    let now = world.lock().await.now();
    entry.at = iso(now);
    let method = parts.method.clone();
    let asked = parts.headers.clone();
    let who = caller.clone().unwrap_or_default();
    entry.user = match is_git(&path) {
        true => Caller::of(&*world.lock().await, &asked).ok().and_then(|c| c.login().map(str::to_owned)),
        false => who.login().map(str::to_owned),
    };
    let window = world.controls().rates.look(&who, now, &path);
    let counted = !web && path != "/rate_limit";
    let mut named = path.clone();
    let answer = match caller {
        Err(refusal) => refusal.into_response(),
        Ok(_) if !web && !asked.contains_key(header::USER_AGENT) => Refusal::forbidden(
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        )
        .into_response(),
        Ok(_) if counted && window.exhausted() => over_limit(&who),
        Ok(caller) => {
            parts.uri = by_name(&world, &parts.uri).await;
            named = parts.uri.path().to_owned();
            parts.extensions.insert(caller);
            route(router, Request::from_parts(parts, Body::from(sent.clone()))).await
        }
    };
    let (mut head, body) = answer.into_parts();
    let mut given = to_bytes(body, MAX).await.map_err(|_| Cut)?;
    if !web {
        head.status = decorate(&method, &asked, &who, head.status, &mut head.headers, &given);
        if let Some(date) = http_date(now) {
            head.headers.insert(header::DATE, date);
        }
        if head.status == StatusCode::NOT_MODIFIED {
            given = Bytes::new();
        }
        // A conditional request is free only for whoever signs it.
        let unchanged = head.status == StatusCode::NOT_MODIFIED && who.token.is_some();
        let free = unchanged || !counted;
        let rates = &world.controls().rates;
        let window = if free { rates.look(&who, now, &path) } else { rates.count(&who, now, &path) };
        window.write(resource(&path), &mut head.headers);
    }
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    world.controls().violations.add(contract::check(&Exchange {
        method: method.as_str(),
        path: &named,
        query: entry.query.as_deref(),
        sent: &sent,
        status: head.status.as_u16(),
        kind,
        given: &given,
    }));
    entry.status = Some(head.status.as_u16());
    entry.response = text_of(&given, &path);
    let answer = Response::from_parts(head, Body::from(given));
    match fault {
        Some(fault) => end(&world, entry, Some(answer), &fault).await,
        None => {
            world.controls().journal.add(entry);
            Ok(answer)
        }
    }
}

/// The end of an exchange that a fault has hit.
async fn end(
    world: &World,
    mut entry: Entry,
    real: Option<Response<Body>>,
    fault: &Fault,
) -> Result<Response<Body>, Cut> {
    let answer = if fault.before { real } else { fault.answer().or(real.filter(|_| !fault.cut)) };
    entry.faulted = true;
    let answer = answer.filter(|_| !fault.cut);
    entry.status = answer.as_ref().map(|a| a.status().as_u16());
    let released = world.controls().faults.released();
    world.controls().journal.add(entry);
    if fault.hold {
        released.await;
    }
    answer.ok_or(Cut)
}

async fn route(router: Router, request: Request<Body>) -> Response<Body> {
    router.oneshot(request).await.into_response()
}

/// Whether the path belongs to the API, whose answers have its headers and count against its limits.
/// Apps ask about tokens with their own credentials, so these paths are not part of it here.
fn is_api(path: &str) -> bool {
    const FIRST: &[&str] =
        &["app", "repos", "user", "users", "orgs", "gists", "rate_limit", "repositories", "graphql"];
    path.split('/').nth(1).is_some_and(|first| FIRST.contains(&first)) && !is_git(path)
}

/// Whether the path belongs to git's own protocol.
pub fn is_git(path: &str) -> bool {
    ["/info/refs", "/git-upload-pack", "/git-receive-pack"].iter().any(|end| path.ends_with(end))
}

fn text_of(bytes: &Bytes, path: &str) -> Option<String> {
    if is_git(path) || bytes.len() > 2 << 20 {
        return None;
    }
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// `/repositories/{id}/...` is another name of `/repos/{owner}/{repo}/...`.
async fn by_name(world: &World, uri: &Uri) -> Uri {
    let renamed = async {
        let rest = uri.path().strip_prefix("/repositories/")?;
        let (id, tail) = rest.split_once('/').map_or((rest, String::new()), |(i, t)| (i, format!("/{t}")));
        let id: u64 = id.parse().ok()?;
        let name = world.lock().await.repos.get(&id)?.full_name();
        let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
        format!("/repos/{name}{tail}{query}").parse().ok()
    };
    renamed.await.unwrap_or_else(|| uri.clone())
}

fn over_limit(caller: &Caller) -> Response<Body> {
    let whom = caller.login().map_or_else(|| "127.0.0.1".to_owned(), |l| format!("user {l}"));
    Refusal::forbidden(format!("API rate limit exceeded for {whom}.")).into_response()
}

/// GitHub's headers; the status becomes 304 when the caller has this very answer.
fn decorate(
    method: &Method,
    asked: &HeaderMap,
    caller: &Caller,
    status: StatusCode,
    headers: &mut HeaderMap,
    body: &Bytes,
) -> StatusCode {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-github-request-id", &request_id());
    set("x-github-media-type", "github.v3; format=json");
    set("x-github-api-version-selected", "2022-11-28");
    set("server", "github.com");
    if caller.token.is_some() && !caller.is_integration() {
        set("x-oauth-scopes", &caller.scopes().join(", "));
        set("x-accepted-oauth-scopes", "repo");
    }
    let mut status = status;
    if method == Method::GET && status == StatusCode::OK {
        let mut hash = Sha256::new();
        hash.update(caller.token.as_ref().map_or("", |(token, _)| token));
        hash.update(headers.get(header::LINK).map_or(&b""[..], HeaderValue::as_bytes));
        hash.update(body);
        let tag = format!("W/\"{}\"", hex::encode(hash.finalize()));
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        if known.flat_map(|v| v.split(',')).any(|v| v.trim() == tag || v.trim() == &tag[2..]) {
            status = StatusCode::NOT_MODIFIED;
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_LENGTH);
        }
        for (name, value) in [
            (header::ETAG, tag.as_str()),
            (header::CACHE_CONTROL, "private, max-age=60, s-maxage=60"),
            (header::VARY, "Accept, Authorization, Cookie, X-GitHub-OTP"),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
    }
    let json =
        headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    if json {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    status
}

/// The sandbox's time as HTTP writes it.
fn http_date(now: Time) -> Option<HeaderValue> {
    let at = jiff::Timestamp::from_second(now).ok()?;
    HeaderValue::from_str(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

fn request_id() -> String {
    let h = ids::hex32().to_uppercase();
    format!("{}:{}:{}:{}:{}", &h[..4], &h[4..10], &h[10..17], &h[17..24], &h[24..])
}
