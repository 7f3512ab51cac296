//! The plans area: what is shown comes from the mirror, what is done goes to GitHub as the viewer.
//!
//! Properties kept:
//! - Every method asks first what GitHub lets the viewer do; public repositories are read without asking.
//! - Whatever GitHub answers, the last good copy stays on the page, with its age and the reason.

mod act;
mod edit;
mod evidence;
mod find;
mod log;
mod offers;
pub(crate) mod overview;
mod page;
mod stages;

use std::sync::Arc;

use waymark_app::areas::{
    ActionKind, DispatchState, DispatchView, Dispatches, EditRefusal, Existing, JobLog, Overview,
    OverviewQuery, PlanPage, PlanRow, Plans as Area, Problem, ProblemKind, RepoName, SubmitForm, Viewer,
};

use super::access::{self, Level};
use super::facts::view;
use super::{cancel, fault, logs, refresh_plan, store};
use crate::state::App;
pub(crate) use overview::Table as PlanTable;
pub use overview::explain;

/// The area on the mirror.
pub struct Plans {
    app: App,
    dispatches: Arc<dyn Dispatches>,
}

impl Plans {
    pub fn new(app: App, dispatches: Arc<dyn Dispatches>) -> Self {
        Plans { app, dispatches }
    }

    async fn kept(&self, repo: &RepoName, number: i64) -> Result<Option<store::Kept>, Problem> {
        store::plan(self.app.db.pool(), repo, number).await.map_err(fault)
    }
}

fn no_plan(repo: &RepoName, number: i64) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no plan #{number} in {repo}.")).next(
        "A plan is an issue with the label erk-plan. Look for it among the plans, or connect the repository.",
    )
}

#[async_trait::async_trait]
impl Area for Plans {
    async fn overview(&self, viewer: Option<&Viewer>, query: &OverviewQuery) -> Result<Overview, Problem> {
        overview::overview(&self.app, viewer, query).await
    }

    async fn export(&self, viewer: Option<&Viewer>, query: &OverviewQuery) -> Result<Vec<PlanRow>, Problem> {
        overview::export(&self.app, viewer, query).await
    }

    async fn find(&self, viewer: Option<&Viewer>, text: &str) -> Result<Vec<PlanRow>, Problem> {
        find::find(&self.app, viewer, text).await
    }

    async fn plan(&self, viewer: Option<&Viewer>, repo: &RepoName, number: i64) -> Result<PlanPage, Problem> {
        let (known, access) = super::visible(&self.app, viewer, repo).await?;
        let repo = known.as_ref().map_or(repo, |known| &known.repo);
        let mut kept = self.kept(repo, number).await?;
        if kept.is_none() && known.is_some() && viewer.is_some() {
            // It may be newer than the last reading.
            refresh_plan(&self.app, repo, number).await?;
            kept = self.kept(repo, number).await?;
        }
        let kept = kept.ok_or_else(|| no_plan(repo, number))?;
        let dispatches = self.dispatches.of_plan(repo, number).await?;
        let asked = cancel::of_plan(&self.app, repo, number).await.map_err(fault)?;
        let can = offers::Can { signed_in: viewer.is_some(), level: access.map(|access| access.level) };
        Ok(page::page(repo, kept, known.as_ref(), dispatches, &asked, can, super::now_ms()))
    }

    async fn log(
        &self,
        viewer: Option<&Viewer>,
        repo: &RepoName,
        number: i64,
        job: i64,
    ) -> Result<JobLog, Problem> {
        let (known, _) = super::visible(&self.app, viewer, repo).await?;
        let repo = known.as_ref().map_or(repo, |known| &known.repo);
        let kept = self.kept(repo, number).await?.ok_or_else(|| no_plan(repo, number))?;
        let known = kept
            .snapshot
            .runs
            .iter()
            .find_map(|run| Some((run, run.jobs.iter().chain(&run.earlier).find(|one| one.id == job)?)));
        let Some((run, job)) = known else {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("No run of plan #{number} has such a job."),
            )
            .next("Open the plan and choose one of its jobs."));
        };
        let log = logs::of_job(&self.app, repo, job.id, job.status == "completed").await?;
        let job = page::job(run, job);
        Ok(JobLog { sections: log::sections(&log.text, &job), job, cut: log.cut })
    }

    async fn edit(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        version: &str,
        text: &str,
    ) -> Result<(), EditRefusal> {
        edit::edit(&self.app, viewer, repo, number, version, text).await
    }

    async fn act(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        action: ActionKind,
        method: Option<&str>,
    ) -> Result<(), Problem> {
        let repo = &super::connected_name(&self.app, repo).await?;
        let level = if action == ActionKind::Refresh { Level::Read } else { Level::Write };
        access::require(&self.app, Some(viewer), repo, level).await?;
        // Decided on what GitHub holds now, not on what the page showed.
        refresh_plan(&self.app, repo, number).await?;
        if action == ActionKind::Refresh {
            return Ok(());
        }
        let kept = self.kept(repo, number).await?.ok_or_else(|| no_plan(repo, number))?;
        match action {
            ActionKind::Approve => {
                if let Err(problem) = offers::require(&kept.snapshot, action) {
                    // The same click twice is one approval.
                    return if self.is_going_on(repo, number).await? { Ok(()) } else { Err(problem) };
                }
                self.dispatches.approve(viewer, repo, number).await.map(drop)
            }
            ActionKind::Submit | ActionKind::Resubmit => {
                offers::require(&kept.snapshot, action)?;
                self.submit(viewer, repo, number, Existing::Ask, None).await
            }
            ActionKind::Continue => {
                offers::require(&kept.snapshot, action)?;
                let step = offers::next_step(&view(&kept.snapshot, super::now_ms()));
                self.submit(viewer, repo, number, Existing::Use, step).await
            }
            ActionKind::CancelRun => {
                // A dispatch is told its run at once; GitHub's lists may not have it yet.
                let dispatches = self.dispatches.of_plan(repo, number).await?;
                let run = dispatches.last().and_then(|dispatch| dispatch.run_id);
                match run.filter(|run| kept.snapshot.runs.iter().all(|known| known.id != *run)) {
                    Some(run) => cancel::cancel(&self.app, viewer, repo, number, run).await,
                    None => act::act(&self.app, viewer, repo, &kept.snapshot, action, method).await,
                }
            }
            _ => act::act(&self.app, viewer, repo, &kept.snapshot, action, method).await,
        }
    }
}

impl Plans {
    /// Whether a dispatch that implements the plan is being sent.
    async fn is_going_on(&self, repo: &RepoName, number: i64) -> Result<bool, Problem> {
        let of_plan = self.dispatches.of_plan(repo, number).await?;
        let running =
            |one: &DispatchView| one.state == DispatchState::Running && one.workflow == "plan-implement";
        Ok(of_plan.iter().any(running))
    }

    /// Submits the plan; of several findings the first is told.
    async fn submit(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        existing: Existing,
        from_step: Option<u32>,
    ) -> Result<(), Problem> {
        let form =
            SubmitForm { repo: repo.to_string(), number, existing, from_step, ..SubmitForm::default() };
        let refused = |problems: Vec<Problem>| problems.into_iter().next();
        match self.dispatches.submit(viewer, &form).await.map_err(refused) {
            Ok(_) | Err(None) => Ok(()),
            Err(Some(problem)) => Err(problem),
        }
    }
}
