//! What stands between the markers of a block: details, summary, fence or text.

use std::ops::Range;

/// The text of the fence in the first well formed details, or in a bare fence where that is allowed.
pub(super) fn yaml(inner: &str, bare_fence_too: bool) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(start) = inner[from..].find("<details").map(|at| from + at) {
        from = start + 1;
        let Some(summary) = details_open(inner, start) else { continue };
        let Some(after) = yaml_summary(inner, summary) else { continue };
        let Some(text) =
            inner[skip_space(inner, after)..].strip_prefix("```yaml").map(|rest| inner.len() - rest.len())
        else {
            continue;
        };
        // Were there no closing fence for this one, there would be none for a later one.
        return closing_fence(inner, text).map(|end| trimmed(inner, text..end));
    }
    if !bare_fence_too || inner.contains("<details") {
        return None;
    }
    let text = inner.find("```yaml")? + "```yaml".len();
    let end = text + inner[text..].find("```")?;
    Some(trimmed(inner, text..end))
}

/// The text after the summary up to the last closing details tag.
pub(super) fn text(inner: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(start) = inner[from..].find("<details").map(|at| from + at) {
        from = start + 1;
        let Some(summary) = details_open(inner, start) else { continue };
        let after = summary + inner[summary..].find("</summary>")? + "</summary>".len();
        let end = inner.rfind("</details>").filter(|end| *end >= after)?;
        return Some(trimmed(inner, after..end));
    }
    None
}

/// After `<details>` or `<details open>` at `start`: the place behind the `<summary>` that follows.
fn details_open(inner: &str, start: usize) -> Option<usize> {
    let mut at = start + "<details".len();
    let spaced = skip_space(inner, at);
    if spaced > at && inner[spaced..].starts_with("open") {
        at = spaced + "open".len();
    }
    if !inner[at..].starts_with('>') {
        return None;
    }
    let at = skip_space(inner, at + 1);
    inner[at..].starts_with("<summary>").then(|| at + "<summary>".len())
}

/// Behind the summary of a YAML block: text without tags, with or without `<code>` around it.
fn yaml_summary(inner: &str, start: usize) -> Option<usize> {
    let at = if inner[start..].starts_with("<code>") { start + "<code>".len() } else { start };
    let end = at + inner[at..].find('<')?;
    if end == at {
        return None;
    }
    let rest = &inner[end..];
    let rest = rest.strip_prefix("</code>").unwrap_or(rest);
    rest.strip_prefix("</summary>").map(|rest| inner.len() - rest.len())
}

/// The first fence from `from` on that only space separates from a closing details tag.
fn closing_fence(inner: &str, from: usize) -> Option<usize> {
    inner[from..].match_indices("</details>").find_map(|(close, _)| {
        let before = inner[from..from + close].trim_end_matches(is_space);
        before.strip_suffix("```").map(|text| from + text.len())
    })
}

/// The first place from `at` on that is not white space.
fn skip_space(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches(is_space).len()
}

/// White space as erk's patterns have it: four separators of old are among it.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// The range without white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + skip_space(part, 0);
    start..start + part.trim_matches(is_space).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fence_is_found_in_details_of_every_look() {
        for inner in [
            "<details>\n<summary><code>k</code></summary>\n\n```yaml\n\na: 1\n\n```\n\n</details>",
            "<details open>\n<summary>k</summary>\n```yaml\na: 1\n```\n</details>",
            "note <details> x\n<details>\r\n<summary>k</summary>\r\n```yaml\r\na: 1\r\n```\r\n</details> note",
        ] {
            assert_eq!(yaml(inner, false).map(|range| &inner[range]), Some("a: 1"), "{inner}");
        }
    }

    #[test]
    fn a_fence_that_no_details_tag_follows_is_content() {
        let inner = "<details><summary>k</summary>```yaml\na: '```x'\n```\n</details>";
        assert_eq!(yaml(inner, false).map(|range| &inner[range]), Some("a: '```x'"));
    }

    #[test]
    fn of_a_run_of_back_ticks_the_last_three_are_the_fence() {
        let inner = "<details><summary>k</summary>```yaml\na: |\n  b`````\x1c\n</details>```\n</details>";
        assert_eq!(yaml(inner, false).map(|range| &inner[range]), Some("a: |\n  b``"));
    }

    #[test]
    fn a_bare_fence_counts_only_where_it_is_allowed() {
        let inner = "\n```yaml\na: 1\n```\n";
        assert_eq!(yaml(inner, false), None);
        assert_eq!(yaml(inner, true).map(|range| &inner[range]), Some("a: 1"));
    }

    #[test]
    fn text_runs_to_the_last_closing_tag() {
        let inner = "<details open>\n<summary>s</summary>\n\na\n<details>b</details>\nc\n\n</details>\n";
        assert_eq!(text(inner).map(|range| &inner[range]), Some("a\n<details>b</details>\nc"));
    }
}
