//! A plan that a person wrote: the label, the issue, the comments that hold the text, and their link.
//! No work is started; submitting the plan does that.

use serde_json::json;
use waymark_domain::block::RenderError;
use waymark_domain::plan as domain_plan;

use super::oneshot::Facts;
use super::work;
use super::{Kind, Operation, texts};
use crate::dispatch::slots::{Slot, Slots};

/// Stands where other dispatches name their workflow.
pub const WORKFLOW: &str = "create";
/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// The title of a plan: its first heading, else its first line.
pub fn title(text: &str) -> String {
    let first = || text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned();
    let title = domain_plan::plain_title(&domain_plan::heading(text).unwrap_or_else(first));
    title.chars().take(LONGEST_TITLE).collect()
}

/// Stand-ins that occur nowhere in what was typed.
pub fn slots(text: &str, facts: &Facts) -> Slots {
    let node = facts.node.as_ref().map(|node| node.id.as_str()).unwrap_or_default();
    Slots::avoiding(&[text, node, &facts.public_url])
}

/// Every write, in order.
///
/// # Errors
/// A text that cannot be kept in a plan unharmed.
pub fn operations(text: &str, facts: &Facts, slots: &Slots) -> Result<Vec<Operation>, RenderError> {
    let repo = &facts.repo;
    let issue = slots.text(Slot::Issue);
    let mut body = texts::skeleton_issue(slots, &facts.submitter, facts.objective, None);
    if let Some(node) = &facts.node {
        body = format!("{body}\n{}", texts::node_marker(&node.id));
    }
    let linked = texts::with_plan_comment(&body, slots.number(Slot::PlanComment), &issue)
        .unwrap_or_else(|| body.clone());
    let mut operations = work::labels(repo, &facts.missing_labels);
    operations.push(
        Operation::new(
            "create-issue",
            Kind::Issue,
            "Create the plan issue",
            "POST",
            format!("/repos/{repo}/issues"),
        )
        .body(json!({"title": format!("[erk-plan] {}", title(text)), "body": body, "labels": ["erk-plan"]})),
    );
    let parts = domain_plan::comments(text)?;
    let count = parts.len();
    for (part, at) in parts.into_iter().zip(1..) {
        let (key, kind, words) = match at {
            1 => ("comment-plan".to_owned(), Kind::PlanComment, "Comment with the plan".to_owned()),
            _ => (format!("comment-plan-{at}"), Kind::Comment, format!("Comment with part {at} of {count}")),
        };
        let marker = texts::marker(&slots.text(Slot::Dispatch), &key);
        operations.push(
            Operation::new(&key, kind, words, "POST", format!("/repos/{repo}/issues/{issue}/comments"))
                .body(json!({"body": format!("{part}\n\n{marker}")})),
        );
    }
    operations.push(work::link_plan_comment(repo, &issue, body, linked));
    Ok(operations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use waymark_app::areas::RepoName;

    #[test]
    fn a_long_plan_goes_into_several_comments_in_order() {
        let facts = Facts {
            repo: RepoName::parse("acme/widgets").expect("a name"),
            default_branch: "main".to_owned(),
            base: "main".to_owned(),
            submitter: "writer".to_owned(),
            public_url: "http://127.0.0.1:3000".to_owned(),
            missing_labels: vec![super::super::PLAN_LABEL],
            next_number: 1,
            objective: Some(7),
            node: None,
        };
        let text = format!("# Plan: Add x\n\n{}", "1. A step of some length.\n".repeat(3_000));
        let all = operations(&text, &facts, &slots(&text, &facts)).expect("described");
        let keys: Vec<&str> = all.iter().map(|op| op.key.as_str()).collect();
        assert_eq!(
            keys,
            ["create-label-erk-plan", "create-issue", "comment-plan", "comment-plan-2", "link-plan-comment"]
        );
        assert_eq!(all[1].body.as_ref().expect("a body")["title"], "[erk-plan] Add x");
    }

    #[test]
    fn the_title_is_the_first_heading_else_the_first_line() {
        assert_eq!(title("intro\n\n# Plan: Add `x` #\n"), "Add `x`");
        assert_eq!(title("\n  Do it now\nplease"), "Do it now");
    }
}
