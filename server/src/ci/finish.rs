//! `finish` and `no-changes`: the pull request is handed over, described, and out of draft.

use super::desk::Desk;
use super::failure::Failure;
use super::hub::Hub;
use super::publish::Publisher;
use super::texts::{self, Status};
use super::{failed, formats, git, summarise};

const LABEL: (&str, &str, &str) = ("no-changes", "FFA500", "Implementation produced no code changes");

/// Description, title, checks, ready.
///
/// # Errors
/// When GitHub refuses.
pub async fn finish(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let (issue, pr, branch) = (desk.job.need_issue()?, desk.job.need_pr()?, desk.job.need_branch()?);
    let summary = summarise::summary(desk).await;
    let pull = hub.pull(pr).await?;
    hub.rewrite_pull(pr, |body| texts::with_summary(body, &summary, branch)).await?;
    if pull.closes() {
        hub.rewrite_pull(pr, |body| texts::with_closing(body, issue)).await?;
    }
    Publisher::new(desk, &hub)?.publish(Status::Complete).await?;
    let title = texts::ready_title(&pull.title, &hub.issue(issue).await?.title);
    if title != pull.title {
        hub.retitle_pull(pr, &title).await?;
    }
    if pull.title.starts_with("[no-changes]") {
        hub.unlabel(pr, LABEL.0).await?;
    }
    git::git(&desk.root, &["commit", "--quiet", "--allow-empty", "--message", "Trigger CI workflows"])
        .await?;
    git::push_on_top(desk, hub.token(), branch).await?;
    failed::settle(desk, &hub, issue).await?;
    hub.mark_ready(&pull).await?;
    desk.say(&format!("The pull request is ready for review: {}", desk.job.pr_url(pr)));
    Ok(())
}

/// The run found nothing to change: the pull request says so and waits for a person.
///
/// # Errors
/// When GitHub refuses.
pub async fn no_changes(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let (issue, pr, branch) = (desk.job.need_issue()?, desk.job.need_pr()?, desk.job.need_branch()?);
    let pull = hub.pull(pr).await?;
    let plan = formats::plain_title(&hub.issue(issue).await?.title);
    let recent = git::git(
        &desk.root,
        &["log", "-5", "--format=%h %s", &format!("refs/remotes/origin/{}", pull.base.branch)],
    )
    .await
    .unwrap_or_default();
    let told = diagnosis(issue, &pull.base.branch, &recent, &desk.job.run_url());
    hub.rewrite_pull(pr, |body| texts::with_summary(body, &told, branch)).await?;
    if pull.closes() {
        hub.rewrite_pull(pr, |body| texts::with_closing(body, issue)).await?;
    }
    let title = format!("[no-changes] P{issue} Impl Attempt: {plan}");
    if title != pull.title {
        hub.retitle_pull(pr, &title).await?;
    }
    hub.label(pr, LABEL.0, LABEL.1, LABEL.2).await?;
    Publisher::new(desk, &hub)?.publish(Status::NoChanges).await?;
    let marker = format!("<!-- waymark:no-changes:{} -->", desk.job.run_id);
    let text = format!(
        "Implementation produced no code changes. See PR #{pr} for diagnostic information.\n\nEither the work is already done (then close the plan), or the plan needs to say more precisely what to change (then edit it and submit it again).\n\n{marker}"
    );
    hub.settle_comment(issue, |comment| comment.contains(&marker), &text).await?;
    failed::settle(desk, &hub, issue).await?;
    hub.mark_ready(&pull).await?;
    desk.say(&format!("Nothing was changed: {}", desk.job.pr_url(pr)));
    Ok(())
}

/// What the description says when nothing was changed.
fn diagnosis(issue: u64, base: &str, recent: &str, run: &str) -> String {
    let list: Vec<String> = recent.lines().map(|line| format!("- `{}`", line.replace('`', "'"))).collect();
    format!(
        "The agent carried out plan #{issue} and changed nothing.\n\n## What it may mean\n\n- The work is already done: close the plan and this pull request.\n- The plan does not say what to change: edit it and submit it again.\n\n## Latest commits on `{base}`\n\n{}\n\n[What the run did]({run})",
        list.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diagnosis_names_plan_base_and_run() {
        let text = diagnosis(12, "main", "a1 One `x`\nb2 Two", "https://x/1");
        for part in ["plan #12", "`main`", "- `a1 One 'x'`\n- `b2 Two`", "(https://x/1)"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
