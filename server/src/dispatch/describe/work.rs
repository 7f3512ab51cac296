//! The part that every way of starting remote work shares: branch, pull request, run, and what is
//! noted afterwards. One-shot and submit both come through here, so they cannot drift apart.

use serde_json::{Map, Value, json};
use waymark_app::areas::RepoName;

use super::texts;
use super::{Kind, Label, Operation, Plan};
use crate::dispatch::slots::{Slot, Slots};
use crate::github::encode;

/// A file that is committed to the new branch.
pub struct File {
    pub path: String,
    pub content: String,
}

/// Labels of ours that the repository does not have yet.
pub fn labels(repo: &RepoName, missing: &[Label]) -> Vec<Operation> {
    let label = |label: &Label| {
        Operation::new(
            &format!("create-label-{}", label.name),
            Kind::Label,
            format!("Create the label {}", label.name),
            "POST",
            format!("/repos/{repo}/labels"),
        )
        .body(json!({"name": label.name, "color": label.color, "description": label.description}))
    };
    missing.iter().map(label).collect()
}

/// The issue names its plan comment; `body` is how the issue was made, `linked` how it becomes.
pub fn link_plan_comment(repo: &RepoName, issue: &str, body: String, linked: String) -> Operation {
    Operation::new(
        "link-plan-comment",
        Kind::Link,
        "Note the plan comment in the issue",
        "PATCH",
        format!("/repos/{repo}/issues/{issue}"),
    )
    .body(json!({"body": linked}))
    .expecting(body)
}

/// The branch from the base's head with `files` committed, and the draft pull request.
pub fn branch_and_pull(plan: &Plan, slots: &Slots, files: &[File], message: &str) -> Vec<Operation> {
    let repo = &plan.repo;
    let branch = Operation::new(
        "create-branch",
        Kind::Branch,
        format!("Create the branch {}", plan.branch),
        "POST",
        format!("/repos/{repo}/git/refs"),
    )
    .body(json!({"ref": format!("refs/heads/{}", plan.branch), "sha": slots.text(Slot::CommitSha)}));
    let mut operations = commit(plan, slots, files, message, &plan.base);
    operations.extend([branch, pull(plan)]);
    operations
}

/// `files` committed on top of a branch that is there, and a draft pull request for it.
pub fn pull_on_branch(plan: &Plan, slots: &Slots, files: &[File], message: &str) -> Vec<Operation> {
    let branch = Operation::new(
        "move-branch",
        Kind::MoveBranch,
        format!("Move the branch {} on to that commit", plan.branch),
        "PATCH",
        format!("/repos/{}/git/refs/heads/{}", plan.repo, encode(&plan.branch)),
    )
    .body(json!({"sha": slots.text(Slot::CommitSha), "force": false}));
    let mut operations = commit(plan, slots, files, message, &plan.branch);
    operations.extend([branch, pull(plan)]);
    operations
}

/// `files` on top of the commit in the slot of the base.
fn commit(plan: &Plan, slots: &Slots, files: &[File], message: &str, onto: &str) -> Vec<Operation> {
    let repo = &plan.repo;
    let entries: Vec<Value> = files
        .iter()
        .map(|file| json!({"path": file.path, "mode": "100644", "type": "blob", "content": file.content}))
        .collect();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    vec![
        Operation::new(
            "create-tree",
            Kind::Tree,
            format!("Write {}", names.join(", ")),
            "POST",
            format!("/repos/{repo}/git/trees"),
        )
        .body(json!({"base_tree": slots.text(Slot::BaseTree), "tree": entries})),
        Operation::new(
            "create-commit",
            Kind::Commit,
            format!("Commit it on top of {onto}"),
            "POST",
            format!("/repos/{repo}/git/commits"),
        )
        .body(json!({
            "message": message,
            "tree": slots.text(Slot::TreeSha),
            "parents": [slots.text(Slot::BaseSha)],
            "author": {
                "name": plan.submitter,
                "email": format!("{}@users.noreply.github.com", plan.submitter),
                "date": slots.text(Slot::Now),
            },
        })),
    ]
}

fn pull(plan: &Plan) -> Operation {
    Operation::new(
        "create-pull",
        Kind::Pull,
        "Open the draft pull request",
        "POST",
        format!("/repos/{}/pulls", plan.repo),
    )
    .body(json!({
        "title": format!("[WIP] {}", plan.title),
        "head": plan.branch,
        "base": plan.base,
        "body": plan.pull_body,
        "draft": true,
    }))
}

/// The run of `plan.workflow`, and what is noted once it is known.
pub fn run_and_notes(plan: &Plan, slots: &Slots, inputs: Vec<(&str, String)>) -> Vec<Operation> {
    let repo = &plan.repo;
    let inputs: Map<String, Value> = inputs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    let mut operations = vec![
        Operation::new(
            "dispatch-run",
            Kind::Run,
            format!("Start the workflow {}", plan.workflow),
            "POST",
            format!("/repos/{repo}/actions/workflows/{}/dispatches", plan.workflow),
        )
        .body(json!({"ref": plan.default_branch, "inputs": inputs, "return_run_details": true})),
    ];
    // A first attempt leaves it to the run; a later one must not be shown with the branch before it.
    let branch = (plan.workflow != super::oneshot::WORKFLOW).then(|| plan.branch.clone());
    if let Some(body) = texts::with_run_facts(&plan.issue_body, &texts::RunFacts::of(slots, branch.clone())) {
        let note = Operation::new(
            "note-run-in-plan",
            Kind::RunFacts,
            "Note the run in the plan's header",
            "PATCH",
            format!("/repos/{repo}/issues/{}", plan.issue),
        )
        .body(json!({"body": body}))
        .expecting(plan.issue_body.clone())
        .best_effort();
        operations.push(match branch {
            Some(branch) => note.args(json!({"branch": branch})),
            None => note,
        });
    }
    operations.push(
        Operation::new(
            "comment-queued",
            Kind::Comment,
            "Comment that the work is queued",
            "POST",
            format!("/repos/{repo}/issues/{}/comments", plan.issue),
        )
        .body(json!({"body": texts::queued_comment(plan, slots)}))
        .best_effort(),
    );
    if let Some(body) = texts::with_run_line(&plan.pull_body, &slots.text(Slot::RunUrl)) {
        operations.push(
            Operation::new(
                "note-run-in-pull",
                Kind::RunLine,
                "Link the run in the pull request",
                "PATCH",
                format!("/repos/{repo}/pulls/{}", plan.pull),
            )
            .body(json!({"body": body}))
            .expecting(plan.pull_body.clone())
            .best_effort(),
        );
    }
    operations
}
