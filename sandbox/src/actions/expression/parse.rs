//! From text to a tree: literals, operators, properties, indexes, calls.

use serde_json::Value;

use super::{Wrong, functions, value};

#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Literal(Value),
    /// A context such as `github`.
    Context(String),
    Property(Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
    Not(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
}

/// What may be named at some place of a workflow file.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub contexts: &'static [&'static str],
    /// Whether `success()`, `failure()`, `cancelled()` and `always()` may be called.
    pub statuses: bool,
}

/// GitHub's limit on the depth of an expression.
const DEPTH: usize = 50;

/// Lowest precedence first.
const OPERATORS: &[&[&str]] = &[&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"]];

const MARKS: &[&str] =
    &["||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(Value),
    Name(String),
    Mark(&'static str),
}

impl Expression {
    pub fn read(text: &str, names: Names) -> Result<Self, Wrong> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, names, depth: 0 };
        if parser.tokens.is_empty() {
            return Wrong::new("An expression was expected");
        }
        let expression = parser.binary(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some(token) => Wrong::new(format!("Unexpected symbol: '{}' in expression: {text}", token.show())),
        }
    }

    /// Whether it calls one of the status functions, so that `success()` is not added to it.
    pub fn asks_status(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Context(_) => false,
            Self::Property(a, b) | Self::Binary(_, a, b) => a.asks_status() || b.asks_status(),
            Self::Not(a) => a.asks_status(),
            Self::Call(name, arguments) => {
                functions::is_status(name) || arguments.iter().any(Self::asks_status)
            }
        }
    }
}

impl Token {
    fn show(&self) -> String {
        match self {
            Self::Literal(v) => value::text(v),
            Self::Name(name) => name.clone(),
            Self::Mark(mark) => (*mark).to_owned(),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let mut all: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after_dot = all.last() == Some(&Token::Mark("."));
        let (token, length) = if first == '\'' {
            string(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (word(&rest[..length], after_dot), length)
        } else if first.is_ascii_digit() || "+-".contains(first) {
            let length = rest.find(|c: char| !is_name(c) && !".+".contains(c)).unwrap_or(rest.len());
            let n = value::number(&Value::String(rest[..length].to_owned()));
            if n.is_nan() {
                return Wrong::new(format!("Unexpected symbol: '{}'", &rest[..length]));
            }
            (Token::Literal(value::of_number(n)), length)
        } else if let Some(mark) = MARKS.iter().find(|m| rest.starts_with(**m)) {
            (Token::Mark(mark), mark.len())
        } else {
            return Wrong::new(format!("Unexpected symbol: '{first}' in expression: {text}"));
        };
        all.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(all)
}

fn word(text: &str, after_dot: bool) -> Token {
    match text {
        _ if after_dot => Token::Name(text.to_owned()),
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        _ => Token::Name(text.to_owned()),
    }
}

/// A string in single quotes, in which two of them stand for one.
fn string(text: &str) -> Result<(Token, usize), Wrong> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            out.push('\'');
        } else {
            return Ok((Token::Literal(Value::String(out)), at + 1));
        }
    }
    Wrong::new(format!("The string {text} is not closed"))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    names: Names,
    depth: usize,
}

impl Parser {
    fn take(&mut self, mark: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Mark(m)) if *m == mark);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, mark: &str) -> Result<(), Wrong> {
        if self.take(mark) { Ok(()) } else { Wrong::new(format!("'{mark}' was expected")) }
    }

    fn binary(&mut self, level: usize) -> Result<Expression, Wrong> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|o| self.take(o)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Wrong> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Wrong::new("The expression is nested too deeply");
        }
        let out = match self.take("!") {
            true => Expression::Not(Box::new(self.unary()?)),
            false => self.access()?,
        };
        self.depth -= 1;
        Ok(out)
    }

    fn access(&mut self) -> Result<Expression, Wrong> {
        let mut of = self.primary()?;
        loop {
            let key = if self.take(".") {
                match self.tokens.get(self.at) {
                    Some(Token::Name(name)) => {
                        let key = Expression::Literal(Value::String(name.clone()));
                        self.at += 1;
                        key
                    }
                    Some(Token::Mark("*")) => {
                        return Wrong::new("The sandbox does not know the object filter '*'");
                    }
                    _ => return Wrong::new("The name of a property was expected after '.'"),
                }
            } else if self.take("[") {
                let key = self.binary(0)?;
                self.need("]")?;
                key
            } else {
                return Ok(of);
            };
            of = Expression::Property(Box::new(of), Box::new(key));
        }
    }

    fn primary(&mut self) -> Result<Expression, Wrong> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Wrong::new("Unexpected end of expression");
        };
        self.at += 1;
        match token {
            Token::Literal(value) => Ok(Expression::Literal(value)),
            Token::Mark("(") => {
                let inner = self.binary(0)?;
                self.need(")")?;
                Ok(inner)
            }
            Token::Mark(mark) => Wrong::new(format!("Unexpected symbol: '{mark}'")),
            Token::Name(name) if self.take("(") => self.call(name),
            Token::Name(name) => {
                let lower = name.to_ascii_lowercase();
                match self.names.contexts.contains(&lower.as_str()) {
                    true => Ok(Expression::Context(lower)),
                    false => Wrong::new(format!("Unrecognized named-value: '{name}'")),
                }
            }
        }
    }

    fn call(&mut self, name: String) -> Result<Expression, Wrong> {
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.binary(0)?);
                if self.take(")") {
                    break;
                }
                self.need(",")?;
            }
        }
        let lower = name.to_ascii_lowercase();
        if functions::is_status(&lower) && !self.names.statuses {
            return Wrong::new(format!("Unrecognized function: '{name}'"));
        }
        functions::check(&lower, &name, arguments.len())?;
        Ok(Expression::Call(lower, arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Names = Names { contexts: &["github", "inputs"], statuses: true };

    fn wrong(text: &str) -> String {
        Expression::read(text, ALL).expect_err(text).0
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert_eq!(wrong("secrets.A"), "Unrecognized named-value: 'secrets'");
        assert_eq!(wrong("hashFiles('x')"), "Unrecognized function: 'hashFiles'");
        assert_eq!(wrong("github.event.commits.*.id"), "The sandbox does not know the object filter '*'");
        assert_eq!(wrong("1 + 2"), "Unexpected symbol: '+'");
        assert!(wrong("inputs.a ~ 1").contains('~'));
        assert!(wrong("contains('a')").contains("Too few"));
        assert!(wrong("'a").contains("not closed"));
        assert!(wrong("(inputs.a").contains("')'"));
        assert!(wrong("inputs.a inputs.b").contains("Unexpected symbol: 'inputs'"));
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!("{}1{}", "(".repeat(80), ")".repeat(80));
        assert!(wrong(&deep).contains("too deeply"));
    }

    #[test]
    fn status_functions_are_found_inside() {
        let ask = |text| Expression::read(text, ALL).expect(text).asks_status();
        assert!(ask("inputs.a == 'x' && !cancelled()"));
        assert!(!ask("contains(inputs.a, 'failure()')"));
    }

    #[test]
    fn status_functions_belong_to_conditions() {
        let names = Names { statuses: false, ..ALL };
        assert!(Expression::read("always()", names).is_err());
    }
}
