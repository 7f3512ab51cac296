//! Text with `${{ }}` in it, and conditions, which need no braces.

use serde_json::Value;

use super::{Expression, Names, Scope, Wrong, value};

/// A scalar of a workflow file, read once, evaluated when its time comes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Expression(Expression),
}

impl Template {
    pub fn read(text: &str, names: Names) -> Result<Self, Wrong> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, tail)) = rest.split_once("${{") {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let end = end_of(tail)
                .ok_or_else(|| Wrong("The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.".to_owned()))?;
            parts.push(Part::Expression(Expression::read(&tail[..end], names)?));
            rest = &tail[end + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    pub fn text(&self, scope: &Scope) -> Result<String, Wrong> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Expression(e) => out.push_str(&value::text(&e.evaluate(scope)?)),
            }
        }
        Ok(out)
    }

    /// One expression alone keeps its type; anything else is text.
    pub fn value(&self, scope: &Scope) -> Result<Value, Wrong> {
        match self.0.as_slice() {
            [Part::Expression(e)] => e.evaluate(scope),
            _ => self.text(scope).map(Value::String),
        }
    }
}

/// Where the closing braces are, not counting those in strings.
fn end_of(text: &str) -> Option<usize> {
    let mut quoted = false;
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'}' if !quoted && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// The expression of an `if`: braces may be left out, and `success()` is required unless a status
/// function is called.
pub fn condition(text: &str, names: Names) -> Result<Expression, Wrong> {
    let trimmed = text.trim();
    let bare = trimmed.strip_prefix("${{").and_then(|t| t.strip_suffix("}}")).filter(|t| !t.contains("${{"));
    if bare.is_none() && trimmed.contains("${{") {
        return Wrong::new(format!(
            "The condition mixes text and expressions and would always be true: {trimmed}"
        ));
    }
    let inner = bare.unwrap_or(trimmed);
    let success = || Expression::Call("success".to_owned(), Vec::new());
    if inner.trim().is_empty() {
        return Ok(success());
    }
    let expression = Expression::read(inner, names)?;
    if expression.asks_status() {
        return Ok(expression);
    }
    Ok(Expression::Binary("&&", Box::new(success()), Box::new(expression)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Statuses, *};

    const NAMES: Names = Names { contexts: &["inputs"], statuses: true };

    fn scope(statuses: Statuses) -> Scope {
        Scope { statuses, ..Scope::default() }.with("inputs", json!({"a": "x", "n": 3, "b": false}))
    }

    #[test]
    fn text_and_expressions_mix() {
        let text = |t: &str| Template::read(t, NAMES).and_then(|t| t.text(&scope(Statuses::default())));
        assert_eq!(text("one-${{ inputs.a }}:${{inputs.n}}").as_deref(), Ok("one-x:3"));
        assert_eq!(text("${{ '}}' }}").as_deref(), Ok("}}"));
        assert_eq!(text("plain $HOME {{x}}").as_deref(), Ok("plain $HOME {{x}}"));
        assert!(text("${{ inputs.a").is_err());
    }

    #[test]
    fn one_expression_keeps_its_type() {
        let value = |t: &str| Template::read(t, NAMES).and_then(|t| t.value(&scope(Statuses::default())));
        assert_eq!(value("${{ inputs.b }}"), Ok(json!(false)));
        assert_eq!(value("${{ inputs.b }} "), Ok(json!("false ")));
    }

    #[test]
    fn the_table_of_conditions() {
        let (fine, failed, cancelled) = (
            Statuses::default(),
            Statuses { success: false, failure: true, cancelled: false },
            Statuses { success: false, failure: false, cancelled: true },
        );
        // Condition, then what it says after success, failure and cancellation.
        for (text, expected) in [
            ("", [true, false, false]),
            ("inputs.a == 'x'", [true, false, false]),
            ("inputs.a == 'y'", [false, false, false]),
            ("${{ inputs.a == 'x' }}", [true, false, false]),
            ("always()", [true, true, true]),
            ("always() && inputs.a == 'y'", [false, false, false]),
            ("failure()", [false, true, false]),
            ("cancelled()", [false, false, true]),
            ("!cancelled()", [true, true, false]),
            ("success() || failure()", [true, true, false]),
            ("failure() && inputs.n > 2", [false, true, false]),
            ("true", [true, false, false]),
            ("false", [false, false, false]),
        ] {
            let expression = condition(text, NAMES).expect(text);
            let said = [fine, failed, cancelled]
                .map(|s| value::truthy(&expression.evaluate(&scope(s)).expect("evaluates")));
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn a_condition_that_is_always_true_by_accident_is_refused() {
        assert!(condition("${{ inputs.a }} == 'x'", NAMES).is_err());
    }
}
