//! Finding the text of an issue-backed plan.
//!
//! In order: the comment the header names, the first comment that holds a plan (with the parts that
//! follow), and the issue's body itself for the generations before comments.

use super::parts;
use crate::block::{self, WARNING};

/// Where the text of a plan was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A `plan-body` block in a comment.
    Comment,
    /// A comment between `erk:plan-content` markers.
    OldComment,
    /// The issue's body with `erk_plan: true` in its front matter.
    FrontMatter,
    /// The issue's body.
    Body,
    /// The body of the pull request that is the plan.
    Pull,
}

/// The text of a plan and where it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub text: String,
    pub source: Source,
    /// The comments that hold it, in order; none when it is not in comments.
    pub comments: Vec<u64>,
}

/// The text of a plan from the issue's body and its comments (id and body, oldest first).
pub fn text(body: &str, comments: &[(u64, &str)]) -> Option<Found> {
    let header = block::first(body, "plan-header");
    let named = header.as_ref().and_then(|header| header.get("plan_comment_id")?.as_u64());
    let in_comment = |at: usize| of_comment(comments[at].1).map(|(text, source)| (at, text, source));
    let first = comments.iter().position(|(id, _)| Some(*id) == named).and_then(in_comment).or_else(|| {
        (0..comments.len()).filter(|at| parts::part(comments[*at].1).is_none()).find_map(in_comment)
    });
    if let Some((at, mut text, source)) = first {
        let mut ids = vec![comments[at].0];
        let mut next = 2;
        for (id, comment) in &comments[at + 1..] {
            let Some((number, gap)) = parts::part(comment) else { continue };
            let Some((more, _)) = of_comment(comment).filter(|_| number == next) else { continue };
            text.push_str(&gap);
            text.push_str(&more);
            ids.push(*id);
            next += 1;
        }
        return Some(Found { text, source, comments: ids });
    }
    of_body(body, header.is_some()).map(|(text, source)| Found { text, source, comments: Vec::new() })
}

/// The text a plan issue lacks: it has the header of a plan, and a plan is nowhere.
pub fn missing(body: &str, comments: &[(u64, &str)]) -> bool {
    text(body, comments).is_none()
}

/// Whether this is the placeholder of a plan that a workflow has yet to write.
pub fn is_skeleton(text: &str) -> bool {
    let text = text.trim_start();
    ["_Skeleton:", "_One-shot:"]
        .iter()
        .any(|start| text.starts_with(&format!("{start} plan content will be populated")))
}

fn of_comment(comment: &str) -> Option<(String, Source)> {
    if let Some(text) = block::read(comment).text("plan-body") {
        return Some((text.to_owned(), Source::Comment)).filter(|(text, _)| !text.is_empty());
    }
    between_markers(comment).map(|text| (text, Source::OldComment))
}

fn between_markers(text: &str) -> Option<String> {
    const OPEN: &str = "<!-- erk:plan-content -->";
    let start = text.find(OPEN)? + OPEN.len();
    let end = start + text[start..].find("<!-- /erk:plan-content -->")?;
    Some(text[start..end].trim().to_owned()).filter(|text| !text.is_empty())
}

fn of_body(body: &str, has_header: bool) -> Option<(String, Source)> {
    if let Some(text) = between_markers(body) {
        return Some((text, Source::OldComment));
    }
    if let Some(text) = block::read(body).text("plan-body") {
        return Some((text.to_owned(), Source::Body));
    }
    if let Some(text) = front_matter(body) {
        return Some((text, Source::FrontMatter));
    }
    let rest = if has_header { without_machinery(body) } else { body.trim().to_owned() };
    // A lone heading, or a body like `-`, is no plan.
    let says_something =
        rest.lines().any(|line| !line.starts_with('#') && line.contains(char::is_alphanumeric));
    says_something.then_some((rest, Source::Body))
}

/// The text behind front matter that says `erk_plan: true`.
fn front_matter(body: &str) -> Option<String> {
    let rest = body.trim_start().strip_prefix("---")?;
    let (head, text) = rest.split_once("\n---")?;
    let data = crate::yaml::parse_mapping(head).ok()?;
    (data.get("erk_plan")?.as_bool() == Some(true)).then(|| text.trim().to_owned())
}

/// A body without its blocks, WARNING lines and the section of commands.
fn without_machinery(body: &str) -> String {
    let mut rest = String::new();
    let mut from = 0;
    for found in block::read(body).blocks {
        rest.push_str(&body[from..found.span.start]);
        from = found.span.end;
    }
    rest.push_str(&body[from..]);
    let rest = rest.replace(WARNING, "").replace("\r\n", "\n");
    let rest = match rest.find("## Commands\n") {
        Some(at) if at == 0 || rest[..at].ends_with('\n') => rest[..at].to_owned(),
        _ => rest,
    };
    let visible: Vec<&str> =
        rest.lines().filter(|line| !(line.starts_with("<!-- ") && line.ends_with(" -->"))).collect();
    visible.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(comment: &str) -> String {
        let data = format!("schema_version: '2'\ncreated_at: x\ncreated_by: y\nplan_comment_id: {comment}");
        format!(
            "{WARNING}\n<!-- erk:metadata-block:plan-header -->\n<details>\n<summary>plan-header</summary>\n\n```yaml\n{data}\n```\n\n</details>\n<!-- /erk:metadata-block:plan-header -->\n\n<!-- waymark:x:create-issue -->\n\n## Commands\n\n```bash\nerk prepare 1\n```"
        )
    }

    fn comment(text: &str) -> String {
        block::render_content("plan-body", text).unwrap_or_default()
    }

    fn told(body: &str, comments: &[(u64, &str)]) -> Option<(String, Source)> {
        text(body, comments).map(|found| (found.text, found.source))
    }

    #[test]
    fn the_named_comment_wins_over_the_first() {
        let (one, two) = (comment("one"), comment("two"));
        let comments = [(7, one.as_str()), (8, two.as_str())];
        assert_eq!(told(&header("8"), &comments), Some(("two".to_owned(), Source::Comment)));
        assert_eq!(told(&header("null"), &comments), Some(("one".to_owned(), Source::Comment)));
        assert_eq!(told(&header("99"), &comments), Some(("one".to_owned(), Source::Comment)));
    }

    #[test]
    fn old_generations_are_found() {
        let old = "<!-- erk:plan-content -->\n# Plan\n\nold\n<!-- /erk:plan-content -->";
        assert_eq!(told("", &[(1, old)]), Some(("# Plan\n\nold".to_owned(), Source::OldComment)));
        let front = "---\nerk_plan: true\n---\n\n# Add\n\ntext";
        assert_eq!(told(front, &[]), Some(("# Add\n\ntext".to_owned(), Source::FrontMatter)));
        assert_eq!(told("# Add\n\nplain", &[]), Some(("# Add\n\nplain".to_owned(), Source::Body)));
    }

    #[test]
    fn a_header_alone_is_a_missing_plan() {
        assert!(missing(&header("null"), &[]));
        assert!(missing(&header("5"), &[(6, "hello")]));
        assert!(missing("-", &[(1, "closed")]));
    }

    #[test]
    fn skeletons_of_both_wordings_are_known() {
        assert!(is_skeleton("_Skeleton: plan content will be populated by one-shot workflow._\n\nx"));
        assert!(is_skeleton("_One-shot: plan content will be populated by one-shot workflow._"));
        assert!(!is_skeleton("# Plan"));
    }
}
