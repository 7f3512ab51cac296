//! Shows progress where people look: the one status comment, and the line in the pull request's description.

use sha2::{Digest as _, Sha256};

use super::desk::Desk;
use super::failure::Failure;
use super::formats::Progress;
use super::hub::Hub;
use super::texts::{self, Status};
use super::{git, time};

/// What identifies the text of a plan.
pub fn plan_digest(plan: &str) -> String {
    hex::encode(&Sha256::digest(plan.trim().as_bytes())[..8])
}

pub struct Publisher<'a> {
    desk: &'a Desk,
    hub: &'a Hub,
    issue: u64,
    pr: u64,
    branch: &'a str,
    /// What was shown last: the progress file and the head.
    shown: (String, String),
}

impl<'a> Publisher<'a> {
    /// # Errors
    /// When the workflow did not give plan, pull request and branch.
    pub fn new(desk: &'a Desk, hub: &'a Hub) -> Result<Publisher<'a>, Failure> {
        let job = &desk.job;
        let (issue, pr, branch) = (job.need_issue()?, job.need_pr()?, job.need_branch()?);
        Ok(Publisher { desk, hub, issue, pr, branch, shown: Default::default() })
    }

    /// The progress as the file in `.impl/` has it.
    pub fn progress(&self) -> Progress {
        Progress::parse(&self.desk.read("progress.md").unwrap_or_default())
    }

    /// Shows a state in the comment and the description.
    ///
    /// # Errors
    /// When GitHub refuses.
    pub async fn publish(&self, status: Status) -> Result<(), Failure> {
        let progress = self.progress();
        let digest = plan_digest(&self.desk.read("plan.md").unwrap_or_default());
        let text = texts::status(&self.desk.job, &progress, status, &digest, &time::now());
        self.hub.settle_comment(self.issue, texts::is_status, &text).await?;
        let words = texts::progress_words(&progress, status);
        self.hub.rewrite_pull(self.pr, |body| texts::with_progress(body, &words)).await.map(drop)
    }

    /// Takes what is there now as shown.
    pub async fn begin(&mut self) {
        self.shown = self.state().await;
    }

    async fn state(&self) -> (String, String) {
        let progress = self.desk.read("progress.md").unwrap_or_default();
        (progress, git::git(&self.desk.root, &["rev-parse", "HEAD"]).await.unwrap_or_default())
    }

    /// Pushes and shows what is new since the last look. A failure is a warning: the work itself goes on, and the next look tries again.
    pub async fn look(&mut self) {
        let state = self.state().await;
        if state == self.shown {
            return;
        }
        if state.1 != self.shown.1
            && let Err(failure) = git::push(self.desk, self.hub.token(), self.branch).await
        {
            self.desk.record(&format!("The finished step could not be pushed yet: {failure}"));
        }
        if state.0 != self.shown.0
            && let Err(failure) = self.publish(Status::InProgress).await
        {
            self.desk.record(&format!("Progress could not be shown: {failure}"));
        }
        self.shown = state;
    }
}
