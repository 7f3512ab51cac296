//! What an app may ask about its own tokens, with its id and secret: is one good, end it, end all of a
//! person's.

use axum::{extract::State, http::HeaderMap};
use serde_json::{Value, json};

use super::token::{basic, is_app};
use crate::{
    http::{
        body::Body,
        path::Path,
        reply::{Answer, no_content, ok},
    },
    views,
    world::{
        Held, World,
        clock::iso,
        model::{Token, TokenKind},
        refusal::Refusal,
    },
};

fn own(m: &Held<'_>, headers: &HeaderMap, client: &str, body: &Body) -> Result<(String, Token), Refusal> {
    let (id, secret) = basic(headers).ok_or_else(Refusal::sign_in)?;
    if id != client || !is_app(m, &id, &secret) {
        return Err(Refusal::not_found());
    }
    let value = body.required("OauthAccess", "access_token")?;
    let token = m.tokens.get(&value).filter(|t| t.kind == TokenKind::OAuth);
    Ok((value, token.ok_or_else(Refusal::not_found)?.clone()))
}

pub async fn check(
    State(w): State<World>,
    Path(client): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let m = w.lock().await;
    let (value, token) = own(&m, &headers, &client, &body)?;
    ok(json!({
        "id": 1,
        "url": format!("{}/authorizations/1", m.base),
        "scopes": token.scopes,
        "token": value,
        "token_last_eight": &value[value.len() - 8..],
        "hashed_token": "",
        "app": { "url": m.base, "name": "Waymark", "client_id": m.app.client_id },
        "note": null,
        "note_url": null,
        "updated_at": iso(token.created_at),
        "created_at": iso(token.created_at),
        "fingerprint": null,
        "expires_at": token.expires_at.map(iso),
        "user": views::account::simple(&m, &token.login),
        "installation": Value::Null,
    }))
}

pub async fn revoke(
    State(w): State<World>,
    Path(client): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let (value, _) = own(&m, &headers, &client, &body)?;
    m.revoke(&value);
    m.refresh_tokens.retain(|_, r| r.access != value);
    no_content()
}

pub async fn revoke_all(
    State(w): State<World>,
    Path(client): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let (_, token) = own(&m, &headers, &client, &body)?;
    m.tokens.retain(|_, t| !(t.kind == TokenKind::OAuth && t.login == token.login));
    m.refresh_tokens.retain(|_, r| r.login != token.login);
    no_content()
}
