//! From characters to tokens, as PyYAML's scanner has them: YAML 1.1 with its own habits.
//!
//! Properties: the same texts are accepted and refused as by PyYAML, but for anchors, aliases and tags,
//! which are refused here; every character is looked at a bounded number of times.

mod scalar;

use std::collections::{BTreeMap, VecDeque};

use super::read::{Error, MAX_DEPTH};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Directive,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    Key,
    Value,
    BlockEntry,
    FlowEntry,
    Scalar { text: String, plain: bool },
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    /// From 0.
    pub line: usize,
}

/// Where a key may have begun that only a later `:` makes one.
#[derive(Clone, Copy)]
struct SimpleKey {
    token: usize,
    required: bool,
    index: usize,
    line: usize,
    column: isize,
}

pub(super) struct Scanner {
    text: Vec<char>,
    index: usize,
    line: usize,
    column: isize,
    flow_level: usize,
    indent: isize,
    indents: Vec<isize>,
    allow_simple_key: bool,
    keys: BTreeMap<usize, SimpleKey>,
    tokens: VecDeque<Token>,
    taken: usize,
    done: bool,
}

const END: char = '\0';

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn ends_word(c: char) -> bool {
    matches!(c, END | ' ' | '\t') || is_break(c)
}

impl Scanner {
    pub(super) fn new(text: &str) -> Scanner {
        Scanner {
            text: text.chars().collect(),
            index: 0,
            line: 0,
            column: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            allow_simple_key: true,
            keys: BTreeMap::new(),
            tokens: VecDeque::new(),
            taken: 0,
            done: false,
        }
    }

    /// The token that comes next.
    pub(super) fn peek_token(&mut self) -> Result<&Token, Error> {
        while self.needs_more()? {
            self.fetch()?;
        }
        self.tokens.front().ok_or(Error { line: 1, message: "the text ends too early".to_owned() })
    }

    /// Take the token that comes next.
    pub(super) fn take(&mut self) -> Result<Token, Error> {
        self.peek_token()?;
        self.taken += 1;
        self.tokens.pop_front().ok_or(Error { line: 1, message: "the text ends too early".to_owned() })
    }

    fn needs_more(&mut self) -> Result<bool, Error> {
        if self.done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        // A key that is possible may still put a token in front of the first.
        self.drop_stale_keys()?;
        Ok(self.keys.values().map(|key| key.token).min() == Some(self.taken))
    }

    fn error<T>(&self, message: &str) -> Result<T, Error> {
        Err(Error { line: self.line + 1, message: message.to_owned() })
    }

    fn peek(&self, ahead: usize) -> char {
        self.text.get(self.index + ahead).copied().unwrap_or(END)
    }

    fn forward(&mut self, count: usize) {
        for _ in 0..count {
            let c = self.peek(0);
            self.index += 1;
            if (is_break(c) && c != '\r') || (c == '\r' && self.peek(0) != '\n') {
                self.line += 1;
                self.column = 0;
            } else if c != '\u{feff}' {
                self.column += 1;
            }
        }
    }

    /// Take a line break; what it stands for, or nothing where there is none.
    fn line_break(&mut self) -> Option<char> {
        match (self.peek(0), self.peek(1)) {
            ('\r', '\n') => {
                self.forward(2);
                Some('\n')
            }
            ('\r' | '\n' | '\u{85}', _) => {
                self.forward(1);
                Some('\n')
            }
            (other @ ('\u{2028}' | '\u{2029}'), _) => {
                self.forward(1);
                Some(other)
            }
            _ => None,
        }
    }

    fn at_document_mark(&self) -> bool {
        let mark = [self.peek(0), self.peek(1), self.peek(2)];
        (mark == ['-'; 3] || mark == ['.'; 3]) && ends_word(self.peek(3))
    }

    fn push(&mut self, kind: Kind) {
        self.tokens.push_back(Token { kind, line: self.line });
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.unwind(self.column);
        let (c, next) = (self.peek(0), self.peek(1));
        let flow = self.flow_level > 0;
        if self.index >= self.text.len() {
            return self.stream_end();
        }
        if self.column == 0 && c == '%' {
            return self.directive();
        }
        if self.column == 0 && self.at_document_mark() {
            return self.document_mark();
        }
        match c {
            '[' => self.flow_start(Kind::FlowSequenceStart),
            '{' => self.flow_start(Kind::FlowMappingStart),
            ']' => self.flow_end(Kind::FlowSequenceEnd),
            '}' => self.flow_end(Kind::FlowMappingEnd),
            ',' => self.indicator(Kind::FlowEntry),
            '-' if ends_word(next) => self.block_entry(),
            '?' if flow || ends_word(next) => self.key(),
            ':' if flow || ends_word(next) => self.value(),
            '*' => self.error("aliases are not read"),
            '&' => self.error("anchors are not read"),
            '!' => self.error("tags are not read"),
            '|' | '>' if !flow => {
                self.allow_simple_key = true;
                self.remove_key()?;
                self.block_scalar(c == '>')
            }
            '\'' | '"' => {
                self.save_key()?;
                self.allow_simple_key = false;
                self.flow_scalar(c == '"')
            }
            c if self.is_plain_start(c, next) => {
                self.save_key()?;
                self.allow_simple_key = false;
                self.plain()
            }
            '\t' => self.error("a tab can't begin a token"),
            _ => self.error(&format!("the character {c:?} can't begin a token")),
        }
    }

    fn is_plain_start(&self, c: char, next: char) -> bool {
        if ends_word(c) {
            return false;
        }
        let indicator = "-?:,[]{}#&*!|>'\"%@`".contains(c);
        !indicator || (!ends_word(next) && (c == '-' || (self.flow_level == 0 && matches!(c, '?' | ':'))))
    }

    fn skip_to_token(&mut self) {
        if self.index == 0 && self.peek(0) == '\u{feff}' {
            self.forward(1);
        }
        loop {
            while self.peek(0) == ' ' {
                self.forward(1);
            }
            if self.peek(0) == '#' {
                self.skip_line();
            }
            if self.line_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.allow_simple_key = true;
            }
        }
    }

    fn skip_line(&mut self) {
        while self.index < self.text.len() && !is_break(self.peek(0)) {
            self.forward(1);
        }
    }

    // Keys that only show later.

    fn drop_stale_keys(&mut self) -> Result<(), Error> {
        let (line, index) = (self.line, self.index);
        let stale = |key: &SimpleKey| key.line != line || index - key.index > 1024;
        if self.keys.values().any(|key| stale(key) && key.required) {
            return self.error("a `:` is missing");
        }
        self.keys.retain(|_, key| !stale(key));
        Ok(())
    }

    fn save_key(&mut self) -> Result<(), Error> {
        let required = self.flow_level == 0 && self.indent == self.column;
        if self.allow_simple_key {
            self.remove_key()?;
            let token = self.taken + self.tokens.len();
            let (index, line, column) = (self.index, self.line, self.column);
            self.keys.insert(self.flow_level, SimpleKey { token, required, index, line, column });
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), Error> {
        match self.keys.remove(&self.flow_level) {
            Some(key) if key.required => self.error("a `:` is missing"),
            _ => Ok(()),
        }
    }

    // Indentation.

    fn unwind(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            self.push(Kind::BlockEnd);
        }
    }

    fn add_indent(&mut self, column: isize) -> bool {
        if self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            return true;
        }
        false
    }

    // Tokens.

    fn stream_end(&mut self) -> Result<(), Error> {
        self.unwind(-1);
        self.remove_key()?;
        self.allow_simple_key = false;
        self.keys.clear();
        self.push(Kind::StreamEnd);
        self.done = true;
        Ok(())
    }

    fn directive(&mut self) -> Result<(), Error> {
        self.unwind(-1);
        self.remove_key()?;
        self.allow_simple_key = false;
        self.push(Kind::Directive);
        self.skip_line();
        self.line_break();
        Ok(())
    }

    fn document_mark(&mut self) -> Result<(), Error> {
        self.unwind(-1);
        self.remove_key()?;
        self.allow_simple_key = false;
        let kind = if self.peek(0) == '-' { Kind::DocumentStart } else { Kind::DocumentEnd };
        self.push(kind);
        self.forward(3);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Result<(), Error> {
        self.save_key()?;
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.error("nested too deeply");
        }
        self.allow_simple_key = true;
        self.push(kind);
        self.forward(1);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Result<(), Error> {
        self.remove_key()?;
        if self.flow_level == 0 {
            return self.error("a bracket closes what was not opened");
        }
        self.flow_level -= 1;
        self.allow_simple_key = false;
        self.push(kind);
        self.forward(1);
        Ok(())
    }

    fn indicator(&mut self, kind: Kind) -> Result<(), Error> {
        self.allow_simple_key = true;
        self.remove_key()?;
        self.push(kind);
        self.forward(1);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.allow_simple_key {
                return self.error("a list can't begin here");
            }
            if self.add_indent(self.column) {
                self.push(Kind::BlockSequenceStart);
            }
        }
        self.indicator(Kind::BlockEntry)
    }

    fn key(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.allow_simple_key {
                return self.error("a key can't begin here");
            }
            if self.add_indent(self.column) {
                self.push(Kind::BlockMappingStart);
            }
        }
        self.indicator(Kind::Key)?;
        self.allow_simple_key = self.flow_level == 0;
        Ok(())
    }

    fn value(&mut self) -> Result<(), Error> {
        if let Some(key) = self.keys.remove(&self.flow_level) {
            let at = key.token - self.taken;
            self.tokens.insert(at, Token { kind: Kind::Key, line: key.line });
            if self.flow_level == 0 && self.add_indent(key.column) {
                self.tokens.insert(at, Token { kind: Kind::BlockMappingStart, line: key.line });
            }
            self.allow_simple_key = false;
        } else {
            if self.flow_level == 0 {
                if !self.allow_simple_key {
                    return self.error("a mapping can't begin here");
                }
                if self.add_indent(self.column) {
                    self.push(Kind::BlockMappingStart);
                }
            }
            self.allow_simple_key = self.flow_level == 0;
            self.remove_key()?;
        }
        self.push(Kind::Value);
        self.forward(1);
        Ok(())
    }
}
