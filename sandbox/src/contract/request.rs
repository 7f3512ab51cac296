//! A request against its description: the query's names and values, the body's form, and fields that the
//! description does not know, which GitHub would ignore in silence.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Exchange, Violation, beginning,
    route::Route,
    schemas::{REST, findings},
};

pub fn check(route: &Route, exchange: &Exchange<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut note = |kind, at: String, message: String, body: String| {
        found.push(Violation { operation: route.name.clone(), kind, message, at, body });
    };
    let query = exchange.query.unwrap_or_default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let Some((_, pointer)) = route.query.iter().find(|(known, _)| *known == name) else {
            note("query", format!("/{name}"), format!("{name} is not a parameter"), query.to_owned());
            continue;
        };
        let schema =
            REST.document.pointer(pointer).map(|p| REST.resolve(&p["schema"])).unwrap_or(&Value::Null);
        let value = typed(schema, &value);
        let validator = REST.validator(&format!("{pointer}/schema"));
        for (at, message) in validator.iter().flat_map(|v| findings(v, &value)) {
            note("query", format!("/{name}{at}"), message, query.to_owned());
        }
    }
    let pointer = format!("{}/requestBody/content/application~1json/schema", route.pointer);
    let Some(schema) = REST.document.pointer(&pointer) else { return found };
    let optional =
        REST.document.pointer(&format!("{}/requestBody/required", route.pointer)) != Some(&json!(true));
    if exchange.sent.is_empty() && optional {
        return found;
    }
    let value: Value = match exchange.sent.is_empty() {
        true => json!({}),
        false => serde_json::from_slice(exchange.sent).unwrap_or_default(),
    };
    for (at, message) in REST.validator(&pointer).iter().flat_map(|v| findings(v, &value)) {
        note("request", at, message, beginning(exchange.sent));
    }
    for at in unknown(schema, &value) {
        note("unknown-field", at, "a field that GitHub does not know".to_owned(), beginning(exchange.sent));
    }
    found
}

/// A query's text as the type its schema asks for.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Some("boolean") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(text),
    }
}

/// All schemas that together may describe an object.
fn parts<'d>(schema: &'d Value, out: &mut Vec<&'d Map<String, Value>>) {
    let Some(map) = REST.resolve(schema).as_object() else { return };
    out.push(map);
    for key in ["anyOf", "oneOf", "allOf"] {
        for inner in map.get(key).and_then(Value::as_array).into_iter().flatten() {
            parts(inner, out);
        }
    }
}

/// JSON pointers of fields that no part of the schema names.
fn unknown(schema: &Value, value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    parts(schema, &mut all);
    let mut out = Vec::new();
    match value {
        Value::Object(fields) => {
            let known: BTreeSet<&String> =
                all.iter().filter_map(|p| p.get("properties")?.as_object()).flat_map(|p| p.keys()).collect();
            // Without a list of properties, or with room for others, any field is fine.
            if known.is_empty()
                || all.iter().any(|p| p.get("additionalProperties").is_some_and(|a| *a != json!(false)))
            {
                return out;
            }
            for (name, inner) in fields {
                if !known.contains(name) {
                    out.push(format!("/{name}"));
                    continue;
                }
                let schemas = all.iter().filter_map(|p| p.get("properties")?.get(name));
                let found: Vec<Vec<String>> = schemas.map(|s| unknown(s, inner)).collect();
                // One of several descriptions that fits is enough.
                let least = found.into_iter().min_by_key(Vec::len).unwrap_or_default();
                out.extend(least.into_iter().map(|at| format!("/{name}{at}")));
            }
        }
        Value::Array(items) => {
            let schemas: Vec<&Value> = all.iter().filter_map(|p| p.get("items")).collect();
            for (n, item) in items.iter().enumerate() {
                let found = schemas.iter().map(|s| unknown(s, item)).min_by_key(Vec::len).unwrap_or_default();
                out.extend(found.into_iter().map(|at| format!("/{n}{at}")));
            }
        }
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::check as whole;

    fn kinds(method: &str, path: &str, query: Option<&str>, body: &Value) -> Vec<(&'static str, String)> {
        let sent = body.to_string();
        let sent = if body.is_null() { &b""[..] } else { sent.as_bytes() };
        let exchange = Exchange { method, path, query, sent, status: 304, kind: "", given: b"" };
        whole(&exchange).into_iter().map(|v| (v.kind, v.at)).collect()
    }

    #[test]
    fn a_field_that_github_ignores_is_found() {
        let path = "/repos/acme/widgets/pulls/1";
        let found = kinds("PATCH", path, None, &json!({ "title": "T", "draft": false }));
        assert_eq!(found, [("unknown-field", "/draft".to_owned())]);
        let tree = json!({ "tree": [{ "path": "a", "mode": "100644", "contents": "x" }] });
        let found = kinds("POST", "/repos/acme/widgets/git/trees", None, &tree);
        assert_eq!(found, [("unknown-field", "/tree/0/contents".to_owned())]);
    }

    #[test]
    fn queries_are_held_too() {
        let path = "/repos/acme/widgets/issues";
        assert_eq!(kinds("GET", path, Some("state=all&per_page=100"), &Value::Null), []);
        let found = kinds("GET", path, Some("state=opened&pages=2"), &Value::Null);
        assert_eq!(found, [("query", "/state".to_owned()), ("query", "/pages".to_owned())]);
    }
}
