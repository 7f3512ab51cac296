//! An objective as it stands on GitHub, as one reading saw it.

use serde::{Deserialize, Serialize};
use waymark_app::areas::RepoName;
use waymark_domain::block;
use waymark_domain::roadmap::{self, Roadmap, RoadmapError};

use crate::github::model::{Comment, Issue};
use crate::github::{Client, Error};
use crate::mirror::read::gone;
use crate::mirror::snapshot::number as field;

/// The label by which objectives are known.
pub const LABEL: &str = "erk-objective";

/// One reading of an objective.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    pub issue: Issue,
    /// The comment with the whole text; versions from before blocks have none.
    pub comment: Option<Comment>,
}

impl Snapshot {
    pub fn roadmap(&self) -> Result<Roadmap, RoadmapError> {
        roadmap::read(self.issue.text(), self.comment.as_ref().map(Comment::text))
    }
}

/// Reads an objective; nothing when it is gone or is none.
pub async fn read(client: &Client, repo: &RepoName, number: i64) -> Result<Option<Snapshot>, Error> {
    let issue = match client.get::<Issue>(&format!("/repos/{repo}/issues/{number}")).await {
        Ok(issue) if issue.number == number && is_objective(&issue) => issue,
        Ok(_) => return Ok(None),
        Err(error) => return gone(client, repo, error).await.map(|()| None),
    };
    let comment = comment(client, repo, &issue).await?;
    Ok(Some(Snapshot { issue, comment }))
}

pub fn is_objective(issue: &Issue) -> bool {
    issue.pull_request.is_none() && issue.has_label(LABEL)
}

/// The comment that the header names; without one, the first that holds an objective's text.
async fn comment(client: &Client, repo: &RepoName, issue: &Issue) -> Result<Option<Comment>, Error> {
    let header = block::first(issue.text(), "objective-header");
    if let Some(id) = header.as_ref().and_then(|header| field(header, "objective_comment_id")) {
        match client.get::<Comment>(&format!("/repos/{repo}/issues/comments/{id}")).await {
            Ok(comment) => return Ok(Some(comment)),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    let path = format!("/repos/{repo}/issues/{}/comments?per_page=100", issue.number);
    let comments: Vec<Comment> = client.get_all(&path).await?;
    Ok(comments.into_iter().find(|comment| comment.is_trusted() && tells(comment.text())))
}

/// Whether a comment holds the text of an objective.
fn tells(text: &str) -> bool {
    text.contains("<!-- erk:metadata-block:objective-body -->") || text.contains("<!-- erk:roadmap-table -->")
}
