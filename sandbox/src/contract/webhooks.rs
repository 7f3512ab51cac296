//! A webhook's payload and headers against GitHub's description of its event and action.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Violation, beginning,
    schemas::{WEBHOOKS, findings},
};

pub fn webhook(
    event: &str,
    action: Option<&str>,
    payload: &str,
    headers: &BTreeMap<String, String>,
) -> Vec<Violation> {
    let name = match action {
        Some(action) => format!("{event}-{action}"),
        None => event.to_owned(),
    };
    let name = name.replace('_', "-");
    let mut found = Vec::new();
    let mut note = |at: String, message: String| {
        let body = beginning(payload.as_bytes());
        found.push(Violation { operation: format!("webhook {name}"), kind: "payload", message, at, body });
    };
    let Some(description) = WEBHOOKS.document["webhooks"].get(&name) else {
        note(String::new(), "not among the webhooks of contract/need.json".to_owned());
        return found;
    };
    for parameter in description["post"]["parameters"].as_array().into_iter().flatten() {
        let header = parameter["name"].as_str().unwrap_or_default();
        // Without a secret there is no signature.
        if !header.starts_with("X-Hub-Signature") && !headers.keys().any(|k| k.eq_ignore_ascii_case(header)) {
            note(String::new(), format!("the header {header} is missing"));
        }
    }
    let pointer = format!("/webhooks/{name}/post/requestBody/content/application~1json/schema");
    let value: Value = serde_json::from_str(payload).unwrap_or_default();
    for (at, message) in WEBHOOKS.validator(&pointer).iter().flat_map(|v| findings(v, &value)) {
        note(at, message);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_payload_is_noticed() {
        let found = webhook("issues", Some("opened"), "{}", &BTreeMap::new());
        assert!(found.iter().any(|v| v.message.contains("issue")), "{found:?}");
        assert!(found.iter().any(|v| v.message.contains("X-GitHub-Delivery")), "{found:?}");
        assert_eq!(webhook("teapot", None, "{}", &BTreeMap::new()).len(), 1);
    }
}
