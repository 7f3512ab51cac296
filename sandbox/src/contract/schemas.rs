//! The descriptions, read once, and a validator for each schema in them, made when it is first needed.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};

/// A published description, ready to be referred to.
pub struct Description {
    pub document: Value,
    uri: &'static str,
    draft: Draft,
    registry: Option<Registry<'static>>,
    made: Mutex<HashMap<String, Option<Arc<Validator>>>>,
}

/// REST, OpenAPI 3.0.
pub static REST: LazyLock<Description> = LazyLock::new(|| {
    let document = read(include_str!("../../contract/rest.json"));
    Description::new(nulls(document), "urn:rest", Draft::Draft7)
});

/// Webhooks, OpenAPI 3.1.
pub static WEBHOOKS: LazyLock<Description> = LazyLock::new(|| {
    Description::new(read(include_str!("../../contract/webhooks.json")), "urn:webhooks", Draft::Draft202012)
});

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// `nullable: true` of OpenAPI 3.0 in the words of JSON Schema.
fn nulls(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(nulls).collect(),
        Value::Object(map) => {
            let mut map: Map<String, Value> = map.into_iter().map(|(k, v)| (k, nulls(v))).collect();
            match map.remove("nullable") {
                Some(Value::Bool(true)) => json!({ "anyOf": [{ "type": "null" }, map] }),
                Some(other @ Value::Object(_)) => {
                    // A property that has this name.
                    map.insert("nullable".to_owned(), other);
                    Value::Object(map)
                }
                _ => Value::Object(map),
            }
        }
        other => other,
    }
}

impl Description {
    fn new(document: Value, uri: &'static str, draft: Draft) -> Self {
        let registry = Registry::new().draft(draft).add(uri, document.clone()).and_then(|r| r.prepare());
        if let Err(error) = &registry {
            tracing::error!(%error, uri, "a description of GitHub's API cannot be used");
        }
        Self { document, uri, draft, registry: registry.ok(), made: Mutex::default() }
    }

    /// The validator of the schema at a JSON pointer of the document.
    pub fn validator(&'static self, pointer: &str) -> Option<Arc<Validator>> {
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(known) = made.get(pointer) {
            return known.clone();
        }
        let schema = json!({ "$ref": format!("{}#{}", self.uri, fragment(pointer)) });
        let built = self.registry.as_ref().and_then(|registry| {
            let options = jsonschema::options().with_draft(self.draft).with_registry(registry);
            options
                .should_validate_formats(true)
                .build(&schema)
                .map_err(|error| {
                    tracing::error!(%error, pointer, "a schema cannot be used");
                })
                .ok()
        });
        let built = built.map(Arc::new);
        made.insert(pointer.to_owned(), built.clone());
        built
    }

    /// Follows references to the object meant.
    pub fn resolve<'d>(&'d self, value: &'d Value) -> &'d Value {
        let mut value = value;
        for _ in 0..16 {
            let Some(to) = value.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) else {
                break;
            };
            value = self.document.pointer(to).unwrap_or(&Value::Null);
        }
        value
    }
}

/// A JSON pointer as the fragment of an address.
fn fragment(pointer: &str) -> String {
    pointer.replace('%', "%25").replace('{', "%7B").replace('}', "%7D").replace('+', "%2B")
}

/// One step of a JSON pointer.
pub fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What is wrong with a value, with where; at most five findings.
pub fn findings(validator: &Validator, value: &Value) -> Vec<(String, String)> {
    let errors = validator.iter_errors(value).take(5);
    errors.map(|e| (e.instance_path().to_string(), short(&e.to_string()))).collect()
}

fn short(message: &str) -> String {
    if message.len() <= 300 {
        return message.to_owned();
    }
    let head: String = message.chars().take(80).collect();
    let tail: Vec<char> = message.chars().rev().take(200).collect();
    format!("{head} … {}", tail.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_descriptions_can_be_used() {
        assert!(REST.registry.is_some() && WEBHOOKS.registry.is_some());
        let error = REST.validator("/components/schemas/basic-error").expect("a validator");
        assert!(error.is_valid(&json!({ "message": "Not Found" })));
        assert!(!error.is_valid(&json!({ "message": 4 })));
    }

    /// JSON pointers of every schema that an operation of the document names.
    fn schemas(value: &Value, at: &str, out: &mut Vec<String>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            let here = format!("{at}/{}", step(key));
            match key.as_str() {
                "schema" => out.push(here),
                _ => schemas(inner, &here, out),
            }
        }
    }

    #[test]
    fn every_schema_has_a_validator() {
        for (description, part) in
            [(&*REST, "paths"), (&*REST, "components/responses"), (&*WEBHOOKS, "webhooks")]
        {
            let (mut all, at) = (Vec::new(), format!("/{part}"));
            schemas(description.document.pointer(&at).expect("a part"), &at, &mut all);
            assert!(all.len() > 10, "{part} has {} schemas", all.len());
            for pointer in all {
                assert!(description.validator(&pointer).is_some(), "{pointer}");
            }
        }
    }

    #[test]
    fn nullable_means_or_null() {
        let schema = nulls(json!({ "type": "string", "nullable": true }));
        assert_eq!(schema, json!({ "anyOf": [{ "type": "null" }, { "type": "string" }] }));
    }
}
