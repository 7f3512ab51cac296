//! What a person is told when something could not be done.

use serde::{Deserialize, Serialize};

/// Why something could not be done, by what the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Nobody is signed in, or the sign-in is no longer valid (401).
    SignedOut,
    /// Signed in, seen, but not allowed (403).
    Forbidden,
    /// Not there, or not visible to this person (404).
    NotFound,
    /// Changed meanwhile, or already under way (409).
    Conflict,
    /// The input is not usable (422).
    Invalid,
    /// A rate limit (429).
    TooMany,
    /// GitHub failed or could not be reached (502).
    GitHub,
    /// A fault of Waymark's own (500).
    Internal,
}

impl ProblemKind {
    /// The HTTP status that carries this kind.
    pub fn status(self) -> u16 {
        match self {
            ProblemKind::SignedOut => 401,
            ProblemKind::Forbidden => 403,
            ProblemKind::NotFound => 404,
            ProblemKind::Conflict => 409,
            ProblemKind::Invalid => 422,
            ProblemKind::TooMany => 429,
            ProblemKind::GitHub => 502,
            ProblemKind::Internal => 500,
        }
    }
}

/// A refusal in words: what happened and why, what to do, and the field it concerns.
///
/// Never holds internal text: causes go to the log under the request id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    pub kind: ProblemKind,
    /// What happened, and why as far as known: plain, present tense.
    pub message: String,
    /// The next action, when there is one.
    pub next: Option<String>,
    /// The name of the form field it concerns.
    pub field: Option<String>,
    /// What it is for programs, where they do something about it: `idempotency_key_reused` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Problem {
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Problem { kind, message: message.into(), next: None, field: None, code: None }
    }

    /// Adds the next action.
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Names it for programs.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Names the form field that the problem concerns.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl leptos::server_fn::error::FromServerFnError for Problem {
    type Encoder = leptos::server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: leptos::server_fn::error::ServerFnErrorErr) -> Self {
        use leptos::server_fn::error::ServerFnErrorErr as E;
        let problem = match error {
            E::Args(_) | E::MissingArg(_) | E::Deserialization(_) => Problem::new(
                ProblemKind::Invalid,
                "The form could not be read: a field is missing or malformed.",
            ),
            E::Request(_) => Problem::new(ProblemKind::Internal, "Waymark could not be reached."),
            _ => Problem::new(ProblemKind::Internal, "Waymark failed to answer."),
        };
        #[cfg(feature = "ssr")]
        crate::context::set_status(problem.kind.status());
        problem
    }
}
