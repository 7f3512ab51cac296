//! Reading every block of a body.

use std::ops::Range;

use super::{is_content, marker, parts};
use crate::yaml::{self, Mapping};

/// What a block holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Data(Mapping),
    Text(String),
}

/// A block that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub key: String,
    /// The line of the opening marker, from 1.
    pub line: usize,
    /// From the opening marker to the end of the closing one, in bytes of the body.
    pub span: Range<usize>,
    pub content: Content,
}

impl Block {
    /// The mapping of a YAML block.
    pub fn data(&self) -> Option<&Mapping> {
        match &self.content {
            Content::Data(map) => Some(map),
            Content::Text(_) => None,
        }
    }

    /// The text of a content block.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Data(_) => None,
        }
    }
}

/// Something odd or unusable in a body.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The key of the block, as far as there is one.
    pub key: String,
    /// The line of the body, from 1.
    pub line: usize,
    pub message: String,
}

/// Everything found in a body, each list in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub blocks: Vec<Block>,
    /// Blocks with good markers and content that can't be used.
    pub errors: Vec<Finding>,
    /// What is odd beside them: a block never closed, a close without a block, a second block.
    pub warnings: Vec<Finding>,
}

impl Reading {
    /// The first good block of a key.
    pub fn find(&self, key: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.key == key)
    }

    /// The data of the first good block of a key.
    pub fn data(&self, key: &str) -> Option<&Mapping> {
        self.find(key).and_then(Block::data)
    }

    /// The text of the first good block of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.find(key).and_then(Block::text)
    }
}

/// The mapping of the first readable block of a key.
pub fn first(body: &str, key: &str) -> Option<Mapping> {
    read(body).data(key).cloned()
}

/// Read a body. Nothing in it makes this fail.
pub fn read(body: &str) -> Reading {
    let marker::Found { spans, strays, cut_at } = marker::find(body);
    let mut found = Reading::default();
    let mut lines = Lines { body, at: 0, line: 1 };
    for span in spans {
        let line = lines.of(span.whole.start);
        match content(body, &span, line) {
            Ok(content) => {
                found.blocks.push(Block { key: span.key.to_owned(), line, span: span.whole, content })
            }
            Err((line, message)) => found.errors.push(Finding { key: span.key.to_owned(), line, message }),
        }
    }
    let mut lines = Lines { body, at: 0, line: 1 };
    for stray in strays {
        let line = lines.of(stray.at);
        let message = if stray.is_close { "closes a block that was not opened" } else { "is never closed" };
        found.warnings.push(Finding { key: stray.key.to_owned(), line, message: message.to_owned() });
    }
    repeated(&mut found);
    if let Some(at) = cut_at {
        let (key, line) = (String::new(), Lines { body, at: 0, line: 1 }.of(at));
        let message = "there are more blocks than a body of GitHub can hold; from here on none is read";
        found.warnings.push(Finding { key, line, message: message.to_owned() });
    }
    found
}

fn content(body: &str, span: &marker::Span<'_>, line: usize) -> Result<Content, (usize, String)> {
    let inner = &body[span.inner.clone()];
    let misfit = || (line, "Body does not match expected <details> structure".to_owned());
    if is_content(span.key) {
        let range = parts::text(inner).ok_or_else(misfit)?;
        return Ok(Content::Text(inner[range].to_owned()));
    }
    let range = parts::yaml(inner, span.key == "workflow-started").ok_or_else(misfit)?;
    let start = range.start;
    yaml::parse_mapping(&inner[range]).map(Content::Data).map_err(|error| {
        let above = body[span.whole.start..span.inner.start + start].matches('\n').count();
        let prefix =
            if error.message.starts_with("YAML content") { "" } else { "Failed to parse YAML content: " };
        (line + above + error.line.saturating_sub(1), format!("{prefix}{error}"))
    })
}

/// A header is meant to be unique: a second one is not used by `find`, and that is worth saying.
fn repeated(found: &mut Reading) {
    let mut seen = std::collections::HashSet::new();
    for block in &found.blocks {
        let unique = matches!(
            block.key.as_str(),
            "plan-header" | "objective-header" | "objective-roadmap" | "objective-body"
        );
        if unique && !seen.insert(block.key.as_str()) {
            found.warnings.push(Finding {
                key: block.key.clone(),
                line: block.line,
                message: "is there more than once; the first one counts".to_owned(),
            });
        }
    }
    found.warnings.sort_by_key(|finding| finding.line);
}

/// Line numbers of places that only go forward.
struct Lines<'a> {
    body: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, place: usize) -> usize {
        self.line += self.body.as_bytes()[self.at..place].iter().filter(|byte| **byte == b'\n').count();
        self.at = place;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_warnings_carry_line_and_reason() {
        let body = "one\n<!-- erk:metadata-block:k -->\n<details>\n<summary>k</summary>\n\n```yaml\na: 1\nb: &x 1\n```\n\
                    </details>\n<!-- /erk:metadata-block:k -->\n<!-- erk:metadata-block:open -->\n";
        let found = read(body);
        assert_eq!(found.blocks, []);
        assert_eq!(
            found.errors,
            [Finding {
                key: "k".to_owned(),
                line: 8,
                message: "Failed to parse YAML content: anchors are not read".to_owned()
            }]
        );
        assert_eq!(
            found.warnings,
            [Finding { key: "open".to_owned(), line: 12, message: "is never closed".to_owned() }]
        );
    }
}
