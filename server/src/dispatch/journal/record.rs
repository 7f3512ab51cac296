//! What the journal holds of a dispatch and of each of its operations.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;
use waymark_app::areas::{DispatchState, Mode, OperationState, Problem, RepoName};

use crate::dispatch::describe::{Kind, Operation};
use crate::dispatch::slots::{Bindings, Slot, Slots};

/// A dispatch as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    pub id: String,
    pub draft_id: Option<String>,
    pub repo: RepoName,
    pub issue: Option<i64>,
    /// The objective and its node that the dispatch is for.
    pub node: Option<(i64, String)>,
    /// Whose token the next operation is sent with.
    pub account_id: i64,
    /// The accounts of everyone who acted: what one of them made may be the dispatch's own.
    pub actors: BTreeSet<i64>,
    /// The login of that account.
    pub acts_as: String,
    pub dispatched_by: String,
    pub workflow: String,
    pub mode: Mode,
    pub title: String,
    pub instruction: Option<String>,
    pub slots: Slots,
    pub bindings: Bindings,
    pub state: DispatchState,
    /// True until the run is known or everything is undone.
    pub active: bool,
    /// Epoch milliseconds.
    pub created_at: i64,
}

impl Dispatch {
    /// The value of a placeholder, when it is known.
    pub fn bound(&self, slot: Slot) -> Option<&str> {
        self.bindings.get(&slot).map(String::as_str)
    }

    /// The number in a placeholder, when it is known.
    pub fn number(&self, slot: Slot) -> Option<i64> {
        self.bound(slot)?.parse().ok()
    }

    /// `text` with what is known.
    pub fn fill(&self, text: &str) -> String {
        self.slots.fill(text, &self.bindings)
    }
}

/// An operation as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub dispatch_id: String,
    pub seq: i64,
    pub key: String,
    pub kind: Kind,
    pub title: String,
    pub best_effort: bool,
    pub method: String,
    pub path: String,
    pub body: Option<Value>,
    pub expected: Option<String>,
    pub args: Option<Value>,
    pub state: OperationState,
    /// Sent, and no answer tells what became of it.
    pub lost: bool,
    /// GitHub has finished with the request.
    pub settled: bool,
    pub candidate: Option<Value>,
    pub detail: Option<String>,
    pub url: Option<String>,
    pub problem: Option<Problem>,
    /// Epoch milliseconds.
    pub began_at: Option<i64>,
    pub ended_at: Option<i64>,
}

impl Recorded {
    /// A described operation, not begun.
    pub fn waiting(dispatch_id: &str, seq: i64, operation: Operation) -> Recorded {
        Recorded {
            dispatch_id: dispatch_id.to_owned(),
            seq,
            key: operation.key,
            kind: operation.kind,
            title: operation.title,
            best_effort: operation.best_effort,
            method: operation.method.to_owned(),
            path: operation.path,
            body: operation.body,
            expected: operation.expected,
            args: operation.args,
            state: OperationState::Waiting,
            lost: false,
            settled: false,
            candidate: None,
            detail: None,
            url: None,
            problem: None,
            began_at: None,
            ended_at: None,
        }
    }

    /// Whether nothing more is to be done for it.
    pub fn over(&self) -> bool {
        matches!(self.state, OperationState::Done | OperationState::Skipped | OperationState::Undone)
            || (self.best_effort && self.state == OperationState::Failed)
    }

    /// Whether it takes back what the dispatch made.
    pub fn undoes(&self) -> bool {
        self.key.starts_with("undo-")
    }
}

/// A word of a unit variant, as it stands in the journal.
pub fn word<T: serde::Serialize>(value: T) -> Result<String, sqlx::Error> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        Ok(other) => Err(sqlx::Error::Encode(format!("{other} is not a word").into())),
        Err(error) => Err(sqlx::Error::Encode(error.into())),
    }
}

/// A value as it stands in the journal. What cannot be read back is not written.
pub fn json<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn read<T: serde::de::DeserializeOwned>(column: &str, word: &str) -> Result<T, sqlx::Error> {
    serde_json::from_value(Value::String(word.to_owned())).map_err(|error| unreadable(column, error))
}

fn read_json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

fn unreadable(column: &str, error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}

pub fn dispatch(row: &AnyRow) -> Result<Dispatch, sqlx::Error> {
    Ok(Dispatch {
        id: row.try_get("id")?,
        draft_id: row.try_get("draft_id")?,
        repo: read("repo", &row.try_get::<String, _>("repo")?)?,
        issue: row.try_get("issue")?,
        node: row.try_get::<Option<i64>, _>("objective")?.zip(row.try_get("node")?),
        actors: read_json("actors", &row.try_get::<String, _>("actors")?)?,
        account_id: row.try_get("account_id")?,
        acts_as: row.try_get("acts_as")?,
        dispatched_by: row.try_get("dispatched_by")?,
        workflow: row.try_get("workflow")?,
        mode: read("mode", &row.try_get::<String, _>("mode")?)?,
        title: row.try_get("title")?,
        instruction: row.try_get("instruction")?,
        slots: read_json("slots", &row.try_get::<String, _>("slots")?)?,
        bindings: read_json("bindings", &row.try_get::<String, _>("bindings")?)?,
        state: read("state", &row.try_get::<String, _>("state")?)?,
        active: row.try_get::<i64, _>("active")? != 0,
        created_at: row.try_get("created_at")?,
    })
}

pub fn operation(row: &AnyRow) -> Result<Recorded, sqlx::Error> {
    let json = |column: &str| -> Result<Option<Value>, sqlx::Error> {
        row.try_get::<Option<String>, _>(column)?.map(|text| read_json(column, &text)).transpose()
    };
    let problem: Option<String> = row.try_get("problem")?;
    Ok(Recorded {
        dispatch_id: row.try_get("dispatch_id")?,
        seq: row.try_get("seq")?,
        key: row.try_get("key")?,
        kind: read("kind", &row.try_get::<String, _>("kind")?)?,
        title: row.try_get("title")?,
        best_effort: row.try_get::<i64, _>("best_effort")? != 0,
        method: row.try_get("method")?,
        path: row.try_get("path")?,
        body: json("body")?,
        expected: row.try_get("expected")?,
        args: json("args")?,
        state: read("state", &row.try_get::<String, _>("state")?)?,
        lost: row.try_get::<i64, _>("lost")? != 0,
        settled: row.try_get::<i64, _>("settled")? != 0,
        candidate: json("candidate")?,
        detail: row.try_get("detail")?,
        url: row.try_get("url")?,
        problem: problem.map(|text| read_json("problem", &text)).transpose()?,
        began_at: row.try_get("began_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}
