//! The consistency check of an objective, numbered as erk numbers it.

use serde_json::Value;

use super::model::{Node, Status};
use super::read::read_block;
use crate::block;

/// One check with its result.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub check: u8,
    pub passed: bool,
    /// What was looked at; where it failed, which nodes and why.
    pub description: String,
}

/// Check an objective's labels and body. When the roadmap can't be used, the list stops there.
pub fn check<'a>(labels: impl IntoIterator<Item = &'a str>, body: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut say = |check: u8, passed: bool, good: &str, bad: String| {
        let description = if passed { good.to_owned() } else { bad };
        checks.push(Check { check, passed, description });
    };
    let labelled = labels.into_iter().any(|label| label == "erk-objective");
    say(
        1,
        labelled,
        "The issue has the label erk-objective",
        "The label erk-objective is missing".to_owned(),
    );

    let nodes = match read_block(body) {
        Ok(Some((_, nodes))) if !nodes.is_empty() => nodes,
        other => {
            let why = match other {
                Err(error) => error.to_string(),
                Ok(None) => "there is no roadmap block".to_owned(),
                Ok(Some(_)) => "the roadmap is empty".to_owned(),
            };
            say(2, false, "", format!("The roadmap can't be read: {why}"));
            return checks;
        }
    };
    say(2, true, &format!("The roadmap can be read ({} nodes)", nodes.len()), String::new());

    let active = |node: &&Node| {
        matches!(node.status, Status::InProgress | Status::Done | Status::Planning | Status::Skipped)
    };
    let idle: Vec<String> = nodes
        .iter()
        .filter(|node| !active(node))
        .filter_map(|node| {
            let reference = references(node).find(|reference| reference.starts_with('#'))?;
            Some(format!("{} is {} but has {reference}", node.id, node.status.word()))
        })
        .collect();
    say(3, idle.is_empty(), "Statuses agree with plans and pull requests", idle.join("; "));

    let bare: Vec<&str> = nodes
        .iter()
        .filter(|node| node.status == Status::Done && node.pr.is_none())
        .map(|node| node.id.as_str())
        .collect();
    say(
        4,
        bare.is_empty(),
        "Every done node has a pull request",
        format!("Done without a pull request: {}", bare.join(", ")),
    );

    // Phases are sorted when a roadmap is read, so this holds for every one that could be.
    say(5, true, "The phases increase", String::new());

    if let Some(header) = block::first(body, "objective-header") {
        let linked = header.get("objective_comment_id").is_some_and(|id| *id != Value::Null);
        say(
            6,
            linked,
            "The header names the objective's comment",
            "The header names no objective_comment_id".to_owned(),
        );
    }

    let unmarked: Vec<String> = nodes
        .iter()
        .flat_map(|node| references(node).map(move |reference| (node, reference)))
        .filter(|(_, reference)| !reference.starts_with('#'))
        .map(|(node, reference)| format!("{} has {reference:?}", node.id))
        .collect();
    say(
        7,
        unmarked.is_empty(),
        "References begin with #",
        format!("References without #: {}", unmarked.join("; ")),
    );
    checks
}

/// Plan and pull request; an empty text refers to nothing.
fn references(node: &Node) -> impl Iterator<Item = &str> {
    node.plan.iter().chain(&node.pr).map(String::as_str).filter(|reference| !reference.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the checks that fail for a roadmap with these nodes.
    fn failed(nodes: &str) -> Vec<u8> {
        let body = format!(
            "<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary>k</summary>\n\n```yaml\nschema_version: '3'\nnodes:\n{nodes}\n```\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->"
        );
        let checks = check(["erk-objective"], &body);
        checks.into_iter().filter(|check| !check.passed).map(|check| check.check).collect()
    }

    #[test]
    fn references_and_statuses_have_to_agree() {
        for (node, wanted) in [
            ("status: pending", &[][..]),
            ("status: done", &[4]),
            ("status: done, pr: '#1'", &[]),
            ("status: blocked, plan: '#1'", &[3]),
            ("status: pending, pr: '#1'", &[3]),
            ("status: planning, pr: '1'", &[7]),
            ("status: done, pr: '', plan: ''", &[]),
        ] {
            assert_eq!(failed(&format!("- {{id: '1.1', description: a, {node}}}")), wanted, "{node}");
        }
    }
}
