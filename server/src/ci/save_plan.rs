//! `save-plan`: fills the skeleton. The plan comment and the title change; the issue's body stays byte for byte.

use serde_json::json;

use super::desk::Desk;
use super::failure::Failure;
use super::formats;
use super::hub::{Comment, Hub};
use super::{plan, time};

/// # Errors
/// When the plan is not sound or GitHub refuses.
pub async fn save(desk: &Desk) -> Result<(), Failure> {
    let planned = plan::check(desk)?;
    let hub = Hub::open(desk)?;
    let pull = hub.pull(desk.job.need_pr()?).await?;
    let title = format!("[erk-plan] {}", planned.title);
    let issue = match desk.job.issue {
        Some(issue) => issue,
        None => hub.create_issue(&title, &new_body(desk), "erk-plan").await?,
    };
    let parts = formats::plan_comments(&planned.text)?;
    save_comments(desk, &hub, issue, &parts).await?;
    if hub.issue(issue).await?.title != title {
        hub.retitle_issue(issue, &title).await?;
    }
    desk.output("issue_number", &issue.to_string())?;
    desk.output("issue_title", &planned.title)?;
    desk.output("base_branch", &pull.base.branch)
}

/// Writes the plan's comments: the one that the header names (else the first that holds a plan), and further ones for a long plan.
async fn save_comments(desk: &Desk, hub: &Hub, issue: u64, parts: &[String]) -> Result<(), Failure> {
    let body = hub.issue(issue).await?.body.unwrap_or_default();
    let comments = hub.comments(issue).await?;
    let named = formats::field(&body, "plan-header", "plan_comment_id").and_then(|id| id.as_u64());
    let known = formats::found_plan(&body, &comments).map(|found| found.comments).unwrap_or_default();
    let old =
        |id: u64| comments.iter().find(|comment| comment.id == id).map(Comment::text).unwrap_or_default();
    let mut first = known.first().copied();
    for (n, part) in parts.iter().enumerate() {
        match known.get(n) {
            Some(id) => {
                let text = with_markers_of(part, old(*id));
                if text != old(*id) {
                    hub.edit_comment(*id, &text).await?;
                }
            }
            None => {
                let id = hub.comment(issue, part).await?;
                first.get_or_insert(id);
            }
        }
    }
    for id in known.iter().skip(parts.len()) {
        hub.edit_comment(*id, "_This part of an earlier, longer plan is no longer used._").await?;
    }
    if named.is_none() {
        let change = json!({"plan_comment_id": first});
        hub.rewrite_issue(issue, |body| formats::filled(body, "plan-header", &change)).await?;
    }
    desk.say(&format!("The plan is saved: {}", desk.job.issue_url(issue)));
    Ok(())
}

/// A new text that keeps the markers by which a dispatch finds the comment again.
fn with_markers_of(text: &str, old: &str) -> String {
    let after = old.rfind("<!-- /erk:metadata-block").map_or("", |at| &old[at..]);
    let markers: Vec<&str> = after.lines().filter(|line| line.starts_with("<!-- waymark:")).collect();
    if markers.is_empty() { text.to_owned() } else { format!("{text}\n\n{}", markers.join("\n")) }
}

/// The body of a plan issue for a run that was started without one.
fn new_body(desk: &Desk) -> String {
    let header = waymark_domain::plan::header(
        &time::now(),
        desk.job.submitted_by.as_deref().unwrap_or("unknown"),
        desk.job.objective,
    );
    formats::render("plan-header", &header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_after_the_block_survive() {
        let old = format!(
            "{}\n\n<!-- waymark:d:comment-plan -->",
            formats::plan_comments("old").expect("sound").remove(0)
        );
        let new = formats::plan_comments("new").expect("sound").remove(0);
        assert_eq!(with_markers_of(&new, &old), format!("{new}\n\n<!-- waymark:d:comment-plan -->"));
        assert_eq!(with_markers_of(&new, "no block <!-- waymark:x:y -->"), new);
    }
}
