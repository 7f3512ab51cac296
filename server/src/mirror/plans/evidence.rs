//! A fact in words: what was observed, where, and when.

use waymark_app::areas::{Evidence, PrState};
use waymark_domain::lifecycle::Fact;

use crate::github::model::millis;
use crate::mirror::facts::pr_state;
use crate::mirror::snapshot::{Snapshot, text};
use crate::mirror::text as plan_text;

/// The facts of a reading that was made at `seen_at`.
pub(super) struct Witness<'a> {
    pub snapshot: &'a Snapshot,
    pub seen_at: i64,
}

impl Witness<'_> {
    fn says(&self, fact: String, source: &str, url: Option<&str>, at: Option<&str>) -> Evidence {
        Evidence {
            fact,
            source: source.to_owned(),
            url: url.map(str::to_owned),
            at: at.and_then(millis),
            seen_at: self.seen_at,
        }
    }

    /// A fact in words; nothing for a fact that is an absence.
    pub fn of(&self, fact: Fact) -> Option<Evidence> {
        match fact {
            Fact::Issue => Some(self.issue()),
            Fact::Plan => Some(self.plan()),
            Fact::Queued => self.comment("submission-queued", "The work is queued"),
            Fact::Started => self.comment("workflow-started", "The workflow has started"),
            Fact::NoChanges => {
                let pull = self.snapshot.pull.as_ref()?;
                let words = format!("Pull request #{} carries the label no-changes", pull.number);
                Some(self.says(words, "read of the pull request", Some(&pull.html_url), None))
            }
            Fact::Pull => self.pull(),
            Fact::Run => Some(self.run()),
            Fact::Job => self.job(),
            Fact::Status => self.status(),
            // The page shows the dispatch itself, with each of its operations.
            Fact::Dispatch => Some(self.says(
                "A dispatch of this plan stopped".to_owned(),
                "Waymark's own record",
                None,
                None,
            )),
            Fact::Local => {
                let header = self.snapshot.header();
                let who = text(&header, "last_local_impl_user").unwrap_or_else(|| "Somebody".to_owned());
                let at = text(&header, "last_local_impl_at");
                let words = format!("{who} implements it on their own machine");
                let url = &self.snapshot.issue.html_url;
                Some(self.says(words, "plan header", Some(url), at.as_deref()))
            }
        }
    }

    pub fn issue(&self) -> Evidence {
        let issue = &self.snapshot.issue;
        let (words, at) = match &issue.closed_at {
            Some(at) if issue.state == "closed" => {
                let by = issue.closed_by.as_ref().map(|by| format!(" by {}", by.login)).unwrap_or_default();
                (format!("Issue #{} was closed{by}", issue.number), at)
            }
            _ => (format!("Issue #{} is open", issue.number), &issue.created_at),
        };
        self.says(words, "read of the issue", Some(&issue.html_url), Some(at))
    }

    fn plan(&self) -> Evidence {
        let issue = &self.snapshot.issue;
        let found = plan_text::found(self.snapshot);
        let comment = found.as_ref().and_then(|found| {
            let id = *found.comments.first()?;
            self.snapshot.comments.iter().find(|comment| comment.id.unsigned_abs() == id)
        });
        let words = match &found {
            None => "The issue holds no plan",
            Some(found) if waymark_domain::plan::is_skeleton(&found.text) => {
                "The plan is a skeleton that the workflow has not filled yet"
            }
            Some(_) => "The plan is written",
        };
        let source = if comment.is_some() { "issue comment" } else { "read of the issue" };
        let url = comment.map_or(&issue.html_url, |comment| &comment.html_url);
        let at = comment.map_or(&issue.created_at, |comment| &comment.updated_at);
        self.says(words.to_owned(), source, Some(url), Some(at))
    }

    /// The newest comment with a block of this key.
    pub fn comment(&self, key: &str, words: &str) -> Option<Evidence> {
        let (comment, _) = self.snapshot.newest(key)?;
        let (url, at) = (&comment.html_url, &comment.created_at);
        Some(self.says(words.to_owned(), "issue comment", Some(url), Some(at)))
    }

    pub fn pull(&self) -> Option<Evidence> {
        let pull = self.snapshot.pull.as_ref()?;
        let (words, at) = match pr_state(pull) {
            PrState::Draft => ("is a draft", Some(&pull.created_at)),
            PrState::Open => ("is ready for review", None),
            PrState::Merged => ("was merged", pull.merged_at.as_ref()),
            PrState::Closed => ("was closed without a merge", pull.closed_at.as_ref()),
        };
        let words = format!("Pull request #{} {words}", pull.number);
        Some(self.says(words, "read of the pull request", Some(&pull.html_url), at.map(String::as_str)))
    }

    pub fn run(&self) -> Evidence {
        let Some(run) = self.snapshot.latest_run() else {
            return self.says("No run of the workflow is found".to_owned(), "read of the runs", None, None);
        };
        let words = match run.conclusion.as_deref().filter(|_| run.is_completed()) {
            Some(conclusion) => format!("Run {} ended: {}", run.id, conclusion.replace('_', " ")),
            None => {
                let state = run.status.as_deref().unwrap_or("in a state GitHub does not tell");
                format!("Run {} is {}", run.id, state.replace('_', " "))
            }
        };
        let at = match run.is_completed() {
            true => &run.updated_at,
            false => run.run_started_at.as_ref().unwrap_or(&run.created_at),
        };
        self.says(words, "read of the run", Some(&run.html_url), Some(at))
    }

    fn job(&self) -> Option<Evidence> {
        let jobs = &self.snapshot.latest_run()?.jobs;
        let begun = |job: &&crate::github::model::Job| {
            job.started_at.is_some() && job.conclusion.as_deref() != Some("skipped")
        };
        let job = jobs.iter().rev().find(begun)?;
        let step = job.steps.iter().find(|step| step.status == "in_progress");
        let words = match (&job.conclusion, step) {
            (Some(conclusion), _) => format!("Job “{}” ended: {}", job.name, conclusion.replace('_', " ")),
            (None, Some(step)) => format!("Job “{}” is at “{}”", job.name, step.name),
            (None, None) => format!("Job “{}” is {}", job.name, job.status.replace('_', " ")),
        };
        let at = job.completed_at.as_deref().or(job.started_at.as_deref());
        Some(self.says(words, "read of the jobs", job.html_url.as_deref(), at))
    }

    pub fn status(&self) -> Option<Evidence> {
        let (comment, status) = self.snapshot.newest("erk-implementation-status")?;
        let words = text(&status, "status")?.replace('_', " ");
        let steps = match (text(&status, "completed_steps"), text(&status, "total_steps")) {
            (Some(done), Some(total)) => format!(", {done} of {total} steps done"),
            _ => String::new(),
        };
        let words = format!("The implementation reports: {words}{steps}");
        Some(self.says(words, "issue comment", Some(&comment.html_url), Some(&comment.updated_at)))
    }
}
