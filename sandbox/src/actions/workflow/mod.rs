//! A workflow file as the sandbox understands it.
//!
//! Properties kept: a file is read as a whole and strictly before any of it runs, so that what is not
//! known here is an error with its name and place; expressions are parsed where they stand, and may name
//! only what GitHub offers at that place.

mod jobs;
mod names;
mod read;
mod steps;
mod triggers;

use std::collections::BTreeMap;

use super::expression::{Expression, Template};
#[cfg(test)]
pub use triggers::InputType;
pub use triggers::{Input, Patterns, PullFilter, PushFilter, Triggers};

#[derive(Debug, Clone)]
pub struct Workflow {
    /// In the repository: `.github/workflows/check.yml`.
    pub path: String,
    pub name: Option<String>,
    pub run_name: Option<Template>,
    pub on: Triggers,
    pub permissions: Option<Permissions>,
    pub env: Pairs,
    pub concurrency: Option<Concurrency>,
    pub defaults: Defaults,
    /// In the order of the file.
    pub jobs: Vec<Job>,
}

/// Names and what they stand for, in the order of the file.
pub type Pairs = Vec<(String, Template)>;

/// Areas (`contents`) to `read`, `write` or `none`.
pub type Permissions = BTreeMap<String, String>;

#[derive(Debug, Clone)]
pub struct Concurrency {
    pub group: Template,
    pub cancel_in_progress: Option<Template>,
}

#[derive(Debug, Clone, Default)]
pub struct Defaults {
    pub shell: Option<Shell>,
    pub working_directory: Option<Template>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// `bash --noprofile --norc -eo pipefail`
    Bash,
    /// `sh -e`
    Sh,
}

#[derive(Debug, Clone)]
pub struct Job {
    pub id: String,
    pub name: Option<Template>,
    pub needs: Vec<String>,
    pub condition: Expression,
    pub concurrency: Option<Concurrency>,
    pub permissions: Option<Permissions>,
    pub work: Work,
}

#[derive(Debug, Clone)]
pub enum Work {
    Steps(Box<Steps>),
    /// Another workflow file of the repository, run in this job's place.
    Call(Called),
}

#[derive(Debug, Clone)]
pub struct Called {
    /// `.github/workflows/plan-implement.yml`
    pub path: String,
    pub with: Pairs,
    /// All of the caller's secrets when `None` (`secrets: inherit`).
    pub secrets: Option<Pairs>,
}

#[derive(Debug, Clone)]
pub struct Steps {
    pub runs_on: Vec<Template>,
    pub outputs: Pairs,
    pub env: Pairs,
    pub timeout_minutes: Option<Template>,
    pub continue_on_error: Option<Template>,
    pub defaults: Defaults,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub id: Option<String>,
    pub name: Option<Template>,
    pub condition: Expression,
    pub env: Pairs,
    pub continue_on_error: Option<Template>,
    pub timeout_minutes: Option<Template>,
    pub does: Does,
}

#[derive(Debug, Clone)]
pub enum Does {
    Run {
        script: Template,
        shell: Option<Shell>,
        working_directory: Option<Template>,
    },
    /// `actions/checkout`, built in; `uses` is how it was written.
    Checkout {
        uses: String,
        with: Pairs,
    },
}

impl Workflow {
    /// How the workflow is listed: its name, or its path.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.path)
    }

    pub fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|j| j.id == id)
    }

    /// The jobs that this one needs, and those that they need, and so on.
    pub fn ancestors(&self, job: &Job) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let mut open = job.needs.clone();
        while let Some(id) = open.pop() {
            if !all.contains(&id) {
                open.extend(self.job(&id).into_iter().flat_map(|j| j.needs.clone()));
                all.push(id);
            }
        }
        all
    }
}

impl Shell {
    /// How a step without `shell` is run: bash without `pipefail`.
    pub const UNSPECIFIED: &'static [&'static str] = &["bash", "-e"];

    pub fn command(self) -> &'static [&'static str] {
        match self {
            Self::Bash => &["bash", "--noprofile", "--norc", "-eo", "pipefail"],
            Self::Sh => &["sh", "-e"],
        }
    }
}
