//! How GitHub says no: a status, a message, sometimes a list of field errors, and a link.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::git::GitError;

#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: String,
    pub errors: Vec<Value>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new() }
    }

    /// Not there, or not for this person to know of.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    pub fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Bad credentials")
    }

    pub fn sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Requires authentication")
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 422 with a plain message.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 422 with GitHub's own words for what git refused; git's words go to the log. A git that could not
    /// do its work is no fault of the request, and 500.
    pub fn by_git(error: GitError, message: &str) -> Self {
        match &error {
            GitError::Refused { stderr, .. } if !stderr.contains("nable to") => {
                tracing::warn!(%error, "git refused a request: {message}");
                Self::unprocessable(message)
            }
            _ => error.into(),
        }
    }

    /// 422 `Validation Failed` for one field: `missing`, `missing_field`, `invalid`, `already_exists`.
    pub fn field(resource: &str, code: &str, field: &str) -> Self {
        let mut refusal = Self::unprocessable("Validation Failed");
        refusal.errors.push(json!({ "resource": resource, "code": code, "field": field }));
        refusal
    }

    /// 422 `Validation Failed` whose error has words of its own (`code: custom`).
    pub fn custom(resource: &str, field: Option<&str>, message: impl Into<String>) -> Self {
        let mut refusal = Self::unprocessable("Validation Failed");
        let mut error = json!({ "resource": resource, "code": "custom", "message": message.into() });
        if let Some(field) = field {
            error["field"] = json!(field);
        }
        refusal.errors.push(error);
        refusal
    }
}

impl From<GitError> for Refusal {
    fn from(error: GitError) -> Self {
        tracing::error!(%error, "git refused what the sandbox asked of it");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Server Error")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.as_u16().to_string(),
        });
        if !self.errors.is_empty() {
            body["errors"] = Value::Array(self.errors);
        }
        (self.status, Json(body)).into_response()
    }
}
