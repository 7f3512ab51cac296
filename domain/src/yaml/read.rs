//! From YAML text to values, over the events of a parser that knows nothing of types.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use serde_json::Value;

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
    // PyYAML takes a next-line character for a line break; our parser follows YAML 1.2.
    let normal;
    let text = if text.contains('\u{85}') {
        normal = text.replace('\u{85}', "\n");
        &normal
    } else {
        text
    };
    let mut reader = Reader { parser: Parser::new_from_str(text) };
    reader.document()
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

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Error> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(&error)),
            None => Err(Error { line: 1, message: "the text ends too early".to_owned() }),
        }
    }

    fn document(&mut self) -> Result<Value, Error> {
        let mut value = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(value.unwrap_or(Value::Null)),
                Event::DocumentStart(_) if value.is_some() => {
                    return Err(refusal(span, "a second document is not read"));
                }
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                event => value = Some(self.node(event, span, 0)?),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(refusal(span, "nested too deeply"));
        }
        match event {
            Event::Alias(_) => Err(refusal(span, "aliases are not read")),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                Err(refusal(span, "anchors are not read"))
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err(refusal(span, "tags are not read")),
            Event::Scalar(text, ScalarStyle::Plain, _, _) if text == "<<" => {
                Err(refusal(span, "`<<` is a key, not a value"))
            }
            Event::Scalar(text, ScalarStyle::Plain, _, _) => {
                resolve::plain(&text).map_err(|why| refusal(span, why))
            }
            Event::Scalar(text, _, _, _) => Ok(Value::String(text.into_owned())),
            Event::SequenceStart(..) => self.list(depth),
            Event::MappingStart(..) => self.map(depth),
            _ => Err(refusal(span, "not a value")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(items));
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Error> {
        let mut own = Mapping::new();
        let mut merged: Option<Mapping> = None;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                let Some(mut all) = merged else { return Ok(Value::Object(own)) };
                for (key, value) in &own {
                    all.insert(key.clone(), value.clone());
                }
                return Ok(Value::Object(all));
            }
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let source = match &event {
                Event::Scalar(text, ..) => text.clone().into_owned(),
                _ => String::new(),
            };
            let key = match if is_merge { Value::Null } else { self.node(event, span, depth + 1)? } {
                Value::String(text) => text,
                Value::Array(_) | Value::Object(_) => return Err(refusal(span, "a key must be a scalar")),
                Value::Null => "null".to_owned(),
                _ => source,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            if is_merge {
                merge(merged.get_or_insert_default(), value).map_err(|why| refusal(span, why))?;
            } else {
                own.insert(key, value);
            }
        }
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
    for map in maps {
        for (key, value) in &map {
            if !into.contains_key(key) {
                into.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

fn syntax(error: &ScanError) -> Error {
    Error { line: error.marker().line(), message: error.info().to_owned() }
}

fn refusal(span: Span, message: &str) -> Error {
    Error { line: span.start.line(), message: message.to_owned() }
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
        assert_eq!(message(&"[".repeat(100)).1, "nested too deeply");
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(message(&format!("a: {}", "x".repeat(MAX_BYTES))).1.starts_with("longer than"));
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(message("a: 1\nb: \u{7}\n"), (2, "the character U+0007 is not allowed".to_owned()));
    }
}
