//! A GitHub App: what it signs itself with, and the tokens of its installation.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use super::{
    ids,
    model::{Model, Token, TokenKind},
    refusal::Refusal,
};

/// GitHub takes an App's signature for at most so long, in seconds.
const LONGEST: u64 = 10 * 60;
/// How long a token of an installation is good, in seconds.
pub const LIFETIME: i64 = 60 * 60;

#[derive(Deserialize)]
struct Claims {
    iss: serde_json::Value,
    iat: u64,
    exp: u64,
}

/// Whether this JSON web token is one that the App has signed and that is still good.
pub fn signed(model: &Model, token: &str) -> Result<(), Refusal> {
    let undecoded =
        |_| Refusal::new(axum::http::StatusCode::UNAUTHORIZED, "A JSON web token could not be decoded");
    let app = model.installed_app.as_ref().ok_or_else(Refusal::bad_credentials)?;
    let key = DecodingKey::from_rsa_pem(app.public_key.as_bytes()).map_err(undecoded)?;
    let claims = decode::<Claims>(token, &key, &Validation::new(Algorithm::RS256)).map_err(undecoded)?.claims;
    let issuer = claims.iss.as_u64().or_else(|| claims.iss.as_str()?.parse().ok());
    if issuer != Some(app.id) || claims.exp.saturating_sub(claims.iat) > LONGEST {
        return Err(Refusal::bad_credentials());
    }
    Ok(())
}

/// A token of the installation for one repository, with these permissions by area.
pub fn grant(model: &mut Model, repo: u64, permissions: &BTreeMap<String, String>) -> (String, Token) {
    let now = model.now();
    // Workflows write the areas of permissions with a hyphen, Apps with an underscore.
    let permissions =
        permissions.iter().map(|(area, level)| (area.replace('_', "-"), level.clone())).collect();
    let token = Token {
        login: super::fixture::BOT.to_owned(),
        kind: TokenKind::Installation { repo, permissions },
        scopes: Vec::new(),
        created_at: now,
        expires_at: Some(now + LIFETIME),
    };
    let value = ids::secret("ghs_", 36);
    model.tokens.insert(value.clone(), token.clone());
    (value, token)
}
