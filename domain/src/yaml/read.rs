//! From YAML text to values, by PyYAML's grammar.

use serde_json::Value;

use super::scan::{Kind, Scanner, Token};
use super::{Mapping, resolve};

/// The longest text that is read, in bytes: what fits into a body on GitHub, which counts 65,536
/// characters of at most four bytes.
pub const MAX_BYTES: usize = 4 * 65_536;

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;

/// Why a text is not YAML we read, and on which of its lines (from 1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The line within the text that was parsed, from 1.
    pub line: usize,
    /// What is wrong, in words.
    pub message: String,
}

/// Read one YAML document. An empty text is null.
pub fn parse(text: &str) -> Result<Value, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error { line: 1, message: format!("longer than {MAX_BYTES} bytes") });
    }
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_printable(*c)) {
        let line = text[..at].matches('\n').count() + 1;
        return Err(Error { line, message: format!("the character U+{:04X} is not allowed", c as u32) });
    }
    Reader { scanner: Scanner::new(text) }.document()
}

/// Read one YAML document that must be a mapping, with erk's words when it is not.
pub fn parse_mapping(text: &str) -> Result<Mapping, Error> {
    match parse(text)? {
        Value::Object(map) => Ok(map),
        other => Err(Error { line: 1, message: format!("YAML content is not a dict, got {}", kind(&other)) }),
    }
}

/// What a value is in Python's words, as erk's messages have them.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// The characters PyYAML's reader accepts.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

struct Reader {
    scanner: Scanner,
}

/// A mapping while it is read.
#[derive(Default)]
struct Building {
    own: Mapping,
    merged: Option<Mapping>,
}

impl Reader {
    fn next_is(&mut self, wanted: &[Kind]) -> Result<bool, Error> {
        let next = &self.scanner.peek_token()?.kind;
        Ok(wanted.contains(next))
    }

    /// Take the next token if it is this one.
    fn takes(&mut self, wanted: Kind) -> Result<bool, Error> {
        let is = self.next_is(&[wanted])?;
        if is {
            self.scanner.take()?;
        }
        Ok(is)
    }

    fn line(&mut self) -> Result<usize, Error> {
        self.scanner.peek_token().map(|token| token.line + 1)
    }

    fn refuse<T>(&mut self, message: &str) -> Result<T, Error> {
        Err(Error { line: self.line()?, message: message.to_owned() })
    }

    fn document(&mut self) -> Result<Value, Error> {
        let directives = self.next_is(&[Kind::Directive])?;
        while self.takes(Kind::Directive)? {}
        let explicit = self.takes(Kind::DocumentStart)?;
        if directives && !explicit {
            return self.refuse("a document must begin behind a directive");
        }
        use Kind::{Directive, DocumentEnd, DocumentStart, StreamEnd};
        let empty = match explicit {
            true => self.next_is(&[Directive, DocumentStart, DocumentEnd, StreamEnd])?,
            false => self.next_is(&[StreamEnd])?,
        };
        let value = if empty { Value::Null } else { self.node(Place::Block, 0)? };
        while self.takes(DocumentEnd)? {}
        match self.next_is(&[StreamEnd])? {
            true => Ok(value),
            false => self.refuse("a second document, or text that belongs to nothing, is not read"),
        }
    }

    fn node(&mut self, place: Place, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return self.refuse("nested too deeply");
        }
        if place == Place::BlockOrEntries && self.next_is(&[Kind::BlockEntry])? {
            return self.entries(depth, false);
        }
        let in_block = place != Place::Flow;
        match self.scanner.peek_token()?.kind {
            Kind::Scalar { .. } => {
                let Token { kind, line } = self.scanner.take()?;
                scalar(kind, line)
            }
            Kind::FlowSequenceStart => self.flow_list(depth),
            Kind::FlowMappingStart => self.flow_map(depth),
            Kind::BlockSequenceStart if in_block => {
                self.scanner.take()?;
                self.entries(depth, true)
            }
            Kind::BlockMappingStart if in_block => self.block_map(depth),
            _ => self.refuse("a value is missing"),
        }
    }

    /// The node that comes, or null where one of these tokens comes instead.
    fn node_unless(&mut self, ends: &[Kind], place: Place, depth: usize) -> Result<Value, Error> {
        if self.next_is(ends)? { Ok(Value::Null) } else { self.node(place, depth) }
    }

    /// The items of a block list; one without indentation ends where something else begins.
    fn entries(&mut self, depth: usize, indented: bool) -> Result<Value, Error> {
        let mut items = Vec::new();
        while self.takes(Kind::BlockEntry)? {
            use Kind::{BlockEnd, BlockEntry, Key, Value as Colon};
            let ends: &[Kind] =
                if indented { &[BlockEntry, BlockEnd] } else { &[BlockEntry, Key, Colon, BlockEnd] };
            items.push(self.node_unless(ends, Place::Block, depth + 1)?);
        }
        if indented && !self.takes(Kind::BlockEnd)? {
            return self.refuse("the list goes on in a way that is not understood");
        }
        Ok(Value::Array(items))
    }

    fn block_map(&mut self, depth: usize) -> Result<Value, Error> {
        use Kind::{BlockEnd, Key, Value as Colon};
        self.scanner.take()?;
        let mut map = Building::default();
        while self.takes(Key)? {
            let (key, line) = self.key(&[Key, Colon, BlockEnd], Place::BlockOrEntries, depth)?;
            let value = match self.takes(Colon)? {
                true => self.node_unless(&[Key, Colon, BlockEnd], Place::BlockOrEntries, depth + 1)?,
                false => Value::Null,
            };
            map.add(key, value, line)?;
        }
        match self.takes(BlockEnd)? {
            true => Ok(map.done()),
            false => self.refuse("the mapping goes on in a way that is not understood"),
        }
    }

    fn flow_list(&mut self, depth: usize) -> Result<Value, Error> {
        use Kind::{FlowEntry, FlowSequenceEnd, Key, Value as Colon};
        self.scanner.take()?;
        let mut items = Vec::new();
        while !self.takes(FlowSequenceEnd)? {
            if !items.is_empty() {
                if !self.takes(FlowEntry)? {
                    return self.refuse("a `,` or `]` is missing");
                }
                if self.takes(FlowSequenceEnd)? {
                    break;
                }
            }
            if self.takes(Key)? {
                let (key, line) = self.key(&[Colon, FlowEntry, FlowSequenceEnd], Place::Flow, depth + 1)?;
                let value = match self.takes(Colon)? {
                    true => self.node_unless(&[FlowEntry, FlowSequenceEnd], Place::Flow, depth + 2)?,
                    false => Value::Null,
                };
                let mut pair = Building::default();
                pair.add(key, value, line)?;
                items.push(pair.done());
            } else {
                items.push(self.node(Place::Flow, depth + 1)?);
            }
        }
        Ok(Value::Array(items))
    }

    fn flow_map(&mut self, depth: usize) -> Result<Value, Error> {
        use Kind::{FlowEntry, FlowMappingEnd, Key, Value as Colon};
        self.scanner.take()?;
        let mut map = Building::default();
        let mut first = true;
        while !self.takes(FlowMappingEnd)? {
            if !std::mem::take(&mut first) {
                if !self.takes(FlowEntry)? {
                    return self.refuse("a `,` or `}` is missing");
                }
                if self.takes(FlowMappingEnd)? {
                    break;
                }
            }
            let has_key = self.takes(Key)?;
            let (key, line) = match has_key {
                true => self.key(&[Colon, FlowEntry, FlowMappingEnd], Place::Flow, depth)?,
                false => self.key(&[], Place::Flow, depth)?,
            };
            let value = match has_key && self.takes(Colon)? {
                true => self.node_unless(&[FlowEntry, FlowMappingEnd], Place::Flow, depth + 1)?,
                false => Value::Null,
            };
            map.add(key, value, line)?;
        }
        Ok(map.done())
    }

    /// A key (nothing for `<<`) and its line.
    fn key(&mut self, ends: &[Kind], place: Place, depth: usize) -> Result<(Option<String>, usize), Error> {
        let line = self.line()?;
        if self.takes(Kind::Scalar { text: "<<".to_owned(), plain: true })? {
            return Ok((None, line));
        }
        if self.takes(Kind::Scalar { text: "=".to_owned(), plain: true })? {
            return Ok((Some("=".to_owned()), line));
        }
        match self.node_unless(ends, place, depth + 1)? {
            Value::String(text) => Ok((Some(text), line)),
            Value::Array(_) | Value::Object(_) => {
                Err(Error { line, message: "a key must be a scalar".to_owned() })
            }
            // As Python's JSON has them: `yes` is "true", `0123` is "83".
            scalar => Ok((Some(scalar.to_string()), line)),
        }
    }
}

/// Where a node stands, and so what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    /// The value of a key, where a list need not be indented.
    BlockOrEntries,
    Flow,
}

fn scalar(kind: Kind, line: usize) -> Result<Value, Error> {
    match kind {
        Kind::Scalar { text, plain: true } if text == "<<" => {
            Err(Error { line: line + 1, message: "`<<` is a key, not a value".to_owned() })
        }
        Kind::Scalar { text, plain: true } => {
            resolve::plain(&text).map_err(|why| Error { line: line + 1, message: why.to_owned() })
        }
        Kind::Scalar { text, .. } => Ok(Value::String(text)),
        _ => Ok(Value::Null),
    }
}

impl Building {
    fn add(&mut self, key: Option<String>, value: Value, line: usize) -> Result<(), Error> {
        match key {
            Some(key) => {
                self.own.insert(key, value);
                Ok(())
            }
            None => merge(self.merged.get_or_insert_default(), value)
                .map_err(|why| Error { line, message: why.to_owned() }),
        }
    }

    fn done(self) -> Value {
        let Some(mut all) = self.merged else { return Value::Object(self.own) };
        all.extend(self.own);
        Value::Object(all)
    }
}

/// YAML 1.1's `<<` key: of several mappings the first that has a key gives its value.
fn merge(into: &mut Mapping, value: Value) -> Result<(), &'static str> {
    let maps = match value {
        Value::Object(map) => vec![map],
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(map) => Ok(map),
                _ => Err("`<<` takes mappings only"),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err("`<<` takes mappings only"),
    };
    for (key, value) in maps.into_iter().flatten() {
        into.entry(key).or_insert(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> serde_json::Value {
        parse(text).expect("readable")
    }

    fn message(text: &str) -> (usize, String) {
        let error = parse(text).expect_err("refused");
        (error.line, error.message)
    }

    #[test]
    fn lists_and_mappings_keep_order_and_types() {
        let value = json("b: 1\na: ['1', 1.0, yes]\nc:\n- x: ~\n- {y: z}\n");
        assert_eq!(value.to_string(), r#"{"b":1,"a":["1",1.0,true],"c":[{"x":null},{"y":"z"}]}"#);
    }

    #[test]
    fn of_a_repeated_key_the_last_value_wins() {
        assert_eq!(json("a: 1\nb: 2\na: 3\n"), serde_json::json!({"a": 3, "b": 2}));
    }

    #[test]
    fn merge_keys_are_followed_and_own_keys_win() {
        assert_eq!(json("<<: {a: 1, b: 2}\nb: 3\n"), serde_json::json!({"a": 1, "b": 3}));
        assert!(parse("a: <<").is_err());
    }

    #[test]
    fn habits_of_pyyaml_are_kept() {
        for (text, value) in [
            ("a: 'x\n'\nb: [\n1\n]", serde_json::json!({"a": "x ", "b": [1]})),
            ("a: x\u{2028}b: y", serde_json::json!({"a": "x", "b": "y"})),
            ("{a: b, c}", serde_json::json!({"a": "b", "c": null})),
            ("[a: b, ? c : d]", serde_json::json!([{"a": "b"}, {"c": "d"}])),
            ("? a\n: b\n? c", serde_json::json!({"a": "b", "c": null})),
            ("a: >-\n  x\n  y\n\n  z\n\n", serde_json::json!({"a": "x y\nz"})),
            ("a: |2+\n   x\n\n", serde_json::json!({"a": " x\n\n"})),
            ("a: \"x\\\n  y\\u263a\"", serde_json::json!({"a": "xy☺"})),
            ("%YAML 1.1\n---\na: 1\n...\n", serde_json::json!({"a": 1})),
            ("yes: 1\n0123: 2", serde_json::json!({"true": 1, "83": 2})),
        ] {
            assert_eq!(json(text), value, "{text:?}");
        }
        for text in
            ["a: b: c", "a:\tb\n\tc: d", "- a\nb", "a: @x", "a: `x`", "a: 'x", "a: [b", "]", "a: \"\\q\""]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn anchors_aliases_tags_and_second_documents_are_refused_with_their_line() {
        assert_eq!(message("a: 1\nb: &x 2\n"), (2, "anchors are not read".to_owned()));
        assert_eq!(message("a: !!str 2\n"), (1, "tags are not read".to_owned()));
        assert!(parse("a: &x 1\nb: *x\n").is_err());
        assert!(parse("a: 1\n---\nb: 2\n").is_err());
    }

    #[test]
    fn deep_nesting_and_long_texts_are_refused() {
        assert_eq!(message(&"[".repeat(100_000)).1, "nested too deeply");
        assert_eq!(message(&"- ".repeat(100_000)).1, "nested too deeply");
        assert!(message(&format!("a: {}", "x".repeat(MAX_BYTES))).1.starts_with("longer than"));
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(message("a: 1\nb: \u{7}\n"), (2, "the character U+0007 is not allowed".to_owned()));
    }
}
