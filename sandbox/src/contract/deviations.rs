//! Known deviations, each with its reason, from `contract/deviations.json`.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::Violation;

#[derive(Debug, Deserialize)]
struct Entry {
    /// Matched against the operation, the kind, the place and the message; what is left out matches all.
    operation: Option<String>,
    kind: Option<String>,
    at: Option<String>,
    message: Option<String>,
    /// Why this is right although the description says otherwise.
    reason: String,
}

struct Known {
    operation: Option<Regex>,
    kind: Option<String>,
    at: Option<Regex>,
    message: Option<Regex>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let entries = entries().unwrap_or_default();
    let regex = |text: Option<String>| text.and_then(|t| Regex::new(&t).ok());
    entries
        .into_iter()
        // Without a reason an entry counts for nothing.
        .filter(|e| !e.reason.trim().is_empty())
        .map(|e| Known {
            operation: regex(e.operation),
            kind: e.kind,
            at: regex(e.at),
            message: regex(e.message),
        })
        .collect()
});

fn entries() -> serde_json::Result<Vec<Entry>> {
    serde_json::from_str(include_str!("../../contract/deviations.json"))
}

/// Whether this is a deviation that has been looked at and found right.
pub fn known(v: &Violation) -> bool {
    let fits = |regex: &Option<Regex>, text: &str| regex.as_ref().is_none_or(|r| r.is_match(text));
    KNOWN.iter().any(|k| {
        k.kind.as_ref().is_none_or(|kind| kind == v.kind)
            && fits(&k.operation, &v.operation)
            && fits(&k.at, &v.at)
            && fits(&k.message, &v.message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_read_and_has_a_reason() {
        let entries = entries().expect("readable");
        for e in entries {
            assert!(e.reason.len() > 20, "{e:?}");
            assert!(e.kind.is_some() && e.operation.is_some(), "too wide: {e:?}");
            for text in [&e.operation, &e.at, &e.message].into_iter().flatten() {
                assert!(Regex::new(text).is_ok(), "{text}");
            }
        }
    }
}
