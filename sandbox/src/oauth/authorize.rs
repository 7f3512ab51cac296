//! The consent page: one button per person, since the sandbox knows no passwords.
//!
//! Properties kept: the code is bound to the person, the scopes, the redirect address and the PKCE
//! challenge of this request; only S256 is accepted; nobody is redirected to an address that is not on
//! this machine.

use std::collections::BTreeMap;

use axum::{
    Form,
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::CODE_LIFETIME;
use crate::{
    http::page::Query,
    web::escape,
    world::{
        World, ids,
        model::{AccountKind, Code, Model},
    },
};

/// Hidden fields that the page hands on to its own form.
const KEPT: &[&str] =
    &["client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

type Wrong = (StatusCode, &'static str);

/// What is wrong with a request, as a page of its own: there is nowhere to send it.
fn wrong((status, text): Wrong) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><title>Sandbox</title><main><h1>Sandbox</h1><p>{}</p></main></html>",
        escape(text)
    );
    (status, Html(page)).into_response()
}

/// The address to go back to.
fn redirect(m: &Model, query: &BTreeMap<String, String>) -> Result<url::Url, Wrong> {
    if query.get("client_id") != Some(&m.app.client_id) {
        return Err((StatusCode::NOT_FOUND, "No OAuth app has that client_id."));
    }
    let to = query.get("redirect_uri").map(String::as_str).unwrap_or_default();
    let url = url::Url::parse(to);
    let local = |u: &url::Url| match u.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    match url {
        Ok(url) if local(&url) && matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err((
            StatusCode::BAD_REQUEST,
            "The redirect_uri is not associated with this application: only addresses of this machine are.",
        )),
    }
}

fn back(mut to: url::Url, state: Option<&String>, pairs: &[(&str, &str)]) -> Response {
    for (key, value) in pairs {
        to.query_pairs_mut().append_pair(key, value);
    }
    if let Some(state) = state {
        to.query_pairs_mut().append_pair("state", state);
    }
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}

pub async fn page(State(w): State<World>, query: Query) -> Response {
    let m = w.lock().await;
    let to = match redirect(&m, &query) {
        Ok(to) => to,
        Err(why) => return wrong(why),
    };
    if query.contains_key("code_challenge") && query.get("code_challenge_method").is_none_or(|m| m != "S256")
    {
        let text = "code_challenge_method must be S256";
        let pairs = [("error", "invalid_request"), ("error_description", text)];
        return back(to, query.get("state"), &pairs);
    }
    let fields: String = KEPT
        .iter()
        .filter_map(|k| Some((k, query.get(*k)?)))
        .map(|(k, v)| format!("<input type=\"hidden\" name=\"{k}\" value=\"{}\">", escape(v)))
        .collect();
    let asked = query.get("scope").map(String::as_str).unwrap_or_default();
    let people: String = m
        .accounts
        .values()
        .filter(|a| a.kind == AccountKind::User)
        .map(|a| {
            let (login, name) = (escape(&a.login), escape(&a.name));
            format!(
                "<button name=\"login\" value=\"{login}\">Continue as {login} <span>{name}</span></button>"
            )
        })
        .collect();
    let scopes = if asked.is_empty() { "public information only" } else { asked };
    let page =
        PAGE.replace("{scopes}", &escape(scopes)).replace("{fields}", &fields).replace("{people}", &people);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    ([(HeaderName::from_static("content-security-policy"), policy)], Html(page)).into_response()
}

pub async fn consent(State(w): State<World>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let mut m = w.lock().await;
    let to = match redirect(&m, &form) {
        Ok(to) => to,
        Err(why) => return wrong(why),
    };
    let state = form.get("state");
    let login = form.get("login").filter(|l| m.account(l).is_some_and(|a| a.kind == AccountKind::User));
    let Some(login) = login else {
        let text = "The user has denied your application access.";
        return back(to, state, &[("error", "access_denied"), ("error_description", text)]);
    };
    let code = ids::secret("", 20).to_lowercase();
    let asked = form.get("scope").map(String::as_str).unwrap_or_default();
    let mut scopes: Vec<String> =
        asked.split([' ', ',']).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    scopes.sort();
    scopes.dedup();
    let entry = Code {
        login: login.clone(),
        scopes,
        redirect_uri: form.get("redirect_uri").cloned().unwrap_or_default(),
        challenge: form.get("code_challenge").cloned(),
        expires_at: m.now() + CODE_LIFETIME,
        used: false,
    };
    m.codes.insert(code.clone(), entry);
    back(to, state, &[("code", &code)])
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authorize Waymark · sandbox</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1rem; box-sizing: border-box; }
main { max-width: 26rem; width: 100%; }
form { display: grid; gap: .5rem; }
button { font: inherit; padding: .625rem .875rem; text-align: left; border: 1px solid GrayText; border-radius: .5rem;
  background: Canvas; color: CanvasText; cursor: pointer; display: flex; justify-content: space-between; gap: 1rem; }
button:hover, button:focus-visible { outline: 2px solid Highlight; outline-offset: 1px; }
</style>
</head>
<body>
<main>
<h1>Authorize Waymark</h1>
<p>This is the sandbox, not GitHub: there are no passwords. Waymark asks for: {scopes}.</p>
<form method="post" action="/login/oauth/authorize">
{fields}
{people}
<button name="login" value="">Cancel</button>
</form>
</main>
</body>
</html>
"#;
