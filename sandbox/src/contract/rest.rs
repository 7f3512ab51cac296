//! An answer of the REST API against its description. Descriptions leave out most errors: one that they
//! do not name is fine when its body has the form of an error.

use serde_json::Value;

use super::{
    Exchange, Violation, beginning,
    route::Route,
    schemas::{REST, findings, step},
};

pub fn check(route: &Route, exchange: &Exchange<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut note = |kind, at: String, message: String| {
        let body = beginning(exchange.given);
        found.push(Violation { operation: route.name.clone(), kind, message, at, body });
    };
    let status = exchange.status;
    if status == 304 {
        return found;
    }
    let documented = REST.document.pointer(&format!("{}/responses/{status}", route.pointer));
    let value: Option<Value> = match exchange.kind.contains("json") && !exchange.given.is_empty() {
        true => match serde_json::from_slice(exchange.given) {
            Ok(value) => Some(value),
            Err(error) => {
                note("response", String::new(), format!("not JSON: {error}"));
                return found;
            }
        },
        false => None,
    };
    let Some(documented) = documented else {
        let error = (400..500).contains(&status)
            && value.is_some_and(|v| {
                ["basic-error", "validation-error", "validation-error-simple"].iter().any(|name| {
                    let pointer = format!("/components/schemas/{name}");
                    REST.validator(&pointer).is_some_and(|schema| schema.is_valid(&v))
                })
            });
        if !error {
            note(
                "status",
                String::new(),
                format!("{status} is not documented, and this is not an error's form"),
            );
        }
        return found;
    };
    let here = match documented["$ref"].as_str() {
        Some(to) => to.trim_start_matches('#').to_owned(),
        None => format!("{}/responses/{status}", route.pointer),
    };
    let content = REST.resolve(documented)["content"].as_object();
    let media = content.and_then(|c| c.keys().find(|k| k.contains("json")));
    match (media, &value) {
        (Some(media), Some(value)) => {
            let pointer = format!("{here}/content/{}/schema", step(media));
            for (at, message) in REST.validator(&pointer).iter().flat_map(|v| findings(v, value)) {
                note("response", at, message);
            }
        }
        (Some(_), None) if exchange.kind.contains("json") || exchange.given.is_empty() => {
            note("response", String::new(), format!("{status} has a body by the description, and has none"));
        }
        (None, Some(_)) if status == 204 => {
            note("response", String::new(), "204 has no body".to_owned());
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::check as whole;

    fn answer(status: u16, body: &Value) -> Vec<&'static str> {
        let given = body.to_string();
        let exchange = Exchange {
            method: "POST",
            path: "/repos/acme/widgets/labels",
            query: None,
            sent: br#"{"name":"bug"}"#,
            status,
            kind: "application/json",
            given: given.as_bytes(),
        };
        whole(&exchange).into_iter().map(|v| v.kind).collect()
    }

    /// A whole label; every field taken away, or of another type, is noticed.
    #[test]
    fn the_check_has_teeth() {
        let label = json!({
            "id": 1, "node_id": "LA_x", "url": "http://127.0.0.1/x", "name": "bug", "description": null,
            "color": "d73a4a", "default": true,
        });
        assert_eq!(answer(201, &label), [] as [&str; 0]);
        let names: Vec<String> = label.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
        for name in names {
            let mut without = label.clone();
            without.as_object_mut().map(|o| o.remove(&name));
            assert_eq!(answer(201, &without), ["response"], "without {name}");
            let mut other = label.clone();
            other[&name] = json!([1]);
            assert_eq!(answer(201, &other), ["response"], "another type of {name}");
        }
    }

    #[test]
    fn undocumented_statuses_need_the_form_of_an_error() {
        assert_eq!(answer(403, &json!({ "message": "no" })), [] as [&str; 0]);
        assert_eq!(answer(403, &json!({ "message": 4 })), ["status"]);
        assert_eq!(answer(418, &json!("teapot")), ["status"]);
        assert_eq!(answer(200, &json!({})), ["status"]);
        assert_eq!(answer(503, &json!({ "message": "down" })), ["status"]);
    }
}
