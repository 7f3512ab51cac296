//! One operation: looked up when it was lost, else sent, and recorded before and after.

use serde_json::Value;
use waymark_app::areas::{DispatchState, OperationState, Problem, ProblemKind, RepoName};

use super::clock::now_ms;
use super::lookup::{self, Seen};
use super::{Engine, answer, fault, publish, rewrite, run, words};
use crate::dispatch::describe::undo;
use crate::dispatch::journal::{self, Dispatch, Recorded};
use crate::dispatch::slots::Slots;
use crate::github::Client;
use crate::state::App;

/// Whether the dispatch goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Next,
    Stop,
}

/// One operation being carried out: what it needs at every turn.
pub struct Carrying<'a> {
    pub app: &'a App,
    pub engine: &'a Engine,
    pub client: Client,
    pub dispatch: Dispatch,
    pub operation: Recorded,
}

impl Engine {
    pub(super) async fn carry_out(
        &self,
        app: &App,
        dispatch: Dispatch,
        operation: Recorded,
    ) -> Result<Flow, Problem> {
        let token = match app.tokens.of(dispatch.account_id).await {
            Ok(token) => token,
            Err(problem) => {
                let mut operation = operation;
                operation.lost |= operation.state == OperationState::Sending;
                operation.state = OperationState::Failed;
                operation.problem = Some(words::signed_out(problem));
                record(app, &operation).await?;
                return Ok(Flow::Stop);
            }
        };
        let client = app.github.client(token);
        let mut carrying = Carrying { app, engine: self, client, dispatch, operation };
        carrying.carry_out().await
    }
}

impl Carrying<'_> {
    async fn carry_out(&mut self) -> Result<Flow, Problem> {
        self.operation.lost |= self.operation.state == OperationState::Sending;
        if self.operation.lost {
            self.operation.state = OperationState::Sending;
            self.operation.problem = None;
            self.record().await?;
            match lookup::settle(self).await? {
                Seen::Made(made) => return self.done(&made).await,
                Seen::Absent => self.forget().await?,
                Seen::Unclear { candidate, words } => return self.doubtful(candidate, words).await,
                Seen::Accepted => return run::await_run(self).await,
                Seen::Unknown(problem) => return self.failed(problem, true).await,
            }
        }
        if self.only_settles() {
            return Ok(Flow::Next);
        }
        if self.operation.kind.rewrites() {
            return rewrite::rewrite(self).await;
        }
        self.send().await
    }

    /// While a dispatch is undone, what it wanted to make is only looked up, never sent.
    fn only_settles(&self) -> bool {
        self.dispatch.state == DispatchState::Undoing && !self.operation.undoes()
    }

    pub async fn failed(&mut self, problem: Problem, lost: bool) -> Result<Flow, Problem> {
        self.operation.state = OperationState::Failed;
        self.operation.lost = lost;
        self.operation.detail = None;
        self.operation.problem = Some(problem);
        self.operation.ended_at = Some(now_ms());
        self.record().await?;
        Ok(if self.operation.best_effort && !self.only_settles() { Flow::Next } else { Flow::Stop })
    }

    /// It cannot be done, and need not be.
    pub async fn skipped(&mut self, why: String) -> Result<Flow, Problem> {
        self.operation.state = OperationState::Skipped;
        self.operation.detail = Some(why);
        self.operation.ended_at = Some(now_ms());
        self.record().await?;
        Ok(Flow::Next)
    }

    async fn doubtful(&mut self, candidate: Option<Value>, words: String) -> Result<Flow, Problem> {
        self.operation.state = OperationState::Doubtful;
        self.operation.candidate = candidate;
        self.operation.detail = None;
        self.operation.problem =
            Some(Problem::new(ProblemKind::Conflict, words).next(
                "Look on GitHub and say whether it was made: Waymark does not send it twice by itself.",
            ));
        self.operation.ended_at = Some(now_ms());
        self.record().await?;
        Ok(Flow::Stop)
    }

    /// It was not made: as if it had never been sent.
    async fn forget(&mut self) -> Result<(), Problem> {
        self.operation.state = OperationState::Waiting;
        self.operation.lost = false;
        self.operation.settled = false;
        self.operation.candidate = None;
        self.operation.detail = None;
        self.record().await
    }

    /// Records what was made and what that binds, in one transaction.
    pub async fn done(&mut self, made: &Value) -> Result<Flow, Problem> {
        if let Err(missing) = answer::bind(self.operation.kind, made, &mut self.dispatch) {
            let problem = Problem::new(
                ProblemKind::GitHub,
                format!("GitHub's answer does not hold {missing}, so it is not known what was made."),
            )
            .next("Resume: Waymark looks on GitHub for what was made. Or undo.");
            return self.failed(problem, true).await;
        }
        self.operation.state = OperationState::Done;
        self.operation.lost = false;
        self.operation.candidate = None;
        self.operation.problem = None;
        self.operation.detail = answer::detail(self.operation.kind, &self.dispatch);
        self.operation.url = made["html_url"].as_str().map(str::to_owned).or(self.operation.url.take());
        self.operation.ended_at = Some(now_ms());
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        journal::save(&mut tx, &self.operation).await.map_err(fault)?;
        journal::bind(&mut tx, &self.dispatch, now_ms()).await.map_err(fault)?;
        if let Some(kind) = undo::undone_by(self.operation.kind).filter(|_| self.operation.undoes()) {
            let operations = journal::operations(&mut tx, &self.dispatch.id).await.map_err(fault)?;
            for mut taken_back in operations.into_iter().filter(|op| op.kind == kind && !op.undoes()) {
                taken_back.state = OperationState::Undone;
                journal::save(&mut tx, &taken_back).await.map_err(fault)?;
            }
        }
        tx.commit().await.map_err(fault)?;
        publish(self.app, &self.dispatch.id).await;
        let objective = self.operation.args.as_ref().and_then(|args| args["objective"].as_i64());
        if self.operation.kind.shows() {
            refresh(self.app, &self.dispatch.repo, self.dispatch.issue);
        } else if self.operation.kind.is_of_objective() {
            refresh(self.app, &self.dispatch.repo, objective);
        }
        Ok(Flow::Next)
    }

    /// The path with what is known.
    pub fn path(&self) -> String {
        self.dispatch.fill(&self.operation.path)
    }

    /// The body with what is known.
    pub fn body(&self) -> Option<Value> {
        self.operation.body.as_ref().map(|body| Slots::map(body, &|text| self.dispatch.fill(text)))
    }

    /// What was being done, as the end of "when ...".
    pub fn doing(&self) -> &'static str {
        self.operation.kind.doing()
    }

    pub async fn record(&self) -> Result<(), Problem> {
        record(self.app, &self.operation).await
    }
}

async fn record(app: &App, operation: &Recorded) -> Result<(), Problem> {
    let mut tx = app.db.begin().await.map_err(fault)?;
    journal::save(&mut tx, operation).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    publish(app, &operation.dispatch_id).await;
    Ok(())
}

/// Lets the mirror catch up, without making the dispatch wait for it.
fn refresh(app: &App, repo: &RepoName, issue: Option<i64>) {
    if let Some(issue) = issue {
        crate::mirror::follow(app, repo, issue);
    }
}
