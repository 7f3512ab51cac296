//! An objective that a person wrote: the label, the issue with its roadmap, the comment that tells it to
//! people, and the comment's id in the header.

use serde_json::json;
use waymark_app::areas::RepoName;
use waymark_domain::block::RenderError;
use waymark_domain::roadmap::edit::EditError;
use waymark_domain::roadmap::{self, Roadmap};

use super::{Kind, Label, Operation, texts, work};
use crate::dispatch::slots::{Slot, Slots};
use crate::github::model::Issue;

/// Stands where other dispatches name their workflow.
pub const WORKFLOW: &str = "create-objective";

/// The same for an objective that is brought into today's form.
pub const UPGRADE: &str = "upgrade-objective";

/// The label by which objectives are known.
pub const LABEL: Label = Label {
    name: crate::mirror::objectives::LABEL,
    color: "5319E7",
    description: "Multi-phase objective with roadmap",
};

/// What is written, checked.
#[derive(Clone, Debug)]
pub struct Facts {
    pub repo: RepoName,
    /// The login of the person who creates it.
    pub submitter: String,
    pub title: String,
    pub prose: String,
    pub roadmap: Roadmap,
    pub missing_labels: Vec<Label>,
}

/// Stand-ins that occur nowhere in what was typed.
pub fn slots(facts: &Facts) -> Slots {
    let outline = roadmap::outline::write(&facts.roadmap);
    Slots::avoiding(&[&facts.title, &facts.prose, &outline])
}

/// Every write, in order.
///
/// # Errors
/// A text that cannot be kept in an objective unharmed.
pub fn operations(facts: &Facts, slots: &Slots) -> Result<Vec<Operation>, RenderError> {
    let repo = &facts.repo;
    let dispatch = slots.text(Slot::Dispatch);
    let issue = format!("/repos/{repo}/issues/{}", slots.text(Slot::Issue));
    let texts = roadmap::compose(&facts.prose, &facts.roadmap, &slots.text(Slot::Now), &facts.submitter)?;
    let body = format!("{}\n\n{}", texts.body, texts::marker(&dispatch, "create-issue"));
    let comment = format!("{}\n\n{}", texts.comment, texts::marker(&dispatch, "comment-objective"));
    // The header is our own, so that writing to it cannot fail.
    let linked = roadmap::with_comment(&body, slots.number(Slot::Comment)).unwrap_or_else(|_| body.clone());
    let mut operations = work::labels(repo, &facts.missing_labels);
    operations.extend([
        Operation::new(
            "create-issue",
            Kind::Issue,
            "Create the objective's issue",
            "POST",
            format!("/repos/{repo}/issues"),
        )
        .body(json!({"title": facts.title, "body": body, "labels": [LABEL.name]})),
        Operation::new(
            "comment-objective",
            Kind::ObjectiveComment,
            "Comment with the description and the tables",
            "POST",
            format!("{issue}/comments"),
        )
        .body(json!({ "body": comment })),
        Operation::new(
            "link-objective-comment",
            Kind::ObjectiveLink,
            "Note the comment in the issue",
            "PATCH",
            issue,
        )
        .body(json!({ "body": linked }))
        .expecting(body),
    ]);
    Ok(operations)
}

/// The writes that bring an objective whose roadmap stands in tables of its body into today's form.
///
/// # Errors
/// No such tables, or a text that cannot be kept in a comment.
pub fn upgrade(repo: &RepoName, issue: &Issue, slots: &Slots) -> Result<Vec<Operation>, EditError> {
    let path = format!("/repos/{repo}/issues/{}", issue.number);
    let texts = roadmap::upgrade_tables(issue.text(), &issue.created_at, &issue.author())?;
    let marker = texts::marker(&slots.text(Slot::Dispatch), "comment-objective");
    let linked = roadmap::with_comment(&texts.body, slots.number(Slot::Comment))?;
    Ok(vec![
        Operation::new(
            "comment-objective",
            Kind::ObjectiveComment,
            "Comment with the text and the tables",
            "POST",
            format!("{path}/comments"),
        )
        .body(json!({"body": format!("{}\n\n{marker}", texts.comment)})),
        Operation::new(
            "upgrade-objective",
            Kind::ObjectiveLink,
            "Write the roadmap into the issue",
            "PATCH",
            path,
        )
        .body(json!({ "body": linked }))
        .expecting(issue.text().to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use waymark_domain::roadmap::outline;

    #[test]
    fn every_write_is_described_and_the_link_names_the_comment() {
        let facts = Facts {
            repo: RepoName::parse("acme/widgets").expect("a name"),
            submitter: "writer".to_owned(),
            title: "Objective: A".to_owned(),
            prose: "Why.".to_owned(),
            roadmap: outline::read("### Phase 1: A\n- 1.1 one\n- 1.2 two (after 1.1)\n").roadmap,
            missing_labels: vec![LABEL],
        };
        let slots = slots(&facts);
        let all = operations(&facts, &slots).expect("described");
        let keys: Vec<&str> = all.iter().map(|op| op.key.as_str()).collect();
        assert_eq!(
            keys,
            ["create-label-erk-objective", "create-issue", "comment-objective", "link-objective-comment"]
        );
        let text = |at: usize| all[at].body.as_ref().and_then(|b| b["body"].as_str()).unwrap_or_default();
        assert_eq!(all[3].expected.as_deref(), Some(text(1)));
        assert!(text(1).contains("objective_comment_id: null"), "{}", text(1));
        let linked = format!("objective_comment_id: {}", slots.text(Slot::Comment));
        assert_eq!(text(3), text(1).replace("objective_comment_id: null", &linked));
    }
}
