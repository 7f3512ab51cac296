//! From a mapping to YAML text that PyYAML reads back as the same values.
//!
//! Also safe inside a metadata block: no value can hold a marker, a fence or a closing tag literally.

use serde_json::{Number, Value};

use super::{Mapping, resolve};

/// The text, without a newline at the end; `{}` for an empty mapping.
pub fn write_mapping(map: &Mapping) -> String {
    if map.is_empty() {
        return "{}".to_owned();
    }
    let mut out = String::new();
    mapping(map, 0, &mut out);
    out.truncate(out.trim_end_matches('\n').len());
    out
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', depth));
}

fn mapping(map: &Mapping, depth: usize, out: &mut String) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            indent(depth, out);
        }
        scalar_text(key, out);
        out.push(':');
        after_key(value, depth, out);
    }
}

fn after_key(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            indent(depth + 2, out);
            mapping(map, depth + 2, out);
        }
        // Items of a list stand under their key, not indented, as PyYAML writes them.
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            items(list, depth, out);
        }
        other => {
            out.push(' ');
            single(other, out);
            out.push('\n');
        }
    }
}

fn items(list: &[Value], depth: usize, out: &mut String) {
    for value in list {
        indent(depth, out);
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => mapping(map, depth + 2, out),
            Value::Array(inner) if !inner.is_empty() => {
                let mut nested = String::new();
                items(inner, depth + 2, &mut nested);
                out.push_str(nested.trim_start_matches(' '));
            }
            other => {
                single(other, out);
                out.push('\n');
            }
        }
    }
}

fn single(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => scalar_text(text, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// As Python prints it, with the point and the signed exponent that YAML 1.1 wants in a float.
fn number_text(number: &Number) -> String {
    let text = number.to_string();
    if !number.is_f64() {
        return text;
    }
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let mantissa = if mantissa.contains('.') { mantissa.to_owned() } else { format!("{mantissa}.0") };
            let exponent =
                if exponent.starts_with(['-', '+']) { exponent.to_owned() } else { format!("+{exponent}") };
            format!("{mantissa}e{exponent}")
        }
        None if text.contains('.') => text,
        None => format!("{text}.0"),
    }
}

fn scalar_text(text: &str, out: &mut String) {
    if needs_escapes(text) {
        double_quoted(text, out);
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// Characters that a single-quoted or plain scalar would lose, and texts that would end the block.
fn needs_escapes(text: &str) -> bool {
    text.contains("<!--")
        || text.contains("-->")
        || text.contains("```")
        || text.contains("</details")
        || text.chars().any(|c| {
            c.is_control()
                || matches!(c, '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
                || (c != ' ' && c.is_whitespace())
        })
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '<' | '`' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            ' '..='~' => out.push(c),
            _ if u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
}

/// Whether the text can stand without quotes and reads back as this very text.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let string = matches!(resolve::resolve(text), Ok(Value::String(_)));
    let dated = text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.contains('-');
    string
        && !dated
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !matches!(
            first,
            '-' | '?'
                | ':'
                | ','
                | '['
                | ']'
                | '{'
                | '}'
                | '#'
                | '&'
                | '*'
                | '!'
                | '|'
                | '>'
                | '\''
                | '"'
                | '%'
                | '@'
                | '`'
                | '.'
                | '+'
                | '='
        )
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !matches!(text, "y" | "Y" | "n" | "N")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: Value) -> String {
        let Value::Object(map) = value else { panic!("a mapping") };
        write_mapping(&map)
    }

    #[test]
    fn it_looks_as_pyyaml_writes_it() {
        let text = written(json!({
            "schema_version": "2",
            "created_at": "2026-01-15T14:30:00Z",
            "created_by": "writer",
            "plan_comment_id": null,
            "objective_issue": 42,
            "refs": ["1.1", "a"],
            "none": [],
            "nodes": [{"id": "1.1", "depends_on": ["1.0"]}],
            "nested": {"yes": true},
        }));
        assert_eq!(
            text,
            "schema_version: '2'\ncreated_at: '2026-01-15T14:30:00Z'\ncreated_by: writer\nplan_comment_id: null\n\
             objective_issue: 42\nrefs:\n- '1.1'\n- a\nnone: []\nnodes:\n- id: '1.1'\n  depends_on:\n  - '1.0'\n\
             nested:\n  'yes': true"
        );
    }

    #[test]
    fn nothing_in_a_value_can_end_the_block() {
        let text =
            written(json!({"a": "```\n</details>\n<!-- /erk:metadata-block:x -->", "b": "x\u{2028}\u{a0}"}));
        assert!(!text.contains("```") && !text.contains("</details") && !text.contains("<!--"), "{text}");
        assert!(text.is_ascii(), "{text}");
    }
}
