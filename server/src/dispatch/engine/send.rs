//! Sending: one write at the pace of its account, and what is made of a refusal.
//!
//! Properties kept:
//! - A write is on disk as begun before it goes out, and it goes out once.
//! - A rate limit is waited for, visibly: GitHub did nothing with the request.
//! - "It is there already" is not a failure when what is there is ours.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use waymark_app::areas::{OperationState, Problem, ProblemKind};

use super::carry::{Carrying, Flow};
use super::clock::{clock, now_ms};
use super::lookup::{self, Seen};
use super::{answer, run, words};
use crate::dispatch::describe::Kind;
use crate::github::Error;

/// Longer than this a dispatch does not wait for a limit by itself.
const LONGEST_WAIT_S: u64 = 15 * 60;
/// Longer than this a person is told what is waited for.
const NOTICED_MS: i64 = 2_000;

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

    /// One write, at the pace of the account, recorded as begun before it goes out. A rate limit is
    /// waited for and the write is sent then, because GitHub did nothing with it. Nothing is answered
    /// when a person has chosen something else for the dispatch before it was sent.
    pub async fn write(&mut self, body: Option<&Value>) -> Result<Option<Result<Value, Error>>, Problem> {
        let path = self.path();
        let method = Method::from_bytes(self.operation.method.as_bytes()).unwrap_or(Method::POST);
        let pace = self.engine.pace_of(self.dispatch.account_id);
        loop {
            let mut turn = pace.lock().await;
            let due = turn.due(now_ms(), self.app.config.write_pause);
            if !self.wait_until(due).await? {
                return Ok(None);
            }
            self.operation.state = OperationState::Sending;
            self.operation.problem = None;
            self.operation.detail = None;
            self.operation.settled = false;
            self.operation.began_at = Some(now_ms());
            self.operation.ended_at = None;
            self.record().await?;
            turn.count(now_ms());
            match self.client.send::<Value>(method.clone(), &path, body).await {
                Ok(answer) => return Ok(Some(Ok(answer.body))),
                Err(Error::Answer { rate_limited: true, retry_after_s, .. })
                    if retry_after_s.unwrap_or(60) <= LONGEST_WAIT_S =>
                {
                    let wait = i64::try_from(retry_after_s.unwrap_or(60)).unwrap_or(60) * 1_000;
                    turn.hold(now_ms().saturating_add(wait));
                    self.operation.state = OperationState::Waiting;
                    self.record().await?;
                }
                Err(error) => return Ok(Some(Err(error))),
            }
        }
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
            let slice = u64::try_from(left.min(NOTICED_MS)).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(slice)).await;
            if slice.cast_signed() == NOTICED_MS && self.chosen_otherwise().await? {
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
                    self.failed(Problem::new(ProblemKind::Conflict, words), false).await
                }
                _ => self.gave_up(error).await,
            };
        }
        if self.operation.kind == Kind::CancelRun && answer::nothing_to_cancel(&error) {
            return run::await_end(self).await;
        }
        if matches!(self.operation.kind, Kind::DeleteBranch | Kind::DeleteComment) && answer::gone(&error) {
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
