//! `failed`: a failed run leaves a trace on the plan: the job, the step, and the end of its log.

use serde_json::Value;

use super::desk::Desk;
use super::failure::Failure;
use super::hub::Hub;
use super::publish::Publisher;
use super::texts::{self, Status};

/// Marks the comment about a failed run.
fn marker(run: &str) -> String {
    format!("<!-- waymark:failed:{run} -->")
}

/// After a success: the comment about an earlier attempt of this run, if there is one, says that it is over.
///
/// # Errors
/// When GitHub refuses.
pub async fn settle(desk: &Desk, hub: &Hub, issue: u64) -> Result<(), Failure> {
    let marker = marker(&desk.job.run_id);
    let comments = hub.comments(issue).await?;
    let Some(comment) = comments.iter().find(|comment| comment.text().contains(&marker)) else {
        return Ok(());
    };
    match settled(comment.text(), desk.job.run_attempt) {
        Some(text) => hub.edit_comment(comment.id, &text).await,
        None => Ok(()),
    }
}

fn settled(comment: &str, attempt: u32) -> Option<String> {
    let rest = comment.strip_prefix("❌ ")?;
    Some(format!("✅ Attempt {attempt} succeeded. Before that:\n\n{rest}"))
}

/// How much of the log is shown.
const LINES: usize = 40;
const BYTES: usize = 6_000;

/// # Errors
/// When GitHub refuses.
pub async fn report(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let issue = desk.job.need_issue()?;
    let jobs = hub.jobs(&desk.job.run_id, desk.job.run_attempt).await.unwrap_or_default();
    let step = failed_step(&jobs, &desk.job.job)
        .or_else(|| desk.private("failed.txt")?.lines().next().map(str::to_owned));
    let log = tail(&desk.private("log.txt").unwrap_or_default());
    let marker = marker(&desk.job.run_id);
    let text = comment(desk, step.as_deref(), &log, &marker);
    hub.settle_comment(issue, |comment| comment.contains(&marker), &text).await?;
    let shown = hub.comments(issue).await?.iter().any(|comment| texts::is_status(comment.text()));
    if shown && desk.job.job == "implement" && desk.read("progress.md").is_some() {
        Publisher::new(desk, &hub)?.publish(Status::Failed).await?;
    }
    desk.say(&format!("The failure is reported on {}.", desk.job.issue_url(issue)));
    Ok(())
}

/// The name of the step that failed in the running job, as GitHub has it. A called job's name ends in its own.
fn failed_step(jobs: &[Value], job: &str) -> Option<String> {
    let ours = jobs.iter().find(|found| {
        found["status"].as_str() != Some("completed")
            && found["name"].as_str().is_some_and(|name| name.rsplit(" / ").next() == Some(job))
    })?;
    let steps = ours["steps"].as_array()?;
    let failed = steps.iter().find(|step| step["conclusion"].as_str() == Some("failure"))?;
    failed["name"].as_str().map(str::to_owned)
}

/// The last lines of a log.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let text = lines[lines.len().saturating_sub(LINES)..].join("\n");
    let mut at = text.len().saturating_sub(BYTES);
    while !text.is_char_boundary(at) {
        at += 1;
    }
    text[at..].to_owned()
}

fn comment(desk: &Desk, step: Option<&str>, log: &str, marker: &str) -> String {
    let job = &desk.job;
    let at = step.map_or(String::new(), |step| format!(", step **{step}**"));
    let attempt = if job.run_attempt > 1 { format!(" (attempt {})", job.run_attempt) } else { String::new() };
    let fence = fence(log);
    let plan = match (&job.waymark_url, job.issue) {
        (Some(url), Some(issue)) => format!("[Plan in Waymark]({url}/{}/plans/{issue}) · ", job.repository),
        _ => String::new(),
    };
    format!(
        "❌ The run failed in job **{}**{at}{attempt}.\n\n<details>\n<summary>End of the log</summary>\n\n{fence}text\n{log}\n{fence}\n\n</details>\n\nWhat was finished is on the branch. Re-run the failed job, or edit the plan and go on from the failed step.\n\n{plan}[View workflow run]({})\n\n{marker}",
        job.job,
        job.run_url()
    )
}

/// A fence that the text can not close.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::desk::tests::desk;
    use super::*;

    #[test]
    fn the_failed_step_of_this_job_is_found() {
        let jobs = [
            json!({"name": "plan", "status": "completed", "steps": [{"name": "Old", "conclusion": "failure"}]}),
            json!({"name": "implement / implement", "status": "in_progress", "steps": [
                {"name": "Start", "conclusion": "success"}, {"name": "Implement", "conclusion": "failure"},
            ]}),
        ];
        assert_eq!(failed_step(&jobs, "implement").as_deref(), Some("Implement"));
        assert_eq!(failed_step(&jobs, "plan"), None);
    }

    #[test]
    fn the_comment_quotes_the_end_of_the_log_safely() {
        let (_folder, desk) = desk(&[("GITHUB_RUN_ATTEMPT", "2")]);
        let log = tail(&format!("{}\n```\nlast", "x\n".repeat(100)));
        assert_eq!(log.lines().count(), LINES);
        let text = comment(&desk, Some("Plan"), &log, "<!-- m -->");
        assert!(text.contains("job **plan**, step **Plan** (attempt 2)"), "{text}");
        assert!(text.contains("````text\n") && text.contains("```\nlast\n````"), "{text}");
        let over = settled(&text, 3).expect("it failed");
        assert!(over.starts_with("✅ Attempt 3 succeeded.") && over.contains("<!-- m -->"), "{over}");
        assert_eq!(settled(&over, 4), None);
        assert!(tail(&"ü".repeat(9_000)).len() <= BYTES);
    }
}
