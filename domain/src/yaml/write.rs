//! From values to YAML text that PyYAML reads back equal.
//!
//! Layout as PyYAML's `safe_dump(default_flow_style=False, allow_unicode=True, sort_keys=False)`,
//! but long lines are not folded and whatever could end a metadata block early, or would be lost on
//! the way (line separators, a fence, a comment or a tag), is written with escapes.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use super::{Mapping, read, resolve};

/// Why a mapping can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// YAML's reader looks no further than 1,024 characters for the end of a key.
    #[error("a key is longer than {MAX_KEY} characters when written")]
    KeyTooLong,
    /// Deeper than what is read.
    #[error("nested more than {} levels deep", read::MAX_DEPTH)]
    TooDeep,
}

const MAX_KEY: usize = 1000;

/// Write a mapping, one key per line, with a line end after the last. An empty mapping is `{}`.
pub fn write(map: &Mapping) -> Result<String, WriteError> {
    let mut out = String::new();
    if map.is_empty() {
        out.push_str("{}\n");
    } else {
        write_map(&mut out, map, 0, false)?;
    }
    Ok(out)
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_map(out: &mut String, map: &Mapping, indent: usize, started: bool) -> Result<(), WriteError> {
    if indent / 2 > read::MAX_DEPTH - 2 {
        return Err(WriteError::TooDeep);
    }
    let mut started = started;
    for (key, value) in map {
        if !std::mem::take(&mut started) {
            pad(out, indent);
        }
        let before = out.len();
        write_text(out, key, indent, true);
        if out.len() - before > MAX_KEY {
            return Err(WriteError::KeyTooLong);
        }
        out.push(':');
        match value {
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                // Items stand under their key, not indented.
                write_list(out, items, indent, false)?;
            }
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                write_map(out, map, indent + 2, false)?;
            }
            value => {
                out.push(' ');
                write_scalar(out, value, indent);
            }
        }
    }
    Ok(())
}

fn write_list(out: &mut String, items: &[Value], indent: usize, started: bool) -> Result<(), WriteError> {
    if indent / 2 > read::MAX_DEPTH - 2 {
        return Err(WriteError::TooDeep);
    }
    let mut started = started;
    for item in items {
        if !std::mem::take(&mut started) {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Array(items) if !items.is_empty() => write_list(out, items, indent + 2, true)?,
            Value::Object(map) if !map.is_empty() => write_map(out, map, indent + 2, true)?,
            value => write_scalar(out, value, indent),
        }
    }
    Ok(())
}

fn write_scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_text(out, text, indent, false),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
    out.push('\n');
}

/// A float as YAML 1.1 wants it: always a point, and a sign in the exponent.
fn number_text(number: &Number) -> String {
    let text = match number.as_f64() {
        Some(real) if number.is_f64() => format!("{real:?}"),
        _ => return number.to_string(),
    };
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{digits}{point}e{sign}{exponent}")
}

fn write_text(out: &mut String, text: &str, indent: usize, is_key: bool) {
    match style(text) {
        Style::Plain => out.push_str(text),
        Style::Single if is_key && text.contains('\n') => write_double(out, text),
        Style::Single => write_single(out, text, indent),
        Style::Double => write_double(out, text),
    }
}

enum Style {
    Plain,
    Single,
    Double,
}

fn style(text: &str) -> Style {
    if needs_escapes(text) {
        return Style::Double;
    }
    if is_plain(text) { Style::Plain } else { Style::Single }
}

/// Whether quotes alone would lose something: in YAML, or in the block around it.
fn needs_escapes(text: &str) -> bool {
    let breaks = text.contains(" \n") || text.contains("\n ") || text.starts_with("\n ");
    let unsafe_here = text.contains("```") || text.contains("<!--") || text.contains("-->") || {
        let bytes = text.as_bytes();
        bytes.windows(2).any(|pair| pair == b"</")
    };
    let edge = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && c.is_whitespace());
    breaks
        || unsafe_here
        || edge(text.chars().next())
        || edge(text.chars().next_back())
        || text.chars().any(is_special)
}

fn is_special(c: char) -> bool {
    matches!(c, '\t' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') || !read::is_printable(c)
}

/// Whether the text, written without quotes, is read as that very text.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let indicator = matches!(
        first,
        ' ' | '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
    );
    // PyYAML quotes these only before a space; before other characters they are still rare enough
    // that quoting them costs nothing.
    let doubtful = matches!(first, '-' | '?' | ':') || text.starts_with("...");
    !indicator
        && !doubtful
        && !text.ends_with([' ', ':'])
        && !text.contains('\n')
        && !text.contains(": ")
        && !text.contains(" #")
        && text != "<<"
        && matches!(resolve::plain(text), Ok(Value::String(_)))
        && !looks_like_time(text)
}

/// Timestamps resolve to text for us, not for PyYAML; so do infinities, which JSON does not know.
fn looks_like_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let unsigned = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
    matches!(unsigned.as_str(), ".inf" | ".nan")
        || bytes.len() >= 8 && bytes[4] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit)
}

/// Single quotes; a line break is written doubled, and a line that follows is indented.
fn write_single(out: &mut String, text: &str, indent: usize) {
    out.push('\'');
    let mut lines = text.split('\n').peekable();
    let mut first = true;
    while let Some(line) = lines.next() {
        if !first && !line.is_empty() {
            pad(out, indent + 2);
        }
        for c in line.chars() {
            if c == '\'' {
                out.push('\'');
            }
            out.push(c);
        }
        if let Some(next) = lines.peek() {
            // A break between two lines of text needs an empty line; a run of n breaks is n + 1.
            if first || !line.is_empty() {
                out.push('\n');
            }
            out.push('\n');
            if next.is_empty() && lines.clone().nth(1).is_none() {
                pad(out, indent + 2);
            }
        }
        first = false;
    }
    out.push('\'');
}

/// Double quotes on one line, with escapes for everything that is not plain printable ASCII.
fn write_double(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '`' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            ' '..='~' => out.push(c),
            c if (c as u32) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if (c as u32) < 0x10000 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn one(value: impl Into<Value>) -> String {
        let map = Mapping::from_iter([("k".to_owned(), value.into())]);
        write(&map).expect("writable")
    }

    #[test]
    fn text_that_yaml_1_1_would_take_for_something_else_is_quoted() {
        for text in [
            "yes",
            "off",
            "null",
            "~",
            "",
            "123",
            "0123",
            "1:30",
            "1.5",
            "2026-01-15",
            "2026-01-15T14:30:00Z",
            "-",
            "?",
            "<<",
            "=",
            "- item",
            "#12",
            "a #b",
            "key: value",
            "x:",
            "[a",
            "@home",
            "*alias",
            "%dir",
            " pad ",
            "1.e+5",
            "...",
            "---",
            "2026-13-45",
        ] {
            let quoted = text.replace('\'', "''");
            assert_eq!(one(text), format!("k: '{quoted}'\n"));
        }
    }

    #[test]
    fn ordinary_text_stays_plain() {
        for text in ["a:b", "C:\\Users", "octo#cat", "1e3", "1.2.3", "it's", "日本語", "https://x/y?z=1#t"]
        {
            assert_eq!(one(text), format!("k: {text}\n"));
        }
    }

    #[test]
    fn several_lines_are_single_quoted_with_doubled_breaks() {
        assert_eq!(one("one\ntwo\n\nfour"), "k: 'one\n\n  two\n\n\n  four'\n");
        assert_eq!(one("line\n"), "k: 'line\n\n  '\n");
    }

    #[test]
    fn what_could_end_the_block_is_escaped() {
        assert_eq!(one("```</details>"), "k: \"\\x60\\x60\\x60\\x3c/details>\"\n");
        assert_eq!(one("a\u{2028}b\u{85}"), "k: \"a\\u2028b\\x85\"\n");
    }

    #[test]
    fn floats_keep_their_type() {
        for (number, text) in [(1.0, "1.0"), (1e16, "1.0e+16"), (1.5e-7, "1.5e-7")] {
            assert_eq!(one(number), format!("k: {text}\n"));
        }
    }

    #[test]
    fn lists_stand_under_their_key_and_nest() {
        let list = serde_json::json!([[[], 1], {"a": 1, "b": ["x"]}]);
        let text = one(list.clone());
        assert_eq!(text, "k:\n- - []\n  - 1\n- a: 1\n  b:\n  - x\n");
        assert_eq!(parse(&text).map(|read| read["k"].clone()), Ok(list));
    }
}
