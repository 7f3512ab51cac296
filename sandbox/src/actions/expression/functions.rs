//! The functions of expressions. Names are lower case here; GitHub takes them in any.

use serde_json::Value;

use super::{Wrong, value};

/// Name, least and most arguments.
const KNOWN: &[(&str, usize, usize)] = &[
    ("contains", 2, 2),
    ("startswith", 2, 2),
    ("endswith", 2, 2),
    ("format", 1, 255),
    ("join", 1, 2),
    ("fromjson", 1, 1),
    ("tojson", 1, 1),
    ("success", 0, 0),
    ("failure", 0, 0),
    ("cancelled", 0, 0),
    ("always", 0, 0),
];

pub fn is_status(name: &str) -> bool {
    ["success", "failure", "cancelled", "always"].contains(&name)
}

/// Whether there is such a function with so many arguments; `written` is the name as it was written.
pub fn check(name: &str, written: &str, arguments: usize) -> Result<(), Wrong> {
    let Some((_, least, most)) = KNOWN.iter().find(|(known, ..)| *known == name) else {
        return Wrong::new(format!("Unrecognized function: '{written}'"));
    };
    if arguments < *least {
        return Wrong::new(format!("Too few parameters supplied: '{written}'"));
    }
    if arguments > *most {
        return Wrong::new(format!("Too many parameters supplied: '{written}'"));
    }
    Ok(())
}

/// Calls a function other than the status functions.
pub fn call(name: &str, arguments: &[Value]) -> Result<Value, Wrong> {
    let none = Value::Null;
    let first = arguments.first().unwrap_or(&none);
    let second = arguments.get(1).unwrap_or(&none);
    let folded = |v: &Value| value::text(v).to_lowercase();
    Ok(match name {
        "contains" => match first {
            Value::Array(items) => {
                let equal = |item: &Value| value::compare(item, second).is_some_and(|o| o.is_eq());
                Value::Bool(items.iter().any(equal))
            }
            Value::Object(_) => Value::Bool(false),
            _ => Value::Bool(folded(first).contains(&folded(second))),
        },
        "startswith" => Value::Bool(folded(first).starts_with(&folded(second))),
        "endswith" => Value::Bool(folded(first).ends_with(&folded(second))),
        "join" => {
            let between = arguments.get(1).map_or_else(|| ",".to_owned(), value::text);
            match first {
                Value::Array(items) => {
                    items.iter().map(value::text).collect::<Vec<_>>().join(&between).into()
                }
                other => value::text(other).into(),
            }
        }
        "format" => format(&value::text(first), &arguments[1..])?.into(),
        "tojson" => serde_json::to_string_pretty(first).map_err(|e| Wrong(e.to_string()))?.into(),
        "fromjson" => serde_json::from_str(&value::text(first))
            .map_err(|e| Wrong(format!("fromJSON was given what is not JSON: {e}")))?,
        other => return Wrong::new(format!("Unrecognized function: '{other}'")),
    })
}

/// `{0}` stands for the first argument, `{{` and `}}` for braces.
fn format(pattern: &str, arguments: &[Value]) -> Result<String, Wrong> {
    let wrong = || Wrong(format!("The following format string is invalid: {pattern}"));
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(tail) = rest.strip_prefix("{{") {
            out.push('{');
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("}}") {
            out.push('}');
            rest = tail;
        } else {
            let (index, tail) = rest.strip_prefix('{').and_then(|r| r.split_once('}')).ok_or_else(wrong)?;
            let index: usize = index.parse().map_err(|_| wrong())?;
            let argument = arguments.get(index).ok_or_else(|| {
                Wrong(format!(
                    "The following format string references more arguments than were supplied: {pattern}"
                ))
            })?;
            out.push_str(&value::text(argument));
            rest = tail;
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_of_functions() {
        for (name, arguments, result) in [
            ("contains", vec![json!("Hello"), json!("ELL")], json!(true)),
            ("contains", vec![json!(["push", "x"]), json!("PUSH")], json!(true)),
            ("contains", vec![json!([1, 2]), json!("3")], json!(false)),
            ("startswith", vec![json!("Hello"), json!("he")], json!(true)),
            ("endswith", vec![json!("Hello"), json!("LO")], json!(true)),
            ("join", vec![json!(["a", 1]), json!("; ")], json!("a; 1")),
            ("format", vec![json!("{{{0}}} {1}{0}"), json!("a"), json!(2)], json!("{a} 2a")),
            ("fromjson", vec![json!("{\"a\": [1]}")], json!({"a": [1]})),
            ("tojson", vec![json!({"a": 1})], json!("{\n  \"a\": 1\n}")),
        ] {
            assert_eq!(call(name, &arguments), Ok(result), "{name}");
        }
        assert!(call("format", &[json!("{1}"), json!("a")]).is_err());
        assert!(call("format", &[json!("{"), json!("a")]).is_err());
        assert!(call("fromjson", &[json!("{")]).is_err());
    }
}
