//! From a text to its blocks, every generation's spelling accepted.

use super::is_content;
use super::scan::{Span, scan};
use crate::yaml::{self, Mapping, YamlError};

/// A readable block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub key: String,
    pub content: Content,
    /// 1-based line of the opening marker.
    pub line: usize,
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Data(Mapping),
    Text(String),
}

/// Something that could not be used, or is odd.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub key: String,
    /// 1-based.
    pub line: usize,
    pub message: String,
}

/// Everything that a text holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// In the order of the text.
    pub blocks: Vec<Block>,
    /// Blocks with good markers and unusable content.
    pub errors: Vec<Finding>,
    /// Everything else that is odd, such as a block that is never closed.
    pub warnings: Vec<Finding>,
}

impl Reading {
    /// The mapping of the first readable block of this key.
    pub fn data(&self, key: &str) -> Option<&Mapping> {
        self.blocks.iter().find_map(|block| match &block.content {
            Content::Data(data) if block.key == key => Some(data),
            _ => None,
        })
    }

    /// The text of the first readable block of this key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.blocks.iter().find_map(|block| match &block.content {
            Content::Text(text) if block.key == key => Some(text.as_str()),
            _ => None,
        })
    }
}

/// The mapping of the first readable block of a key.
pub fn first(text: &str, key: &str) -> Option<Mapping> {
    read(text).data(key).cloned()
}

/// Reads all blocks of an issue body, pull request body or comment.
pub fn read(text: &str) -> Reading {
    let found = scan(text);
    let mut lines = Lines::new(text);
    let mut reading = Reading::default();
    for span in &found.spans {
        let line = lines.of(span.whole.start);
        match content(text, span) {
            Ok(content) => reading.blocks.push(Block { key: span.key.to_owned(), content, line }),
            Err(fault) => reading.errors.push(Finding {
                key: span.key.to_owned(),
                line: fault.at.map_or(line, |at| lines.of(at) + fault.lines_further),
                message: fault.message,
            }),
        }
    }
    let mut lines = Lines::new(text);
    for (key, start) in &found.unclosed {
        reading.warnings.push(Finding {
            key: (*key).to_owned(),
            line: lines.of(*start),
            message: "The block is never closed, so it is not read.".to_owned(),
        });
    }
    reading
}

pub(super) struct Fault {
    message: String,
    /// Byte offset in the text where it is, when known.
    at: Option<usize>,
    lines_further: usize,
}

fn fault(message: &str, at: usize) -> Fault {
    Fault { message: message.to_owned(), at: Some(at), lines_further: 0 }
}

pub(super) fn content(text: &str, span: &Span<'_>) -> Result<Content, Fault> {
    let inner = &text[span.inner.clone()];
    if is_content(span.key) {
        let unusable = || fault("The block has no <details> with a <summary>.", span.inner.start);
        return text_of(inner).map(|text| Content::Text(text.to_owned())).ok_or_else(unusable);
    }
    let bare = span.key == "workflow-started";
    let yaml = yaml_of(inner, bare).ok_or_else(|| {
        fault("The block does not have the expected <details> with a yaml fence.", span.inner.start)
    })?;
    let at = span.inner.start + yaml.start;
    match yaml::read_mapping(&inner[yaml]) {
        Ok(map) => Ok(Content::Data(map)),
        Err(YamlError::Syntax { message, line }) => Err(Fault {
            message: format!("The YAML cannot be read: {message}."),
            at: Some(at),
            lines_further: line.saturating_sub(1),
        }),
        Err(YamlError::NotAMapping(what)) => {
            Err(fault(&format!("The YAML is not a mapping, but {what}."), at))
        }
    }
}

/// The offset behind `<details>` or `<details open>` at the start of the text.
fn details(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("<details")?;
    let rest = match rest.strip_prefix('>') {
        Some(rest) => rest,
        None => {
            let open = rest.trim_start();
            if open.len() == rest.len() {
                return None;
            }
            open.strip_prefix("open")?.trim_start().strip_prefix('>')?
        }
    };
    Some(text.len() - rest.len())
}

/// The offset behind a summary at the start of the text, white space before it allowed.
fn summary(text: &str) -> Option<usize> {
    let rest = text.trim_start().strip_prefix("<summary>")?;
    let end = rest.find("</summary>")?;
    let rest = &rest[end + "</summary>".len()..];
    Some(text.len() - rest.len())
}

fn text_of(inner: &str) -> Option<&str> {
    let opening = inner.match_indices("<details").find_map(|(at, _)| {
        let behind = at + details(&inner[at..])?;
        Some(behind + summary(&inner[behind..])?)
    })?;
    // Up to the last closing tag: details inside the text do not cut it short.
    let end = inner.rfind("</details>").filter(|end| *end >= opening)?;
    Some(inner[opening..end].trim())
}

/// Where the YAML stands between the markers.
fn yaml_of(inner: &str, bare_fence: bool) -> Option<std::ops::Range<usize>> {
    let fenced = inner.match_indices("<details").find_map(|(at, _)| {
        let behind = at + details(&inner[at..])?;
        let behind = behind + summary(&inner[behind..])?;
        fence_start(inner, behind)
    });
    if let Some(start) = fenced {
        let mut from = start;
        while let Some(fence) = inner[from..].find("```").map(|at| from + at) {
            if inner[fence + 3..].trim_start().starts_with("</details>") {
                return Some(start..fence);
            }
            from = fence + 3;
        }
    }
    if bare_fence {
        let fence = inner.find("```yaml")?;
        let start = fence_start(inner, fence)?;
        let end = inner[start..].find("```")?;
        return Some(start..start + end);
    }
    None
}

/// The offset behind an opening yaml fence, white space before it allowed.
fn fence_start(inner: &str, from: usize) -> Option<usize> {
    let rest = inner[from..].trim_start().strip_prefix("```yaml")?;
    // The info string ends with white space.
    rest.starts_with(char::is_whitespace).then(|| inner.len() - rest.len())
}

/// Line numbers of rising offsets, counted once.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Lines { text, at: 0, line: 1 }
    }

    fn of(&mut self, offset: usize) -> usize {
        if offset >= self.at {
            self.line += self.text.as_bytes()[self.at..offset].iter().filter(|b| **b == b'\n').count();
            self.at = offset;
            return self.line;
        }
        self.line - self.text.as_bytes()[offset..self.at].iter().filter(|b| **b == b'\n').count()
    }
}
