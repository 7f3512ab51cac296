//! From a tree and its contexts to a value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Expression, Wrong, functions, value};

/// What the status functions answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statuses {
    pub success: bool,
    pub failure: bool,
    pub cancelled: bool,
}

impl Default for Statuses {
    fn default() -> Self {
        Self { success: true, failure: false, cancelled: false }
    }
}

/// The contexts at one place of a run.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub contexts: BTreeMap<&'static str, Value>,
    pub statuses: Statuses,
}

/// Contexts whose properties GitHub fixes: one that is not there is a mistake or not known here.
const FIXED: &[&str] = &["github", "runner", "job"];

impl Scope {
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.contexts.insert(name, value);
        self
    }

    pub fn set(&mut self, name: &'static str, value: Value) {
        self.contexts.insert(name, value);
    }
}

impl Expression {
    pub fn evaluate(&self, scope: &Scope) -> Result<Value, Wrong> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Context(name) => Ok(scope.contexts.get(name.as_str()).cloned().unwrap_or(Value::Null)),
            Self::Not(inner) => Ok(Value::Bool(!value::truthy(&inner.evaluate(scope)?))),
            Self::Binary(operator, left, right) => binary(operator, left, right, scope),
            Self::Call(name, arguments) => {
                let s = scope.statuses;
                match name.as_str() {
                    "always" => Ok(Value::Bool(true)),
                    "success" => Ok(Value::Bool(s.success)),
                    "failure" => Ok(Value::Bool(s.failure)),
                    "cancelled" => Ok(Value::Bool(s.cancelled)),
                    _ => {
                        let values: Result<Vec<_>, _> = arguments.iter().map(|a| a.evaluate(scope)).collect();
                        functions::call(name, &values?)
                    }
                }
            }
            Self::Property(of, key) => {
                let key = key.evaluate(scope)?;
                if let Self::Context(name) = &**of {
                    return of_context(name, &key, scope);
                }
                Ok(property(&of.evaluate(scope)?, &key).unwrap_or(Value::Null))
            }
        }
    }
}

fn binary(operator: &str, left: &Expression, right: &Expression, scope: &Scope) -> Result<Value, Wrong> {
    let left = left.evaluate(scope)?;
    match operator {
        "&&" if !value::truthy(&left) => return Ok(left),
        "||" if value::truthy(&left) => return Ok(left),
        "&&" | "||" => return right.evaluate(scope),
        _ => {}
    }
    let order = value::compare(&left, &right.evaluate(scope)?);
    Ok(Value::Bool(match operator {
        "==" => order.is_some_and(|o| o.is_eq()),
        "!=" => !order.is_some_and(|o| o.is_eq()),
        "<" => order.is_some_and(|o| o.is_lt()),
        "<=" => order.is_some_and(|o| o.is_le()),
        ">" => order.is_some_and(|o| o.is_gt()),
        _ => order.is_some_and(|o| o.is_ge()),
    }))
}

/// A property of a context, whatever the case of its name.
fn of_context(name: &str, key: &Value, scope: &Scope) -> Result<Value, Wrong> {
    let found = scope.contexts.get(name).and_then(|context| property(context, key));
    match found {
        None if FIXED.contains(&name) => {
            Wrong::new(format!("The sandbox does not know '{name}.{}'", value::text(key)))
        }
        found => Ok(found.unwrap_or(Value::Null)),
    }
}

fn property(of: &Value, key: &Value) -> Option<Value> {
    match of {
        Value::Object(map) => {
            let key = value::text(key);
            let found = map.get(&key).or_else(|| {
                map.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key)).map(|(_, value)| value)
            });
            found.cloned()
        }
        Value::Array(items) => {
            let index = value::number(key);
            (index >= 0.0).then(|| items.get(index as usize).cloned()).flatten()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Names, *};

    const ALL: Names = Names { contexts: &["github", "inputs", "needs", "secrets"], statuses: true };

    fn evaluate(text: &str) -> Result<Value, Wrong> {
        let scope = Scope::default()
            .with("github", json!({"event": {"commits": [{"id": "c1"}]}, "ref": "refs/heads/main"}))
            .with("inputs", json!({"plan_only": "true", "empty": "", "Name": "x", "count": 3}))
            .with("needs", json!({"plan": {"outputs": {"issue-number": "7"}, "result": "success"}}))
            .with("secrets", json!({}));
        Expression::read(text, ALL)?.evaluate(&scope)
    }

    #[test]
    fn the_table_of_expressions() {
        for (text, result) in [
            ("inputs.plan_only == 'true' && 'one-shot(plan)' || 'one-shot'", json!("one-shot(plan)")),
            ("inputs.empty == 'true' && 'a' || 'b'", json!("b")),
            ("inputs.NAME", json!("x")),
            ("inputs['name']", json!("x")),
            ("inputs.nothing.at.all", json!(null)),
            ("secrets.ANTHROPIC_API_KEY != ''", json!(false)),
            ("needs.plan.outputs.issue-number != '' && inputs.plan_only != 'true'", json!(false)),
            ("needs.other.result", json!(null)),
            ("github.event.commits[0].id", json!("c1")),
            ("github.event.commits[5].id", json!(null)),
            ("inputs.count >= 3 && inputs.count < 3.5", json!(true)),
            ("!inputs.empty", json!(true)),
            ("!(1 == 1)", json!(false)),
            ("1 == 1 == true", json!(true)),
            ("inputs.count || 5", json!(3)),
            ("'it''s'", json!("it's")),
            ("-1 < 0", json!(true)),
            ("success() && !failure() && !cancelled() && always()", json!(true)),
            ("fromJSON('[1,2]')[1]", json!(2)),
            ("github.REF", json!("refs/heads/main")),
        ] {
            assert_eq!(evaluate(text), Ok(result), "{text}");
        }
    }

    #[test]
    fn a_property_github_has_but_the_sandbox_lacks_is_named() {
        let wrong = evaluate("github.event_path_x").expect_err("refused");
        assert_eq!(wrong.0, "The sandbox does not know 'github.event_path_x'");
    }
}
