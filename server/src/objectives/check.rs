//! The consistency check of an objective: what does not add up, why that matters, and what can be mended
//! without deciding anything for anybody.

use waymark_app::areas::{NodeStatus, ObjectiveFinding, PlanRow, Problem, ProblemKind};
use waymark_domain::roadmap::{self, Change, NodeError, Roadmap, Version};

use super::flow::{self, Due};
use super::write::Writing;
use crate::mirror::objectives::store::Kept;
use crate::mirror::objectives::{NodeState, Recorded};

/// What was found, and how many checks passed.
pub struct Checked {
    pub findings: Vec<ObjectiveFinding>,
    pub passed: u32,
}

/// Checks an objective as the mirror has it.
pub fn check(kept: &Kept, plans: &[PlanRow], recorded: &[Recorded], due: &[Due]) -> Checked {
    let issue = &kept.snapshot.issue;
    let labels = issue.labels.iter().map(|label| label.name.as_str());
    let mut found = Found::default();
    let roadmap = kept.snapshot.roadmap();
    let older = roadmap.as_ref().is_ok_and(|roadmap| roadmap.version == Version::Tables);
    for check in roadmap::check(labels, issue.text()) {
        // Tables in the body are an older version, which can be read all the same.
        if check.passed || check.check == 2 && older {
            found.passed += 1;
        } else if check.check == 7 {
            found.mendable(check.description, explanation(7), "references", "Write them with #");
        } else {
            found.say(check.description, explanation(check.check));
        }
    }
    let Ok(roadmap) = roadmap else { return found.done() };
    let structure = roadmap.findings();
    found.passed += u32::from(structure.is_empty());
    for finding in structure {
        found.about(&finding.node, format!("Node {}: {}", finding.node, finding.message), STRUCTURE);
    }
    tables(kept, &roadmap, &mut found);
    for due in due {
        let message = format!("Node {}: {}, but the roadmap does not say so", due.node, due.reason);
        found.about(&due.node, message, "Waymark moves nodes on by itself; here that did not succeed yet.");
        found.button("flow", "Bring the roadmap up to date");
    }
    found.passed += u32::from(due.is_empty());
    lost(&roadmap, recorded, &mut found);
    idle(kept.row.number, &roadmap, plans, due, &mut found);
    found.done()
}

const STRUCTURE: &str = "What depends on something that cannot be told apart, or on itself, is never unblocked. Edit the objective.";

fn explanation(check: u8) -> &'static str {
    match check {
        1 => "Without its label neither Waymark nor erk finds the objective.",
        2 => "Without a readable roadmap nothing can be dispatched from it. Mend the block on GitHub.",
        3 => "A node that is not being worked on should name no plan and no pull request.",
        4 => "Later readers look for the change of a node in its pull request.",
        6 => "Without the comment's number the tables cannot be kept in step with the roadmap.",
        7 => "erk follows only references that begin with #.",
        _ => "The objective's issue has another shape than erk and Waymark write.",
    }
}

#[derive(Default)]
struct Found {
    findings: Vec<ObjectiveFinding>,
    passed: u32,
}

impl Found {
    fn say(&mut self, message: impl Into<String>, explanation: &str) {
        let (message, explanation) = (message.into(), explanation.to_owned());
        self.findings.push(ObjectiveFinding { message, explanation, node: None, mend: None });
    }

    fn about(&mut self, node: &str, message: impl Into<String>, explanation: &str) {
        self.say(message, explanation);
        if let Some(last) = self.findings.last_mut() {
            last.node = Some(node.to_owned());
        }
    }

    fn mendable(&mut self, message: impl Into<String>, explanation: &str, mend: &str, button: &str) {
        self.say(message, explanation);
        self.button(mend, button);
    }

    fn button(&mut self, mend: &str, button: &str) {
        if let Some(last) = self.findings.last_mut() {
            last.mend = Some((mend.to_owned(), button.to_owned()));
        }
    }

    fn done(self) -> Checked {
        Checked { findings: self.findings, passed: self.passed }
    }
}

/// Whether the tables that people read say what the roadmap says.
fn tables(kept: &Kept, roadmap: &Roadmap, found: &mut Found) {
    let Some(comment) = &kept.snapshot.comment else { return };
    if roadmap::redraw(comment.text(), roadmap) == comment.text() {
        found.passed += 1;
        return;
    }
    let explanation = "People read the tables in the comment, tools read the roadmap in the issue. The roadmap decides; prose around the tables stays as it is.";
    found.mendable(
        "The tables in the comment do not say what the roadmap says",
        explanation,
        "tables",
        "Redraw the tables",
    );
}

/// Changes that Waymark wrote and somebody else's older copy took back.
fn lost(roadmap: &Roadmap, recorded: &[Recorded], found: &mut Found) {
    let before = found.findings.len();
    for node in &roadmap.nodes {
        let Some(last) = last_of_ours(recorded, &node.id) else { continue };
        if NodeState::from(node) == last.before && last.before != last.after {
            let who = last.who.as_deref().unwrap_or_default();
            let message = format!("Node {}: what {who} changed was overwritten by somebody else", node.id);
            let explanation =
                "GitHub takes whole texts: whoever writes an older copy takes later changes back.";
            found.about(&node.id, message, explanation);
            found.button(&format!("again:{}", node.id), "Apply it again");
        }
    }
    found.passed += u32::from(found.findings.len() == before);
}

/// The newest change of a node that Waymark wrote, unless something else was seen after it, other than
/// its being taken back.
fn last_of_ours<'a>(recorded: &'a [Recorded], node: &str) -> Option<&'a Recorded> {
    let mut of_node = recorded.iter().rev().filter(|change| change.node == node);
    let last = of_node.next()?;
    if last.who.is_some() {
        return Some(last);
    }
    of_node.next().filter(|ours| ours.who.is_some() && ours.after == last.before && ours.before == last.after)
}

/// Nodes that are said to be worked on, with nothing that works on them.
fn idle(objective: i64, roadmap: &Roadmap, plans: &[PlanRow], due: &[Due], found: &mut Found) {
    let before = found.findings.len();
    for node in &roadmap.nodes {
        let begun = matches!(node.status, NodeStatus::Planning | NodeStatus::InProgress);
        let held = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
        let told = due.iter().any(|due| due.node == node.id);
        let known = plans.iter().any(|plan| flow::belongs(objective, node, plan));
        if begun && !told && !known && !held(&node.plan) && !held(&node.pr) {
            let message =
                format!("Node {} is {}, but names no plan", node.id, node.status.word().replace('_', " "));
            let explanation =
                "Nothing will finish it by itself. Somebody may be working on it without a plan; ask first.";
            found.about(&node.id, message, explanation);
            found.button(&format!("return:{}", node.id), "Return it to pending");
        }
    }
    found.passed += u32::from(found.findings.len() == before);
}

/// Mends what a finding names.
///
/// # Errors
/// `Invalid` for a mend that is not offered, and why the roadmap could not be written.
pub async fn mend(
    writing: &Writing,
    kept: &Kept,
    recorded: &[Recorded],
    due: &[Due],
    mend: &str,
) -> Result<(), Problem> {
    let unknown = || Problem::new(ProblemKind::Invalid, "There is nothing of this kind to mend any more.");
    let roadmap = kept.snapshot.roadmap().map_err(|_| unknown())?;
    let silent = |_: &str| None;
    match mend.split_once(':').unwrap_or((mend, "")) {
        ("tables", "") => writing.redraw_tables().await,
        ("flow", "") => flow::make(writing, due).await,
        ("references", "") => writing.change(silent, with_marks).await.map(drop),
        ("return", node) if roadmap.node(node).is_some() => {
            let change = Change { status: Some(NodeStatus::Pending), ..Change::default() };
            let reason = |_: &str| Some("Nobody worked on it".to_owned());
            writing.change(reason, |body| roadmap::update(body, node, &change)).await.map(drop)
        }
        ("again", node) => {
            let lost = last_of_ours(recorded, node).ok_or_else(unknown)?;
            let text = |text: &Option<String>| Some(text.clone().unwrap_or_default());
            let after = &lost.after;
            let change = Change {
                plan: text(&after.plan),
                pr: text(&after.pr),
                status: Some(after.status),
                ..Change::default()
            };
            let reason = |_: &str| Some("It had been overwritten".to_owned());
            writing.change(reason, |body| roadmap::update(body, node, &change)).await.map(drop)
        }
        _ => Err(unknown()),
    }
}

/// The body with every reference that can be read written with `#`.
fn with_marks(body: &str) -> Result<String, NodeError> {
    let roadmap = roadmap::read(body, None)?;
    roadmap.nodes.iter().try_fold(body.to_owned(), |body, node| {
        let marked = |text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.starts_with('#'))?;
            roadmap::reference(text).ok()
        };
        let (plan, pr) = (marked(&node.plan), marked(&node.pr));
        if plan.is_none() && pr.is_none() {
            return Ok(body);
        }
        let change = Change { plan, pr, status: Some(node.status), ..Change::default() };
        roadmap::update(&body, &node.id, &change)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::model::{Comment, Issue, Label};
    use crate::mirror::objectives::{LABEL, Snapshot};

    fn kept(nodes: &str, table: &str) -> Kept {
        let body = format!(
            "<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary>k</summary>\n\n```yaml\nschema_version: '3'\nnodes:\n{nodes}\n```\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->"
        );
        let issue = Issue {
            number: 5,
            state: "open".into(),
            body: Some(body),
            labels: vec![Label { name: LABEL.into() }],
            ..Issue::default()
        };
        let comment = Comment {
            body: Some(format!("| Node | Description | Status | PR |\n|--|--|--|--|\n{table}\n")),
            ..Comment::default()
        };
        let snapshot = Snapshot { issue, comment: Some(comment) };
        let repo = waymark_app::areas::RepoName::parse("acme/widgets").expect("a name");
        let row = crate::mirror::objectives::row(&repo, &snapshot, 1);
        Kept { snapshot, row, stale: None }
    }

    fn mends(checked: &Checked) -> Vec<&str> {
        checked.findings.iter().filter_map(|finding| Some(finding.mend.as_ref()?.0.as_str())).collect()
    }

    #[test]
    fn a_sound_objective_has_no_findings() {
        let kept = kept("- {id: '1.1', description: a, status: done, pr: '#4'}", "| 1.1 | a | done | #4 |");
        let checked = check(&kept, &[], &[], &[]);
        assert_eq!(checked.findings, []);
        assert!(checked.passed >= 9, "{}", checked.passed);
    }

    #[test]
    fn each_fault_is_told_with_its_mend() {
        let kept = kept(
            "- {id: '1.1', description: a, status: in_progress, pr: '4'}\n- {id: '1.2', description: b, status: planning}",
            "| 1.1 | a | pending | - |",
        );
        let state = |status| NodeState { status, plan: None, pr: None };
        let ours = Recorded {
            node: "1.2".into(),
            at: 1,
            who: Some("ada".into()),
            before: state(NodeStatus::Planning),
            after: state(NodeStatus::Done),
            reason: None,
        };
        let checked = check(&kept, &[], &[ours], &[]);
        assert_eq!(mends(&checked), ["references", "tables", "again:1.2", "return:1.2"]);
        let mended = with_marks(kept.snapshot.issue.text()).expect("a roadmap");
        assert!(mended.contains("pr: '#4'") && mended.contains("in_progress"), "{mended}");
    }

    #[test]
    fn what_was_taken_back_and_seen_so_is_lost_but_what_went_on_is_not() {
        let state = |status| NodeState { status, plan: None, pr: None };
        let change = |who: Option<&str>, before, after| Recorded {
            node: "1".into(),
            at: 1,
            who: who.map(str::to_owned),
            before: state(before),
            after: state(after),
            reason: None,
        };
        use NodeStatus::{Done, InProgress, Pending};
        let ours = change(Some("ada"), Pending, InProgress);
        let back = [ours.clone(), change(None, InProgress, Pending)];
        assert_eq!(last_of_ours(&back, "1"), Some(&ours));
        let on = [ours, change(None, InProgress, Done)];
        assert_eq!(last_of_ours(&on, "1"), None);
    }
}
