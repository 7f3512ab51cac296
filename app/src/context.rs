//! What a page knows of the request it answers.
//!
//! The server provides [`Areas`], `Option<Viewer>` and, where it has one, a [`RequestId`], by one
//! function for pages and server functions alike.

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::areas::{Areas, Installation, Viewer};

/// The id under which the log knows this request; shown small on error pages.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Where a request comes from: a hash that says only whether two come from the same place.
#[derive(Clone, Debug, Default)]
pub struct Origin(pub String);

/// What names the session of a request among those of its person, and lets nobody in.
#[derive(Clone, Debug)]
pub struct SessionName(pub String);

/// What names the session of this request, when it has one.
pub(crate) fn session() -> Option<String> {
    use_context::<SessionName>().map(|name| name.0)
}

/// Where this request comes from.
pub(crate) fn origin() -> String {
    use_context::<Origin>().unwrap_or_default().0
}

/// The areas of the server. The server provides them for every request.
pub(crate) fn areas() -> Areas {
    expect_context::<Areas>()
}

/// Who is looking, when somebody is signed in.
pub(crate) fn viewer() -> Option<Viewer> {
    use_context::<Option<Viewer>>().flatten()
}

pub(crate) fn installation() -> Installation {
    areas().account.installation()
}

/// Path and query of the request.
pub(crate) fn here() -> String {
    use_context::<Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(|address| address.as_str().to_owned()))
        .unwrap_or_else(|| "/".to_owned())
}

/// The path of the request, without its query.
pub(crate) fn path() -> String {
    use_context::<Parts>().map_or_else(|| "/".to_owned(), |parts| parts.uri.path().to_owned())
}

/// The query of the request as sent, without the question mark.
pub(crate) fn query() -> String {
    use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default()
}

/// A cookie of the request.
pub(crate) fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Remembers a choice of how pages look, for a year. The value must be letters, digits and hyphens.
pub(crate) fn remember(name: &str, value: &str) {
    let secure = if installation().public_url.starts_with("https:") { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
    if let (Some(options), Ok(line)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&line)) {
        options.append_header(header::SET_COOKIE, line);
    }
}

/// Sends the browser on from a page.
pub(crate) fn see_other(to: &str) {
    if let (Some(options), Ok(to)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(to)) {
        options.insert_header(header::LOCATION, to);
        options.set_status(StatusCode::SEE_OTHER);
    }
}

/// Whether the request comes from a form or a link rather than from a program.
pub(crate) fn wants_html() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

/// Now, in epoch milliseconds.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Sets the status of the answer.
pub(crate) fn set_status(status: u16) {
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}
