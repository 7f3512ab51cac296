//! Events: told first to Actions, then to every webhook that asked for their kind, one after the other
//! in the order in which they happened.

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{World, access::Caller, model::Model};
use crate::{views, webhooks};

/// Something that happened in a repository, with the payload that webhooks carry.
#[derive(Debug, Clone)]
pub struct Event {
    /// Database id of the repository.
    pub repo: u64,
    /// GitHub's name of the event: `push`, `issues`, `workflow_run`, ...
    pub name: &'static str,
    pub action: Option<&'static str>,
    /// The webhook's body. `action`, `repository`, `organization` and `sender` are added on
    /// [`emit`](super::Held::emit).
    pub payload: Map<String, Value>,
    /// Commit that a workflow started by this event checks out.
    pub sha: Option<String>,
    /// `refs/heads/...`, `refs/pull/N/merge`.
    pub git_ref: Option<String>,
    /// Login.
    pub actor: String,
    /// Caused with a job's own `GITHUB_TOKEN`: starts no workflow.
    pub by_job_token: bool,
}

impl Event {
    pub fn new(repo: u64, name: &'static str, actor: impl Into<String>) -> Self {
        Self {
            repo,
            name,
            action: None,
            payload: Map::new(),
            sha: None,
            git_ref: None,
            actor: actor.into(),
            by_job_token: false,
        }
    }

    /// An event that a request causes.
    pub fn by(caller: &Caller, repo: u64, name: &'static str) -> Self {
        Self { by_job_token: caller.is_job(), ..Self::new(repo, name, caller.login_or_ghost()) }
    }

    pub fn action(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// Adds one field to the payload.
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.payload.insert(key.to_owned(), value);
        self
    }

    pub fn at(mut self, sha: impl Into<String>, git_ref: impl Into<String>) -> Self {
        self.sha = Some(sha.into());
        self.git_ref = Some(git_ref.into());
        self
    }

    pub(super) fn complete(&mut self, model: &Model) {
        if let Some(action) = self.action {
            self.payload.insert("action".to_owned(), json!(action));
        }
        if let Some(repo) = model.repos.get(&self.repo) {
            self.payload.insert("repository".to_owned(), views::repo::in_webhook(model, repo, self.name));
            if let Some(org) = views::account::organization_of(model, repo) {
                self.payload.insert("organization".to_owned(), org);
            }
        }
        self.payload.insert("sender".to_owned(), views::account::simple(model, &self.actor));
    }
}

pub(super) async fn run(world: World, mut inbox: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = inbox.recv().await {
        // The count was raised when the event was let out; this takes it over.
        let busy = super::Busy(world.clone());
        if let Some(actions) = world.actions() {
            actions.on_event(&world, &event).await;
        }
        webhooks::tell(&world, &event, busy).await;
    }
}
