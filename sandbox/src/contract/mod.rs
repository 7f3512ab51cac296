//! Every exchange held against GitHub's published descriptions while it is served: REST against its
//! OpenAPI description, webhooks against theirs, GraphQL against the schema. The trimmed copies and the
//! list of known deviations are in `contract/`.
//!
//! Properties kept: nothing is changed or refused here, only noted; what a fault answered is not held
//! against anything; a request that was refused needs no form.
//!
//! Only builds with the feature `contract` check: it needs a JSON-Schema engine, which a demo can do without.

#![cfg_attr(not(feature = "contract"), allow(dead_code, reason = "only the checks read what they are given"))]

#[cfg(feature = "contract")]
mod deviations;
#[cfg(feature = "contract")]
mod graphql;
#[cfg(feature = "contract")]
mod request;
#[cfg(feature = "contract")]
mod rest;
#[cfg(feature = "contract")]
mod route;
#[cfg(feature = "contract")]
mod schemas;
#[cfg(not(feature = "contract"))]
mod unchecked;
#[cfg(feature = "contract")]
mod webhooks;

use std::sync::Mutex;

use serde::Serialize;

#[cfg(feature = "contract")]
pub use graphql::graphql;
#[cfg(not(feature = "contract"))]
use unchecked as deviations;
#[cfg(not(feature = "contract"))]
pub use unchecked::{check, graphql, webhook};
#[cfg(feature = "contract")]
pub use webhooks::webhook;

/// Whether this build checks at all.
pub const CHECKS: bool = cfg!(feature = "contract");

/// One way in which an exchange broke the contract.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Violation {
    /// `GET /repos/{owner}/{repo}/issues`, `webhook issues-opened`, `graphql`.
    pub operation: String,
    /// `route`, `query`, `request`, `unknown-field`, `status`, `response`, `payload`, `document`, `answer`.
    pub kind: &'static str,
    pub message: String,
    /// Where in the body, as a JSON pointer.
    pub at: String,
    /// Beginning of the body in question.
    pub body: String,
}

/// An exchange as it went over the wire.
#[derive(Debug, Clone, Default)]
pub struct Exchange<'e> {
    pub method: &'e str,
    /// With the repository by its name, without the query.
    pub path: &'e str,
    pub query: Option<&'e str>,
    pub sent: &'e [u8],
    pub status: u16,
    /// The answer's content type.
    pub kind: &'e str,
    pub given: &'e [u8],
}

/// What was found so far; each violation once.
#[derive(Debug, Default)]
pub struct Violations(Mutex<Vec<Violation>>);

impl Violations {
    pub fn add(&self, found: Vec<Violation>) {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        for violation in found.into_iter().filter(|v| !deviations::known(v)) {
            tracing::warn!(
                operation = violation.operation,
                kind = violation.kind,
                at = violation.at,
                "against GitHub's contract: {}",
                violation.message
            );
            let same = |v: &Violation| {
                (&v.operation, v.kind, &v.message, &v.at)
                    == (&violation.operation, violation.kind, &violation.message, &violation.at)
            };
            if !all.iter().any(same) {
                all.push(violation);
            }
        }
    }

    pub fn all(&self) -> Vec<Violation> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).clear();
    }
}

/// Holds an exchange of the REST API against its description.
#[cfg(feature = "contract")]
pub fn check(exchange: &Exchange<'_>) -> Vec<Violation> {
    if !route::is_api(exchange.path) {
        return Vec::new();
    }
    let Some(route) = route::find(exchange.method, exchange.path) else {
        // What is not there, GitHub's description need not know.
        let operation = format!("{} {}", exchange.method, exchange.path);
        let message = "not among the operations of contract/need.json".to_owned();
        return vec![Violation { operation, kind: "route", message, at: String::new(), body: String::new() }];
    };
    let mut found = Vec::new();
    if exchange.status < 400 {
        found.extend(request::check(route, exchange));
    }
    found.extend(rest::check(route, exchange));
    found
}

/// The beginning of a body, for people.
#[cfg(feature = "contract")]
fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(300).collect()
}
