//! Batches: several dispatches, one after the other.

use serde::{Deserialize, Serialize};

use super::{DispatchView, NewForm, PrState, Preview, Problem};

/// One piece of work of a batch, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum BatchWork {
    /// A dispatch of an instruction, as `/new` makes it.
    OneShot { form: NewForm },
    /// A dispatch of `plan-implement` on a plan that is written.
    Submit(SubmitForm),
}

/// What becomes of the branches that earlier attempts at a plan left on GitHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    /// Nothing is chosen: with such branches, submitting is refused until something is.
    #[default]
    Ask,
    /// The newest is used, with its open pull request where it has one.
    Use,
    /// Their open pull requests are closed, they are deleted, and a new one is made.
    Replace,
}

/// A plan to be submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubmitForm {
    pub repo: String,
    /// The plan issue.
    pub number: i64,
    /// Empty for the default branch. A pull request that is used keeps its own base.
    pub base: String,
    pub existing: Existing,
    /// Model name for the agent; empty for the one of the last attempt.
    pub model: String,
    /// The step to begin with, from 1; the steps before it count as done.
    pub from_step: Option<u32>,
}

/// A branch that an earlier attempt at a plan left on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExistingBranch {
    pub name: String,
    /// Epoch milliseconds of its last commit.
    pub committed_at: Option<i64>,
    /// Its newest pull request.
    pub pr: Option<(i64, PrState)>,
}

/// What submitting a plan would meet and do. Making it writes nothing anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitCheck {
    pub form: SubmitForm,
    pub title: String,
    /// Everything that is in the way.
    pub findings: Vec<Problem>,
    /// Branches of earlier attempts, newest commit first.
    pub existing: Vec<ExistingBranch>,
    /// Runs of the plan that are not over; submitting cancels them.
    pub running: Vec<i64>,
    /// What would be written, when nothing is in the way.
    pub preview: Option<Preview>,
}

/// Where one item of a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Its turn has not come.
    Waiting,
    /// Its dispatch is under way.
    Working,
    /// Its dispatch is sent and the run is known.
    Done,
    /// It was refused before anything was written, or its dispatch stopped.
    Failed,
    /// Its dispatch was undone.
    Undone,
}

/// One item of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItem {
    /// 1-based, in the order in which they are dispatched.
    pub number: u32,
    /// What it is, for people: the plan, or the beginning of the instruction.
    pub title: String,
    pub work: BatchWork,
    pub state: ItemState,
    /// Why it was refused; nothing was written then.
    pub problems: Vec<Problem>,
    /// Its dispatch, once it has begun.
    pub dispatch: Option<DispatchView>,
}

/// A batch with its items, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchView {
    pub id: String,
    pub items: Vec<BatchItem>,
    /// Epoch milliseconds.
    pub created_at: i64,
}
