//! A code, or a refresh token, for an access token.
//!
//! Properties kept, as on GitHub: an error is an answer with status 200 and an `error`; scopes are
//! separated by commas; a code is good once; both old tokens end with a refresh.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::world::{
    Held, World, ids,
    model::{Model, RefreshToken, Token, TokenKind},
};

/// Tokens that one person has of one app with the same scopes.
const MOST: usize = 10;

/// A refresh token lives that long, in seconds.
const REFRESH_LIFETIME: i64 = 15_897_600;

type Fields = BTreeMap<String, String>;

struct Wrong(&'static str, &'static str);

const BAD_CODE: Wrong = Wrong("bad_verification_code", "The code passed is incorrect or expired.");

fn fields(headers: &HeaderMap, body: &Bytes) -> Fields {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let all = value.as_object().cloned().unwrap_or_default();
        return all.into_iter().filter_map(|(k, v)| Some((k, v.as_str()?.to_owned()))).collect();
    }
    let mut all: Fields = url::form_urlencoded::parse(body).into_owned().collect();
    if let Some((id, secret)) = basic(headers) {
        all.entry("client_id".to_owned()).or_insert(id);
        all.entry("client_secret".to_owned()).or_insert(secret);
    }
    all
}

/// Client id and secret from an `Authorization` header.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    text.split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()))
}

pub fn is_app(m: &Model, id: &str, secret: &str) -> bool {
    id == m.app.client_id && bool::from(secret.as_bytes().ct_eq(m.app.client_secret.as_bytes()))
}

pub async fn exchange(State(w): State<World>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = fields(&headers, &body);
    let mut m = w.lock().await;
    let answer = match grant(&mut m, &fields) {
        Ok(answer) => answer,
        Err(Wrong(error, description)) => json!({
            "error": error,
            "error_description": description,
            "error_uri": "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/",
        }),
    };
    let wants_json =
        headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("json"));
    if wants_json {
        return Json(answer).into_response();
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in answer.as_object().into_iter().flatten() {
        form.append_pair(key, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], form.finish())
        .into_response()
}

fn grant(m: &mut Held<'_>, fields: &Fields) -> Result<Value, Wrong> {
    let get = |key: &str| fields.get(key).map(String::as_str).unwrap_or_default();
    if !is_app(m, get("client_id"), get("client_secret")) {
        return Err(Wrong(
            "incorrect_client_credentials",
            "The client_id and/or client_secret passed are incorrect.",
        ));
    }
    if get("grant_type") == "refresh_token" {
        return refresh(m, get("refresh_token"));
    }
    let now = m.now();
    let code = m.codes.get_mut(get("code")).ok_or(BAD_CODE)?;
    if code.used || code.expires_at <= now {
        return Err(BAD_CODE);
    }
    if fields.get("redirect_uri").is_some_and(|given| *given != code.redirect_uri) {
        return Err(Wrong(
            "redirect_uri_mismatch",
            "The redirect_uri MUST match the registered callback URL for this application.",
        ));
    }
    if let Some(challenge) = &code.challenge {
        let made = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier").as_bytes()));
        if made != *challenge {
            return Err(BAD_CODE);
        }
    }
    code.used = true;
    let (login, scopes) = (code.login.clone(), code.scopes.clone());
    Ok(issue(m, login, scopes))
}

fn issue(m: &mut Held<'_>, login: String, scopes: Vec<String>) -> Value {
    let (now, lifetime) = (m.now(), m.app.token_lifetime);
    let prefix = if lifetime.is_some() { "ghu_" } else { "gho_" };
    let value = ids::secret(prefix, 36);
    let mut twins: Vec<(i64, String)> = m
        .tokens
        .iter()
        .filter(|(_, t)| t.kind == TokenKind::OAuth && t.login == login && t.scopes == scopes)
        .map(|(v, t)| (t.created_at, v.clone()))
        .collect();
    twins.sort();
    for (_, old) in twins.iter().rev().skip(MOST - 1) {
        m.tokens.remove(old);
    }
    let token = Token {
        login: login.clone(),
        kind: TokenKind::OAuth,
        scopes: scopes.clone(),
        created_at: now,
        expires_at: lifetime.map(|l| now + l),
    };
    m.tokens.insert(value.clone(), token);
    let mut answer = json!({ "access_token": value, "token_type": "bearer", "scope": scopes.join(",") });
    if let Some(lifetime) = lifetime {
        let refresh = ids::secret("ghr_", 76);
        let entry = RefreshToken { access: value, login, scopes, expires_at: now + REFRESH_LIFETIME };
        m.refresh_tokens.insert(refresh.clone(), entry);
        answer["expires_in"] = json!(lifetime);
        answer["refresh_token"] = json!(refresh);
        answer["refresh_token_expires_in"] = json!(REFRESH_LIFETIME);
    }
    answer
}

fn refresh(m: &mut Held<'_>, token: &str) -> Result<Value, Wrong> {
    let bad = || Wrong("bad_refresh_token", "The refresh token passed is incorrect or expired.");
    let now = m.now();
    let old = m.refresh_tokens.remove(token).filter(|t| t.expires_at > now).ok_or_else(bad)?;
    m.tokens.remove(&old.access);
    Ok(issue(m, old.login, old.scopes))
}
