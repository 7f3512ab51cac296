//! The comments and descriptions that the commands write. Text in, text out; applying one twice changes nothing more.

use serde_json::json;

use super::formats::{self, Progress};
use super::job::Job;

/// Marks the comment that shows progress.
pub const STATUS: &str = "<!-- waymark:status -->";
const SUMMARY: &str = "<!-- waymark:summary -->";
const SUMMARY_END: &str = "<!-- /waymark:summary -->";

/// Where an implementation stands, by erk's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    InProgress,
    Complete,
    NoChanges,
    Failed,
}

/// The comment that says that the run has begun.
pub fn started(job: &Job, issue: u64, pr: u64, branch: &str, now: &str) -> String {
    let url = job.run_url();
    let block = formats::render(
        "workflow-started",
        &json!({
            "schema": "workflow-started",
            "status": "started",
            "started_at": now,
            "workflow_run_id": job.run_id,
            "workflow_run_url": url,
            "branch_name": branch,
            "issue_number": issue,
        }),
    );
    let pr_url = job.pr_url(pr);
    format!(
        "⚙️ GitHub Action Started\n\n{block}\n\n---\n\nSetup completed successfully.\n\n**Branch:** `{branch}`\n**PR:** [#{pr}]({pr_url})\n**Status:** Ready for implementation\n\n[View workflow run]({url})"
    )
}

/// Whether a comment says that this run has begun.
pub fn is_started(comment: &str, run_id: &str) -> bool {
    formats::field(comment, "workflow-started", "workflow_run_id")
        .is_some_and(|id| formats::plain(&id) == run_id)
}

/// Whether a comment says that the work is queued, in a form of any generation.
pub fn is_queued(comment: &str) -> bool {
    formats::field(comment, "submission-queued", "status").is_some()
        || comment.starts_with("🔄 **Queued for Implementation**")
}

/// The comment that says that a one-shot is queued, for when the dispatch could not leave it.
///
/// `near` is a text that the dispatch made: its marker tells the dispatch, which then finds this comment as its own.
pub fn queued(job: &Job, issue: u64, instruction: &str, near: &str, now: &str) -> String {
    let submitter = job.submitted_by.as_deref().unwrap_or("unknown");
    let block = formats::render(
        "submission-queued",
        &json!({
            "schema": "submission-queued",
            "status": "queued",
            "queued_at": now,
            "submitted_by": submitter,
            "issue_number": issue,
            "validation_results": {"issue_is_open": true, "has_erk_plan_label": true},
            "expected_workflow": "one-shot",
            "trigger_mechanism": "workflow-dispatch",
        }),
    );
    let url = job.run_url();
    let text = format!(
        "🔄 One-Shot Dispatched\n\n{block}\n\n---\n\nOne-shot submitted by **{submitter}** at {now}.\n\n**Workflow run:** {url}\n\n**Instruction:** {instruction}"
    );
    match dispatch_of(near) {
        Some(dispatch) => format!("{text}\n\n<!-- waymark:{dispatch}:comment-queued -->"),
        None => text,
    }
}

/// The dispatch that made a text, by its marker `<!-- waymark:DISPATCH:OPERATION -->`.
fn dispatch_of(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (dispatch, operation) =
            line.trim().strip_prefix("<!-- waymark:")?.strip_suffix(" -->")?.split_once(':')?;
        (!dispatch.is_empty() && operation.starts_with("create-")).then_some(dispatch)
    })
}

/// The one comment that shows progress.
pub fn status(job: &Job, progress: &Progress, status: Status, plan_digest: &str, now: &str) -> String {
    let (done, total) = (progress.done(), progress.steps.len());
    let (word, title) = match status {
        Status::InProgress => ("in_progress", format!("🚧 Implementing: {done} of {total} steps done")),
        Status::Complete => ("complete", format!("✅ Implemented: {done} of {total} steps done")),
        Status::NoChanges => ("complete", "✅ Nothing to change".to_owned()),
        Status::Failed => ("failed", format!("❌ Implementation stopped: {done} of {total} steps done")),
    };
    let mut data = json!({
        "status": word,
        "completed_steps": done,
        "total_steps": total,
        "timestamp": now,
    });
    let current = progress.current();
    if let Some((number, text)) = current.filter(|_| matches!(status, Status::InProgress | Status::Failed)) {
        data["current_step"] = json!(number);
        data["step_description"] = json!(text);
    }
    if status == Status::NoChanges {
        data["summary"] = json!("The implementation produced no code changes.");
    }
    data["branch_name"] = json!(job.branch);
    data["pr_url"] = json!(job.pr.map(|pr| job.pr_url(pr)));
    data["workflow_run_id"] = json!(job.run_id);
    data["plan_digest"] = json!(plan_digest);
    let block = formats::render("erk-implementation-status", &data);
    let list: Vec<String> = progress.lines().collect();
    format!(
        "{title}\n\n{block}\n\n---\n\n{}\n\n[View workflow run]({})\n\n{STATUS}",
        list.join("\n"),
        job.run_url()
    )
}

/// Whether a comment is the one that shows progress.
pub fn is_status(comment: &str) -> bool {
    comment.contains(STATUS) && formats::field(comment, "erk-implementation-status", "status").is_some()
}

/// Whether a comment that shows progress is of this run.
pub fn is_of_run(comment: &str, run_id: &str) -> bool {
    formats::field(comment, "erk-implementation-status", "workflow_run_id")
        .is_some_and(|id| formats::plain(&id) == run_id)
}

/// The step before which an earlier run stopped, when it worked on the same plan and branch; 0 when nothing is done.
pub fn steps_done_before(comment: &str, branch: &str, plan_digest: &str) -> usize {
    let field = |name: &str| formats::field(comment, "erk-implementation-status", name);
    let same = |name: &str, value: &str| field(name).is_some_and(|found| formats::plain(&found) == value);
    match same("branch_name", branch) && same("plan_digest", plan_digest) {
        true => field("completed_steps")
            .and_then(|n| n.as_u64())
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0),
        false => 0,
    }
}

/// The words after `**Progress:** ` in the description of the pull request.
pub fn progress_words(progress: &Progress, status: Status) -> String {
    let (done, total) = (progress.done(), progress.steps.len());
    match (status, progress.current()) {
        (Status::Complete, _) => format!("complete, {done} of {total} steps done."),
        (Status::NoChanges, _) => "nothing to change.".to_owned(),
        (Status::Failed, Some((number, _))) => format!("stopped at step {number} of {total}, {done} done."),
        (Status::Failed, None) => format!("stopped, {done} of {total} steps done."),
        (Status::InProgress, Some((number, _))) => format!("step {number} of {total}, {done} done."),
        (Status::InProgress, None) => format!("{done} of {total} steps done."),
    }
}

/// The description with its line of progress; none when it says so already.
pub fn with_progress(body: &str, words: &str) -> Option<String> {
    with_line(body, "**Progress:** ", words)
}

/// The description with the address of this run; none when it is there.
pub fn with_run(body: &str, url: &str) -> Option<String> {
    (!body.contains(url)).then(|| with_line(body, "**Workflow run:** ", url)).flatten()
}

/// Replaces the line with a label, or puts it before the closing reference, or at the end.
fn with_line(body: &str, label: &str, value: &str) -> Option<String> {
    let line = format!("{label}{value}");
    let mut lines: Vec<&str> = body.split('\n').collect();
    let found = lines.iter().position(|known| known.starts_with(label));
    if let Some(at) = found {
        if lines[at].trim_end_matches('\r') == line {
            return None;
        }
        lines[at] = &line;
        return Some(lines.join("\n"));
    }
    match lines.iter().position(|known| is_reference(known)) {
        Some(at) => {
            lines.splice(at..at, [line.as_str(), ""]);
            Some(lines.join("\n"))
        }
        None if body.trim().is_empty() => Some(line),
        None => Some(format!("{}\n\n{line}", body.trim_end())),
    }
}

fn is_reference(line: &str) -> bool {
    let number = line.strip_prefix("Closes #").or_else(|| line.strip_prefix("Plan: #"));
    number.is_some_and(|number| {
        !number.trim_end().is_empty() && number.trim_end().bytes().all(|b| b.is_ascii_digit())
    })
}

/// The description with exactly one closing reference to the plan; none when it is so.
pub fn with_closing(body: &str, issue: u64) -> Option<String> {
    let line = format!("Closes #{issue}");
    let is_ours = |known: &&str| known.trim_end() == line;
    match body.split('\n').filter(is_ours).count() {
        1 => None,
        0 => Some(if body.trim().is_empty() { line } else { format!("{}\n\n{line}", body.trim_end()) }),
        _ => {
            let mut seen = false;
            let kept: Vec<&str> = body
                .split('\n')
                .filter(|known| !is_ours(known) || !std::mem::replace(&mut seen, true))
                .collect();
            Some(kept.join("\n"))
        }
    }
}

/// The description with the summary, and how to check the branch out, on top; what an earlier run put there is replaced.
pub fn with_summary(body: &str, summary: &str, branch: &str) -> Option<String> {
    let part = format!(
        "{SUMMARY}\n{}\n\n## Check it out\n\n```bash\ngit fetch origin {branch}\ngit checkout {branch}\ngit pull --rebase\n```\n\n---\n{SUMMARY_END}",
        harmless(summary.trim())
    );
    let rest = match (body.find(SUMMARY), body.find(SUMMARY_END)) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", &body[..start], body[end + SUMMARY_END.len()..].trim_start_matches('\n'))
        }
        _ => body.to_owned(),
    };
    let whole = format!("{part}\n\n{rest}");
    (whole != body).then_some(whole)
}

/// Text of an agent for a description: it can neither close issues nor pose as one of our markers.
pub fn harmless(text: &str) -> String {
    let text = text.replace("<!--", "&lt;!--");
    let mut result = String::with_capacity(text.len());
    for (n, word) in text.split(' ').enumerate() {
        if n > 0 {
            result.push(' ');
        }
        let before = result
            .trim_end()
            .rsplit(|c: char| !c.is_ascii_alphabetic() && c != ':')
            .next()
            .unwrap_or_default();
        let keyword = before.trim_end_matches(':').to_ascii_lowercase();
        let closes =
            ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
        if closes.contains(&keyword.as_str()) && (word.contains('#') || word.contains("/issues/")) {
            result.push_str("issue ");
        }
        result.push_str(word);
    }
    result
}

/// The title with the mark of work in progress; none when it has it.
pub fn wip_title(title: &str) -> Option<String> {
    (!title.starts_with("[WIP]") && !title.starts_with("[no-changes]")).then(|| format!("[WIP] {title}"))
}

/// Without the mark of work in progress.
pub fn without_wip(title: &str) -> &str {
    title.strip_prefix("[WIP]").unwrap_or(title).trim_start()
}

/// Title of the pull request of a finished implementation: a title that a person chose stays.
pub fn ready_title(pull: &str, plan: &str) -> String {
    let title = without_wip(pull);
    if title.starts_with("One-shot: ") || title.starts_with("[no-changes]") || title.is_empty() {
        formats::plain_title(plan)
    } else {
        title.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_gets_each_line_once_and_before_the_closing_reference() {
        let body =
            "By **w**.\n\n**Progress:** queued. More.\n\nCloses #12\n\n<!-- waymark:d1:create-pull -->";
        let with = with_progress(body, "step 1 of 2, 0 done.").expect("a change");
        assert_eq!(with, body.replace("queued. More.", "step 1 of 2, 0 done."));
        assert_eq!(with_progress(&with, "step 1 of 2, 0 done."), None);
        let run = with_run(&with, "https://x/1").expect("a change");
        assert!(run.contains("\n\n**Workflow run:** https://x/1\n\nCloses #12\n"), "{run}");
        assert_eq!(with_run(&run, "https://x/1"), None);
        assert_eq!(with_run(&run, "https://x/2").expect("a change").matches("**Workflow run:**").count(), 1);
        assert_eq!(with_run("", "u"), Some("**Workflow run:** u".into()));
    }

    #[test]
    fn the_closing_reference_is_there_exactly_once() {
        assert_eq!(with_closing("a\n\nCloses #12\nb", 12), None);
        assert_eq!(with_closing("a\n", 12), Some("a\n\nCloses #12".into()));
        assert_eq!(with_closing("a Closes #12 b", 12), Some("a Closes #12 b\n\nCloses #12".into()));
        assert_eq!(with_closing("Closes #12\nx\nCloses #12", 12), Some("Closes #12\nx".into()));
        assert_eq!(with_closing("Closes #123", 12), Some("Closes #123\n\nCloses #12".into()));
    }

    #[test]
    fn a_summary_is_replaced_and_the_rest_kept() {
        let first = with_summary("rest\n\nCloses #12", "one", "b").expect("a change");
        assert!(first.starts_with(SUMMARY) && first.ends_with("\n\nrest\n\nCloses #12"), "{first}");
        assert_eq!(with_summary(&first, "one", "b"), None);
        let second = with_summary(&first, "two", "b").expect("a change");
        assert_eq!(second, first.replace("one", "two"));
    }

    #[test]
    fn a_summary_can_not_close_issues_or_hold_markers() {
        assert_eq!(
            harmless("This fixes #3 and Closes: acme/x#4."),
            "This fixes issue #3 and Closes: issue acme/x#4."
        );
        assert_eq!(harmless("prefixes #3, see #4"), "prefixes #3, see #4");
        assert_eq!(harmless("<!-- /waymark:summary -->"), "&lt;!-- /waymark:summary -->");
    }

    #[test]
    fn titles_lose_tags_and_keep_what_people_wrote() {
        assert_eq!(ready_title("[WIP] One-shot: add x", "[erk-plan] Add x to y"), "Add x to y");
        assert_eq!(ready_title("[WIP] My title", "[erk-plan] Add x"), "My title");
        assert_eq!(ready_title("[no-changes] P1 Impl Attempt: z", "Plan: Add x [erk-plan]"), "Add x");
    }

    #[test]
    fn what_is_written_passes_erks_strict_check() {
        let job = crate::ci::job::tests::job(&[]).expect("a job");
        let progress = Progress::begin(&["one".to_owned()], 0);
        let now = "2026-01-15T14:30:00+00:00";
        for text in [
            started(&job, 12, 13, "P12-x-01-15-1430", now),
            queued(&job, 12, "Fix it", "", now),
            status(&job, &progress, Status::InProgress, "d", now),
            status(&job, &progress, Status::NoChanges, "d", now),
            status(&job, &progress, Status::Failed, "d", now),
        ] {
            let found = waymark_domain::block::read(&text);
            assert_eq!((found.blocks.len(), found.errors.len(), found.warnings.len()), (1, 0, 0), "{text}");
            let block = &found.blocks[0];
            let data = block.data().expect("data");
            assert_eq!(waymark_domain::block::validate(&block.key, data), [""; 0], "{text}");
        }
    }

    #[test]
    fn the_dispatch_is_known_by_its_marker() {
        assert_eq!(dispatch_of("x\n\n<!-- waymark:d-1:create-pull -->"), Some("d-1"));
        assert_eq!(dispatch_of("<!-- waymark:status -->"), None);
    }
}
