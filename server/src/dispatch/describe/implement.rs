//! The dispatch of `plan-implement` on a plan that has its branch and pull request: approval.

use waymark_app::areas::RepoName;

use super::{Operation, Plan, work};
use crate::dispatch::slots::{Slot, Slots};

pub const WORKFLOW: &str = "plan-implement.yml";

/// A plan with its branch and pull request, as GitHub was seen to hold them.
#[derive(Clone, Debug)]
pub struct Facts {
    pub repo: RepoName,
    pub default_branch: String,
    pub submitter: String,
    pub public_url: String,
    pub issue: i64,
    /// Without the plan tag.
    pub title: String,
    pub issue_body: String,
    pub pull: i64,
    pub pull_body: String,
    pub branch: String,
    pub base: String,
    pub model: String,
}

/// Stand-ins that occur nowhere in what was read.
pub fn slots(facts: &Facts) -> Slots {
    Slots::avoiding(&[&facts.title, &facts.issue_body, &facts.pull_body, &facts.branch, &facts.public_url])
}

/// Every write of the dispatch, in order.
pub fn operations(facts: &Facts, slots: &Slots) -> Vec<Operation> {
    let plan = Plan {
        repo: facts.repo.clone(),
        default_branch: facts.default_branch.clone(),
        base: facts.base.clone(),
        submitter: facts.submitter.clone(),
        public_url: facts.public_url.clone(),
        workflow: WORKFLOW.to_owned(),
        title: facts.title.clone(),
        issue: facts.issue.to_string(),
        pull: facts.pull.to_string(),
        branch: facts.branch.clone(),
        issue_body: facts.issue_body.clone(),
        pull_body: facts.pull_body.clone(),
        instruction: None,
    };
    work::run_and_notes(
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
        ],
    )
}
