//! GraphQL: a document outside of the schema, or an answer that the executor had to bend to it.

use serde_json::Value;

use super::{Violation, beginning};

/// `valid`: the document is within the schema. `bent`: what the executor said of values that the schema
/// does not allow.
pub fn graphql(document: &str, valid: bool, bent: &[String], answer: &Value) -> Vec<Violation> {
    let note = |kind, message: String| Violation {
        operation: "graphql".to_owned(),
        kind,
        message,
        at: String::new(),
        body: beginning(document.as_bytes()),
    };
    let mut found = Vec::new();
    if !valid {
        let said = answer["errors"][0]["message"].as_str().unwrap_or("not valid");
        found.push(note("document", said.to_owned()));
    }
    found.extend(bent.iter().map(|said| note("answer", said.clone())));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_sides_are_noticed() {
        assert!(graphql("{ viewer { login } }", true, &[], &json!({})).is_empty());
        let answer = json!({ "errors": [{ "message": "no such field" }] });
        assert_eq!(graphql("{ x }", false, &[], &answer)[0].message, "no such field");
        assert_eq!(graphql("{ viewer { login } }", true, &["bad".to_owned()], &json!({}))[0].kind, "answer");
    }
}
