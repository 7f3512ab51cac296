//! Whether a repository is ready for remote work: one line per thing it needs, each with what was found
//! and, where it is not ready, the exact words of what a person must do.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;
use waymark_app::areas::{Prerequisite, Problem, Readiness, RepoName};

use crate::ci::shipped;
use crate::github::{Client, Error};
use crate::mirror::access::{Access, Level};
use crate::state::App;

/// The labels that plans and objectives carry: name, colour, description; erk's own.
pub(super) const LABELS: [(&str, &str, &str); 3] = [
    ("erk-plan", "0E8A16", "Implementation plan for manual execution"),
    ("erk-objective", "5319E7", "Objective with a roadmap of plans"),
    ("no-changes", "FFA500", "Implementation found nothing to change"),
];

/// What the workflows need, and what for.
const SECRETS: [(&str, &str); 3] = [
    ("ERK_QUEUE_GH_PAT", "a token with the scopes repo and gist, for pushing and for session logs"),
    ("ANTHROPIC_API_KEY", "for the agent's model"),
    ("CLAUDE_CODE_OAUTH_TOKEN", "for signing the agent in"),
];

/// The scopes Waymark asks for at sign-in, for tokens that have scopes.
const SCOPES: [&str; 3] = ["repo", "workflow", "gist"];

pub(super) struct Line(Prerequisite);

impl Line {
    fn new(key: &str, title: &str, readiness: Readiness, detail: impl Into<String>) -> Self {
        Line(Prerequisite {
            key: key.to_owned(),
            title: title.to_owned(),
            readiness,
            detail: detail.into(),
            advice: None,
            mendable: false,
        })
    }

    fn advice(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    fn mendable(mut self, yes: bool) -> Self {
        self.0.mendable = yes;
        self
    }
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Every line, read now.
pub(super) async fn check(
    app: &App,
    client: &Client,
    repo: &RepoName,
    access: &Access,
) -> Result<Vec<Prerequisite>, Problem> {
    let (workflows, secrets, labels, hook, scopes) = futures::join!(
        workflows(client, repo, access),
        secrets(client, repo),
        labels(client, repo, access),
        webhook(app, client, repo, access),
        scopes(client),
    );
    let lines =
        [permission(repo, access), archived(repo, access), workflows?, secrets?, labels?, hook?, scopes?];
    Ok(lines.into_iter().map(|line| line.0).collect())
}

fn permission(repo: &RepoName, access: &Access) -> Line {
    let title = "Your permission";
    match access.level {
        Level::Read => Line::new(
            "permission",
            title,
            Readiness::Missing,
            format!("You may read {repo}, not write to it."),
        )
        .advice(format!("Ask an administrator of {repo} for write access.")),
        Level::Write => Line::new("permission", title, Readiness::Ready, "You may write."),
        Level::Admin => Line::new("permission", title, Readiness::Ready, "You are an administrator."),
    }
}

fn archived(repo: &RepoName, access: &Access) -> Line {
    if access.archived {
        Line::new(
            "archived",
            "Open for changes",
            Readiness::Missing,
            format!("{repo} is archived: GitHub takes no changes."),
        )
        .advice("Ask an administrator to unarchive it, or choose another repository.")
    } else {
        Line::new("archived", "Open for changes", Readiness::Ready, "Not archived.")
    }
}

/// What a repository holds at a path on its default branch; nothing when there is no such file.
pub(super) async fn content(client: &Client, repo: &RepoName, path: &str) -> Result<Option<String>, Error> {
    match client.get::<Value>(&format!("/repos/{repo}/contents/{path}")).await {
        Ok(file) => {
            let text: String = file["content"].as_str().unwrap_or_default().split_whitespace().collect();
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| Error::Unreadable)?;
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The shipped files that a team is expected to edit; only their absence counts.
pub(super) fn is_the_teams(path: &str) -> bool {
    path == ".waymark/config.toml" || path.starts_with(".waymark/prompts/")
}

async fn workflows(client: &Client, repo: &RepoName, access: &Access) -> Result<Line, Problem> {
    let mut absent = Vec::new();
    let mut older = Vec::new();
    let reads = shipped::FILES
        .iter()
        .map(|(path, shipped)| async move { (*path, *shipped, content(client, repo, path).await) });
    for (path, shipped, found) in futures::future::join_all(reads).await {
        match found.map_err(|error| error.problem(&format!("{path} was read")))? {
            None => absent.push(path),
            Some(text) if text != shipped && !is_the_teams(path) => older.push(path),
            Some(_) => {}
        }
    }
    let may = access.level >= Level::Write && !access.archived;
    let title = "Workflow files";
    let install = "Install them here (needs write access and the scope workflow), or copy them from Waymark's folder workflows.";
    Ok(if absent.iter().any(|path| path.starts_with(".github/")) {
        Line::new(
            "workflows",
            title,
            Readiness::Missing,
            format!("Missing on {}: {}.", access.default_branch, absent.join(", ")),
        )
        .advice(install)
        .mendable(may)
    } else if !absent.is_empty() || !older.is_empty() {
        let mut detail = Vec::new();
        if !absent.is_empty() {
            detail.push(format!("Missing: {}.", absent.join(", ")));
        }
        if !older.is_empty() {
            detail.push(format!("Different from the ones this Waymark ships: {}.", older.join(", ")));
        }
        Line::new("workflows", title, Readiness::Advice, detail.join(" ")).advice(install).mendable(may)
    } else {
        Line::new("workflows", title, Readiness::Ready, "All there and current.")
    })
}

async fn secrets(client: &Client, repo: &RepoName) -> Result<Line, Problem> {
    let title = "Secrets";
    let of_repository = client.get_all::<Named>(&format!("/repos/{repo}/actions/secrets?per_page=100")).await;
    let of_organisation =
        client.get_all::<Named>(&format!("/repos/{repo}/actions/organization-secrets?per_page=100")).await;
    let names: Vec<String> = match of_repository {
        Ok(found) => {
            found.into_iter().chain(of_organisation.unwrap_or_default()).map(|secret| secret.name).collect()
        }
        Err(error) if matches!(error.status(), Some(403 | 404)) => {
            return Ok(Line::new(
                "secrets",
                title,
                Readiness::Unknown,
                "Only people with write access may see which secrets there are.",
            ));
        }
        Err(error) => return Err(error.problem("the names of the secrets were read")),
    };
    let missing: Vec<String> = SECRETS
        .iter()
        .filter(|(name, _)| !names.iter().any(|found| found == name))
        .map(|(name, purpose)| format!("{name} ({purpose})"))
        .collect();
    Ok(if missing.is_empty() {
        Line::new("secrets", title, Readiness::Ready, "All three are there, by name.")
    } else {
        Line::new("secrets", title, Readiness::Missing, format!("Missing: {}.", missing.join("; ")))
            .advice("An administrator adds them on GitHub: Settings, Secrets and variables, Actions, New repository secret.")
    })
}

async fn labels(client: &Client, repo: &RepoName, access: &Access) -> Result<Line, Problem> {
    let found: Vec<Named> = client
        .get_all(&format!("/repos/{repo}/labels?per_page=100"))
        .await
        .map_err(|error| error.problem("the labels were read"))?;
    let missing: Vec<&str> = LABELS
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| !found.iter().any(|label| label.name.eq_ignore_ascii_case(name)))
        .collect();
    Ok(if missing.is_empty() {
        Line::new("labels", "Labels", Readiness::Ready, "All there.")
    } else {
        Line::new("labels", "Labels", Readiness::Advice, format!("Missing: {}.", missing.join(", ")))
            .advice("They are made when they are first needed, or now.")
            .mendable(access.level >= Level::Write && !access.archived)
    })
}

/// The address that GitHub delivers to.
pub(in crate::mirror) fn hook_url(app: &App) -> String {
    format!("{}/webhooks/github", app.config.public())
}

async fn webhook(app: &App, client: &Client, repo: &RepoName, access: &Access) -> Result<Line, Problem> {
    let title = "Webhook";
    if access.level < Level::Admin {
        return Ok(Line::new(
            "webhook",
            title,
            Readiness::Unknown,
            "Only an administrator may see the webhooks. Without one, changes show within a minute.",
        ));
    }
    let hooks: Vec<Value> = client
        .get_all(&format!("/repos/{repo}/hooks?per_page=100"))
        .await
        .map_err(|error| error.problem("the webhooks were read"))?;
    let ours = hooks.iter().find(|hook| hook["config"]["url"].as_str() == Some(&hook_url(app)));
    Ok(match ours {
        Some(hook) if hook["active"] == true => {
            let last = hook["last_response"]["code"].as_i64();
            match last {
                Some(code) if !(200..300).contains(&code) => {
                    Line::new("webhook", title, Readiness::Advice, format!("The last delivery was answered with {code}."))
                        .advice("Open the webhook on GitHub, Recent deliveries, and compare its address and secret with this server's.")
                }
                _ => Line::new("webhook", title, Readiness::Ready, "Installed and active."),
            }
        }
        Some(_) => Line::new("webhook", title, Readiness::Advice, "Installed, but switched off.")
            .advice("Switch it on on GitHub: Settings, Webhooks."),
        None => Line::new(
            "webhook",
            title,
            Readiness::Advice,
            "Not installed: changes show within a minute instead of at once.",
        )
        .advice("Install it here, or add it by hand as the README describes.")
        .mendable(!access.archived),
    })
}

async fn scopes(client: &Client) -> Result<Line, Problem> {
    let title = "Your sign-in";
    let scopes = client.scopes().await.map_err(|error| error.problem("your sign-in was checked"))?;
    let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) else {
        return Ok(Line::new("scopes", title, Readiness::Ready, "The permissions of the GitHub App apply."));
    };
    let missing: Vec<&str> =
        SCOPES.into_iter().filter(|scope| !scopes.iter().any(|found| found == scope)).collect();
    Ok(if missing.is_empty() {
        Line::new("scopes", title, Readiness::Ready, format!("Scopes: {}.", scopes.join(", ")))
    } else {
        Line::new(
            "scopes",
            title,
            Readiness::Missing,
            format!("The scopes {} are missing.", missing.join(", ")),
        )
        .advice("Sign out and sign in again, and allow what Waymark asks for.")
    })
}
