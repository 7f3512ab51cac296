//! What Waymark reads of GitHub's answers, and nothing more: unknown fields and states are kept out
//! of the way, and a state is text, because GitHub adds states without notice.

use serde::{Deserialize, Deserializer, Serialize};

/// An address that pages may link to; anything else, such as one that runs a script, is none.
fn web_address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(some_web_address(from)?.unwrap_or_default())
}

fn some_web_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let address: Option<String> = Option::deserialize(from)?;
    Ok(address.filter(|address| address.starts_with("https://") || address.starts_with("http://")))
}

/// An account, by its login. A deleted account is nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub login: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub name: String,
}

/// An issue. Times are ISO 8601 in UTC, as GitHub writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub number: i64,
    pub title: String,
    pub body: Option<String>,
    pub state: String,
    #[serde(deserialize_with = "web_address")]
    pub html_url: String,
    pub user: Option<User>,
    #[serde(default)]
    pub labels: Vec<Label>,
    pub created_at: String,
    pub updated_at: String,
    pub closed_at: Option<String>,
    pub closed_by: Option<User>,
    #[serde(default)]
    pub author_association: String,
    /// How many comments it has.
    pub comments: Option<i64>,
    /// Present when this is a pull request.
    pub pull_request: Option<serde_json::Value>,
}

impl Issue {
    pub fn author(&self) -> String {
        self.user.as_ref().map_or_else(|| "ghost".to_owned(), |user| user.login.clone())
    }

    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }

    pub fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label.name.eq_ignore_ascii_case(name))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub id: i64,
    pub body: Option<String>,
    #[serde(deserialize_with = "web_address")]
    pub html_url: String,
    pub user: Option<User>,
    pub created_at: String,
    pub updated_at: String,
    #[serde(default)]
    pub author_association: String,
}

impl Comment {
    /// Whether someone wrote it whose metadata is believed: on a public repository anyone may comment.
    pub fn is_trusted(&self) -> bool {
        is_trusted(&self.author_association, self.user.as_ref())
    }

    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }

    pub fn author(&self) -> String {
        self.user.as_ref().map_or_else(|| "ghost".to_owned(), |user| user.login.clone())
    }
}

/// Whether an author belongs to the repository, or is an App.
pub fn is_trusted(association: &str, user: Option<&User>) -> bool {
    waymark_domain::trust::is_trusted(association, user.map(|user| user.login.as_str()))
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullName {
    pub full_name: String,
}

/// One end of a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    #[serde(rename = "ref")]
    pub name: String,
    pub sha: String,
    /// Where the branch is; nothing when that repository is gone.
    pub repo: Option<FullName>,
}

/// A pull request. The counts and `mergeable` are there only when it was read by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    pub number: i64,
    pub node_id: String,
    #[serde(deserialize_with = "web_address")]
    pub html_url: String,
    pub title: String,
    pub body: Option<String>,
    pub state: String,
    #[serde(default)]
    pub draft: bool,
    pub user: Option<User>,
    #[serde(default)]
    pub labels: Vec<Label>,
    /// Whose review is asked for and not given yet.
    #[serde(default)]
    pub requested_reviewers: Vec<User>,
    pub head: End,
    pub base: End,
    pub created_at: String,
    #[serde(default)]
    pub updated_at: String,
    pub closed_at: Option<String>,
    pub merged_at: Option<String>,
    pub merged_by: Option<User>,
    pub mergeable: Option<bool>,
    pub mergeable_state: Option<String>,
    #[serde(default)]
    pub additions: u32,
    #[serde(default)]
    pub deletions: u32,
    #[serde(default)]
    pub changed_files: u32,
    #[serde(default)]
    pub commits: u32,
    /// Comments on lines of the change.
    #[serde(default)]
    pub review_comments: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub user: Option<User>,
    pub state: String,
    #[serde(deserialize_with = "web_address")]
    pub html_url: String,
    pub submitted_at: Option<String>,
}

/// A run of a workflow, with the jobs of its latest attempt when they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: i64,
    pub name: Option<String>,
    #[serde(default)]
    pub display_title: String,
    #[serde(default)]
    pub path: String,
    #[serde(deserialize_with = "web_address")]
    pub html_url: String,
    pub status: Option<String>,
    pub conclusion: Option<String>,
    pub run_attempt: Option<u32>,
    pub created_at: String,
    pub run_started_at: Option<String>,
    pub updated_at: String,
    #[serde(default)]
    pub jobs: Vec<Job>,
    /// Jobs of earlier attempts: their logs are still there.
    #[serde(default)]
    pub earlier: Vec<Job>,
}

impl Run {
    /// File name of the workflow.
    pub fn workflow(&self) -> &str {
        let file = self.path.split('@').next().unwrap_or_default();
        file.rsplit('/').next().unwrap_or_default()
    }

    pub fn is_completed(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub id: i64,
    pub name: String,
    #[serde(default, deserialize_with = "some_web_address")]
    pub html_url: Option<String>,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
    #[serde(default)]
    pub steps: Vec<JobStep>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    pub number: u32,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    #[serde(default, deserialize_with = "some_web_address")]
    pub html_url: Option<String>,
}

/// Epoch milliseconds of a time as GitHub writes it; nothing for a time without a zone.
pub fn millis(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_file_of_a_workflow_is_read_from_its_path() {
        let run = |path: &str| Run { path: path.into(), ..Run::default() };
        assert_eq!(run(".github/workflows/one-shot.yml").workflow(), "one-shot.yml");
        assert_eq!(run(".github/workflows/one-shot.yml@refs/heads/main").workflow(), "one-shot.yml");
    }

    #[test]
    fn an_unknown_state_is_only_text() {
        let job = r#"{"id":1,"name":"plan","html_url":null,"status":"requested","conclusion":null,
            "started_at":null,"completed_at":null}"#;
        assert_eq!(serde_json::from_str::<Job>(job).expect("a job").status, "requested");
    }

    #[test]
    fn only_addresses_of_the_web_are_linked_to() {
        let address = |address: &str| {
            let check = json!({"name": "x", "status": "completed", "conclusion": null, "html_url": address});
            serde_json::from_value::<CheckRun>(check).expect("a check").html_url
        };
        assert_eq!(address("https://github.com/x").as_deref(), Some("https://github.com/x"));
        for other in ["javascript:alert(1)", "data:text/html,x", "//elsewhere.example", "", " https://x"] {
            assert_eq!(address(other), None, "{other}");
        }
        let label =
            json!({"user": null, "state": "x", "html_url": "javascript:alert(1)", "submitted_at": null});
        assert_eq!(serde_json::from_value::<Review>(label).expect("a review").html_url, "");
    }

    #[test]
    fn times_need_a_zone() {
        assert_eq!(millis("1970-01-01T00:00:01Z"), Some(1000));
        assert_eq!(millis("1970-01-01T01:00:01.500+01:00"), Some(1500));
        assert_eq!(millis("1970-01-01T00:00:01"), None);
    }
}
