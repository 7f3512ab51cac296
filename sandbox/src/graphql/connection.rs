//! Lists as connections: `first` or `last` is required, at most a hundred, with opaque cursors.

use apollo_compiler::response::JsonMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

fn cursor(at: usize) -> String {
    STANDARD.encode(format!("cursor:{at}"))
}

fn position(text: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    text.strip_prefix("cursor:")?.parse().ok()
}

/// The asked part of a list as a connection of that type.
pub fn connection(kind: &str, field: &str, all: Vec<Value>, arguments: &JsonMap) -> Result<Value, String> {
    let number = |key: &str| arguments.get(key).and_then(|v| v.as_i64());
    let text = |key: &str| arguments.get(key).and_then(|v| v.as_str());
    let total = all.len();
    let after = text("after").and_then(position).map_or(0, |p| p + 1).min(total);
    let before = text("before").and_then(position).unwrap_or(total).min(total).max(after);
    let (first, last) = (number("first"), number("last"));
    let many = |n: i64| usize::try_from(n).ok().filter(|n| *n <= 100);
    let out_of_range = || {
        format!(
            "Requesting more or less records on the `{field}` connection than its limit of 100 records allows."
        )
    };
    let (from, to) = match (first, last) {
        (Some(n), _) => (after, (after + many(n).ok_or_else(out_of_range)?).min(before)),
        (None, Some(n)) => (before.saturating_sub(many(n).ok_or_else(out_of_range)?).max(after), before),
        (None, None) => {
            return Err(format!(
                "You must provide a `first` or `last` value to properly paginate the `{field}` connection."
            ));
        }
    };
    let nodes: Vec<Value> = all.into_iter().skip(from).take(to - from).collect();
    Ok(json!({
        "__typename": kind,
        "totalCount": total,
        "pageInfo": {
            "__typename": "PageInfo",
            "hasNextPage": to < total,
            "hasPreviousPage": from > 0,
            "startCursor": (to > from).then(|| cursor(from)),
            "endCursor": (to > from).then(|| cursor(to - 1)),
        },
        "nodes": nodes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: Value) -> Result<Value, String> {
        let arguments: JsonMap = serde_json::from_value(value).expect("arguments");
        connection("XConnection", "xs", (0..5).map(Value::from).collect(), &arguments)
    }

    #[test]
    fn pages_follow_their_cursors() {
        let one = asked(json!({ "first": 2 })).expect("a page");
        assert_eq!((&one["nodes"], &one["pageInfo"]["hasNextPage"]), (&json!([0, 1]), &json!(true)));
        let two = asked(json!({ "first": 9, "after": one["pageInfo"]["endCursor"] })).expect("a page");
        assert_eq!((&two["nodes"], &two["pageInfo"]["hasNextPage"]), (&json!([2, 3, 4]), &json!(false)));
        assert_eq!(asked(json!({ "last": 1 })).expect("a page")["nodes"], json!([4]));
    }

    #[test]
    fn a_size_is_needed() {
        assert!(asked(json!({})).is_err());
        assert!(asked(json!({ "first": 101 })).is_err());
    }
}
