//! From data to the wire form of a block, byte for byte as erk's generation of issue-backed plans
//! writes it.

use super::{WARNING, is_content};
use crate::yaml::{Mapping, write_mapping};

/// Why a block cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("{0:?} cannot be the key of a block")]
    Key(String),
    /// The kind of the key and the kind of what is written differ.
    #[error("a block {0:?} holds {1}")]
    Kind(String, &'static str),
}

fn checked(key: &str) -> Result<(), RenderError> {
    let fits =
        !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if fits { Ok(()) } else { Err(RenderError::Key(key.to_owned())) }
}

/// A YAML block, without the warning line.
///
/// # Errors
/// A key that would break the markers, or the key of a content block.
pub fn render(key: &str, data: &Mapping) -> Result<String, RenderError> {
    checked(key)?;
    if is_content(key) {
        return Err(RenderError::Kind(key.to_owned(), "text"));
    }
    let yaml = write_mapping(data);
    // erk's roadmap reader wants no blank lines inside the fence.
    let blank = if key == "objective-roadmap" { "" } else { "\n" };
    Ok(format!(
        "<!-- erk:metadata-block:{key} -->\n<details>\n<summary><code>{key}</code></summary>\n\n\
         ```yaml\n{blank}{yaml}\n{blank}```\n\n</details>\n<!-- /erk:metadata-block:{key} -->"
    ))
}

/// A YAML block under its warning line.
///
/// # Errors
/// As [`render`].
pub fn render_with_warning(key: &str, data: &Mapping) -> Result<String, RenderError> {
    Ok(format!("{WARNING}\n{}", render(key, data)?))
}

/// A content block under its warning line. Closing markers inside the text are made harmless.
///
/// # Errors
/// A key that is not one of a content block.
pub fn render_content(key: &str, text: &str) -> Result<String, RenderError> {
    let summary = match key {
        "plan-body" => "<strong>📋 Implementation Plan</strong>",
        "objective-body" => "<strong>Objective</strong>",
        "planning-session-prompts" => "<code>planning-session-prompts</code>",
        _ => return Err(RenderError::Kind(key.to_owned(), "YAML")),
    };
    // A zero-width character would be hidden from people; the entity shows what was written.
    let text = text.trim().replace("<!-- /erk:metadata-block", "&lt;!-- /erk:metadata-block");
    Ok(format!(
        "{WARNING}\n<!-- erk:metadata-block:{key} -->\n<details open>\n<summary>{summary}</summary>\n\n{text}\n\n\
         </details>\n<!-- /erk:metadata-block:{key} -->"
    ))
}
