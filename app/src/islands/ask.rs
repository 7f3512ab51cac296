//! Asks a server function for suggestions.
//!
//! Written by hand instead of through the typed client, which would weigh a tenth of what the first
//! page may load.

use super::Suggestion;

/// What the server function `name` answers to these fields; nothing when it cannot be asked.
#[cfg(feature = "hydrate")]
pub(super) async fn ask(name: &str, fields: &[(&str, &str)]) -> Vec<Suggestion> {
    browser::ask(name, fields).await.unwrap_or_default()
}

/// Islands ask in the browser only.
#[cfg(not(feature = "hydrate"))]
pub(super) async fn ask(_name: &str, _fields: &[(&str, &str)]) -> Vec<Suggestion> {
    Vec::new()
}

#[cfg(feature = "hydrate")]
mod browser {
    use js_sys::{Array, Reflect, encode_uri_component};
    use leptos::prelude::window;
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, RequestInit, Response};

    use super::Suggestion;

    pub(super) async fn ask(name: &str, fields: &[(&str, &str)]) -> Result<Vec<Suggestion>, JsValue> {
        let mut body = String::new();
        for (field, value) in fields {
            body.push_str(field);
            body.push('=');
            body.push_str(&String::from(encode_uri_component(value)));
            body.push('&');
        }
        let headers = Headers::new()?;
        headers.set("accept", "application/json")?;
        headers.set("content-type", "application/x-www-form-urlencoded")?;
        let options = RequestInit::new();
        options.set_method("POST");
        options.set_headers(&headers);
        options.set_body(&JsValue::from_str(body.trim_end_matches('&')));
        let mut address = String::from("/do/");
        address.push_str(name);
        let answer = JsFuture::from(window().fetch_with_str_and_init(&address, &options)).await?;
        let answer: Response = answer.dyn_into()?;
        if !answer.ok() {
            return Ok(Vec::new());
        }
        let found: Array = JsFuture::from(answer.json()?).await?.dyn_into()?;
        let text = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok()?.as_string();
        let suggestion =
            |of: JsValue| Some(Suggestion { value: text(&of, "value")?, note: text(&of, "note")? });
        Ok(found.iter().filter_map(suggestion).collect())
    }
}
