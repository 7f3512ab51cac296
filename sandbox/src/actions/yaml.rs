//! YAML of workflow files as a tree whose nodes know their place.
//!
//! Properties kept: every node has the line and column that an error can name; a key that appears twice
//! in a mapping is refused, as GitHub does.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// What is wrong with a workflow file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("(Line: {}, Col: {}): {what}", place.line, place.column)]
pub struct Invalid {
    pub place: Place,
    pub what: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub place: Place,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Scalar { text: String, plain: bool },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub place: Place,
    pub name: String,
}

impl Place {
    fn of(marker: &Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }

    pub fn invalid<T>(self, what: impl Into<String>) -> Result<T, Invalid> {
        Err(Invalid { place: self, what: what.into() })
    }
}

/// Reads one YAML document.
pub fn read(text: &str) -> Result<Node, Invalid> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new() };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd, place) => return place.invalid("The workflow file is empty"),
            (event, place) => return reader.node(event, place),
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Place), Invalid> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, Place::of(&span.start))),
            Some(Err(error)) => Place::of(error.marker()).invalid(error.info()),
            None => Place::default().invalid("The workflow file ends too early"),
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place) -> Result<Node, Invalid> {
        let (kind, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }, anchor)
            }
            Event::SequenceStart(anchor, _) => (Kind::List(self.list()?), anchor),
            Event::MappingStart(anchor, _) => (Kind::Map(self.map()?), anchor),
            Event::Alias(id) => {
                return match self.anchors.get(&id) {
                    Some(node) => Ok(Node { place, ..node.clone() }),
                    None => place.invalid("The alias refers to nothing before it"),
                };
            }
            other => return place.invalid(format!("Unexpected {other:?}")),
        };
        let node = Node { place, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Vec<Node>, Invalid> {
        let mut all = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(all),
                (event, place) => all.push(self.node(event, place)?),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<(Key, Node)>, Invalid> {
        let mut all: Vec<(Key, Node)> = Vec::new();
        loop {
            let (event, place) = self.next()?;
            let name = match event {
                Event::MappingEnd => return Ok(all),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return place.invalid("A key must be a string"),
            };
            if all.iter().any(|(k, _)| k.name == name) {
                return place.invalid(format!("'{name}' is already defined"));
            }
            let (event, at) = self.next()?;
            let value = self.node(event, at)?;
            all.push((Key { place, name }, value));
        }
    }
}

impl Node {
    pub fn invalid<T>(&self, what: impl Into<String>) -> Result<T, Invalid> {
        self.place.invalid(what)
    }

    /// Nothing at all, as after `key:`.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if ["", "~", "null", "Null", "NULL"].contains(&text.as_str()))
    }

    pub fn map(&self) -> Result<&[(Key, Node)], Invalid> {
        match &self.kind {
            Kind::Map(entries) => Ok(entries),
            _ => self.invalid("A mapping was expected"),
        }
    }

    pub fn list(&self) -> Result<&[Node], Invalid> {
        match &self.kind {
            Kind::List(items) => Ok(items),
            _ => self.invalid("A sequence was expected"),
        }
    }

    pub fn text(&self) -> Result<&str, Invalid> {
        match &self.kind {
            Kind::Scalar { text, .. } => Ok(text),
            _ => self.invalid("A scalar was expected"),
        }
    }

    /// A list of strings, which may be written as one string.
    pub fn texts(&self) -> Result<Vec<String>, Invalid> {
        match &self.kind {
            Kind::List(items) => items.iter().map(|i| i.text().map(str::to_owned)).collect(),
            _ => Ok(vec![self.text()?.to_owned()]),
        }
    }

    /// A boolean of YAML 1.2.
    pub fn flag(&self) -> Result<bool, Invalid> {
        match &self.kind {
            Kind::Scalar { text, plain: true } if text.eq_ignore_ascii_case("true") => Ok(true),
            Kind::Scalar { text, plain: true } if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => self.invalid("A boolean was expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_place() {
        let node = read("a: 1\nb:\n  - x\n  - y: |\n      two\n      lines\n").expect("valid");
        let (key, list) = &node.map().expect("a map")[1];
        assert_eq!((key.place.line, key.place.column), (2, 1));
        let inner = &list.list().expect("a list")[1].map().expect("a map")[0];
        assert_eq!((inner.0.place.line, inner.0.place.column), (4, 5));
        assert_eq!(inner.1.text(), Ok("two\nlines\n"));
    }

    #[test]
    fn on_is_a_key_and_flags_are_plain() {
        let node = read("on: push\nyes: 'true'\nt: True\n").expect("valid");
        let map = node.map().expect("a map");
        assert_eq!(map[0].0.name, "on");
        assert!(map[1].1.flag().is_err());
        assert_eq!(map[2].1.flag(), Ok(true));
    }

    #[test]
    fn what_is_wrong_is_placed() {
        let twice = read("a: 1\na: 2\n").expect_err("refused");
        assert_eq!(twice.to_string(), "(Line: 2, Col: 1): 'a' is already defined");
        assert!(read("a: [1, 2").is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn aliases_repeat_their_anchor() {
        let node = read("a: &x {k: v}\nb: *x\n").expect("valid");
        assert_eq!(node.map().expect("a map")[1].1.map().expect("a map")[0].0.name, "k");
    }
}
