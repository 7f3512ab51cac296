//! A one-shot dispatch, from the label to the roadmap node, as the ordered list of its writes.

use serde_json::json;
use waymark_app::areas::Mode;

use super::work::{self, File};
use super::{Kind, Label, Operation, Plan, roadmap, texts};
use crate::dispatch::slots::{Slot, Slots};
use waymark_app::areas::RepoName;
use waymark_domain::branch;

pub const WORKFLOW: &str = "one-shot.yml";

/// A checked form: what a person asked for.
#[derive(Clone, Debug)]
pub struct Form {
    pub instruction: String,
    pub mode: Mode,
    pub model: String,
}

/// A node of an objective's roadmap that the plan is for.
#[derive(Clone, Debug)]
pub struct Node {
    pub objective: i64,
    pub id: String,
    /// The objective's body as it was read.
    pub body: String,
    /// Id and text of the comment with its tables, where it has one.
    pub comment: Option<(i64, String)>,
}

impl Node {
    /// The objective and the node's id in it.
    pub fn key(&self) -> (i64, String) {
        (self.objective, self.id.clone())
    }
}

/// What GitHub was seen to hold when the form was checked.
#[derive(Clone, Debug)]
pub struct Facts {
    pub repo: RepoName,
    pub default_branch: String,
    pub base: String,
    pub submitter: String,
    pub public_url: String,
    /// Labels of ours that the repository does not have yet.
    pub missing_labels: Vec<Label>,
    /// The number the next issue will probably get; only its digits count, for the branch name's cut.
    pub next_number: i64,
    pub objective: Option<i64>,
    pub node: Option<Node>,
}

/// Stand-ins that occur nowhere in what was typed or read.
pub fn slots(form: &Form, facts: &Facts) -> Slots {
    let node = facts.node.as_ref().map(|node| node.body.as_str()).unwrap_or_default();
    let comment = facts.node.as_ref().and_then(|node| node.comment.as_ref());
    let comment = comment.map(|(_, text)| text.as_str()).unwrap_or_default();
    Slots::avoiding(&[&form.instruction, &form.model, node, comment, &facts.base, &facts.public_url])
}

/// The branch name with stand-ins for number and minute.
fn branch_name(form: &Form, facts: &Facts, slots: &Slots) -> String {
    let prefix = |number: &str| match facts.objective {
        Some(objective) => format!("P{number}-O{objective}-"),
        None => format!("P{number}-"),
    };
    let cut = prefix(&facts.next_number.to_string()).len();
    let slug = branch::slug(&form.instruction, branch::MAX.saturating_sub(cut).max(1));
    format!("{}{slug}-{}", prefix(&slots.text(Slot::Issue)), slots.text(Slot::Stamp))
}

/// Every write of the dispatch, in order.
pub fn operations(form: &Form, facts: &Facts, slots: &Slots) -> Vec<Operation> {
    let repo = &facts.repo;
    let issue = slots.text(Slot::Issue);
    let title = texts::title(form);
    let node = facts.node.as_ref().map(|node| node.id.as_str());
    let skeleton = texts::skeleton_issue(slots, &facts.submitter, facts.objective, node);
    let linked = texts::with_plan_comment(&skeleton, slots.number(Slot::PlanComment), &issue)
        .unwrap_or_else(|| skeleton.clone());
    let mut plan = Plan {
        repo: repo.clone(),
        default_branch: facts.default_branch.clone(),
        base: facts.base.clone(),
        submitter: facts.submitter.clone(),
        public_url: facts.public_url.clone(),
        workflow: WORKFLOW.to_owned(),
        title: title.clone(),
        issue: issue.clone(),
        pull: slots.text(Slot::Pr),
        branch: branch_name(form, facts, slots),
        issue_body: linked.clone(),
        pull_body: String::new(),
        instruction: Some(form.instruction.clone()),
    };
    plan.pull_body = texts::pull_body(&plan, slots);

    let mut operations = work::labels(repo, &facts.missing_labels);
    operations.push(
        Operation::new(
            "create-issue",
            Kind::Issue,
            "Create the plan issue",
            "POST",
            format!("/repos/{repo}/issues"),
        )
        .body(json!({"title": format!("[erk-plan] {title}"), "body": skeleton, "labels": ["erk-plan"]})),
    );
    operations.push(
        Operation::new(
            "comment-plan",
            Kind::PlanComment,
            "Comment with the instruction, where the plan will be",
            "POST",
            format!("/repos/{repo}/issues/{issue}/comments"),
        )
        .body(json!({"body": texts::skeleton_comment(slots, &form.instruction)})),
    );
    operations.push(work::link_plan_comment(repo, &issue, skeleton, linked));
    let task = File {
        path: ".worker-impl/task.md".to_owned(),
        content: format!("{}\n", form.instruction.trim_end_matches('\n')),
    };
    operations.extend(work::branch_and_pull(
        &plan,
        slots,
        &[task],
        &format!("Add the task of plan #{issue}"),
    ));
    operations.extend(work::run_and_notes(
        &plan,
        slots,
        vec![
            ("instruction", texts::shortened(&form.instruction)),
            ("branch_name", plan.branch.clone()),
            ("pr_number", plan.pull.clone()),
            ("submitted_by", plan.submitter.clone()),
            ("distinct_id", slots.text(Slot::DistinctId)),
            ("model_name", form.model.clone()),
            ("objective_issue", facts.objective.map(|number| number.to_string()).unwrap_or_default()),
            ("node_id", facts.node.as_ref().map(|node| node.id.clone()).unwrap_or_default()),
            ("plan_issue_number", issue.clone()),
            ("plan_only", (form.mode == Mode::PlanFirst).to_string()),
        ],
    ));
    operations.extend(facts.node.iter().flat_map(|node| roadmap::marks(repo, node, slots)));
    operations
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::blocks;
    use super::*;
    use crate::dispatch::slots::Bindings;

    fn form(instruction: &str, mode: Mode) -> Form {
        Form { instruction: instruction.to_owned(), mode, model: String::new() }
    }

    fn facts() -> Facts {
        Facts {
            repo: RepoName::parse("acme/widgets").expect("a name"),
            default_branch: "main".to_owned(),
            base: "main".to_owned(),
            submitter: "writer".to_owned(),
            public_url: "http://127.0.0.1:3000".to_owned(),
            missing_labels: Vec::new(),
            next_number: 123,
            objective: None,
            node: None,
        }
    }

    /// Values of the shapes that GitHub gives.
    fn bound() -> Bindings {
        let values = [
            (Slot::Dispatch, "abc"),
            (Slot::DistinctId, "x1y2z3"),
            (Slot::Now, "2026-01-15T14:30:00.000001+00:00"),
            (Slot::Stamp, "01-15-1430"),
            (Slot::BaseSha, "1111111111111111111111111111111111111111"),
            (Slot::BaseTree, "2222222222222222222222222222222222222222"),
            (Slot::Issue, "123"),
            (Slot::PlanComment, "1000"),
            (Slot::TreeSha, "3333333333333333333333333333333333333333"),
            (Slot::CommitSha, "4444444444444444444444444444444444444444"),
            (Slot::Pr, "124"),
            (Slot::RunId, "1234567890"),
            (Slot::RunUrl, "https://github.com/acme/widgets/actions/runs/1234567890"),
            (Slot::RunNode, "WFR_kwLOabc"),
        ];
        values.into_iter().map(|(slot, value)| (slot, value.to_owned())).collect()
    }

    /// The operations of a form as they are sent, by key.
    fn sent(form: &Form, facts: &Facts) -> Vec<(String, String, Value)> {
        let slots = slots(form, facts);
        let operations = operations(form, facts, &slots);
        let fill = |text: &str| slots.fill(text, &bound());
        let body = |op: &Operation| op.body.as_ref().map(|body| Slots::map(body, &fill)).unwrap_or_default();
        operations.iter().map(|op| (op.key.clone(), fill(&op.path), body(op))).collect()
    }

    #[test]
    fn the_writes_come_in_the_order_of_the_seed() {
        let keys: Vec<String> =
            sent(&form("Fix it", Mode::OneShot), &facts()).into_iter().map(|(key, ..)| key).collect();
        assert_eq!(
            keys,
            [
                "create-issue",
                "comment-plan",
                "link-plan-comment",
                "create-tree",
                "create-commit",
                "create-branch",
                "create-pull",
                "dispatch-run",
                "note-run-in-plan",
                "comment-queued",
                "note-run-in-pull",
            ]
        );
    }

    #[test]
    fn what_is_written_passes_erks_strict_check() {
        let mut keys = Vec::new();
        for (_, _, body) in sent(&form("Fix it", Mode::OneShot), &facts()) {
            for found in waymark_domain::block::read(body["body"].as_str().unwrap_or_default()).blocks {
                if let Some(data) = found.data() {
                    assert_eq!(waymark_domain::block::validate(&found.key, data), [""; 0], "{data:?}");
                    keys.push(found.key);
                }
            }
        }
        assert_eq!(keys, ["plan-header", "plan-header", "plan-header", "submission-queued"]);
    }

    #[test]
    fn a_filled_block_is_what_rendering_the_values_gives() {
        let all = sent(&form("Fix the import in config.py", Mode::OneShot), &facts());
        let of = |key: &str| {
            all.iter().find(|(k, ..)| k == key).map(|(.., body)| body.clone()).unwrap_or_default()
        };
        let noted = of("note-run-in-plan");
        let body = noted["body"].as_str().unwrap_or_default();
        let header = json!({
            "schema_version": "2",
            "created_at": "2026-01-15T14:30:00.000001+00:00",
            "created_by": "writer",
            "plan_comment_id": 1000,
            "last_dispatched_run_id": "1234567890",
            "last_dispatched_node_id": "WFR_kwLOabc",
            "last_dispatched_at": "2026-01-15T14:30:00.000001+00:00",
            "last_local_impl_at": null,
            "last_local_impl_event": null,
            "last_local_impl_session": null,
            "last_local_impl_user": null,
            "last_remote_impl_at": null,
            "last_remote_impl_run_id": null,
            "last_remote_impl_session_id": null,
        });
        assert!(body.starts_with(&blocks::render("plan-header", &header)), "{body}");
        assert!(body.ends_with("erk plan submit 123\n```"), "{body}");
        assert!(body.contains("\n\n<!-- waymark:abc:create-issue -->\n\n## Commands\n\n"), "{body}");
        let queued = of("comment-queued");
        let queued = queued["body"].as_str().unwrap_or_default();
        assert_eq!(blocks::field(queued, "submission-queued", "issue_number"), Some(json!(123)));
        assert!(queued.starts_with("🔄 One-Shot Dispatched\n\n<!-- WARNING"), "{queued}");
    }

    #[test]
    fn nothing_is_left_open_once_everything_is_bound() {
        let form = form("Fix it", Mode::PlanFirst);
        let slots = slots(&form, &facts());
        for (key, path, body) in sent(&form, &facts()) {
            assert_eq!(slots.open(&format!("{path}{body}")), None, "{key}");
        }
    }

    #[test]
    fn branch_pull_and_inputs_name_each_other() {
        let all = sent(&form("Fix the import in config.py", Mode::PlanFirst), &facts());
        let of = |key: &str| {
            all.iter().find(|(k, ..)| k == key).map(|(.., body)| body.clone()).unwrap_or_default()
        };
        let branch = "P123-fix-the-import-in-config-p-01-15-1430";
        assert_eq!(of("create-branch")["ref"], format!("refs/heads/{branch}"));
        let pull = of("create-pull");
        assert_eq!(pull["head"], branch);
        assert_eq!(pull["title"], "[WIP] One-shot: Fix the import in config.py");
        assert_eq!(pull["draft"], true);
        assert_eq!(pull["body"].as_str().unwrap_or_default().matches("Closes #123").count(), 1);
        let run = of("dispatch-run");
        assert_eq!(run["return_run_details"], true);
        assert_eq!(run["inputs"]["plan_only"], "true");
        assert_eq!(run["inputs"]["pr_number"], "124");
        assert!(run["inputs"].get("model_name").is_none());
        let files = of("create-tree");
        assert_eq!(files["tree"][0]["content"], "Fix the import in config.py\n");
    }

    #[test]
    fn an_objective_is_in_the_header_the_branch_and_the_roadmap() {
        let roadmap = json!({"schema_version": "3", "nodes": [
            {"id": "1.1", "description": "a", "status": "pending", "plan": null, "pr": null},
        ]});
        let body = blocks::render("objective-roadmap", &roadmap);
        let facts = Facts {
            objective: Some(456),
            node: Some(Node { objective: 456, id: "1.1".to_owned(), body, comment: None }),
            ..facts()
        };
        let all = sent(&form("Fix auth bug", Mode::OneShot), &facts);
        let of = |key: &str| {
            all.iter().find(|(k, ..)| k == key).map(|(.., body)| body.clone()).unwrap_or_default()
        };
        assert_eq!(of("create-branch")["ref"], "refs/heads/P123-O456-fix-auth-bug-01-15-1430");
        let issue = of("create-issue");
        let header = issue["body"].as_str().unwrap_or_default();
        assert_eq!(blocks::field(header, "plan-header", "objective_issue"), Some(json!(456)));
        let marked = of("mark-node");
        let body = marked["body"].as_str().unwrap_or_default();
        assert_eq!(roadmap::status(body, "1.1"), Some("planning"));
        assert!(body.contains("pr: '#124'"), "{body}");
    }

    #[test]
    fn braces_and_closing_words_of_an_instruction_change_nothing_else() {
        let typed = "Replace {issue} by {pr}; Closes #5";
        let form = form(typed, Mode::OneShot);
        let all = sent(&form, &facts());
        let of = |key: &str| {
            all.iter().find(|(k, ..)| k == key).map(|(.., body)| body.clone()).unwrap_or_default()
        };
        assert_eq!(of("create-tree")["tree"][0]["content"], format!("{typed}\n"));
        assert!(!of("create-pull")["body"].as_str().unwrap_or_default().contains("Closes #5"));
        assert!(!of("create-commit")["message"].as_str().unwrap_or_default().contains("Closes"));
        assert_eq!(of("dispatch-run")["inputs"]["instruction"], typed);
    }

    #[test]
    fn another_base_is_not_promised_to_close_the_plan() {
        let facts = Facts { base: "release".to_owned(), ..facts() };
        let all = sent(&form("Fix it", Mode::OneShot), &facts);
        let pull = all.iter().find(|(key, ..)| key == "create-pull").map(|(.., body)| body.clone());
        let body = pull.unwrap_or_default();
        assert!(!body["body"].as_str().unwrap_or_default().contains("Closes"));
        assert_eq!(body["base"], "release");
    }
}
