//! A plan as it stands on GitHub, whole, as one reading saw it. Everything that is shown of a plan is
//! computed from this, so that dropping and rebuilding the mirror changes nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use waymark_domain::block;

use crate::github::model::{CheckRun, Comment, Issue, Pull, Review, Run};

/// The end of a failed job's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTail {
    pub job: i64,
    pub text: String,
}

/// One reading of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    pub issue: Issue,
    /// In the order in which they were written.
    pub comments: Vec<Comment>,
    pub pull: Option<Pull>,
    pub reviews: Vec<Review>,
    /// Review conversations of the pull request, resolved and in total.
    pub threads: Option<(u32, u32)>,
    /// Runs of Waymark's workflows for this plan, oldest first.
    pub runs: Vec<Run>,
    /// A run is named on the issue that GitHub does not have.
    pub run_missing: bool,
    pub checks: Vec<CheckRun>,
    pub log: Option<LogTail>,
    /// `progress.md` of the branch, read while there is no comment that shows progress.
    pub progress: Option<String>,
    /// The commit of the branch at which it was looked for.
    pub progress_at: Option<String>,
}

impl Snapshot {
    pub fn header(&self) -> Map<String, Value> {
        block::first(self.issue.text(), "plan-header").unwrap_or_default()
    }

    /// Comments whose author is believed.
    pub fn trusted(&self) -> impl DoubleEndedIterator<Item = &Comment> {
        self.comments.iter().filter(|comment| comment.is_trusted())
    }

    /// The newest trusted comment with a block of this key.
    pub fn newest(&self, key: &str) -> Option<(&Comment, Map<String, Value>)> {
        self.trusted().rev().find_map(|comment| Some((comment, block::first(comment.text(), key)?)))
    }

    pub fn latest_run(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// The branch of the work, as far as it is known.
    pub fn branch(&self) -> Option<String> {
        if let Some(pull) = &self.pull {
            return Some(pull.head.name.clone());
        }
        text(&self.header(), "branch_name").or_else(|| named_branch(&self.issue, &self.comments))
    }
}

/// The branch that a trusted comment names.
pub fn named_branch(issue: &Issue, comments: &[Comment]) -> Option<String> {
    let header = block::first(issue.text(), "plan-header").unwrap_or_default();
    text(&header, "branch_name").or_else(|| {
        comments.iter().rev().filter(|comment| comment.is_trusted()).find_map(|comment| {
            ["workflow-started", "erk-implementation-status", "submission-queued"]
                .iter()
                .find_map(|key| text(&block::first(comment.text(), key)?, "branch_name"))
        })
    })
}

/// A field as text that is not empty; numbers are written out.
pub fn text(map: &Map<String, Value>, name: &str) -> Option<String> {
    match map.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A field as a number; text of digits counts.
pub fn number(map: &Map<String, Value>, name: &str) -> Option<i64> {
    text(map, name)?.trim_start_matches('#').parse().ok()
}
