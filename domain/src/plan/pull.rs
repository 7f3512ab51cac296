//! The text of a plan whose record is a pull request (erk's generation of April 2026).

use super::text::{Found, Source};
use crate::block;

const SEPARATOR: &str = "\n\n---\n\n";

/// Whether a pull request is a plan of its own, by its title, its labels and its body.
///
/// An implementation of an issue-backed plan may quote a header inside the plan it shows; such a
/// quotation does not count.
pub fn is_pull_backed(title: &str, labels: &[&str], body: &str) -> bool {
    title.starts_with("[erk-pr]")
        || labels.contains(&"erk-pr")
        || block::read(body).find("plan-header").is_some_and(|header| {
            let before = &body[..header.span.start];
            let open = before.rfind("<strong>Implementation Plan</strong>");
            open.is_none() && before.matches("<details").count() == before.matches("</details>").count()
        })
}

/// The text of the plan in a pull request's body.
pub fn text_of_pull(body: &str) -> Option<Found> {
    let unix = body.replace("\r\n", "\n");
    let text = original(&unix).or_else(|| below_header(&unix)).unwrap_or(unix.trim());
    let found = Found { text: text.to_owned(), source: Source::Pull, comments: Vec::new() };
    Some(found).filter(|found| !found.text.is_empty())
}

/// Inside the `original-plan` details: up to the last closing tag before the header.
fn original(body: &str) -> Option<&str> {
    let at = ["<summary>original-plan</summary>", "<summary><code>original-plan</code></summary>"]
        .iter()
        .find_map(|summary| body.find(summary).map(|at| at + summary.len()))?;
    let end = body[at..].find("<!-- erk:metadata-block:").map_or(body.len(), |end| at + end);
    let end = body[at..end].rfind("\n\n</details>").or_else(|| body[at..end].rfind("</details>"))?;
    Some(body[at..at + end].trim())
}

/// Older bodies: the header on top, a rule, and the plan.
fn below_header(body: &str) -> Option<&str> {
    let at = body.find(SEPARATOR)?;
    let text = body[..at].contains("<!-- erk:metadata-block:").then(|| &body[at + SEPARATOR.len()..])?;
    let end = text.rfind("\n---\n").unwrap_or(text.len());
    Some(text[..end].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "<!-- erk:metadata-block:plan-header -->\n<details>\n<summary>plan-header</summary>\n\n```yaml\n\nschema_version: '2'\n\n```\n\n</details>\n<!-- /erk:metadata-block:plan-header -->";

    #[test]
    fn the_text_is_found_in_every_layout() {
        let plan = "# Plan\n\n<details>\n\nmore\n\n</details>\n\nend";
        let now = format!(
            "AI summary\n\n<details>\n<summary>original-plan</summary>\n\n{plan}\n\n</details>\n\n{HEADER}\n---\n\n\nfooter"
        );
        let flat = format!("{HEADER}\n\n---\n\n{plan}\n---\n\n\nfooter");
        for body in [now.clone(), now.replace('\n', "\r\n"), flat, plan.to_owned()] {
            assert_eq!(text_of_pull(&body).map(|found| found.text).as_deref(), Some(plan), "{body}");
        }
        assert!(is_pull_backed("x", &[], &now));
    }

    #[test]
    fn a_quoted_header_does_not_make_a_plan() {
        let body = format!(
            "**Plan:** #1\n\n<details>\n<summary><strong>Implementation Plan</strong> (Issue #1)</summary>\n\n{HEADER}\n\n</details>"
        );
        assert!(!is_pull_backed("Add x", &[], &body));
        assert!(is_pull_backed("[erk-pr] Add x", &[], &body));
        assert!(is_pull_backed("Add x", &["erk-pr"], ""));
    }
}
