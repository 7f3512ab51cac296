//! The dispatch of `plan-implement` on a plan that is written: submit, resubmit, approve, go on.

use serde_json::json;
use waymark_app::areas::RepoName;
use waymark_domain::folder::PlanRef;
use waymark_domain::progress::Progress;
use waymark_domain::{branch, plan as domain_plan};

use super::oneshot::Node;
use super::work::{self, File};
use super::{Kind, Operation, Plan, roadmap, texts};
use crate::dispatch::slots::{Slot, Slots};

pub const WORKFLOW: &str = "plan-implement.yml";

/// A plan as GitHub was seen to hold it, and what a person chose.
#[derive(Clone, Debug)]
pub struct Facts {
    pub repo: RepoName,
    pub default_branch: String,
    pub base: String,
    pub submitter: String,
    pub public_url: String,
    pub issue: i64,
    pub issue_url: String,
    /// Without the plan tag.
    pub title: String,
    pub issue_body: String,
    /// Markdown of the plan.
    pub plan: String,
    pub objective: Option<i64>,
    pub node: Option<Node>,
    pub model: String,
    /// The step to begin with; the steps before it count as done.
    pub from_step: Option<u32>,
    /// Runs of the plan that are not over: they end first.
    pub running: Vec<i64>,
    pub target: Target,
}

/// Where the work goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// A new branch from the base; the old ones are taken away first.
    Fresh { replaced: Vec<Old> },
    /// A branch that is there, from its head, with a new pull request.
    Branch(String),
    /// A branch that is there with its open pull request.
    Pull { branch: String, number: i64, body: String },
}

/// A branch of an earlier attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    pub branch: String,
    /// Its open pull request.
    pub pull: Option<i64>,
}

/// Stand-ins that occur nowhere in what was read.
pub fn slots(facts: &Facts) -> Slots {
    let node = facts.node.as_ref().map_or("", |node| node.body.as_str());
    let (name, body) = match &facts.target {
        Target::Fresh { .. } => ("", ""),
        Target::Branch(branch) => (branch.as_str(), ""),
        Target::Pull { branch, body, .. } => (branch.as_str(), body.as_str()),
    };
    Slots::avoiding(&[
        &facts.title,
        &facts.issue_body,
        &facts.plan,
        &facts.model,
        &facts.base,
        &facts.public_url,
        node,
        name,
        body,
    ])
}

/// The name of a new branch, with a stand-in for the minute.
fn branch_name(facts: &Facts, slots: &Slots) -> String {
    let objective = facts.objective.map(|objective| format!("O{objective}-")).unwrap_or_default();
    let prefix = format!("P{}-{objective}", facts.issue);
    let slug = branch::slug(&facts.title, branch::MAX.saturating_sub(prefix.len()).max(1));
    format!("{prefix}{slug}-{}", slots.text(Slot::Stamp))
}

/// Every write of the dispatch, in order.
pub fn operations(facts: &Facts, slots: &Slots) -> Vec<Operation> {
    let mut plan = Plan {
        repo: facts.repo.clone(),
        default_branch: facts.default_branch.clone(),
        base: facts.base.clone(),
        submitter: facts.submitter.clone(),
        public_url: facts.public_url.clone(),
        workflow: WORKFLOW.to_owned(),
        title: facts.title.clone(),
        issue: facts.issue.to_string(),
        pull: slots.text(Slot::Pr),
        branch: match &facts.target {
            Target::Fresh { .. } => branch_name(facts, slots),
            Target::Branch(branch) | Target::Pull { branch, .. } => branch.clone(),
        },
        issue_body: facts.issue_body.clone(),
        pull_body: String::new(),
        instruction: None,
    };
    plan.pull_body = texts::pull_body(&plan, slots);
    let message = format!("Add plan for issue #{}", facts.issue);
    let mut operations: Vec<Operation> = facts.running.iter().map(|run| end(&facts.repo, *run)).collect();
    match &facts.target {
        Target::Fresh { replaced } => {
            let taken = replaced.iter().zip(1..).flat_map(|(old, at)| take_away(facts, slots, old, at));
            operations.extend(taken);
            operations.extend(work::branch_and_pull(&plan, slots, &files(facts, slots), &message));
        }
        Target::Branch(_) => {
            operations.extend(work::pull_on_branch(&plan, slots, &files(facts, slots), &message));
        }
        Target::Pull { number, body, .. } => {
            plan.pull = number.to_string();
            plan.pull_body = body.clone();
        }
    }
    operations.extend(work::run_and_notes(
        &plan,
        slots,
        vec![
            ("issue_number", plan.issue.clone()),
            ("submitted_by", plan.submitter.clone()),
            ("distinct_id", slots.text(Slot::DistinctId)),
            ("issue_title", plan.title.clone()),
            ("branch_name", plan.branch.clone()),
            ("pr_number", plan.pull.clone()),
            ("model_name", facts.model.clone()),
            ("base_branch", plan.base.clone()),
            ("from_step", facts.from_step.map(|step| step.to_string()).unwrap_or_default()),
        ],
    ));
    operations.extend(facts.node.iter().flat_map(|node| roadmap::marks(&facts.repo, node, slots)));
    operations
}

/// Ends a run of an earlier attempt, so that it pushes nothing any more.
fn end(repo: &RepoName, run: i64) -> Operation {
    Operation::new(
        &format!("end-run-{run}"),
        Kind::CancelRun,
        format!("Cancel run {run}, which is not over"),
        "POST",
        format!("/repos/{repo}/actions/runs/{run}/cancel"),
    )
}

/// Closes the pull request of an earlier attempt and deletes its branch.
fn take_away(facts: &Facts, slots: &Slots, old: &Old, at: usize) -> Vec<Operation> {
    let repo = &facts.repo;
    let mut operations = Vec::new();
    if let Some(pull) = old.pull {
        let key = format!("comment-old-pull-{at}");
        let marker = texts::marker(&slots.text(Slot::Dispatch), &key);
        let words = format!(
            "Closed by Waymark: **{}** submitted plan #{} again, on a new branch.\n\n{marker}",
            facts.submitter, facts.issue
        );
        operations.push(
            Operation::new(
                &key,
                Kind::Comment,
                format!("Say why on the old pull request #{pull}"),
                "POST",
                format!("/repos/{repo}/issues/{pull}/comments"),
            )
            .body(json!({"body": words}))
            .best_effort(),
        );
        operations.push(
            Operation::new(
                &format!("close-old-pull-{at}"),
                Kind::ClosePull,
                format!("Close the old pull request #{pull}"),
                "PATCH",
                format!("/repos/{repo}/pulls/{pull}"),
            )
            .body(json!({"state": "closed"})),
        );
    }
    operations.push(Operation::new(
        &format!("delete-old-branch-{at}"),
        Kind::DeleteBranch,
        format!("Delete the old branch {}", old.branch),
        "DELETE",
        format!("/repos/{repo}/git/refs/heads/{}", crate::github::encode(&old.branch)),
    ));
    operations
}

/// The files of `.worker-impl/`.
fn files(facts: &Facts, slots: &Slots) -> Vec<File> {
    let now = slots.text(Slot::Now);
    let plan_ref = PlanRef {
        number: facts.issue.unsigned_abs(),
        url: facts.issue_url.clone(),
        created_at: now.clone(),
        synced_at: now,
        objective: facts.objective.map(i64::unsigned_abs),
        is_pull: false,
    };
    let done = facts.from_step.map_or(0, |step| step.saturating_sub(1));
    let steps = domain_plan::steps(&facts.plan);
    let progress = Progress::begin(&steps, usize::try_from(done).unwrap_or_default());
    [
        ("plan.md", format!("{}\n", facts.plan.trim())),
        ("progress.md", progress.render()),
        ("issue.json", plan_ref.issue_json()),
        ("plan-ref.json", plan_ref.plan_ref_json()),
        ("README.md", plan_ref.readme()),
    ]
    .into_iter()
    .map(|(name, content)| File { path: format!(".worker-impl/{name}"), content })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(target: Target) -> Facts {
        Facts {
            repo: RepoName::parse("acme/widgets").expect("a name"),
            default_branch: "main".to_owned(),
            base: "main".to_owned(),
            submitter: "writer".to_owned(),
            public_url: "http://127.0.0.1:3000".to_owned(),
            issue: 123,
            issue_url: "https://github.com/acme/widgets/issues/123".to_owned(),
            title: "Add user authentication".to_owned(),
            issue_body: String::new(),
            plan: "# Plan: Add user authentication\n\n## Steps\n\n1. Do it\n2. Test it".to_owned(),
            objective: Some(42),
            node: None,
            model: String::new(),
            from_step: None,
            running: vec![7],
            target,
        }
    }

    fn described(facts: &Facts) -> Vec<Operation> {
        operations(facts, &slots(facts))
    }

    fn keys(operations: &[Operation]) -> Vec<&str> {
        operations.iter().map(|op| op.key.as_str()).collect()
    }

    fn of<'a>(operations: &'a [Operation], key: &str) -> &'a serde_json::Value {
        operations.iter().find(|op| op.key == key).and_then(|op| op.body.as_ref()).expect("a body")
    }

    #[test]
    fn a_fresh_branch_comes_after_the_old_ones_are_gone() {
        let old = Old { branch: "P123-a-01-15-1430".to_owned(), pull: Some(9) };
        let bare = Old { branch: "P123-b-01-15-1430".to_owned(), pull: None };
        let all = described(&facts(Target::Fresh { replaced: vec![old, bare] }));
        assert_eq!(
            keys(&all),
            [
                "end-run-7",
                "comment-old-pull-1",
                "close-old-pull-1",
                "delete-old-branch-1",
                "delete-old-branch-2",
                "create-tree",
                "create-commit",
                "create-branch",
                "create-pull",
                "dispatch-run",
                "comment-queued",
                "note-run-in-pull",
            ]
        );
        let pull = of(&all, "create-pull");
        assert_eq!(pull["title"], "[WIP] Add user authentication");
        assert_eq!(pull["body"].as_str().unwrap_or_default().matches("Closes #123\n").count(), 1);
        let branch = pull["head"].as_str().unwrap_or_default();
        assert!(branch.starts_with("P123-O42-add-user-authenticatio-"), "{branch}");
        let files = of(&all, "create-tree")["tree"].as_array().cloned().unwrap_or_default();
        let paths: Vec<&str> = files.iter().filter_map(|file| file["path"].as_str()).collect();
        assert_eq!(
            paths,
            [
                ".worker-impl/plan.md",
                ".worker-impl/progress.md",
                ".worker-impl/issue.json",
                ".worker-impl/plan-ref.json",
                ".worker-impl/README.md"
            ]
        );
        assert!(of(&all, "dispatch-run")["inputs"].get("from_step").is_none());
    }

    #[test]
    fn a_branch_that_is_there_moves_on_or_stays() {
        let branch = "P123-a-01-15-1430".to_owned();
        let all = described(&facts(Target::Branch(branch.clone())));
        let made: Vec<&str> = keys(&all).into_iter().skip(1).take(5).collect();
        assert_eq!(made, ["create-tree", "create-commit", "move-branch", "create-pull", "dispatch-run"]);
        assert_eq!(of(&all, "create-pull")["head"], branch.as_str());
        let pull = Target::Pull { branch, number: 9, body: "Text.\n\nCloses #123".to_owned() };
        let all = described(&Facts { from_step: Some(2), running: Vec::new(), ..facts(pull) });
        assert_eq!(keys(&all), ["dispatch-run", "comment-queued", "note-run-in-pull"]);
        assert_eq!(of(&all, "dispatch-run")["inputs"]["from_step"], "2");
        assert_eq!(of(&all, "dispatch-run")["inputs"]["pr_number"], "9");
    }

    #[test]
    fn steps_before_the_first_one_count_as_done() {
        let facts = Facts { from_step: Some(2), ..facts(Target::Fresh { replaced: Vec::new() }) };
        let all = described(&facts);
        let progress = of(&all, "create-tree")["tree"][1]["content"].as_str().unwrap_or_default().to_owned();
        assert_eq!(Progress::parse(&progress).done(), 1);
    }
}
