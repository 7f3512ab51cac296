//! Expressions of workflow files: `${{ ... }}`.
//!
//! Properties kept: only what is written here is understood, and anything else is an error that names
//! it; a context or function is refused where GitHub does not offer it, before anything runs; values
//! follow GitHub's rules of coercion, whatever their type in JSON.

mod evaluate;
mod functions;
mod parse;
mod template;
pub mod value;

pub use evaluate::{Scope, Statuses};
pub use parse::{Expression, Names};
pub use template::{Template, condition};

/// An expression that cannot be read or evaluated, in words for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub String);

impl Wrong {
    pub fn new<T>(message: impl Into<String>) -> Result<T, Self> {
        Err(Self(message.into()))
    }
}
