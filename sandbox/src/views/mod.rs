//! The world as GitHub's API shows it: one file per kind of object. Pure: from the model to JSON.

pub mod account;
pub mod checks;
pub mod gist;
pub mod git;
pub mod hook;
pub mod issue;
pub mod pull;
pub mod repo;
pub mod timeline;

use serde_json::Value;

/// Adds the fields of one object to another.
pub fn extend(to: &mut Value, more: Value) {
    if let (Value::Object(to), Value::Object(more)) = (to, more) {
        to.extend(more);
    }
}
