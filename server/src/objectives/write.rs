//! Changing a roadmap on GitHub, which knows no compare-and-swap.
//!
//! Properties kept:
//! - There is one writer per objective inside Waymark, dispatches included.
//! - A change is applied to what is there now, by node; everything else stays byte for byte. The text is
//!   read again right before and right after it is written, and applied again when somebody else wrote
//!   in between.
//! - What is written is recorded first, so that a loss that happens all the same is seen and shown.
//! - Afterwards the tables in the comment say what the roadmap says.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Display;

use http::Method;
use serde_json::{Value, json};
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};
use waymark_domain::roadmap::{self, Roadmap};

use crate::github::Client;
use crate::github::model::{Comment, Issue};
use crate::mirror::objectives::{self, NodeState, Recorded};
use crate::mirror::{self, access, fault, now_ms};
use crate::state::App;

/// So many times in a row somebody else may be quicker.
const TRIES: usize = 10;

/// The comment with its tables in step.
fn in_step(comment: &str, roadmap: &Roadmap) -> Result<String, Infallible> {
    Ok(roadmap::redraw(comment, roadmap))
}

/// Who writes to which objective.
pub struct Writing {
    app: App,
    client: Client,
    repo: RepoName,
    number: i64,
    who: String,
}

impl Writing {
    /// As the viewer. The caller has checked that they may.
    pub async fn of(app: &App, viewer: &Viewer, repo: &RepoName, number: i64) -> Result<Writing, Problem> {
        let client = access::client(app, Some(viewer)).await?;
        let who = viewer.login.clone();
        Ok(Writing { app: app.clone(), client, repo: repo.clone(), number, who })
    }

    /// As Waymark, with the token by which the repository is mirrored.
    pub async fn housekeeping(app: &App, repo: &RepoName, number: i64) -> Result<Writing, Problem> {
        let client = mirror::Reader::of(app, repo).await?.client;
        Ok(Writing { app: app.clone(), client, repo: repo.clone(), number, who: "Waymark".to_owned() })
    }

    fn path(&self) -> String {
        format!("/repos/{}/issues/{}", self.repo, self.number)
    }

    /// Applies a change to the issue's body and brings the tables in step. `change` answers the new body,
    /// or the same one when there is nothing to do; it may be asked several times. Answers whether
    /// something was written.
    ///
    /// # Errors
    /// Why the change cannot be applied, GitHub's refusals, and `Conflict` when somebody else kept writing.
    pub async fn change<E: Display + Send>(
        &self,
        reason: impl Fn(&str) -> Option<String> + Send + Sync,
        change: impl Fn(&str) -> Result<String, E> + Send + Sync,
    ) -> Result<bool, Problem> {
        self.change_and_tell(reason, change, in_step).await
    }

    /// The same where more of the comment changes than its tables: `tell` answers the new comment.
    ///
    /// # Errors
    /// As [`Writing::change`].
    pub async fn change_and_tell<E: Display + Send, T: Display + Send>(
        &self,
        reason: impl Fn(&str) -> Option<String> + Send + Sync,
        change: impl Fn(&str) -> Result<String, E> + Send + Sync,
        tell: impl Fn(&str, &Roadmap) -> Result<String, T> + Send + Sync,
    ) -> Result<bool, Problem> {
        let writer = self.app.engine.writer_of(&self.path());
        let one = writer.lock().await;
        let written = self.apply(&reason, &change).await?;
        self.redraw(&tell).await?;
        drop(one);
        mirror::refresh_plan(&self.app, &self.repo, self.number).await?;
        Ok(written)
    }

    /// Brings the tables of the comment in step with the roadmap.
    ///
    /// # Errors
    /// GitHub's refusals.
    pub async fn redraw_tables(&self) -> Result<(), Problem> {
        let writer = self.app.engine.writer_of(&self.path());
        let one = writer.lock().await;
        self.redraw(&in_step).await?;
        drop(one);
        mirror::refresh_plan(&self.app, &self.repo, self.number).await
    }

    async fn apply<E: Display + Send>(
        &self,
        reason: &(impl Fn(&str) -> Option<String> + Send + Sync),
        change: &(impl Fn(&str) -> Result<String, E> + Send + Sync),
    ) -> Result<bool, Problem> {
        let path = self.path();
        let mut written = false;
        for _ in 0..TRIES {
            let before = self.body().await?;
            let after = change(&before).map_err(|error| self.refused("roadmap", &error))?;
            if after == before {
                return Ok(written);
            }
            if self.body().await? != before {
                continue;
            }
            let recorded = self.record(&before, &after, reason).await?;
            if let Err(error) = self.send(&path, &after).await {
                if !error.may_have_happened() {
                    self.forget(&recorded).await?;
                }
                return Err(error.problem("the roadmap was changed"));
            }
            written = true;
            // The next turn reads it again: when it is there, there is nothing left to do.
        }
        let words =
            "Somebody else keeps changing this objective on GitHub: it changed several times in a row.";
        Err(Problem::new(ProblemKind::Conflict, words).next("Try again in a moment."))
    }

    async fn redraw<T: Display + Send>(
        &self,
        tell: &(impl Fn(&str, &Roadmap) -> Result<String, T> + Send + Sync),
    ) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let read = objectives::read(&self.client, &self.repo, self.number).await;
            let read = read.map_err(|error| error.problem("the objective was read"))?;
            let Some(snapshot) = read else { return Ok(()) };
            let (Ok(roadmap), Some(comment)) = (snapshot.roadmap(), &snapshot.comment) else { return Ok(()) };
            let redrawn = tell(comment.text(), &roadmap).map_err(|error| self.refused("comment", &error))?;
            if redrawn == comment.text() {
                return Ok(());
            }
            let path = format!("/repos/{}/issues/comments/{}", self.repo, comment.id);
            let now: Comment =
                self.client.get(&path).await.map_err(|error| error.problem("the comment was read"))?;
            if now.text() == comment.text() {
                let sent = self.send(&path, &redrawn).await;
                sent.map_err(|error| error.problem("the tables of the objective were redrawn"))?;
            }
        }
        let words =
            "Somebody else keeps changing the objective's comment on GitHub, so its tables are not in step.";
        Err(Problem::new(ProblemKind::Conflict, words).next("Try again in a moment."))
    }

    async fn body(&self) -> Result<String, Problem> {
        let issue: Result<Issue, _> = self.client.get(&self.path()).await;
        Ok(issue.map_err(|error| error.problem("the objective was read"))?.text().to_owned())
    }

    async fn send(&self, path: &str, body: &str) -> Result<(), crate::github::Error> {
        self.client.send::<Value>(Method::PATCH, path, Some(&json!({ "body": body }))).await.map(drop)
    }

    fn refused(&self, what: &str, error: &impl Display) -> Problem {
        Problem::new(
            ProblemKind::Conflict,
            format!("The {what} of #{} was not changed: {error}.", self.number),
        )
        .next("Look at the objective again: somebody may have changed it on GitHub.")
    }

    /// Records what differs between two bodies; answers the ids of the lines.
    async fn record(
        &self,
        before: &str,
        after: &str,
        reason: &(impl Fn(&str) -> Option<String> + Send + Sync),
    ) -> Result<Vec<String>, Problem> {
        let (Ok(old), Ok(new)) = (roadmap::read(before, None), roadmap::read(after, None)) else {
            return Ok(Vec::new());
        };
        let old: HashMap<&str, NodeState> =
            old.nodes.iter().map(|node| (node.id.as_str(), node.into())).collect();
        let mut ids = Vec::new();
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        for node in &new.nodes {
            let after = NodeState::from(node);
            let Some(before) = old.get(node.id.as_str()).filter(|before| **before != after) else { continue };
            let change = Recorded {
                node: node.id.clone(),
                at: now_ms(),
                who: Some(self.who.clone()),
                before: before.clone(),
                after,
                reason: reason(&node.id),
            };
            ids.push(objectives::record(&mut tx, &self.repo, self.number, &change).await.map_err(fault)?);
        }
        tx.commit().await.map_err(fault)?;
        Ok(ids)
    }

    async fn forget(&self, ids: &[String]) -> Result<(), Problem> {
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        for id in ids {
            objectives::forget(&mut tx, id).await.map_err(fault)?;
        }
        tx.commit().await.map_err(fault)
    }
}
