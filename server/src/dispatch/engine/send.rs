//! Sending: one write at the pace of its account, and what is made of a refusal.
//!
//! Properties kept:
//! - A write is on disk as begun before it goes out, and it goes out once.
//! - What a person chooses while a write waits for its turn is seen before it goes out.
//! - A rate limit is waited for, visibly: GitHub did nothing with the request.
//! - "It is there already" is not a failure when what is there is ours.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;
use waymark_app::areas::{OperationState, Problem, ProblemKind};

use super::carry::{Carrying, Flow};
use super::clock::{clock, now_ms};
use super::lookup::{self, Seen};
use super::pace::Pace;
use super::{answer, fault, publish, run, words};
use crate::dispatch::describe::Kind;
use crate::dispatch::journal;
use crate::github::Error;

/// Longer than this a dispatch does not wait for a limit by itself.
const LONGEST_WAIT_S: u64 = 15 * 60;
/// Longer than this a person is told what is waited for.
const NOTICED_MS: i64 = 2_000;
/// So often what waits looks whether it is still wanted.
const LOOK_UP: Duration = Duration::from_secs(2);

/// What became of one write in its turn.
pub(super) enum Sent {
    /// A person has chosen something else for the dispatch.
    Not,
    /// The rate limit was reached: it is to be sent again in a later turn.
    Limited,
    Answered(Result<Value, Error>),
}

impl Carrying<'_> {
    /// Sends the operation and deals with the answer.
    pub(super) async fn send(&mut self) -> Result<Flow, Problem> {
        let body = self.body();
        let text = format!("{}{}", self.path(), body.as_ref().map(Value::to_string).unwrap_or_default());
        if let Some(slot) = self.dispatch.slots.open(&text) {
            let words = format!("The dispatch does not know {} yet, so nothing was sent.", slot.meaning());
            return self.failed(Problem::new(ProblemKind::Internal, words).next("Undo."), false).await;
        }
        match self.write(body.as_ref()).await? {
            None => Ok(Flow::Next),
            Some(Ok(made)) => match self.operation.kind {
                Kind::Run => run::accepted(self, made).await,
                Kind::CancelRun => run::await_end(self).await,
                _ => self.done(&made).await,
            },
            Some(Err(error)) => self.refused(error, body).await,
        }
    }

    /// One write, in the account's next turn. A rate limit is waited for and the write is sent then, because
    /// GitHub did nothing with it. Nothing is answered when a person has chosen something else for the
    /// dispatch before it was sent.
    async fn write(&mut self, body: Option<&Value>) -> Result<Option<Result<Value, Error>>, Problem> {
        loop {
            let Some(mut turn) = self.turn().await? else { return Ok(None) };
            match self.write_in(&mut turn, body).await? {
                Sent::Not => return Ok(None),
                Sent::Limited => {}
                Sent::Answered(answer) => return Ok(Some(answer)),
            }
        }
    }

    /// Waits for the account's turn to write; nothing when a person has chosen something else meanwhile.
    pub(super) async fn turn(&mut self) -> Result<Option<OwnedMutexGuard<Pace>>, Problem> {
        let turn = self.engine.pace_of(self.dispatch.account_id).lock_owned();
        tokio::pin!(turn);
        let mut turn = loop {
            tokio::select! {
                turn = &mut turn => break turn,
                () = tokio::time::sleep(LOOK_UP) => {
                    if self.chosen_otherwise().await? {
                        return Ok(None);
                    }
                }
            }
        };
        let due = turn.due(now_ms(), self.app.config.write_pause);
        Ok(self.wait_until(due).await?.then_some(turn))
    }

    /// One write in this turn, recorded as begun before it goes out.
    pub(super) async fn write_in(&mut self, turn: &mut Pace, body: Option<&Value>) -> Result<Sent, Problem> {
        let path = self.path();
        let method = Method::from_bytes(self.operation.method.as_bytes()).unwrap_or(Method::POST);
        if !self.begin().await? {
            return Ok(Sent::Not);
        }
        turn.count(now_ms());
        match self.client.send::<Value>(method, &path, body).await {
            Ok(answer) => Ok(Sent::Answered(Ok(answer.body))),
            Err(Error::Answer { rate_limited: true, retry_after_s, .. })
                if retry_after_s.unwrap_or(60) <= LONGEST_WAIT_S =>
            {
                let wait = i64::try_from(retry_after_s.unwrap_or(60)).unwrap_or(60) * 1_000;
                turn.hold(now_ms().saturating_add(wait));
                self.operation.state = OperationState::Waiting;
                self.record().await?;
                Ok(Sent::Limited)
            }
            Err(error) => Ok(Sent::Answered(Err(error))),
        }
    }

    /// Records that the operation is being sent; answers whether it is still to be.
    async fn begin(&mut self) -> Result<bool, Problem> {
        self.app.db.ours().map_err(fault)?;
        let mut tx = self.app.db.begin().await.map_err(fault)?;
        let now = journal::load(&mut tx, &self.dispatch.id).await.map_err(fault)?;
        if now.is_none_or(|now| now.state != self.dispatch.state) {
            return Ok(false);
        }
        self.operation.state = OperationState::Sending;
        self.operation.problem = None;
        self.operation.detail = None;
        self.operation.settled = false;
        self.operation.began_at = Some(now_ms());
        self.operation.ended_at = None;
        journal::save(&mut tx, &self.operation).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        publish(self.app, &self.dispatch.id).await;
        Ok(true)
    }

    /// Waits, and says so on the page when it takes long enough to be noticed. Answers whether the
    /// operation is still to be sent.
    async fn wait_until(&mut self, until: i64) -> Result<bool, Problem> {
        if until - now_ms() > NOTICED_MS {
            self.operation.detail = Some(format!("Waiting for GitHub's limit until {}.", clock(until)));
            self.record().await?;
        }
        loop {
            let left = until - now_ms();
            if left <= 0 {
                return Ok(true);
            }
            let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
            tokio::time::sleep(left.min(LOOK_UP)).await;
            if self.chosen_otherwise().await? {
                return Ok(false);
            }
        }
    }

    /// Whether a person has chosen something else for the dispatch meanwhile.
    async fn chosen_otherwise(&self) -> Result<bool, Problem> {
        let now = super::load(self.app, &self.dispatch.id).await?;
        Ok(now.is_none_or(|now| now.state != self.dispatch.state))
    }

    /// GitHub refused, or nobody knows what it did.
    async fn refused(&mut self, error: Error, body: Option<Value>) -> Result<Flow, Problem> {
        if answer::already(self.operation.kind, &error) {
            return match lookup::settle(self).await? {
                Seen::Made(made) => self.done(&made).await,
                Seen::Unclear { words, .. } => {
                    let problem = Problem::new(ProblemKind::Conflict, words)
                        .next("Take that away on GitHub, then resume; or undo.");
                    self.failed(problem, false).await
                }
                _ => self.gave_up(error).await,
            };
        }
        if self.operation.kind == Kind::CancelRun && answer::nothing_to_cancel(&error) {
            return run::await_end(self).await;
        }
        // Where nobody can comment (any more), what was made is taken back all the same.
        if self.operation.undoes() && answer::cannot_be_said(self.operation.kind, &error) {
            let problem = error.problem(self.doing());
            return self.skipped(problem.message).await;
        }
        if answer::nothing_to_delete(self.operation.kind, &error)
            || (error.is_not_found() && self.gone().await)
        {
            return self.done(&json!({})).await;
        }
        if self.operation.kind == Kind::Run && answer::unknown_field(&error) {
            return match run::without_details(body) {
                Some(plain) => match self.write(Some(&plain)).await? {
                    None => Ok(Flow::Next),
                    Some(Ok(made)) => run::accepted(self, made).await,
                    Some(Err(error)) => self.gave_up(error).await,
                },
                None => self.gave_up(error).await,
            };
        }
        self.gave_up(error).await
    }

    /// Whether what was to be taken away is not there, though the repository can be read: without the rights
    /// GitHub answers the same.
    pub(super) async fn gone(&self) -> bool {
        let Some(thing) = answer::thing(self.operation.kind, &self.path()) else { return false };
        let missing = self.client.get::<Value>(&thing).await.is_err_and(|error| error.is_not_found());
        missing && self.client.get::<Value>(&format!("/repos/{}", self.dispatch.repo)).await.is_ok()
    }

    /// Records the failure in GitHub's words; what may have happened is looked up first next time.
    pub async fn gave_up(&mut self, error: Error) -> Result<Flow, Problem> {
        // Behind a gateway's 502 and 504 the request may still be worked on.
        self.operation.settled =
            matches!(error, Error::Answer { status, .. } if !matches!(status, 502 | 504));
        if error.status() == Some(401) {
            self.app.tokens.refused(self.dispatch.account_id, &self.client).await;
        }
        let problem = words::refusal(self.operation.kind, &self.dispatch, &error);
        self.failed(problem, error.may_have_happened()).await
    }
}
