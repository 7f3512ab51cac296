//! The texts that a dispatch writes, byte for byte as erk's generation of issue-backed plans has them.
//!
//! Every function is pure and is used twice: on stand-ins when a dispatch is described, and on what
//! GitHub holds now when a text is rewritten that somebody else has changed meanwhile.

use serde_json::{Value, json};

use super::blocks;
use super::{Plan, oneshot::Form};
use crate::dispatch::slots::{Slot, Slots};

/// An invisible line by which Waymark finds again what it made. It stands outside metadata blocks.
pub fn marker(dispatch: &str, operation: &str) -> String {
    format!("<!-- waymark:{dispatch}:{operation} -->")
}

/// The invisible line that tells which node of its objective a plan is for. erk's readers take no such
/// key in the header.
pub fn node_marker(node: &str) -> String {
    let node: String = node.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c)).collect();
    format!("<!-- waymark:node:{node} -->")
}

/// The first 60 characters of an instruction on one line, as erk cuts its titles.
pub fn one_line(instruction: &str) -> String {
    let line = instruction.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", line[..at].trim_end()),
        None => line,
    }
}

/// The body of the skeleton issue, before the plan comment exists.
pub fn skeleton_issue(slots: &Slots, submitter: &str, objective: Option<i64>, node: Option<&str>) -> String {
    let header = waymark_domain::plan::header(&slots.text(Slot::Now), submitter, objective);
    let marker = marker(&slots.text(Slot::Dispatch), "create-issue");
    let node = node.map(|node| format!("\n{}", node_marker(node))).unwrap_or_default();
    format!("{}\n\n{marker}{node}", blocks::render("plan-header", &header))
}

/// Whether a body holds a plan header that can be read.
pub fn has_header(body: &str) -> bool {
    blocks::field(body, "plan-header", "schema_version").is_some()
}

/// The issue body with the id of the plan comment and the commands; nothing when both are there.
pub fn with_plan_comment(body: &str, plan_comment: i64, issue: &str) -> Option<String> {
    let linked = blocks::update(body, "plan-header", &json!({"plan_comment_id": plan_comment}))?;
    let linked = if linked.contains("\n## Commands\n") {
        linked
    } else {
        format!(
            "{linked}\n\n## Commands\n\n```bash\nerk prepare {issue}\n```\n\n```bash\nerk plan submit {issue}\n```"
        )
    };
    (linked != body).then_some(linked)
}

/// The plan comment of a plan that the workflow has yet to write.
pub fn skeleton_comment(slots: &Slots, instruction: &str) -> String {
    let text = format!(
        "_Skeleton: plan content will be populated by one-shot workflow._\n\n**Instruction:** {}",
        instruction.trim()
    );
    let marker = marker(&slots.text(Slot::Dispatch), "comment-plan");
    format!("{}\n\n{marker}", blocks::content("plan-body", &text))
}

/// The first body of the pull request. `Closes` counts only there, and only towards the default branch.
pub fn pull_body(plan: &Plan, slots: &Slots) -> String {
    let Plan { repo, issue, submitter, public_url, .. } = plan;
    let reference = match plan.base == plan.default_branch {
        true => format!("Closes #{issue}"),
        false => format!("Plan: #{issue}"),
    };
    format!(
        "Dispatched by **{submitter}** with [Waymark]({public_url}/{repo}/plans/{issue}).\n\n\
         **Progress:** queued. The plan page shows each step as it happens; this pull request stays a draft \
         until the work is ready for review.\n\n\
         {reference}\n\n{}",
        marker(&slots.text(Slot::Dispatch), "create-pull"),
    )
}

/// The pull request body with the address of the run before the closing reference; nothing when it is there.
pub fn with_run_line(body: &str, url: &str) -> Option<String> {
    let line = format!("**Workflow run:** {url}");
    if body.contains(&line) {
        return None;
    }
    let older = body.lines().find(|line| line.starts_with("**Workflow run:** ")).map(str::to_owned);
    if let Some(older) = older {
        return Some(body.replacen(&older, &line, 1));
    }
    let at = body
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .chain([0])
        .filter(|at| ["Closes #", "Plan: #"].iter().any(|word| body[*at..].starts_with(word)))
        .min();
    Some(match at {
        Some(at) => format!("{}{line}\n\n{}", &body[..at], &body[at..]),
        None => format!("{}\n\n{line}", body.trim_end()),
    })
}

/// What the plan's header tells of its last run.
pub struct RunFacts {
    pub run_id: String,
    /// The GraphQL id; `null` where it is not known.
    pub node_id: String,
    pub at: String,
    /// The branch of the work, where an earlier attempt may have left another one in the header.
    pub branch: Option<String>,
}

impl RunFacts {
    pub fn of(slots: &Slots, branch: Option<String>) -> Self {
        RunFacts {
            run_id: slots.text(Slot::RunId),
            node_id: slots.text(Slot::RunNode),
            at: slots.text(Slot::Now),
            branch,
        }
    }
}

/// The issue body with the facts of the run; nothing when they are there, or when there is no header.
pub fn with_run_facts(body: &str, facts: &RunFacts) -> Option<String> {
    let known = blocks::field(body, "plan-header", "last_dispatched_run_id");
    if known == Some(Value::String(facts.run_id.clone())) {
        return None;
    }
    let node_id = match facts.node_id.as_str() {
        "null" => Value::Null,
        known => json!(known),
    };
    let mut changes = json!({
        "last_dispatched_run_id": facts.run_id,
        "last_dispatched_node_id": node_id,
        "last_dispatched_at": facts.at,
    });
    if let Some(branch) = &facts.branch {
        changes["branch_name"] = json!(branch);
    }
    blocks::update(body, "plan-header", &changes)
}

/// The comment that tells, to people and to erk, that the work is queued.
pub fn queued_comment(plan: &Plan, slots: &Slots) -> String {
    let now = slots.text(Slot::Now);
    let run = slots.text(Slot::RunUrl);
    let one_shot = plan.workflow == "one-shot.yml";
    let workflow = plan.workflow.trim_end_matches(".yml");
    let block = blocks::render(
        "submission-queued",
        &json!({
            "schema": "submission-queued",
            "status": "queued",
            "queued_at": now,
            "submitted_by": plan.submitter,
            "issue_number": plan.issue.parse::<i64>().unwrap_or_default(),
            "validation_results": {"issue_is_open": true, "has_erk_plan_label": true},
            "expected_workflow": workflow,
            "trigger_mechanism": "workflow-dispatch",
        }),
    );
    let submitter = &plan.submitter;
    let (title, text) = match one_shot {
        true => (
            "🔄 One-Shot Dispatched",
            format!(
                "One-shot submitted by **{submitter}** at {now}.\n\n**Workflow run:** {run}\n\n**Instruction:** {}",
                plan.instruction.as_deref().map(shortened).unwrap_or_default()
            ),
        ),
        false => (
            "🔄 Issue Queued for Implementation",
            format!(
                "Issue submitted by **{submitter}** at {now}.\n\n\
                 The `{workflow}` workflow has been triggered via direct dispatch.\n\n**Workflow run:** {run}"
            ),
        ),
    };
    let operation = "comment-queued";
    format!("{title}\n\n{block}\n\n---\n\n{text}\n\n{}", marker(&slots.text(Slot::Dispatch), operation))
}

/// The instruction as a workflow input carries it: inputs are short, the file on the branch is whole.
pub fn shortened(instruction: &str) -> String {
    match instruction.char_indices().nth(500) {
        Some((at, _)) => {
            format!("{}... (full instruction committed to .worker-impl/task.md)", &instruction[..at])
        }
        None => instruction.to_owned(),
    }
}

/// The title of the plan of a form, without its tag.
pub fn title(form: &Form) -> String {
    format!("One-shot: {}", one_line(&form.instruction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_line_and_short() {
        assert_eq!(one_line("  Fix\n\nthe  import "), "Fix the import");
        let cut = one_line(&"word ".repeat(40));
        assert!(cut.ends_with("...") && cut.chars().count() <= 63, "{cut}");
    }

    #[test]
    fn the_run_line_stands_before_the_closing_reference_once() {
        let body = "Text.\n\nCloses #7\n\n<!-- waymark:a:b -->";
        let with = with_run_line(body, "https://x/1").unwrap();
        assert_eq!(with, "Text.\n\n**Workflow run:** https://x/1\n\nCloses #7\n\n<!-- waymark:a:b -->");
        assert_eq!(with_run_line(&with, "https://x/1"), None);
        let again = with_run_line(&with, "https://x/2").unwrap();
        assert_eq!(again.matches("**Workflow run:**").count(), 1);
        assert_eq!(with_run_line("", "u").unwrap(), "\n\n**Workflow run:** u");
    }

    #[test]
    fn the_first_texts_are_as_erk_and_people_know_them() {
        let slots = Slots::avoiding(&[]);
        let comment = skeleton_comment(&slots, " Add x.\n");
        let told = waymark_domain::block::read(&comment);
        assert_eq!(
            told.text("plan-body"),
            Some(
                "_Skeleton: plan content will be populated by one-shot workflow._\n\n**Instruction:** Add x."
            )
        );
        let plan = Plan {
            repo: waymark_app::areas::RepoName::parse("acme/widgets").expect("a name"),
            default_branch: "main".into(),
            base: "main".into(),
            submitter: "ada".into(),
            public_url: "https://waymark.test".into(),
            workflow: "one-shot.yml".into(),
            title: "Add x".into(),
            issue: "7".into(),
            pull: "8".into(),
            branch: "P7-add-x-01-15-1430".into(),
            issue_body: String::new(),
            pull_body: String::new(),
            instruction: None,
        };
        let body = pull_body(&plan, &slots);
        let first = "Dispatched by **ada** with [Waymark](https://waymark.test/acme/widgets/plans/7).\n\n";
        assert!(body.starts_with(first) && body.contains("\n\nCloses #7\n\n"), "{body}");
        let other = pull_body(&Plan { base: "next".into(), ..plan }, &slots);
        assert!(other.contains("\n\nPlan: #7\n\n") && !other.contains("Closes"), "{other}");
    }

    #[test]
    fn long_instructions_point_to_the_file() {
        let text = shortened(&"ä".repeat(501));
        assert!(text.starts_with(&"ä".repeat(500)));
        assert!(text.ends_with("... (full instruction committed to .worker-impl/task.md)"));
        assert_eq!(shortened("short"), "short");
    }
}
