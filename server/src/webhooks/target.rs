//! Which plans a delivery is about. Only numbers, ids and branch names are taken from it; what they
//! stand for is read from GitHub.

use std::collections::BTreeSet;

use serde_json::Value;
use waymark_app::areas::RepoName;

use crate::mirror;
use crate::state::App;

/// Something a plan is linked to, as the mirror keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    /// The issue itself, or the issue that a branch or a run is named after.
    Plan(i64),
    /// A link kept by the mirror: its kind and value.
    Link(&'static str, String),
}

/// What a delivery points to. Nothing for events that concern no plan.
pub(super) fn hints(event: &str, payload: &Value) -> BTreeSet<Hint> {
    let mut hints = BTreeSet::new();
    let mut branch = |name: Option<&str>| {
        if let Some(name) = name {
            hints.insert(Hint::Link("branch", name.to_owned()));
            hints.extend(plan_of_branch(name).map(Hint::Plan));
        }
    };
    match event {
        "issues" | "issue_comment" => {
            let issue = &payload["issue"];
            if let Some(number) = issue["number"].as_i64() {
                let of_pull = !issue["pull_request"].is_null();
                hints.insert(if of_pull {
                    Hint::Link("pull", number.to_string())
                } else {
                    Hint::Plan(number)
                });
            }
        }
        "pull_request" | "pull_request_review" => {
            branch(payload["pull_request"]["head"]["ref"].as_str());
            hints.extend(
                payload["pull_request"]["number"].as_i64().map(|n| Hint::Link("pull", n.to_string())),
            );
        }
        "push" => branch(payload["ref"].as_str().and_then(|name| name.strip_prefix("refs/heads/"))),
        "workflow_run" => {
            let run = &payload["workflow_run"];
            branch(run["head_branch"].as_str());
            hints.extend(run["id"].as_i64().map(|id| Hint::Link("run", id.to_string())));
            hints.extend(run["display_title"].as_str().and_then(plan_of_run).map(Hint::Plan));
        }
        "workflow_job" => {
            let job = &payload["workflow_job"];
            branch(job["head_branch"].as_str());
            hints.extend(job["run_id"].as_i64().map(|id| Hint::Link("run", id.to_string())));
        }
        "check_run" | "check_suite" | "status" => {
            let check = &payload[event];
            let sha = check["head_sha"].as_str().or_else(|| payload["sha"].as_str());
            hints.extend(sha.map(|sha| Hint::Link("sha", sha.to_owned())));
            let name = check["check_suite"]["head_branch"].as_str().or_else(|| check["head_branch"].as_str());
            if let Some(name) = name {
                hints.insert(Hint::Link("branch", name.to_owned()));
                hints.extend(plan_of_branch(name).map(Hint::Plan));
            }
        }
        _ => {}
    }
    hints
}

/// The issue that a branch of any generation is named after: `P12-...` or `12-...`.
fn plan_of_branch(name: &str) -> Option<i64> {
    let rest = name.strip_prefix('P').unwrap_or(name);
    let (number, _) = rest.split_once('-')?;
    number.parse().ok().filter(|number| *number > 0)
}

/// The issue in a run's name: `12:abc123`.
fn plan_of_run(title: &str) -> Option<i64> {
    title.split_once(':')?.0.parse().ok()
}

/// The plans behind the hints.
pub(super) async fn plans(
    app: &App,
    repo: &RepoName,
    hints: &BTreeSet<Hint>,
) -> Result<BTreeSet<i64>, sqlx::Error> {
    let mut found = BTreeSet::new();
    for hint in hints {
        match hint {
            Hint::Plan(number) => {
                found.insert(*number);
            }
            Hint::Link(kind, value) => {
                found.extend(mirror::plans_linked(app, repo, kind, value).await?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_event_points_to_its_plan() {
        let link = |kind, value: &str| Hint::Link(kind, value.to_owned());
        let check = |event: &str, payload: Value, expected: Vec<Hint>| {
            assert_eq!(hints(event, &payload), expected.into_iter().collect(), "{event}");
        };
        check("issues", json!({"issue": {"number": 7}}), vec![Hint::Plan(7)]);
        check("issue_comment", json!({"issue": {"number": 8, "pull_request": {}}}), vec![link("pull", "8")]);
        check(
            "pull_request",
            json!({"pull_request": {"number": 8, "head": {"ref": "P7-fix-01-15-1430"}}}),
            vec![Hint::Plan(7), link("pull", "8"), link("branch", "P7-fix-01-15-1430")],
        );
        check("push", json!({"ref": "refs/heads/main"}), vec![link("branch", "main")]);
        check(
            "workflow_run",
            json!({"workflow_run": {"id": 5, "head_branch": "main", "display_title": "7:abc123"}}),
            vec![Hint::Plan(7), link("run", "5"), link("branch", "main")],
        );
        check("workflow_job", json!({"workflow_job": {"run_id": 5}}), vec![link("run", "5")]);
        check("check_run", json!({"check_run": {"head_sha": "abc"}}), vec![link("sha", "abc")]);
        check("star", json!({"repository": {}}), vec![]);
    }
}
