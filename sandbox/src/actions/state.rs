//! What Actions remembers: plain data, part of the world's snapshot. Logs are files beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::world::model::{Model, Time};

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct State {
    pub files: BTreeMap<u64, File>,
    pub runs: BTreeMap<u64, Run>,
    /// Of all attempts of all runs, by id, which is also that of their check run.
    pub jobs: BTreeMap<u64, Job>,
}

/// A workflow file that has been seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct File {
    pub id: u64,
    pub repo: u64,
    pub path: String,
    /// As last seen on the default branch, or else where it ran.
    pub name: String,
    pub created_at: Time,
    pub updated_at: Time,
    /// Number of its last run.
    pub last_run: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    /// Waits for its concurrency group.
    Pending,
    InProgress,
    Completed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    Success,
    Failure,
    Cancelled,
    Skipped,
    /// The workflow file could not be understood; no job was made.
    StartupFailure,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    pub id: u64,
    pub repo: u64,
    pub file: u64,
    /// Name of the workflow.
    pub name: String,
    pub path: String,
    pub number: u64,
    pub attempt: u64,
    pub event: String,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub title: String,
    /// Branch and commit by which the run is found.
    pub head_branch: Option<String>,
    pub head_sha: String,
    /// The head commit as GitHub shows it in runs.
    pub head_commit: Value,
    /// Commit and ref that are checked out: of a pull request, the merge into its base.
    pub sha: String,
    pub git_ref: String,
    pub actor: String,
    pub triggering_actor: String,
    pub created_at: Time,
    /// Of this attempt.
    pub started_at: Time,
    pub updated_at: Time,
    pub suite: u64,
    /// Payload of the event that started it.
    pub payload: Value,
    pub inputs: Map<String, Value>,
    /// Workflow files that it calls.
    pub calls: Vec<String>,
    /// Why there are no jobs.
    pub problem: Option<String>,
    /// Jobs of earlier attempts that this one goes on from.
    pub kept: Vec<u64>,
    /// How earlier attempts ended, oldest first.
    pub earlier: Vec<Attempt>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    pub conclusion: Option<Conclusion>,
    pub triggering_actor: String,
    pub started_at: Time,
    pub updated_at: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub id: u64,
    pub repo: u64,
    pub run: u64,
    pub attempt: u64,
    /// Ids from the run's workflow down: `implement/implement`.
    pub key: String,
    pub name: String,
    pub labels: Vec<String>,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub steps: Vec<Step>,
    pub outputs: Map<String, Value>,
    /// By which its processes are known, wherever they have gone; no other job of any sandbox has it.
    pub tracking_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    pub number: u64,
    pub name: String,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}

impl Conclusion {
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::StartupFailure => "startup_failure",
        }
    }
}

impl State {
    /// The jobs of an attempt, of the last one when `attempt` is `None`, oldest first.
    pub fn jobs_of(&self, run: &Run, attempt: Option<u64>) -> Vec<&Job> {
        let wanted = attempt.unwrap_or(run.attempt);
        self.jobs
            .values()
            .filter(|j| j.run == run.id)
            .filter(|j| j.attempt == wanted || wanted == run.attempt && run.kept.contains(&j.id))
            .collect()
    }

    pub fn run_of(&self, repo: u64, id: u64) -> Option<&Run> {
        self.runs.get(&id).filter(|r| r.repo == repo)
    }

    pub fn job_of(&self, repo: u64, id: u64) -> Option<&Job> {
        self.jobs.get(&id).filter(|j| j.repo == repo)
    }
}

/// The record of a workflow file, made when it is new.
pub fn file(m: &mut Model, repo: u64, path: &str, name: &str) -> u64 {
    let now = m.now();
    if let Some(file) = m.actions.files.values_mut().find(|f| f.repo == repo && f.path == path) {
        if file.name != name {
            file.name = name.to_owned();
            file.updated_at = now;
        }
        return file.id;
    }
    let id = m.fresh_id();
    let file = File {
        id,
        repo,
        path: path.to_owned(),
        name: name.to_owned(),
        created_at: now,
        updated_at: now,
        last_run: 0,
    };
    m.actions.files.insert(id, file);
    id
}
