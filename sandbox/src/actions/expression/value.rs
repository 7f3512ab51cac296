//! GitHub's coercions between null, booleans, numbers, strings and the rest.
//! <https://docs.github.com/actions/reference/workflows-and-actions/expressions>

use std::cmp::Ordering;

use serde_json::Value;

/// False are `false`, `0`, `NaN`, `''` and `null`.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64().is_some_and(|n| n != 0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// As a number; what is none is NaN.
pub fn number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::Number(n) => n.as_f64().unwrap_or(f64::NAN),
        Value::String(s) => number_in(s.trim()),
        Value::Array(_) | Value::Object(_) => f64::NAN,
    }
}

fn number_in(text: &str) -> f64 {
    if text.is_empty() {
        return 0.0;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).map_or(f64::NAN, |n| n as f64);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).map_or(f64::NAN, |n| n as f64);
    }
    match text {
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        // Rust would also read words such as `inf`.
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

/// A number as a value; whole numbers stay whole.
pub fn of_number(n: f64) -> Value {
    if n.fract() == 0.0 && n.abs() < 9e15 {
        return Value::from(n as i64);
    }
    serde_json::Number::from_f64(n).map_or(Value::Null, Value::Number)
}

/// As `${{ }}` writes it into text.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.clone(),
        Value::Array(_) => "Array".to_owned(),
        Value::Object(_) => "Object".to_owned(),
    }
}

/// How `==`, `<` and their kin compare: strings regardless of case, different types as numbers, lists and
/// objects with nothing. `None` when neither is smaller nor both equal.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.to_uppercase().cmp(&b.to_uppercase())),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => number(a).partial_cmp(&number(b)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_of_coercions() {
        for (a, b, equal) in [
            (json!("A"), json!("a"), true),
            (json!(null), json!(0), true),
            (json!(null), json!(""), true),
            (json!(""), json!(0), true),
            (json!("0x10"), json!(16), true),
            (json!("1e1"), json!(10), true),
            (json!(true), json!(1), true),
            (json!("true"), json!(true), false),
            (json!("x"), json!(0), false),
            (json!("inf"), json!("x"), false),
            (json!([]), json!([]), false),
        ] {
            assert_eq!(compare(&a, &b) == Some(Ordering::Equal), equal, "{a} == {b}");
        }
        assert_eq!(compare(&json!("9"), &json!("10")), Some(Ordering::Greater));
        assert_eq!(compare(&json!("9"), &json!(10)), Some(Ordering::Less));
    }

    #[test]
    fn what_counts_as_true() {
        for (value, is) in [
            (json!(null), false),
            (json!(0), false),
            (json!(""), false),
            (json!("false"), true),
            (json!({}), true),
            (json!(-1), true),
        ] {
            assert_eq!(truthy(&value), is, "{value}");
        }
    }

    #[test]
    fn whole_numbers_are_written_without_a_point() {
        assert_eq!(text(&of_number(5.0)), "5");
        assert_eq!(text(&of_number(0.5)), "0.5");
        assert_eq!(text(&json!({"a": 1})), "Object");
    }
}
