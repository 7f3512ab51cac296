//! `start`: from the issue to a branch that is ready to be worked on.
//!
//! The plan is read from the issue each time, so that a run after an edit works on the edited plan. A repeated run finds the comment,
//! the note and the steps of the earlier one.

use waymark_domain::folder::{PlanRef, RunInfo};

use super::desk::Desk;
use super::failure::Failure;
use super::formats::{self, Progress};
use super::hub::{Comment, Hub, Pull};
use super::job::Job;
use super::publish::{Publisher, plan_digest};
use super::texts::{self, Status};
use super::{git, task, time};

const FOLDER: &str = ".worker-impl";

/// # Errors
/// When the plan is closed or missing, or the branch can not be prepared.
pub async fn start(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let job = &desk.job;
    let (number, pr, branch) = (job.need_issue()?, job.need_pr()?, job.need_branch()?);
    let issue = hub.issue(number).await?;
    if issue.state != "open" {
        return Err(Failure::new("Plan", format!("Plan #{number} is closed. Reopen it to implement it.")));
    }
    let pull = hub.pull(pr).await?;
    if pull.state != "open" {
        return Err(Failure::new(
            "Pull request",
            format!("Pull request #{pr} is closed. Reopen it, or submit the plan again."),
        ));
    }
    let comments = hub.comments(number).await?;
    let body = issue.body.as_deref().unwrap_or_default();
    let plan = plan_text(body, &comments).ok_or_else(|| {
        Failure::new(
            "Plan",
            format!(
                "Plan #{number} has no plan text yet: it is still the skeleton, or its plan comment is gone."
            ),
        )
    })?;

    git::check_out(desk, hub.token(), branch, job.submitted_by.as_deref().unwrap_or("unknown")).await?;
    git::fetch(desk, hub.token(), &pull.base.branch).await?;
    let done = steps_done(&comments, branch, &plan_digest(&plan), job);
    let progress = Progress::begin(&formats::steps(&plan), done);
    let objective = formats::field(body, "plan-header", "objective_issue").and_then(|number| number.as_u64());
    stage(desk, &hub, &plan, &progress, objective).await?;
    copy(desk)?;
    let run = RunInfo { run_id: job.run_id.clone(), run_url: job.run_url() };
    desk.write("run-info.json", &run.render())?;
    task::write_context(desk, &pull.base.branch)?;

    if !comments.iter().any(|comment| texts::is_started(comment.text(), &job.run_id)) {
        hub.comment(number, &texts::started(job, number, pr, branch, &time::now())).await?;
    }
    register_run(desk, &hub, number).await;
    hub.rewrite_pull(pr, |body| texts::with_run(body, &job.run_url())).await?;
    back_to_work(desk, &hub, pr, &pull).await;
    Publisher::new(desk, &hub)?.publish(Status::InProgress).await?;
    desk.say(&format!("{} of {} steps are done.", progress.done(), progress.steps.len()));
    Ok(())
}

/// Notes this run and its branch in the plan's header, unless a later run is there. Best effort: the work
/// does not need it.
async fn register_run(desk: &Desk, hub: &Hub, issue: u64) {
    let job = &desk.job;
    let node = hub.run_node(&job.run_id).await.ok();
    let now = time::now();
    let written = hub.rewrite_issue(issue, |body| formats::with_run(body, job, node.as_deref(), &now)).await;
    if let Err(failure) = written {
        desk.say(&format!("The run could not be noted in the plan's header: {failure}"));
    }
}

/// A pull request that was handed over before is work in progress again. Best effort: not every
/// repository has drafts.
async fn back_to_work(desk: &Desk, hub: &Hub, pr: u64, pull: &Pull) {
    let result = async {
        hub.mark_draft(pull).await?;
        match texts::wip_title(&pull.title) {
            Some(title) => hub.retitle_pull(pr, &title).await,
            None => Ok(()),
        }
    };
    if let Err(failure) = result.await {
        desk.say(&format!("The pull request could not be put back to draft: {failure}"));
    }
}

/// The plan that the issue holds, over all its comments; none while it is the skeleton.
fn plan_text(body: &str, comments: &[Comment]) -> Option<String> {
    formats::found_plan(body, comments).map(|found| found.text).filter(|plan| !formats::is_skeleton(plan))
}

/// How many steps are taken as done: what an earlier attempt of this run finished, else those before
/// `from_step`, else those that an earlier run finished on this branch.
fn steps_done(comments: &[Comment], branch: &str, digest: &str, job: &Job) -> usize {
    let status = comments.iter().find(|comment| texts::is_status(comment.text()));
    let before = status.map_or(0, |status| texts::steps_done_before(status.text(), branch, digest));
    let of_this_run = status.is_some_and(|status| texts::is_of_run(status.text(), &job.run_id));
    match job.from_step {
        Some(step) if of_this_run => before.max(step.saturating_sub(1) as usize),
        Some(step) => step.saturating_sub(1) as usize,
        None => before,
    }
}

/// Commits the plan as it stands on the issue to `.worker-impl/`, where that differs, and pushes it.
async fn stage(
    desk: &Desk,
    hub: &Hub,
    plan: &str,
    progress: &Progress,
    objective: Option<u64>,
) -> Result<(), Failure> {
    let job = &desk.job;
    let (number, branch) = (job.need_issue()?, job.need_branch()?);
    let known = std::fs::read_to_string(desk.root.join(FOLDER).join("plan.md")).ok();
    let text = format!("{}\n", plan.trim());
    if known.as_deref() != Some(&text) {
        let now = time::now();
        let plan_ref = PlanRef {
            number,
            url: job.issue_url(number),
            created_at: now.clone(),
            synced_at: now,
            objective,
            is_pull: false,
        };
        desk.write_at(FOLDER, "plan.md", &text)?;
        desk.write_at(FOLDER, "issue.json", &plan_ref.issue_json())?;
        desk.write_at(FOLDER, "plan-ref.json", &plan_ref.plan_ref_json())?;
        desk.write_at(FOLDER, "README.md", &plan_ref.readme())?;
    }
    desk.write_at(FOLDER, "progress.md", &progress.render())?;
    let subject = match known {
        None => format!("Add plan for issue #{number}"),
        Some(_) => format!("Update plan for issue #{number} (rerun)"),
    };
    if git::commit_all(&desk.root, &subject).await? {
        git::push_on_top(desk, hub.token(), branch).await?;
    }
    Ok(())
}

/// Copies `.worker-impl/` to `.impl/`, which starts empty.
fn copy(desk: &Desk) -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all(desk.root.join(".impl"));
    for name in ["task.md", "plan.md", "progress.md", "issue.json", "plan-ref.json", "README.md"] {
        if let Ok(text) = std::fs::read_to_string(desk.root.join(FOLDER).join(name)) {
            desk.write(name, &text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::job::tests::job;
    use super::*;

    fn comment(id: u64, text: &str) -> Comment {
        Comment { id, body: Some(text.into()), ..Comment::default() }
    }

    #[test]
    fn a_skeleton_is_no_plan() {
        let skeleton =
            formats::plan_comments("_Skeleton: plan content will be populated by one-shot workflow._")
                .expect("sound")
                .remove(0);
        assert_eq!(plan_text("", &[comment(1, &skeleton)]), None);
        let plan = formats::plan_comments("# Add x\n\n1. a").expect("sound").remove(0);
        assert_eq!(plan_text("", &[comment(1, &plan)]).as_deref().map(str::trim), Some("# Add x\n\n1. a"));
    }

    #[test]
    fn steps_of_an_earlier_run_count_only_for_the_same_plan_and_branch() {
        let job = self::job(&[]).expect("a plain job");
        let progress = Progress::begin(&["a".into(), "b".into(), "c".into()], 2);
        let said =
            [comment(9, &texts::status(&job, &progress, Status::Failed, "digest", "2026-01-15T14:30:00Z"))];
        let branch = "P12-add-x-01-15-1430";
        let of = |vars: &[(&str, &str)]| self::job(vars).expect("a job");
        assert_eq!(steps_done(&said, branch, "digest", &of(&[])), 2);
        assert_eq!(steps_done(&said, branch, "other", &of(&[])), 0);
        assert_eq!(steps_done(&said, "P12-other", "digest", &of(&[])), 0);
        assert_eq!(steps_done(&[], branch, "digest", &of(&[])), 0);
        let later = [("GITHUB_RUN_ID", "78"), ("FROM_STEP", "2")];
        assert_eq!(steps_done(&said, branch, "digest", &of(&later)), 1);
        let afresh = [("GITHUB_RUN_ID", "78"), ("FROM_STEP", "1")];
        assert_eq!(steps_done(&said, branch, "digest", &of(&afresh)), 0);
        let again = [("FROM_STEP", "1")];
        assert_eq!(steps_done(&said, branch, "digest", &of(&again)), 2, "another attempt of the same run");
    }
}
