//! What the sandbox knows: plain data, one JSON snapshot. Times are seconds since the epoch by the
//! sandbox's clock. Git objects and refs are not here but in the bare repositories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actions;

/// Seconds since the Unix epoch.
pub type Time = i64;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Model {
    /// Database ids are given out in one sequence for all kinds of objects.
    pub last_id: u64,
    /// How far the sandbox's clock runs ahead of the machine's, in seconds.
    pub clock_offset: i64,
    /// By login; logins are unique regardless of case.
    pub accounts: BTreeMap<String, Account>,
    pub tokens: BTreeMap<String, Token>,
    pub refresh_tokens: BTreeMap<String, RefreshToken>,
    pub codes: BTreeMap<String, Code>,
    pub app: OAuthApp,
    pub installed_app: Option<InstalledApp>,
    pub repos: BTreeMap<u64, Repo>,
    pub gists: BTreeMap<String, Gist>,
    pub actions: actions::State,
    /// Address of this sandbox, without a slash at its end.
    #[serde(skip)]
    pub base: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct OAuthApp {
    pub client_id: String,
    pub client_secret: String,
    /// When set, user tokens live that many seconds and come with a refresh token.
    pub token_lifetime: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountKind {
    User,
    Organization,
    Bot,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub id: u64,
    pub login: String,
    pub kind: AccountKind,
    pub name: String,
    pub email: String,
    pub created_at: Time,
    /// Of an organisation: login to `admin` or `member`.
    pub members: BTreeMap<String, String>,
    /// Of an organisation: the slug of a team to the logins of its members.
    #[serde(default)]
    pub teams: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenKind {
    /// Given by the web flow to an OAuth app, for a user.
    OAuth,
    /// A classic personal access token.
    Personal,
    /// A job's own `GITHUB_TOKEN`: one repository, permissions by area (`contents: write`). What it
    /// causes starts no workflow.
    Job { repo: u64, permissions: BTreeMap<String, String> },
    /// A GitHub App's, for one repository of its installation.
    Installation { repo: u64, permissions: BTreeMap<String, String> },
}

impl TokenKind {
    /// The repository and the permissions that a token of no person is bound to.
    pub fn bounds(&self) -> Option<(u64, &BTreeMap<String, String>)> {
        match self {
            TokenKind::Job { repo, permissions } | TokenKind::Installation { repo, permissions } => {
                Some((*repo, permissions))
            }
            TokenKind::OAuth | TokenKind::Personal => None,
        }
    }
}

/// A GitHub App and its one installation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstalledApp {
    pub id: u64,
    pub installation: u64,
    /// PEM of the RSA key that checks what the App signs.
    pub public_key: String,
    /// Ids of the repositories it is installed in.
    pub repos: Vec<u64>,
    /// Area to `read` or `write`, as its owner granted.
    pub permissions: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    pub login: String,
    pub kind: TokenKind,
    pub scopes: Vec<String>,
    pub created_at: Time,
    pub expires_at: Option<Time>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshToken {
    pub access: String,
    pub login: String,
    pub scopes: Vec<String>,
    pub expires_at: Time,
}

/// An authorization code of the web flow, good once and for ten minutes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    pub login: String,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub expires_at: Time,
    pub used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Repo {
    pub id: u64,
    /// Login of the owning account.
    pub owner: String,
    pub name: String,
    pub description: String,
    pub private: bool,
    pub archived: bool,
    pub has_issues: bool,
    pub default_branch: String,
    pub created_at: Time,
    pub updated_at: Time,
    pub pushed_at: Time,
    pub merge_methods: MergeMethods,
    pub actions_enabled: bool,
    /// Explicit roles by login; everyone may read a public repository.
    pub roles: BTreeMap<String, Role>,
    pub labels: Vec<Label>,
    pub last_number: u64,
    /// Issues and pull requests share their numbers.
    pub issues: BTreeMap<u64, Issue>,
    /// By id.
    pub comments: BTreeMap<u64, Comment>,
    pub reviews: BTreeMap<u64, Review>,
    pub review_comments: BTreeMap<u64, ReviewComment>,
    pub hooks: BTreeMap<u64, Hook>,
    pub deliveries: BTreeMap<u64, Delivery>,
    pub statuses: Vec<Status>,
    pub check_runs: BTreeMap<u64, CheckRun>,
    pub secrets: BTreeMap<String, Secret>,
    pub variables: BTreeMap<String, Secret>,
    /// Branch or tag as `refs/...` to the commit it had when this process last looked.
    pub refs: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MergeMethods {
    pub merge: bool,
    pub squash: bool,
    pub rebase: bool,
    pub delete_branch: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub author: String,
    pub open: bool,
    /// `completed`, `not_planned`, `duplicate` or `reopened`.
    pub state_reason: Option<String>,
    /// Names of labels of the repository.
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub locked: bool,
    pub created_at: Time,
    pub updated_at: Time,
    pub closed_at: Option<Time>,
    pub closed_by: Option<String>,
    pub timeline: Vec<TimelineEvent>,
    /// Present when this is a pull request.
    pub pull: Option<Pull>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pull {
    pub id: u64,
    /// Branch of this repository; forks are not part of the sandbox.
    pub head_ref: String,
    pub head_sha: String,
    pub base_ref: String,
    pub base_sha: String,
    pub draft: bool,
    pub first_body: String,
    pub merged_at: Option<Time>,
    pub merged_by: Option<String>,
    pub merge_commit_sha: Option<String>,
    pub requested_reviewers: Vec<String>,
}

/// One entry of an issue's timeline, other than its comments and reviews.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TimelineEvent {
    pub id: u64,
    /// GitHub's name of the event: `closed`, `labeled`, `renamed`, ...
    pub event: String,
    pub actor: String,
    pub at: Time,
    pub commit_id: Option<String>,
    /// What the event adds to the common fields, as GitHub names it.
    pub extra: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comment {
    pub id: u64,
    pub issue: u64,
    pub author: String,
    pub body: String,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Review {
    pub id: u64,
    pub pull: u64,
    pub author: String,
    pub body: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub state: String,
    pub commit_id: String,
    pub submitted_at: Time,
}

/// A comment on a line of a pull request; it starts or continues a thread.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReviewComment {
    pub id: u64,
    pub pull: u64,
    pub author: String,
    pub body: String,
    pub path: String,
    pub line: u64,
    pub commit_id: String,
    pub in_reply_to: Option<u64>,
    pub resolved: bool,
    pub created_at: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hook {
    pub id: u64,
    pub url: String,
    pub secret: Option<String>,
    pub content_type: String,
    pub insecure_ssl: String,
    pub events: Vec<String>,
    pub active: bool,
    /// Comes from the sandbox's own options, and follows them.
    #[serde(default)]
    pub installed: bool,
    pub created_at: Time,
    pub updated_at: Time,
    /// Code, status and message of the last delivery.
    pub last_response: (Option<u16>, Option<String>, Option<String>),
}

/// One attempt to deliver; the payload is kept in a file of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    pub id: u64,
    pub hook: u64,
    pub guid: String,
    pub event: String,
    pub action: Option<String>,
    pub delivered_at: Time,
    pub redelivery: bool,
    pub duration: f64,
    pub status: String,
    pub status_code: u16,
    pub request_headers: BTreeMap<String, String>,
    pub response_headers: BTreeMap<String, String>,
    pub response_body: String,
}

/// A commit status, set through the statuses API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub creator: String,
    pub at: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckRun {
    pub id: u64,
    pub suite_id: u64,
    pub head_sha: String,
    pub name: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    pub conclusion: Option<String>,
    pub details_url: String,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
    pub annotations: Vec<Value>,
}

/// A secret or a variable of Actions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Secret {
    pub value: String,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Gist {
    pub id: String,
    pub owner: String,
    pub description: Option<String>,
    pub public: bool,
    pub files: BTreeMap<String, String>,
    pub created_at: Time,
    pub updated_at: Time,
}

impl Model {
    /// A database id no other object has.
    pub fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The repository of that name, in whatever case it is written.
    pub fn repo(&self, owner: &str, name: &str) -> Option<&Repo> {
        self.repos.values().find(|r| r.owner.eq_ignore_ascii_case(owner) && r.name.eq_ignore_ascii_case(name))
    }

    pub fn account(&self, login: &str) -> Option<&Account> {
        self.accounts
            .get(login)
            .or_else(|| self.accounts.values().find(|a| a.login.eq_ignore_ascii_case(login)))
    }
}

impl Repo {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// What the person may do; `None` when the repository is invisible to them.
    pub fn role_of(&self, login: Option<&str>) -> Option<Role> {
        let given = login.and_then(|l| self.roles.get(l).copied());
        given.or((!self.private).then_some(Role::Read))
    }

    pub fn branch(&self, name: &str) -> Option<&str> {
        self.refs.get(&format!("refs/heads/{name}")).map(String::as_str)
    }
}
