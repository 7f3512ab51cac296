//! Changing one block of a text and nothing else.

use serde_json::Value;

use super::read::{Content, content};
use super::render::{RenderError, render, render_content};
use super::scan::{Span, scan};
use super::{WARNING, is_content};
use crate::yaml::Mapping;

/// Why a block was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error("there is no readable block {0:?} to change")]
    NotFound(String),
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Fields of a `plan-header` that never change once they are written.
const IMMUTABLE: [&str; 3] = ["schema_version", "created_at", "created_by"];

/// The text with the fields of its first readable block of `key` changed. A null sets null; fields
/// that are not named keep value and place, new ones come last. Warning lines that stand directly
/// above the block become one.
///
/// # Errors
/// No readable block of that key.
pub fn update(text: &str, key: &str, changes: &Mapping) -> Result<String, UpdateError> {
    let (span, mut data) = scan(text)
        .spans
        .into_iter()
        .filter(|span| span.key == key)
        .find_map(|span| match content(text, &span) {
            Ok(Content::Data(data)) => Some((span, data)),
            _ => None,
        })
        .ok_or_else(|| UpdateError::NotFound(key.to_owned()))?;
    for (name, value) in changes {
        let kept = key == "plan-header" && IMMUTABLE.contains(&name.as_str()) && data.contains_key(name);
        if !kept {
            data.insert(name.clone(), Value::clone(value));
        }
    }
    Ok(replaced(text, &span, &format!("{WARNING}\n{}", render(key, &data)?)))
}

/// The text with the first content block of `key` holding `new` instead.
///
/// # Errors
/// No block of that key, or a key that is not one of a content block.
pub fn update_content(text: &str, key: &str, new: &str) -> Result<String, UpdateError> {
    let block = render_content(key, new)?;
    let span = scan(text)
        .spans
        .into_iter()
        .find(|span| span.key == key && is_content(key))
        .ok_or_else(|| UpdateError::NotFound(key.to_owned()))?;
    Ok(replaced(text, &span, &block))
}

fn replaced(text: &str, span: &Span<'_>, block: &str) -> String {
    let mut before = &text[..span.whole.start];
    while let Some(above) = without_warning(before) {
        before = above;
    }
    format!("{before}{block}{}", &text[span.whole.end..])
}

/// The text without the warning line that ends it.
fn without_warning(text: &str) -> Option<&str> {
    let line = text.strip_suffix('\n')?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    let above = line.strip_suffix(WARNING)?;
    (above.is_empty() || above.ends_with('\n')).then_some(above)
}
