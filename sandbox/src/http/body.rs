//! JSON bodies, read as strictly as GitHub reads them: what is not JSON is 400, a field of the wrong
//! type is 422 and named; unknown fields are ignored.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use serde_json::{Map, Value};

use crate::world::{World, refusal::Refusal};

/// The longest body of an issue, pull request or comment, in characters.
pub const MAX_TEXT: usize = 65_536;

/// A request's body as an object.
#[derive(Debug, Default, Clone)]
pub struct Body(pub Map<String, Value>);

impl FromRequest<World> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, world: &World) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, world)
            .await
            .map_err(|_| Refusal::bad_request("Problems parsing JSON"))?;
        Self::read(&bytes)
    }
}

impl Body {
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Refusal::bad_request("Body should be a JSON object")),
            Err(_) => Err(Refusal::bad_request("Problems parsing JSON")),
        }
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A string; `None` when absent or null.
    pub fn text(&self, key: &str) -> Result<Option<String>, Refusal> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) => Ok(Some(s.clone())),
            Some(other) => Err(wrong_type(key, other, "a string")),
        }
    }

    /// A string that must be there and not be blank.
    pub fn required(&self, resource: &str, key: &str) -> Result<String, Refusal> {
        match self.text(key)? {
            Some(s) if !s.trim().is_empty() => Ok(s),
            _ => Err(Refusal::field(resource, "missing_field", key)),
        }
    }

    /// The text of an issue or comment: at most [`MAX_TEXT`] characters.
    pub fn prose(&self, resource: &str, key: &str) -> Result<Option<String>, Refusal> {
        let text = self.text(key)?;
        if text.as_ref().is_some_and(|t| t.chars().count() > MAX_TEXT) {
            let message = format!("{key} is too long (maximum is {MAX_TEXT} characters)");
            return Err(Refusal::custom(resource, Some(key), message));
        }
        Ok(text)
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(*b)),
            Some(other) => Err(wrong_type(key, other, "a boolean")),
        }
    }

    /// A list of strings; `None` when absent.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let wrong = || wrong_type(key, value, "an array");
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter()
            .map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub fn object(&self, key: &str) -> Result<Option<Body>, Refusal> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Body(map.clone()))),
            Some(other) => Err(wrong_type(key, other, "an object")),
        }
    }
}

fn wrong_type(key: &str, value: &Value, wanted: &str) -> Refusal {
    Refusal::unprocessable(format!("Invalid request.\n\nFor 'properties/{key}', {value} is not {wanted}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        assert_eq!(Body::read(b"{").expect_err("refused").status, 400);
        assert_eq!(Body::read(b"[]").expect_err("refused").status, 400);
        assert!(Body::read(b"").expect("empty").0.is_empty());
    }

    #[test]
    fn a_long_text_is_refused_by_characters_not_bytes() {
        let body = |n| Body([("body".to_owned(), Value::String("ä".repeat(n)))].into_iter().collect());
        assert!(body(MAX_TEXT).prose("Issue", "body").is_ok());
        assert_eq!(body(MAX_TEXT + 1).prose("Issue", "body").expect_err("refused").status, 422);
    }

    #[test]
    fn a_wrong_type_is_named() {
        let body = Body::read(br#"{"title": 3}"#).expect("an object");
        assert!(body.text("title").expect_err("refused").message.contains("properties/title"));
    }
}
