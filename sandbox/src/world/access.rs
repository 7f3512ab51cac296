//! Who calls, and what they may do. Never more lenient than GitHub: an invisible repository is not
//! found, a token reaches no further than its scopes, a job's token no further than its permissions.

use std::collections::BTreeMap;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    World,
    model::{Model, Repo, Role, Token, TokenKind},
    refusal::Refusal,
};

/// The bearer of a token, or nobody.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    pub token: Option<(String, Token)>,
    /// A GitHub App itself, which may only ask for tokens of its installations.
    pub is_app: bool,
}

/// What an operation asks for: an area of permissions (as in a workflow's `permissions:`), reading or
/// writing, and the least role a person needs.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    pub area: &'static str,
    pub write: bool,
    pub role: Role,
}

impl Need {
    pub const fn read(area: &'static str) -> Self {
        Self { area, write: false, role: Role::Read }
    }

    pub const fn write(area: &'static str) -> Self {
        Self { area, write: true, role: Role::Write }
    }

    pub const fn by(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

/// The token in an `Authorization` header: `Bearer T`, `token T`, or Basic with the token as password.
pub fn token_in(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        return Some(
            if password.is_empty() || password == "x-oauth-basic" { user } else { password }.to_owned(),
        );
    }
    Some(rest.trim().to_owned())
}

impl Caller {
    /// Refuses a token that is unknown or over; nobody at all is fine here.
    pub fn of(model: &Model, headers: &HeaderMap) -> Result<Self, Refusal> {
        if !headers.contains_key(AUTHORIZATION) {
            return Ok(Self::default());
        }
        let value = token_in(headers).ok_or_else(Refusal::bad_credentials)?;
        if value.starts_with("ey") {
            return super::app::signed(model, &value).map(|()| Self { token: None, is_app: true });
        }
        let token = model.tokens.get(&value).ok_or_else(Refusal::bad_credentials)?;
        if token.expires_at.is_some_and(|at| at <= model.now()) {
            return Err(Refusal::bad_credentials());
        }
        Ok(Self { token: Some((value, token.clone())), is_app: false })
    }

    pub fn login(&self) -> Option<&str> {
        self.token.as_ref().map(|(_, t)| t.login.as_str())
    }

    pub fn login_or_ghost(&self) -> String {
        self.login().unwrap_or("ghost").to_owned()
    }

    /// The login of a person; a job's or an App's token is nobody's.
    pub fn person(&self) -> Result<&str, Refusal> {
        match &self.token {
            None if !self.is_app => Err(Refusal::sign_in()),
            Some((_, token)) if token.kind.bounds().is_none() => Ok(&token.login),
            _ => Err(Refusal::forbidden("Resource not accessible by integration")),
        }
    }

    /// Whose token it is not: a person's.
    pub fn is_integration(&self) -> bool {
        self.bounds().is_some()
    }

    fn bounds(&self) -> Option<(u64, &BTreeMap<String, String>)> {
        self.token.as_ref().and_then(|(_, token)| token.kind.bounds())
    }

    pub fn is_job(&self) -> bool {
        matches!(&self.token, Some((_, Token { kind: TokenKind::Job { .. }, .. })))
    }

    pub fn scopes(&self) -> &[String] {
        self.token.as_ref().map_or(&[], |(_, t)| &t.scopes)
    }

    /// Whether the token carries the scope, or a wider one that contains it.
    pub fn has_scope(&self, scope: &str) -> bool {
        let wider: &[&str] = match scope {
            "public_repo" | "repo:status" => &["repo"],
            "read:org" => &["write:org", "admin:org"],
            "write:org" => &["admin:org"],
            "read:user" | "user:email" => &["user"],
            "read:repo_hook" | "write:repo_hook" => &["admin:repo_hook", "repo"],
            "admin:repo_hook" => &["repo"],
            _ => &[],
        };
        self.scopes().iter().any(|s| s == scope || wider.contains(&s.as_str()))
    }

    /// What the caller may do with the repository; `None` when it is invisible to them.
    pub fn role_on(&self, repo: &Repo) -> Option<Role> {
        match &self.token {
            _ if self.bounds().is_some_and(|(own, _)| own == repo.id) => Some(Role::Write),
            _ if self.bounds().is_some() => repo.role_of(None),
            Some((_, token)) if !repo.private || self.has_scope("repo") => repo.role_of(Some(&token.login)),
            _ => repo.role_of(None),
        }
    }

    /// May this caller do it? Says how GitHub would refuse.
    pub fn may(&self, repo: &Repo, need: Need) -> Result<(), Refusal> {
        if self.is_app {
            return Err(Refusal::forbidden("Resource not accessible by integration"));
        }
        let role = self.role_on(repo).ok_or_else(Refusal::not_found)?;
        if (need.write || need.role > Role::Read) && self.token.is_none() {
            return Err(Refusal::sign_in());
        }
        if let Some((own, permissions)) = self.bounds() {
            let level = permissions.get(need.area).filter(|_| own == repo.id);
            let enough = match level.map(String::as_str) {
                Some("write") => true,
                Some("read") => !need.write,
                _ => !need.write && (need.area == "metadata" || !repo.private),
            };
            if !enough || need.role > Role::Write {
                return Err(Refusal::forbidden("Resource not accessible by integration"));
            }
        } else {
            let privileged = need.write || need.role > Role::Read;
            if privileged && !self.has_scope(if repo.private { "repo" } else { "public_repo" }) {
                return Err(Refusal::not_found());
            }
            if role < need.role {
                return Err(Refusal::forbidden("Must have admin rights to Repository."));
            }
        }
        if need.write && repo.archived {
            return Err(Refusal::forbidden("Repository was archived so is read-only."));
        }
        Ok(())
    }
}

impl Model {
    /// The repository, when the caller may do this with it. A name that is not there and one that is
    /// not visible are answered alike.
    pub fn allowed(&self, caller: &Caller, owner: &str, name: &str, need: Need) -> Result<&Repo, Refusal> {
        let repo = self.repo(owner, name).ok_or_else(Refusal::not_found)?;
        caller.may(repo, need)?;
        Ok(repo)
    }
}

impl FromRequestParts<World> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &World) -> Result<Self, Refusal> {
        match parts.extensions.get::<Self>() {
            Some(caller) => Ok(caller.clone()),
            None => Self::of(&*world.lock().await, &parts.headers),
        }
    }
}
