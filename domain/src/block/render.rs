//! Writing blocks, byte for byte in the layout erk's generation of issue-backed plans writes.

use super::{Content, is_content, marker, read};
use crate::yaml::{self, Mapping};

/// Why a block can't be written so that it would be read back the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("{0:?} cannot be the key of a block")]
    Key(String),
    /// The kind of the key and the kind of what is written differ.
    #[error("a block {0:?} holds {1}")]
    Kind(String, &'static str),
    #[error(transparent)]
    Yaml(#[from] yaml::WriteError),
    #[error("the block is too large, or can't be read back as it was given")]
    Lossy,
}

/// A YAML block without the WARNING line and without a line end after its closing marker.
///
/// # Errors
/// A key that would break the markers or belongs to text, or data that can't be written unharmed.
pub fn render(key: &str, data: &Mapping) -> Result<String, RenderError> {
    check_key(key)?;
    if is_content(key) {
        return Err(RenderError::Kind(key.to_owned(), "text, not data"));
    }
    let yaml = yaml::write(data)?;
    // erk's roadmap reader wants no blank lines inside the fence.
    let blank = if key == "objective-roadmap" { "" } else { "\n" };
    let fence = format!("```yaml\n{blank}{yaml}{blank}```");
    let block = frame(key, "<details>", &format!("<code>{key}</code>"), &fence);
    verify(&block, |content| matches!(content, Content::Data(read) if read == data))?;
    Ok(block)
}

/// A YAML block under the WARNING line.
///
/// # Errors
/// As [`render`].
pub fn render_with_warning(key: &str, data: &Mapping) -> Result<String, RenderError> {
    render(key, data).map(|block| format!("{}\n{block}", marker::WARNING))
}

/// A content block under the WARNING line. White space at the ends of the text is not kept, and
/// closing markers inside it that would end the block are made harmless by an entity, which people see
/// as what was written.
///
/// # Errors
/// A key that is not one of a content block.
pub fn render_content(key: &str, text: &str) -> Result<String, RenderError> {
    check_key(key)?;
    let (details, summary) = match key {
        "plan-body" => ("<details open>", "<strong>📋 Implementation Plan</strong>"),
        "objective-body" => ("<details open>", "<strong>Objective</strong>"),
        "planning-session-prompts" => ("<details>", "<code>planning-session-prompts</code>"),
        _ => return Err(RenderError::Kind(key.to_owned(), "data, not text")),
    };
    let text = harmless(key, text.trim());
    let block = frame(key, details, summary, &text);
    verify(&block, |content| matches!(content, Content::Text(read) if *read == text))?;
    Ok(format!("{}\n{block}", marker::WARNING))
}

/// A text whose closing markers people still see and readers of a block of this key do not. Those of
/// other keys end nothing: an objective may hold a copy of its roadmap.
pub(crate) fn harmless(key: &str, text: &str) -> String {
    let bare = text.replace("<!-- /erk:metadata-block -->", "&lt;!-- /erk:metadata-block -->");
    let own = format!("!-- /erk:metadata-block:{key} -->");
    bare.replace(&format!("<{own}"), &format!("&lt;{own}"))
}

fn frame(key: &str, details: &str, summary: &str, content: &str) -> String {
    format!(
        "{}{key} -->\n{details}\n<summary>{summary}</summary>\n\n{content}\n\n</details>\n<!-- /erk:metadata-block:{key} -->",
        marker::OPEN
    )
}

fn check_key(key: &str) -> Result<(), RenderError> {
    let good = !key.is_empty()
        && key.len() <= marker::MAX_KEY
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if good { Ok(()) } else { Err(RenderError::Key(key.to_owned())) }
}

fn verify(block: &str, same: impl Fn(&Content) -> bool) -> Result<(), RenderError> {
    match read(block).blocks.as_slice() {
        [only] if only.span == (0..block.len()) && same(&only.content) => Ok(()),
        _ => Err(RenderError::Lossy),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: serde_json::Value) -> Mapping {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_header_has_the_layout_erk_writes() {
        let data = map(json!({"schema_version": "2", "created_by": "octocat"}));
        let expected = "<!-- WARNING: Machine-generated. Manual edits may break erk tooling. -->\n\
            <!-- erk:metadata-block:plan-header -->\n<details>\n<summary><code>plan-header</code></summary>\n\n\
            ```yaml\n\nschema_version: '2'\ncreated_by: octocat\n\n```\n\n</details>\n\
            <!-- /erk:metadata-block:plan-header -->";
        assert_eq!(render_with_warning("plan-header", &data).as_deref(), Ok(expected));
    }

    #[test]
    fn a_roadmap_has_no_blank_lines_in_its_fence() {
        let block = render("objective-roadmap", &map(json!({"schema_version": "3"})));
        assert!(block.is_ok_and(|block| block.contains("```yaml\nschema_version: '3'\n```")));
    }

    #[test]
    fn a_closing_marker_in_a_text_is_made_harmless() {
        let other = "<!-- /erk:metadata-block:k -->\n<details>c</details>";
        let own = "a <!-- /erk:metadata-block --> b <!-- /erk:metadata-block:plan-body -->";
        let block = render_content("plan-body", &format!("{own} {other}"));
        let found = read(&block.unwrap_or_default());
        let text = format!("{} {other}", own.replace('<', "&lt;"));
        assert_eq!(found.text("plan-body"), Some(text.as_str()));
    }

    #[test]
    fn keys_that_would_break_the_markers_are_refused() {
        for key in ["", "a b", "a -->", "a\nb", "é"] {
            assert_eq!(render(key, &Mapping::new()), Err(RenderError::Key(key.to_owned())));
        }
    }

    #[test]
    fn kinds_are_not_mixed_up() {
        assert!(render("plan-body", &Mapping::new()).is_err());
        assert!(render_content("plan-header", "x").is_err());
    }
}
