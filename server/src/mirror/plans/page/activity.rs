//! What happened to a plan, in order.

use waymark_app::areas::Activity;
use waymark_domain::plan;

use crate::github::model::{User, millis};
use crate::mirror::snapshot::Snapshot;

/// Everything that a reading shows to have happened, oldest first.
pub(super) fn activity(snapshot: &Snapshot) -> Vec<Activity> {
    let mut activity: Vec<Activity> = Vec::new();
    let mut add = |at: Option<&str>, actor: String, text: String, url: &str| {
        if let Some(at) = at.and_then(millis) {
            activity.push(Activity { at, actor, text, url: Some(url.to_owned()) });
        }
    };
    let issue = &snapshot.issue;
    add(Some(&issue.created_at), issue.author(), "opened the plan".to_owned(), &issue.html_url);
    for comment in &snapshot.comments {
        let text = format!("wrote {}", headline(comment.text()));
        add(Some(&comment.created_at), comment.author(), text, &comment.html_url);
    }
    if let Some(pull) = &snapshot.pull {
        let (n, url) = (pull.number, &pull.html_url);
        add(Some(&pull.created_at), login(&pull.user), format!("opened pull request #{n}"), url);
        match &pull.merged_at {
            Some(at) => add(Some(at), login(&pull.merged_by), format!("merged pull request #{n}"), url),
            None => {
                let text = format!("closed pull request #{n}");
                add(pull.closed_at.as_deref(), "Somebody".to_owned(), text, url);
            }
        }
    }
    for review in &snapshot.reviews {
        let words = match review.state.as_str() {
            "APPROVED" => "approved the pull request",
            "CHANGES_REQUESTED" => "asked for changes",
            _ => "reviewed the pull request",
        };
        add(review.submitted_at.as_deref(), login(&review.user), words.to_owned(), &review.html_url);
    }
    for run in &snapshot.runs {
        let begun = run.run_started_at.as_deref().unwrap_or(&run.created_at);
        let text = format!("started run {}", run.id);
        add(Some(begun), run.workflow().to_owned(), text, &run.html_url);
        if let Some(conclusion) = run.conclusion.as_deref().filter(|_| run.is_completed()) {
            let text = format!("ended run {}: {}", run.id, conclusion.replace('_', " "));
            add(Some(&run.updated_at), run.workflow().to_owned(), text, &run.html_url);
        }
    }
    if issue.state == "closed" {
        let text = "closed the plan".to_owned();
        add(issue.closed_at.as_deref(), login(&issue.closed_by), text, &issue.html_url);
    }
    activity.sort_by_key(|item| item.at);
    activity
}

fn login(user: &Option<User>) -> String {
    user.as_ref().map_or_else(|| "ghost".to_owned(), |user| user.login.clone())
}

/// A comment by its first line that people see, cut.
fn headline(comment: &str) -> String {
    if plan::kind(comment) == plan::CommentKind::Plan {
        return "the plan".to_owned();
    }
    let line = comment.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('<'));
    let line = line.unwrap_or("a comment").trim_start_matches(['#', '>', ' ']);
    match line.char_indices().nth(100) {
        Some((at, _)) => format!("“{}…”", &line[..at]),
        None => format!("“{line}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_by_their_first_line() {
        assert_eq!(headline("<!-- x -->\n\n## Hello\nmore"), "“Hello”");
        assert_eq!(headline(&"é".repeat(200)).chars().count(), 103);
    }
}
