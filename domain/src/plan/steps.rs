//! The title and the numbered steps of a plan.

use crate::fences::outside_fences;

/// The first heading of the first level, or nothing.
pub fn heading(plan: &str) -> Option<String> {
    outside_fences(plan)
        .find_map(|(_, line)| line.strip_prefix("# "))
        .map(|title| title.trim().trim_end_matches('#').trim_end().to_owned())
        .filter(|title| !title.is_empty())
}

/// The steps of a plan, in order and without their numbers. The first of these that is there:
/// headings `Step 1: ...`; a numbered list (or, without one, numbered headings) under a heading that
/// speaks of steps; numbered headings (`## 1. ...`); the first numbered list.
pub fn steps(plan: &str) -> Vec<String> {
    let lines: Vec<&str> = outside_fences(plan).map(|(_, line)| line).collect();
    let named: Vec<String> = lines.iter().filter_map(|line| named_step(line)).collect();
    if !named.is_empty() {
        return named;
    }
    if let Some((at, level)) = lines.iter().enumerate().find_map(|(at, line)| {
        let (level, title) = heading_of(line)?;
        title.to_lowercase().contains("step").then_some((at, level))
    }) {
        let section: Vec<&str> = lines[at + 1..]
            .iter()
            .copied()
            .take_while(|line| heading_of(line).is_none_or(|(below, _)| below > level))
            .collect();
        let inner = list_or_headings(&section);
        if !inner.is_empty() {
            return inner;
        }
    }
    let headings: Vec<String> = lines.iter().filter_map(|line| numbered_heading(line)).collect();
    if !headings.is_empty() {
        return headings;
    }
    first_list(&lines)
}

fn list_or_headings(lines: &[&str]) -> Vec<String> {
    let headings: Vec<String> = lines.iter().filter_map(|line| numbered_heading(line)).collect();
    if headings.is_empty() { first_list(lines) } else { headings }
}

/// Level and title of an ATX heading.
fn heading_of(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line.get(level..)?.strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| (level, title.trim()))
}

/// `## Step 1: title`, with a colon, a full stop or a dash behind the number.
fn named_step(line: &str) -> Option<String> {
    let (_, title) = heading_of(line)?;
    let rest = title.get(..5).filter(|word| word.eq_ignore_ascii_case("step ")).map(|_| &title[5..])?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let text = rest.get(digits..)?.trim_start().trim_start_matches([':', '.', '-', '–', '—', ')']).trim();
    (digits > 0).then(|| if text.is_empty() { title.to_owned() } else { text.to_owned() })
}

/// `### 1. title`
fn numbered_heading(line: &str) -> Option<String> {
    numbered(heading_of(line)?.1)
}

/// `1. text` or `1) text` without its number, and without the emphasis around all of it.
fn numbered(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?.strip_prefix(['.', ')'])?.strip_prefix(' ')?.trim();
    (1..=4).contains(&digits).then(|| rest.to_owned()).filter(|rest| !rest.is_empty())
}

/// The items of the first list that begins with 1 at the left margin.
fn first_list(lines: &[&str]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        let unchecked = line.strip_prefix("- [ ] ").or_else(|| line.strip_prefix("- [x] ")).unwrap_or(line);
        if let Some(item) = numbered(unchecked) {
            if items.is_empty() && !unchecked.starts_with('1') && !unchecked.starts_with('0') {
                continue;
            }
            items.push(item);
        } else if heading_of(line).is_some() && !items.is_empty() {
            break;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_found_in_the_shapes_plans_have() {
        for plan in [
            "# Plan: x\n\n1. one\n   more\n2. two\n\n## Notes\n\n1. no",
            "# Plan\n\n## Context\n\n1. not this\n\n## Implementation Steps\n\ntext\n\n1. one\n2) two\n\n## End",
            "# P\n\n## Step 1: one\n\ntext\n\n1. sub\n\n### step 2 - two\n",
            "# P\n\n## Changes\n\n### 1. one\n\n1. sub\n\n### 2. two\n",
            "# P\n\n```\n1. code\n```\n\n1. one\n\n```sh\nx\n```\n\n2. two",
            "## Steps\n\n- [x] 1. one\n- [ ] 2. two",
        ] {
            assert_eq!(steps(plan), ["one", "two"], "{plan}");
        }
        assert_eq!(steps("just text\n- a\n- b"), [""; 0]);
    }

    #[test]
    fn the_heading_stands_outside_code() {
        assert_eq!(heading("```\n# no\n```\n# Add x #\n").as_deref(), Some("Add x"));
        assert_eq!(heading("## second level"), None);
    }
}
