//! GitHub, as the commands use it: with the token of the workflow, for one repository.
//!
//! Properties kept:
//! - A text that others may change too is re-read before and after it is written: nobody's change is lost.
//! - Only comments of trusted people are read.

use std::time::Duration;

use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Desk;
use super::failure::Failure;
use crate::github::model::{User, is_trusted};
use crate::github::{Client, Error, GitHub};

/// How often a text is written again because someone else changed it at the same time.
const REWRITES: usize = 3;
/// Time limit of one call: nobody waits for a page here.
const TIMEOUT: Duration = Duration::from_secs(30);

pub struct Hub {
    client: Client,
    token: String,
    repository: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    pub title: String,
    #[serde(default)]
    pub body: Option<String>,
    pub state: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Comment {
    pub id: u64,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub author_association: String,
    #[serde(default)]
    pub user: Option<User>,
}

impl Comment {
    /// The comment's Markdown.
    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Pull {
    pub node_id: String,
    pub title: String,
    #[serde(default)]
    pub body: Option<String>,
    pub state: String,
    #[serde(default)]
    pub draft: bool,
    pub base: Base,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Base {
    #[serde(rename = "ref")]
    pub branch: String,
    pub repo: BaseRepo,
}

#[derive(Clone, Debug, Deserialize)]
pub struct BaseRepo {
    pub default_branch: String,
}

impl Pull {
    /// Whether a closing reference in its first body closes the plan at the merge.
    pub fn closes(&self) -> bool {
        self.base.branch == self.base.repo.default_branch
    }
}

impl Hub {
    /// With the token of the step's `GH_TOKEN`.
    ///
    /// # Errors
    /// When the step has none, or the address of the API is none.
    pub fn open(desk: &Desk) -> Result<Hub, Failure> {
        let token = desk.token.clone().ok_or_else(|| {
            let message = "GH_TOKEN is empty: this step needs the secret ERK_QUEUE_GH_PAT.";
            Failure::new("Secret ERK_QUEUE_GH_PAT", message)
        })?;
        let api = &desk.job.api_url;
        let api =
            api.parse().map_err(|_| Failure::new("Input", format!("GITHUB_API_URL is no address: {api}")))?;
        let client = GitHub::new(api, TIMEOUT).client(SecretString::from(token.clone()));
        Ok(Hub { client, token, repository: desk.job.repository.clone() })
    }

    /// The token's scopes; none when GitHub does not tell, as with tokens that have permissions instead.
    pub async fn scopes(&self) -> Result<Option<Vec<String>>, Error> {
        self.client.scopes().await
    }

    /// The token, for git.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.repository)
    }

    async fn write(&self, method: Method, path: &str, body: &Value, doing: &str) -> Result<Value, Failure> {
        let answer = self
            .client
            .send::<Value>(method, path, Some(body))
            .await
            .map_err(|error| refused(&error, doing))?;
        Ok(answer.body)
    }

    pub async fn issue(&self, number: u64) -> Result<Issue, Failure> {
        let doing = format!("read issue #{number}");
        self.client
            .get(&self.path(&format!("issues/{number}")))
            .await
            .map_err(|error| refused(&error, &doing))
    }

    /// The comments of an issue that trusted people wrote, oldest first: what a stranger says is neither a
    /// plan nor progress.
    pub async fn comments(&self, number: u64) -> Result<Vec<Comment>, Failure> {
        let path = self.path(&format!("issues/{number}/comments?per_page=100"));
        let doing = format!("read the comments of #{number}");
        let all: Vec<Comment> = self.client.get_all(&path).await.map_err(|error| refused(&error, &doing))?;
        Ok(all.into_iter().filter(|one| is_trusted(&one.author_association, one.user.as_ref())).collect())
    }

    /// Creates an issue and answers with its number.
    pub async fn create_issue(&self, title: &str, body: &str, label: &str) -> Result<u64, Failure> {
        let body = json!({"title": title, "body": body, "labels": [label]});
        let made = self.write(Method::POST, &self.path("issues"), &body, "create the plan issue").await?;
        made["number"].as_u64().ok_or_else(|| Failure::new("GitHub", "The new issue has no number."))
    }

    /// Comments, and answers with the comment's id.
    pub async fn comment(&self, number: u64, text: &str) -> Result<u64, Failure> {
        let path = self.path(&format!("issues/{number}/comments"));
        let made =
            self.write(Method::POST, &path, &json!({"body": text}), &format!("comment on #{number}")).await?;
        made["id"].as_u64().ok_or_else(|| Failure::new("GitHub", "The new comment has no id."))
    }

    pub async fn edit_comment(&self, id: u64, text: &str) -> Result<(), Failure> {
        let path = self.path(&format!("issues/comments/{id}"));
        self.write(Method::PATCH, &path, &json!({"body": text}), "edit a comment").await.map(drop)
    }

    /// Makes a comment say `text`: the first one that `ours` knows is edited where it differs, else a new one is made.
    pub async fn settle_comment(
        &self,
        number: u64,
        ours: impl Fn(&str) -> bool,
        text: &str,
    ) -> Result<(), Failure> {
        match self.comments(number).await?.iter().find(|comment| ours(comment.text())) {
            Some(comment) if comment.text().trim_end() == text.trim_end() => Ok(()),
            Some(comment) => self.edit_comment(comment.id, text).await,
            None => self.comment(number, text).await.map(drop),
        }
    }

    pub async fn retitle_issue(&self, number: u64, title: &str) -> Result<(), Failure> {
        let path = self.path(&format!("issues/{number}"));
        self.write(Method::PATCH, &path, &json!({"title": title}), &format!("rename #{number}"))
            .await
            .map(drop)
    }

    pub async fn pull(&self, number: u64) -> Result<Pull, Failure> {
        let doing = format!("read pull request #{number}");
        self.client.get(&self.path(&format!("pulls/{number}"))).await.map_err(|error| refused(&error, &doing))
    }

    pub async fn retitle_pull(&self, number: u64, title: &str) -> Result<(), Failure> {
        let path = self.path(&format!("pulls/{number}"));
        let doing = format!("rename pull request #{number}");
        self.write(Method::PATCH, &path, &json!({"title": title}), &doing).await.map(drop)
    }

    /// Changes the body of an issue. `change` answers with the new body, or nothing when there is nothing to change.
    pub async fn rewrite_issue(
        &self,
        number: u64,
        change: impl Fn(&str) -> Option<String>,
    ) -> Result<bool, Failure> {
        self.rewrite("issues", number, change).await
    }

    /// The same for the body of a pull request.
    pub async fn rewrite_pull(
        &self,
        number: u64,
        change: impl Fn(&str) -> Option<String>,
    ) -> Result<bool, Failure> {
        self.rewrite("pulls", number, change).await
    }

    async fn body(&self, kind: &str, number: u64) -> Result<String, Failure> {
        Ok(match kind {
            "pulls" => self.pull(number).await?.body,
            _ => self.issue(number).await?.body,
        }
        .unwrap_or_default())
    }

    async fn rewrite(
        &self,
        kind: &str,
        number: u64,
        change: impl Fn(&str) -> Option<String>,
    ) -> Result<bool, Failure> {
        let mut body = self.body(kind, number).await?;
        let mut written = false;
        for _ in 0..REWRITES {
            let Some(text) = change(&body) else { return Ok(written) };
            let now = self.body(kind, number).await?;
            if now != body {
                body = now;
                continue;
            }
            let path = self.path(&format!("{kind}/{number}"));
            self.write(Method::PATCH, &path, &json!({"body": text}), &format!("change #{number}")).await?;
            written = true;
            body = self.body(kind, number).await?;
        }
        match change(&body) {
            None => Ok(written),
            Some(_) => Err(Failure::new(
                "GitHub",
                format!("#{number} was changed by someone else {REWRITES} times while it was written."),
            )),
        }
    }

    /// Takes a pull request out of draft. One that is no draft stays as it is.
    pub async fn mark_ready(&self, pull: &Pull) -> Result<(), Failure> {
        if !pull.draft {
            return Ok(());
        }
        let document = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }";
        self.client
            .graphql::<Value>(document, json!({"id": pull.node_id}))
            .await
            .map(drop)
            .map_err(|error| refused(&error, "mark the pull request ready for review"))
    }

    /// Turns a pull request back into a draft. One that is a draft stays as it is.
    pub async fn mark_draft(&self, pull: &Pull) -> Result<(), Failure> {
        if pull.draft {
            return Ok(());
        }
        let document = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }";
        self.client
            .graphql::<Value>(document, json!({"id": pull.node_id}))
            .await
            .map(drop)
            .map_err(|error| refused(&error, "turn the pull request back into a draft"))
    }

    /// Adds a label, made first when the repository does not have it.
    pub async fn label(
        &self,
        number: u64,
        name: &str,
        color: &str,
        description: &str,
    ) -> Result<(), Failure> {
        let label = json!({"name": name, "color": color, "description": description});
        match self.client.send::<Value>(Method::POST, &self.path("labels"), Some(&label)).await {
            Ok(_) | Err(Error::Answer { status: 422, .. }) => {}
            Err(error) => return Err(refused(&error, &format!("create the label {name}"))),
        }
        let path = self.path(&format!("issues/{number}/labels"));
        self.write(Method::POST, &path, &json!({"labels": [name]}), &format!("label #{number}"))
            .await
            .map(drop)
    }

    /// Removes a label, if it is there.
    pub async fn unlabel(&self, number: u64, name: &str) -> Result<(), Failure> {
        let path = self.path(&format!("issues/{number}/labels/{name}"));
        match self.client.send::<Value>(Method::DELETE, &path, None).await {
            Ok(_) | Err(Error::Answer { status: 404, .. }) => Ok(()),
            Err(error) => Err(refused(&error, &format!("remove the label {name} of #{number}"))),
        }
    }

    /// The GraphQL id of a run.
    pub async fn run_node(&self, run: &str) -> Result<String, Failure> {
        let run: Value = self
            .client
            .get(&self.path(&format!("actions/runs/{run}")))
            .await
            .map_err(|error| refused(&error, "read the run"))?;
        run["node_id"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::new("GitHub", "The run has no node id."))
    }

    /// The jobs of a run's attempt with their steps, as GitHub has them.
    pub async fn jobs(&self, run: &str, attempt: u32) -> Result<Vec<Value>, Failure> {
        let path = self.path(&format!("actions/runs/{run}/attempts/{attempt}/jobs?per_page=100"));
        self.client.get_all(&path).await.map_err(|error| refused(&error, "read the run's jobs"))
    }

    /// Keeps a text as a secret gist and answers with its id and address.
    pub async fn gist(&self, description: &str, file: &str, text: &str) -> Result<(String, String), Failure> {
        let body = json!({"description": description, "public": false, "files": {file: {"content": text}}});
        let made = self.write(Method::POST, "/gists", &body, "keep the session log as a gist").await?;
        of_gist(&made)
    }

    /// Adds a file to a gist that `gist` made with the same description; none when it is not that, is gone,
    /// or is somebody else's.
    pub async fn add_to_gist(
        &self,
        id: &str,
        description: &str,
        file: &str,
        text: &str,
    ) -> Result<Option<(String, String)>, Failure> {
        let path = format!("/gists/{id}");
        match self.client.get::<Value>(&path).await {
            Ok(gist) if gist["public"] == false && gist["description"] == description => {}
            Ok(_) | Err(Error::Answer { .. }) => return Ok(None),
            Err(error) => return Err(refused(&error, "read the session logs")),
        }
        let body = json!({"files": {file: {"content": text}}});
        match self.client.send::<Value>(Method::PATCH, &path, Some(&body)).await {
            Ok(answer) => of_gist(&answer.body).map(Some),
            Err(Error::Answer { status: 403 | 404, .. }) => Ok(None),
            Err(error) => Err(refused(&error, "add to the session logs")),
        }
    }
}

/// Id and address of a gist.
fn of_gist(gist: &Value) -> Result<(String, String), Failure> {
    match (gist["id"].as_str(), gist["html_url"].as_str()) {
        (Some(id), Some(url)) => Ok((id.to_owned(), url.to_owned())),
        _ => Err(Failure::new("GitHub", "The gist has no address.")),
    }
}

pub fn refused(error: &Error, doing: &str) -> Failure {
    let problem = error.problem(doing);
    let next = problem.next.map(|next| format!(" {next}")).unwrap_or_default();
    Failure::new("GitHub", format!("{}{next}", problem.message))
}
