//! From YAML text to a mapping.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::Value;

use super::{Mapping, resolve};

/// Texts of more bytes than this are refused: no block that people or tools write comes near it.
pub const LARGEST: usize = 1024 * 1024;
/// Deeper nesting is refused.
const DEEPEST: usize = 64;

/// Why a text is not usable as a mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// Not YAML, or YAML that is refused here.
    #[error("{message} (line {line})")]
    Syntax {
        message: String,
        /// 1-based, in the YAML text.
        line: usize,
    },
    /// YAML, but not a mapping at its top.
    #[error("not a mapping, but {0}")]
    NotAMapping(&'static str),
}

/// A collection that is being read.
enum Open {
    List(Vec<Value>),
    Mapping { map: Mapping, key: Option<String> },
}

/// Reads a text whose top is a mapping. A repeated key: the last value wins, at the first place.
///
/// # Errors
/// What is wrong, and in which line.
pub fn read_mapping(text: &str) -> Result<Mapping, YamlError> {
    match read(text)? {
        Value::Object(map) => Ok(map),
        Value::Array(_) => Err(YamlError::NotAMapping("a list")),
        Value::Null => Err(YamlError::NotAMapping("nothing")),
        Value::String(_) => Err(YamlError::NotAMapping("a text")),
        Value::Bool(_) | Value::Number(_) => Err(YamlError::NotAMapping("a single value")),
    }
}

fn read(text: &str) -> Result<Value, YamlError> {
    let refuse = |message: &str, line: usize| YamlError::Syntax { message: message.to_owned(), line };
    if text.len() > LARGEST {
        return Err(refuse("the text is too large", 1));
    }
    let mut open: Vec<Open> = Vec::new();
    let mut top: Option<Value> = None;
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError::Syntax {
            message: error.info().to_owned(),
            line: error.marker().line(),
        })?;
        let line = span.start.line();
        let value = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(refuse("a second document begins", line));
                }
                continue;
            }
            Event::Alias(_) => return Err(refuse("aliases are not read", line)),
            Event::Scalar(_, _, anchor, ref tag) if anchor > 0 || tag.is_some() => {
                return Err(refuse("anchors and tags are not read", line));
            }
            Event::SequenceStart(anchor, ref tag) | Event::MappingStart(anchor, ref tag)
                if anchor > 0 || tag.is_some() =>
            {
                return Err(refuse("anchors and tags are not read", line));
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEEPEST => {
                return Err(refuse("it is nested too deeply", line));
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping { map: Mapping::new(), key: None });
                continue;
            }
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                resolve::resolve(&text).map_err(|reason| refuse(reason.0, line))?
            }
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Mapping { map, .. }) => Value::Object(map),
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            None => top = Some(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Mapping { map, key }) => match key.take() {
                Some(key) => {
                    map.insert(key, value);
                }
                None => {
                    *key = Some(as_key(value).ok_or_else(|| refuse("a key must be a single value", line))?)
                }
            },
        }
    }
    Ok(top.unwrap_or(Value::Null))
}

/// Keys are texts in JSON; other single values are taken as they are written.
fn as_key(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Null => Some("null".to_owned()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_surprise_is_refused() {
        for text in [
            "a: &x 1",
            "a: *x",
            "a: !!str 1",
            "<<: {a: 1}",
            "a: 1\n---\nb: 2",
            "[1, 2]",
            "",
            "just words",
            "a: =",
            "a: [1",
        ] {
            assert!(read_mapping(text).is_err(), "{text:?}");
        }
        assert!(read_mapping(&format!("a: {}{}", "[".repeat(100), "]".repeat(100))).is_err());
    }

    #[test]
    fn the_last_of_a_repeated_key_wins() {
        let map = read_mapping("a: 1\nb: 2\na: 3").expect("a mapping");
        assert_eq!(serde_json::to_string(&map).expect("JSON"), r#"{"a":3,"b":2}"#);
    }
}
