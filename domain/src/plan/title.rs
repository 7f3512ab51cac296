//! Titles without the tags that tools put on them.

const PREFIXES: [&str; 8] = [
    "[erk-plan]",
    "[erk-learn]",
    "[erk-pr]",
    "[erk-extraction]",
    "[erk-objective]",
    "[WIP]",
    "[no-changes]",
    "Plan:",
];
const SUFFIXES: [&str; 4] = ["[erk-plan]", "[erk-learn]", "[erk-extraction]", "[erk-pr]"];

/// A title as people mean it: tags before and after it and a leading `Plan:` or `Implementation Plan:`
/// taken off, and all on one line. A title that is nothing else stays as it is.
pub fn plain_title(title: &str) -> String {
    let whole = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut plain = whole.as_str();
    loop {
        let before = plain;
        for prefix in PREFIXES.iter().chain(&["Implementation Plan:"]) {
            plain = plain.strip_prefix(prefix).map_or(plain, str::trim_start);
        }
        for suffix in SUFFIXES {
            plain = plain.strip_suffix(suffix).map_or(plain, str::trim_end);
        }
        if plain == before {
            break;
        }
    }
    if plain.is_empty() { whole } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_every_generation_are_taken_off() {
        for (title, plain) in [
            ("[erk-plan] Rename x", "Rename x"),
            ("[erk-learn] [erk-plan] Objective View", "Objective View"),
            ("Add erk pr check Command [erk-plan]", "Add erk pr check Command"),
            ("[erk-plan] Plan: Add user authentication", "Add user authentication"),
            ("Implementation Plan: erk plan log <plan-id>", "erk plan log <plan-id>"),
            ("[WIP] [erk-plan] One-shot: fix\nit", "One-shot: fix it"),
            ("-", "-"),
            ("[erk-plan]", "[erk-plan]"),
            ("Planning", "Planning"),
        ] {
            assert_eq!(plain_title(title), plain);
        }
    }
}
