//! What GitHub leaves undone: a plan whose work was merged into a branch that is not the default one
//! stays open, because a closing keyword counts only there.

use http::Method;
use serde_json::{Value, json};
use waymark_app::areas::RepoName;

use super::snapshot::Snapshot;
use crate::github::Client;

/// Whether the plan is to be closed: merged, still open, and the pull request names it as its plan.
fn is_due(snapshot: &Snapshot, default_branch: &str) -> bool {
    let Some(pull) = &snapshot.pull else { return false };
    let names_it = format!("Plan: #{}", snapshot.issue.number);
    snapshot.issue.state == "open"
        && pull.merged_at.is_some()
        && pull.base.name != default_branch
        && pull.body.as_deref().unwrap_or_default().lines().any(|line| line.trim() == names_it)
}

/// Closes the plan when it is due. Answers whether it was closed.
pub(super) async fn close_after_merge(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    default_branch: &str,
) -> bool {
    if !is_due(snapshot, default_branch) {
        return false;
    }
    let number = snapshot.issue.number;
    let body = json!({"state": "closed", "state_reason": "completed"});
    let path = format!("/repos/{repo}/issues/{number}");
    match client.send::<Value>(Method::PATCH, &path, Some(&body)).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%repo, number, %error, "a merged plan could not be closed");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::model::{End, Issue, Pull};

    #[test]
    fn only_a_merge_elsewhere_than_into_the_default_branch_closes() {
        let pull = Pull {
            merged_at: Some("2026-01-01T00:00:00Z".into()),
            base: End { name: "next".into(), ..End::default() },
            body: Some("x\n\nPlan: #7\n".into()),
            ..Pull::default()
        };
        let issue = Issue { number: 7, state: "open".into(), ..Issue::default() };
        let snapshot = Snapshot { issue, pull: Some(pull), ..Snapshot::default() };
        assert!(is_due(&snapshot, "main"));
        assert!(!is_due(&snapshot, "next"), "GitHub closes it");
        let mut closed = snapshot.clone();
        closed.issue.state = "closed".into();
        assert!(!is_due(&closed, "main"));
        let mut open = snapshot;
        open.pull = open.pull.map(|pull| Pull { merged_at: None, ..pull });
        assert!(!is_due(&open, "main"));
    }
}
