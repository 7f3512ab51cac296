//! `task`: puts everything that planning needs into `.impl/`, as files.

use serde_json::json;

use super::desk::Desk;
use super::failure::Failure;
use super::formats;
use super::git;
use super::hub::Hub;

/// # Errors
/// When the branch is gone, or there is no instruction.
pub async fn write(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let job = &desk.job;
    let branch = job.need_branch()?;
    let pull = hub.pull(job.need_pr()?).await?;
    git::check_out(desk, hub.token(), branch, job.submitted_by.as_deref().unwrap_or("unknown")).await?;
    let committed = std::fs::read_to_string(desk.root.join(".worker-impl/task.md")).ok();
    let instruction = instruction(committed, std::env::var("INSTRUCTION").ok())?;
    desk.write("task.md", &instruction)?;
    if let Some(objective) = job.objective {
        desk.write("objective.md", &objective_text(&hub, objective, job.node.as_deref()).await?)?;
    }
    write_context(desk, &pull.base.branch)?;
    desk.say(&format!("The task is in .impl/task.md ({} characters).", instruction.chars().count()));
    Ok(())
}

/// `.impl/context.json`: names and numbers for the agent, one member a line.
///
/// # Errors
/// When it can not be written.
pub fn write_context(desk: &Desk, base: &str) -> Result<(), Failure> {
    let job = &desk.job;
    let context = json!({
        "repository": job.repository,
        "plan_issue_number": job.issue,
        "pr_number": job.pr,
        "branch": job.branch,
        "base_branch": base,
        "objective_issue": job.objective,
        "node_id": job.node,
        "submitted_by": job.submitted_by,
        "run_url": job.run_url(),
    });
    desk.write("context.json", &format!("{context:#}\n"))
}

/// The whole instruction: the committed file, else the input, which may be a beginning only.
fn instruction(committed: Option<String>, input: Option<String>) -> Result<String, Failure> {
    [committed, input]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty())
        .map(|text| format!("{}\n", text.trim_end()))
        .ok_or_else(|| {
            Failure::new(
                "Task",
                "There is no instruction: .worker-impl/task.md is not on the branch, and the input is empty.",
            )
        })
}

async fn objective_text(hub: &Hub, number: u64, node: Option<&str>) -> Result<String, Failure> {
    let issue = hub.issue(number).await?;
    let comments = hub.comments(number).await?;
    let told = comments.iter().find_map(|comment| formats::content(comment.text(), "objective-body"));
    let node = node.map(|node| format!("\nThe node to plan: `{node}`.\n")).unwrap_or_default();
    Ok(format!(
        "# Objective #{number}: {}\n{node}\n{}\n\n## As recorded on the issue\n\n{}\n",
        issue.title,
        told.unwrap_or_default().trim(),
        issue.body.unwrap_or_default().trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::desk::tests::desk;
    use super::*;

    #[test]
    fn the_committed_instruction_wins_over_the_shortened_input() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(instruction(text("whole\n\n"), text("who...")), Ok("whole\n".into()));
        assert_eq!(instruction(text(" \n"), text("input")), Ok("input\n".into()));
        assert_eq!(instruction(None, text("input")), Ok("input\n".into()));
        assert!(instruction(None, None).is_err());
    }

    #[test]
    fn the_context_has_one_member_a_line() {
        let (_folder, desk) = desk(&[("OBJECTIVE_ISSUE", "")]);
        write_context(&desk, "main").expect("a file");
        let text = desk.read("context.json").expect("a file");
        assert!(
            text.contains("\n  \"plan_issue_number\": 12,\n")
                && text.contains("\n  \"objective_issue\": null,\n"),
            "{text}"
        );
    }
}
