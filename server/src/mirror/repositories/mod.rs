//! The repositories area: what a person may use, and whether it is ready for work.

mod mend;
mod prerequisites;
mod table;
mod templates;

pub(super) use prerequisites::hook_url;

use async_trait::async_trait;
use serde::Deserialize;
use waymark_app::areas::{
    Prerequisites, Problem, RepoName, Repositories as Area, RepositoryChoice, RepositoryRow, Viewer,
};

use super::access::{self, Level};
use crate::github::Client;
use crate::state::App;

/// Choices that are offered at most.
const MOST_CHOICES: usize = 50;
/// Branches that are offered at most.
const MOST_BRANCHES: usize = 100;

/// The area on GitHub and the mirror.
pub struct Repositories {
    app: App,
}

#[derive(Deserialize)]
struct Listed {
    full_name: String,
    private: bool,
    #[serde(default)]
    archived: bool,
    default_branch: String,
    description: Option<String>,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Permissions {
    push: bool,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

impl Listed {
    fn choice(self) -> Option<RepositoryChoice> {
        Some(RepositoryChoice {
            repo: RepoName::parse(&self.full_name)?,
            private: self.private,
            archived: self.archived,
            can_write: self.permissions.push,
            default_branch: self.default_branch,
            description: self.description,
        })
    }
}

fn choice(repo: &RepoName, access: access::Access) -> RepositoryChoice {
    RepositoryChoice {
        repo: repo.clone(),
        private: access.private,
        archived: access.archived,
        can_write: access.level >= Level::Write,
        default_branch: access.default_branch,
        description: access.description,
    }
}

/// Everything that GitHub lists for the person. Repeated readings cost a 304.
async fn listed(client: &Client) -> Result<Vec<RepositoryChoice>, Problem> {
    let path = "/user/repos?per_page=100&sort=pushed&affiliation=owner,collaborator,organization_member";
    let listed: Vec<Listed> =
        client.get_all(path).await.map_err(|error| error.problem("your repositories were listed"))?;
    Ok(listed.into_iter().filter_map(Listed::choice).collect())
}

impl Repositories {
    pub fn new(app: App) -> Self {
        Repositories { app }
    }
}

#[async_trait]
impl Area for Repositories {
    async fn search(&self, viewer: &Viewer, query: &str) -> Result<Vec<RepositoryChoice>, Problem> {
        let client = access::client(&self.app, Some(viewer)).await?;
        let wanted = query.trim().to_lowercase();
        let mut found: Vec<RepositoryChoice> = listed(&client)
            .await?
            .into_iter()
            .filter(|choice| choice.repo.to_string().to_lowercase().contains(&wanted))
            .collect();
        // A public repository without a role is not in the list, but may be named.
        if let Some(named) = RepoName::parse(query)
            && !found.iter().any(|choice| choice.repo.to_string().eq_ignore_ascii_case(query.trim()))
            && let Ok(access) = access::require(&self.app, Some(viewer), &named, Level::Read).await
        {
            found.push(choice(&access.name.clone(), access));
        }
        found.sort_by_key(|choice| (!choice.can_write || choice.archived, choice.repo.clone()));
        found.truncate(MOST_CHOICES);
        Ok(found)
    }

    async fn branches(&self, viewer: &Viewer, repo: &RepoName, query: &str) -> Result<Vec<String>, Problem> {
        let access = access::require(&self.app, Some(viewer), repo, Level::Read).await?;
        let client = access::client(&self.app, Some(viewer)).await?;
        let branches: Vec<Branch> = client
            .get_all(&format!("/repos/{repo}/branches?per_page=100"))
            .await
            .map_err(|error| error.problem(&format!("the branches of {repo} were listed")))?;
        let wanted = query.trim().to_lowercase();
        let mut names: Vec<String> = branches
            .into_iter()
            .map(|branch| branch.name)
            .filter(|name| name.to_lowercase().contains(&wanted))
            .collect();
        names.sort_by_key(|name| *name != access.default_branch);
        names.truncate(MOST_BRANCHES);
        Ok(names)
    }

    async fn templates(&self, viewer: &Viewer, repo: &RepoName) -> Result<Vec<String>, Problem> {
        let client = access::client(&self.app, Some(viewer)).await?;
        templates::names(&client, repo).await
    }

    async fn template(&self, viewer: &Viewer, repo: &RepoName, name: &str) -> Result<String, Problem> {
        let client = access::client(&self.app, Some(viewer)).await?;
        templates::text(&client, repo, name).await
    }

    async fn list(&self, viewer: &Viewer) -> Result<Vec<RepositoryRow>, Problem> {
        let client = access::client(&self.app, Some(viewer)).await?;
        let connected = table::connected(&self.app).await.map_err(|error| fault(&error))?;
        let mut choices = listed(&client).await?;
        // A connected public repository is shown to everyone, listed for them or not.
        for known in &connected {
            if !choices.iter().any(|choice| choice.repo == known.repo)
                && let Ok(access) = access::require(&self.app, Some(viewer), &known.repo, Level::Read).await
            {
                choices.push(choice(&known.repo, access));
            }
        }
        let mut rows: Vec<RepositoryRow> = choices
            .into_iter()
            .map(|choice| {
                table::row(choice.clone(), connected.iter().find(|known| known.repo == choice.repo))
            })
            .collect();
        rows.sort_by_key(|row| (!row.connected, row.choice.repo.clone()));
        Ok(rows)
    }

    async fn prerequisites(&self, viewer: &Viewer, repo: &RepoName) -> Result<Prerequisites, Problem> {
        let repo = &super::connected_name(&self.app, repo).await?;
        let access = access::require(&self.app, Some(viewer), repo, Level::Read).await?;
        let connected = table::connected(&self.app).await.map_err(|error| fault(&error))?;
        let row =
            table::row(choice(repo, access.clone()), connected.iter().find(|known| known.repo == *repo));
        let client = access::client(&self.app, Some(viewer)).await?;
        let lines = prerequisites::check(&self.app, &client, repo, &access).await?;
        Ok(Prerequisites { row, lines, as_of: jiff::Timestamp::now().as_millisecond() })
    }

    async fn connect(&self, viewer: &Viewer, repo: &RepoName) -> Result<(), Problem> {
        access::require(&self.app, Some(viewer), repo, Level::Write).await?;
        super::track(&self.app, viewer, repo).await
    }

    async fn disconnect(&self, viewer: &Viewer, repo: &RepoName) -> Result<Option<String>, Problem> {
        access::require(&self.app, Some(viewer), repo, Level::Write).await?;
        super::disconnect(&self.app, viewer, repo).await
    }

    async fn mend(&self, viewer: &Viewer, repo: &RepoName, key: &str) -> Result<(), Problem> {
        let level = if key == "webhook" { Level::Admin } else { Level::Write };
        let access = access::require(&self.app, Some(viewer), repo, level).await?;
        let client = access::client(&self.app, Some(viewer)).await?;
        mend::mend(&self.app, &client, repo, &access, key).await
    }
}

fn fault(error: &sqlx::Error) -> Problem {
    tracing::error!(%error, "the repositories cannot be read");
    Problem::new(waymark_app::areas::ProblemKind::Internal, "Waymark could not read its own record.")
        .next("Try again.")
}
