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
    /// What is shown: the progress file and the head.
    shown: (String, String),
    /// What the last look could not do, told once.
    told: String,
    /// Looks that do nothing, so that a GitHub that refuses is not asked all the time.
    rest: Rest,
}

/// How many looks to leave out: more after each that failed, none after one that did not.
#[derive(Default)]
struct Rest {
    next: u32,
    left: u32,
}

impl Rest {
    const MOST: u32 = 63;

    fn is_over(&mut self) -> bool {
        let over = self.left == 0;
        self.left = self.left.saturating_sub(1);
        over
    }

    fn after(&mut self, failed: bool) {
        self.next = if failed { (2 * self.next + 1).min(Rest::MOST) } else { 0 };
        self.left = self.next;
    }
}

impl<'a> Publisher<'a> {
    /// # Errors
    /// When the workflow did not give plan, pull request and branch.
    pub fn new(desk: &'a Desk, hub: &'a Hub) -> Result<Publisher<'a>, Failure> {
        let job = &desk.job;
        let (issue, pr, branch) = (job.need_issue()?, job.need_pr()?, job.need_branch()?);
        Ok(Publisher {
            desk,
            hub,
            issue,
            pr,
            branch,
            shown: Default::default(),
            told: String::new(),
            rest: Rest::default(),
        })
    }

    /// The progress as the file in `.impl/` has it.
    fn progress(&self) -> Progress {
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

    /// Pushes and shows what is new since the last look. A failure is a warning: the work itself goes on, and
    /// the next look tries again what this one could not do.
    pub async fn look(&mut self) {
        let (progress, head) = self.state().await;
        if (&progress, &head) == (&self.shown.0, &self.shown.1) || !self.rest.is_over() {
            return;
        }
        let mut failed = Vec::new();
        if head != self.shown.1 {
            match git::push(self.desk, self.hub.token(), self.branch).await {
                Ok(_) => self.shown.1 = head,
                Err(failure) => failed.push(format!("The finished step could not be pushed yet: {failure}")),
            }
        }
        if progress != self.shown.0 {
            match self.publish(Status::InProgress).await {
                Ok(()) => self.shown.0 = progress,
                Err(failure) => failed.push(format!("Progress could not be shown yet: {failure}")),
            }
        }
        self.rest.after(!failed.is_empty());
        let told = failed.join("\n");
        if !told.is_empty() && told != self.told {
            self.desk.record(&told);
        }
        self.told = told;
    }
}
