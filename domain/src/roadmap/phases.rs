//! Names of phases, from the headings `### Phase 1A: Name (2 PR)` of a text.

use std::collections::HashMap;

use super::model::PhaseKey;

/// The name of each phase; of several headings the last one counts.
pub(super) fn names(text: &str) -> HashMap<PhaseKey, String> {
    text.lines().filter_map(heading).collect()
}

/// Key and name of a heading line.
pub(super) fn heading(line: &str) -> Option<(PhaseKey, String)> {
    let rest = after_space(line.strip_prefix("###")?)?.strip_prefix("Phase")?;
    let rest = after_space(rest)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = rest[..digits].parse().ok()?;
    let (suffix, name) = rest[digits..].split_once(':')?;
    if suffix.len() > 1 || !suffix.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let name = without_estimate(name.trim());
    (!name.is_empty()).then(|| (PhaseKey { number, suffix: suffix.to_owned() }, name.to_owned()))
}

/// The text behind the white space it must begin with.
fn after_space(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    (rest.len() < text.len()).then_some(rest)
}

/// The name without a trailing `(2 PR)`.
fn without_estimate(name: &str) -> &str {
    let Some(open) = name.rfind('(') else { return name };
    let inner = name[open + 1..].strip_suffix("PR)").map(str::trim_end);
    let before = name[..open].trim_end();
    let counts = inner.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
        && name[open + 1..].contains(char::is_whitespace)
        && before.len() < open
        && !before.is_empty();
    if counts { before } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_read_strictly() {
        let told = |line| heading(line).map(|(key, name)| format!("{key}={name}"));
        for (line, wanted) in [
            ("### Phase 1: Steel thread (1 PR)", "1=Steel thread"),
            ("###  Phase 2A:Polish", "2A=Polish"),
            ("### Phase 3: Work (2 PRs)", "3=Work (2 PRs)"),
            ("### Phase 3: Work(2 PR)", "3=Work(2 PR)"),
            ("### Phase 4: x: y (12  PR)", "4=x: y"),
        ] {
            assert_eq!(told(line).as_deref(), Some(wanted), "{line}");
        }
        for line in [
            "## Phase 1: a",
            "#### Phase 1: a",
            "### Phase 1 a",
            "### Phase 1AB: a",
            " ### Phase 1: a",
            "### Phase x: a",
            "### Phase 1:",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
}
