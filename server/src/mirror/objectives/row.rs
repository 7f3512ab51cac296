//! The row of the list, from what was read.

use waymark_app::areas::{NodeStatus, ObjectiveRow, RepoName};

use super::snapshot::Snapshot;
use crate::github::model::millis;

pub fn row(repo: &RepoName, snapshot: &Snapshot, as_of: i64) -> ObjectiveRow {
    let issue = &snapshot.issue;
    let mut row = ObjectiveRow {
        repo: repo.clone(),
        number: issue.number,
        title: issue.title.clone(),
        owner: issue.author(),
        open: issue.state == "open",
        statuses: Vec::new(),
        done: 0,
        total: 0,
        blocked: 0,
        next: None,
        stopped: None,
        unreadable: None,
        changed_at: changed_at(snapshot),
        as_of,
    };
    match snapshot.roadmap() {
        Ok(roadmap) => {
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let summary = roadmap.summary();
            let ready = roadmap.unblocked().len();
            row.statuses = roadmap.in_order().map(|node| node.status).collect();
            row.done = count(summary.done);
            row.total = count(summary.total);
            let begun = |status: &&NodeStatus| matches!(status, NodeStatus::Pending | NodeStatus::Blocked);
            row.blocked = count(row.statuses.iter().filter(begun).count().saturating_sub(ready));
            row.next = roadmap.next().map(|node| (node.id.clone(), node.description.clone()));
        }
        Err(error) => row.unreadable = Some(error.to_string()),
    }
    row
}

/// The later of both texts' last changes.
fn changed_at(snapshot: &Snapshot) -> i64 {
    let comment = snapshot.comment.as_ref().and_then(|comment| millis(&comment.updated_at));
    millis(&snapshot.issue.updated_at).max(comment).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::model::Issue;

    #[test]
    fn what_waits_counts_as_blocked() {
        let body = "| Node | Description | Depends on | Status | PR |\n|--|--|--|--|--|\n\
            | 1.1 | a | - | done | #3 |\n| 1.2 | b | 1.1 | pending | - |\n| 2.1 | c | 1.2 | pending | - |\n\
            | 2.2 | d | - | blocked | - |\n";
        let issue = Issue { number: 4, body: Some(body.into()), state: "open".into(), ..Issue::default() };
        let repo = RepoName::parse("acme/widgets").expect("a name");
        let row = row(&repo, &Snapshot { issue, comment: None }, 7);
        assert_eq!((row.done, row.total, row.blocked), (1, 4, 2));
        assert_eq!(row.next, Some(("1.2".to_owned(), "b".to_owned())));
    }

    #[test]
    fn a_roadmap_that_cannot_be_used_says_why() {
        let issue = Issue { body: Some("nothing".into()), ..Issue::default() };
        let repo = RepoName::parse("acme/widgets").expect("a name");
        let row = row(&repo, &Snapshot { issue, comment: None }, 7);
        assert_eq!(row.unreadable.as_deref(), Some("there is no roadmap"));
    }
}
