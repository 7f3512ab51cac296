//! Scalars: block scalars with their chomping and folding, quotations with their escapes, plain words.

use super::{Error, Kind, Scanner, Token, ends_word, is_break};

impl Scanner {
    fn scalar(&mut self, text: String, plain: bool, line: usize) {
        self.tokens.push_back(Token { kind: Kind::Scalar { text, plain }, line });
    }

    fn take_while(&mut self, into: &mut String, wanted: impl Fn(char) -> bool) {
        while self.index < self.text.len() && wanted(self.peek(0)) {
            into.push(self.peek(0));
            self.forward(1);
        }
    }

    pub(super) fn block_scalar(&mut self, folded: bool) -> Result<(), Error> {
        let line = self.line;
        self.forward(1);
        let (keep, increment) = self.block_scalar_head()?;
        let least = (self.indent + 1).max(1);
        let mut breaks = String::new();
        let indent = match increment {
            Some(increment) => least + increment - 1,
            None => least.max(self.block_indentation(&mut breaks)),
        };
        if increment.is_some() {
            self.block_breaks(indent, &mut breaks);
        }
        let mut text = String::new();
        let mut last: Option<char> = None;
        while self.column == indent && self.index < self.text.len() {
            text.push_str(&std::mem::take(&mut breaks));
            let leading = !matches!(self.peek(0), ' ' | '\t');
            self.take_while(&mut text, |c| !is_break(c));
            last = self.line_break();
            self.block_breaks(indent, &mut breaks);
            if self.column != indent || self.index >= self.text.len() {
                break;
            }
            if folded && last == Some('\n') && leading && !matches!(self.peek(0), ' ' | '\t') {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.extend(last);
            }
        }
        if keep != Some(false) {
            text.extend(last);
        }
        if keep == Some(true) {
            text.push_str(&breaks);
        }
        self.scalar(text, false, line);
        Ok(())
    }

    /// Chomping (`+` true, `-` false) and indentation behind `|` or `>`, and the rest of that line.
    fn block_scalar_head(&mut self) -> Result<(Option<bool>, Option<isize>), Error> {
        let (mut keep, mut increment) = (None, None);
        for _ in 0..2 {
            match self.peek(0) {
                c @ ('+' | '-') if keep.is_none() => {
                    keep = Some(c == '+');
                    self.forward(1);
                }
                c @ '1'..='9' if increment.is_none() => {
                    increment = Some(c as isize - '0' as isize);
                    self.forward(1);
                }
                _ => {}
            }
        }
        let c = self.peek(0);
        if self.index < self.text.len() && c != ' ' && !is_break(c) {
            return self.error("this can't stand behind `|` or `>`");
        }
        while self.peek(0) == ' ' {
            self.forward(1);
        }
        if self.peek(0) == '#' {
            self.skip_line();
        }
        if self.index < self.text.len() && self.line_break().is_none() {
            return self.error("this can't stand behind `|` or `>`");
        }
        Ok((keep, increment))
    }

    fn block_indentation(&mut self, breaks: &mut String) -> isize {
        let mut deepest = 0;
        loop {
            if self.peek(0) == ' ' {
                self.forward(1);
                deepest = deepest.max(self.column);
            } else if let Some(taken) = self.line_break() {
                breaks.push(taken);
            } else {
                return deepest;
            }
        }
    }

    fn block_breaks(&mut self, indent: isize, breaks: &mut String) {
        loop {
            while self.column < indent && self.peek(0) == ' ' {
                self.forward(1);
            }
            match self.line_break() {
                Some(taken) => breaks.push(taken),
                None => return,
            }
        }
    }

    pub(super) fn flow_scalar(&mut self, double: bool) -> Result<(), Error> {
        let line = self.line;
        let quote = self.peek(0);
        self.forward(1);
        let mut text = String::new();
        loop {
            self.quoted_words(double, &mut text)?;
            if self.peek(0) == quote {
                break;
            }
            self.quoted_spaces(&mut text)?;
        }
        self.forward(1);
        self.scalar(text, false, line);
        Ok(())
    }

    fn quoted_words(&mut self, double: bool, text: &mut String) -> Result<(), Error> {
        loop {
            self.take_while(text, |c| !ends_word(c) && !matches!(c, '\'' | '"' | '\\'));
            match (self.peek(0), double) {
                ('\'', false) if self.peek(1) == '\'' => {
                    text.push('\'');
                    self.forward(2);
                }
                (c @ '\'', true) | (c @ ('"' | '\\'), false) => {
                    text.push(c);
                    self.forward(1);
                }
                ('\\', true) => self.escape(text)?,
                _ => return Ok(()),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Error> {
        self.forward(1);
        let c = self.peek(0);
        let plain = match c {
            '0' if self.index < self.text.len() => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            ' ' | '"' | '\\' | '/' => c,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            'x' => return self.code(2, text),
            'u' => return self.code(4, text),
            'U' => return self.code(8, text),
            c if is_break(c) => {
                self.line_break();
                return self.quoted_breaks(text).map(|_| ());
            }
            _ => return self.error("an escape that YAML does not know"),
        };
        text.push(plain);
        self.forward(1);
        Ok(())
    }

    fn code(&mut self, digits: usize, text: &mut String) -> Result<(), Error> {
        self.forward(1);
        let mut code = 0;
        for _ in 0..digits {
            let Some(digit) = self.peek(0).to_digit(16) else {
                return self.error("an escape needs more digits");
            };
            code = code * 16 + digit;
            self.forward(1);
        }
        match char::from_u32(code) {
            Some(c) => text.push(c),
            None => return self.error("an escape for no character"),
        }
        Ok(())
    }

    fn quoted_spaces(&mut self, text: &mut String) -> Result<(), Error> {
        let mut spaces = String::new();
        self.take_while(&mut spaces, |c| matches!(c, ' ' | '\t'));
        if self.index >= self.text.len() {
            return self.error("a quotation does not end");
        }
        match self.line_break() {
            None => text.push_str(&spaces),
            Some(taken) => {
                let at = text.len();
                let breaks = self.quoted_breaks(text)?;
                if taken != '\n' {
                    text.insert(at, taken);
                } else if breaks == 0 {
                    text.push(' ');
                }
            }
        }
        Ok(())
    }

    /// Take empty lines inside a quotation; how many.
    fn quoted_breaks(&mut self, text: &mut String) -> Result<usize, Error> {
        let mut count = 0;
        loop {
            if self.at_document_mark() {
                return self.error("a document ends inside a quotation");
            }
            while matches!(self.peek(0), ' ' | '\t') {
                self.forward(1);
            }
            let Some(taken) = self.line_break() else { return Ok(count) };
            text.push(taken);
            count += 1;
        }
    }

    pub(super) fn plain(&mut self) -> Result<(), Error> {
        let line = self.line;
        let indent = self.indent + 1;
        let (mut text, mut spaces) = (String::new(), String::new());
        while self.peek(0) != '#' {
            let mut length = 0;
            while !self.ends_plain(length) {
                length += 1;
            }
            if length == 0 {
                break;
            }
            self.allow_simple_key = false;
            text.push_str(&spaces);
            text.extend(&self.text[self.index..self.index + length]);
            self.forward(length);
            spaces = self.plain_spaces();
            if spaces.is_empty() || self.peek(0) == '#' || (self.flow_level == 0 && self.column < indent) {
                break;
            }
        }
        self.scalar(text, true, line);
        Ok(())
    }

    fn ends_plain(&self, ahead: usize) -> bool {
        let flow = self.flow_level > 0;
        let c = self.peek(ahead);
        let next = self.peek(ahead + 1);
        ends_word(c)
            || (c == ':' && (ends_word(next) || (flow && matches!(next, ',' | '[' | ']' | '{' | '}'))))
            || (flow && matches!(c, ',' | '?' | '[' | ']' | '{' | '}'))
    }

    /// What the white space after a word of a plain scalar comes to; nothing where the scalar ends.
    fn plain_spaces(&mut self) -> String {
        let mut spaces = String::new();
        self.take_while(&mut spaces, |c| c == ' ');
        let Some(taken) = self.line_break() else { return spaces };
        self.allow_simple_key = true;
        if self.at_document_mark() {
            return String::new();
        }
        let mut breaks = String::new();
        loop {
            if self.peek(0) == ' ' {
                self.forward(1);
            } else if let Some(taken) = self.line_break() {
                breaks.push(taken);
                if self.at_document_mark() {
                    return String::new();
                }
            } else {
                break;
            }
        }
        if taken != '\n' {
            breaks.insert(0, taken);
        } else if breaks.is_empty() {
            breaks.push(' ');
        }
        breaks
    }
}
