//! The world as GitHub's API shows it: one file per kind of object. Pure: from the model to JSON.

pub mod account;
pub mod repo;

use serde_json::Value;

/// Adds the fields of one object to another.
pub fn extend(to: &mut Value, more: Value) {
    if let (Value::Object(to), Value::Object(more)) = (to, more) {
        to.extend(more);
    }
}
