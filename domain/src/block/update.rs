//! Changing one block of a body and nothing else.

use super::{Content, Reading, RenderError, WARNING, read, render_content, render_with_warning};
use crate::yaml::Mapping;

/// Why a block was not changed; the body then stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error("there is no block {0:?}")]
    NotFound(String),
    #[error("the block {key:?} on line {line} can't be used: {message}")]
    Unusable { key: String, line: usize, message: String },
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Fields of a `plan-header` that never change once they are written.
const IMMUTABLE: [&str; 3] = ["schema_version", "created_at", "created_by"];

/// The body with the given fields of its first readable block of a key changed.
///
/// Fields keep their order, unknown ones included; new ones go to the end; a null sets null. The WARNING
/// lines directly above the block become one. Everything else stays byte for byte.
///
/// # Errors
/// No readable block of that key, or data that can't be written unharmed.
pub fn update(body: &str, key: &str, changes: &Mapping) -> Result<String, UpdateError> {
    let found = read(body);
    let Some(Content::Data(data)) = found.find(key).map(|block| &block.content) else {
        return Err(missing(&found, key));
    };
    let mut data = data.clone();
    for (name, value) in changes {
        let fixed = key == "plan-header" && IMMUTABLE.contains(&name.as_str());
        if !(fixed && data.contains_key(name)) {
            data.insert(name.clone(), value.clone());
        }
    }
    let block = render_with_warning(key, &data)?;
    splice(body, &found, key, &block)
}

/// The body with the first readable block of a key holding other data.
///
/// # Errors
/// No readable block of that key, or data that can't be written unharmed.
pub fn replace(body: &str, key: &str, data: &Mapping) -> Result<String, UpdateError> {
    let block = render_with_warning(key, data)?;
    splice(body, &read(body), key, &block)
}

/// The body with the first readable content block of a key holding another text.
///
/// # Errors
/// No readable block of that key, or a key that is not one of a content block.
pub fn update_content(body: &str, key: &str, text: &str) -> Result<String, UpdateError> {
    let block = render_content(key, text)?;
    splice(body, &read(body), key, &block)
}

fn splice(body: &str, found: &Reading, key: &str, block: &str) -> Result<String, UpdateError> {
    let old = found.find(key).ok_or_else(|| missing(found, key))?;
    let mut prefix = &body[..old.span.start];
    while let Some(shorter) = without_warning(prefix) {
        prefix = shorter;
    }
    Ok([prefix, block, &body[old.span.end..]].concat())
}

/// The text without a WARNING line at its end.
fn without_warning(text: &str) -> Option<&str> {
    let line = text.strip_suffix('\n')?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    let above = line.strip_suffix(WARNING)?;
    (above.is_empty() || above.ends_with('\n')).then_some(above)
}

fn missing(found: &Reading, key: &str) -> UpdateError {
    match found.errors.iter().find(|finding| finding.key == key) {
        Some(finding) => UpdateError::Unusable {
            key: key.to_owned(),
            line: finding.line,
            message: finding.message.clone(),
        },
        None => UpdateError::NotFound(key.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: serde_json::Value) -> Mapping {
        value.as_object().cloned().unwrap_or_default()
    }

    fn block(data: serde_json::Value) -> String {
        render_with_warning("k", &map(data)).unwrap_or_default()
    }

    #[test]
    fn the_rest_of_the_body_stays_and_warnings_become_one() {
        let old = block(json!({"a": 1, "odd": "x"}));
        let body = format!("top \\1\r\n{WARNING}\r\n{WARNING}\n{old}\n $& end");
        let changed = update(&body, "k", &map(json!({"a": null, "new": "\\g<0>"})));
        let wanted = block(json!({"a": null, "odd": "x", "new": "\\g<0>"}));
        assert_eq!(changed, Ok(format!("top \\1\r\n{wanted}\n $& end")));
    }

    #[test]
    fn a_missing_or_unusable_block_is_said_so() {
        assert_eq!(update("x", "k", &Mapping::new()), Err(UpdateError::NotFound("k".to_owned())));
        let body = "<!-- erk:metadata-block:k -->\nx\n<!-- /erk:metadata-block:k -->";
        assert!(matches!(update(body, "k", &Mapping::new()), Err(UpdateError::Unusable { line: 1, .. })));
    }
}
