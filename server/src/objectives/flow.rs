//! Nodes go on as their plans do: a merge makes a node done; a pull request that was closed, or work that
//! failed, returns it to pending with the reason.
//!
//! Properties kept:
//! - What is due follows from the roadmap and the mirror alone, so that asking twice changes nothing.
//! - A node that works for another plan by now is left alone.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row};
use waymark_app::areas::{NodeStatus, PlanRow, Problem, RepoName};
use waymark_domain::lifecycle::Phase;
use waymark_domain::roadmap::{self, Change, Node, NodeError, Roadmap};

use super::write::Writing;
use crate::mirror::fault;
use crate::mirror::objectives::{self as mirrored, Recorded, store};
use crate::state::App;

/// A change that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub node: String,
    pub change: Change,
    pub reason: String,
}

/// The number of a reference such as `#12`.
pub fn number_of(reference: &str) -> Option<i64> {
    roadmap::reference(reference).ok()?.trim_start_matches('#').parse().ok()
}

/// Whether a node names this plan, or its pull request, as its own.
pub fn names(node: &Node, plan: &PlanRow) -> bool {
    let pull = plan.pr.as_ref().map(|pr| pr.number);
    let refers = |text: &Option<String>| text.as_deref().and_then(number_of);
    refers(&node.plan) == Some(plan.number) || pull.is_some() && refers(&node.pr) == pull
}

/// Whether a plan was made for this node of this objective, by the node's own word or by the plan's.
pub fn belongs(objective: i64, node: &Node, plan: &PlanRow) -> bool {
    names(node, plan) || plan.objective == Some(objective) && plan.node.as_deref() == Some(node.id.as_str())
}

/// What is due, given the objective's plans and what was recorded of its nodes, oldest first.
pub fn due(objective: i64, roadmap: &Roadmap, plans: &[PlanRow], recorded: &[Recorded]) -> Vec<Due> {
    let mut due = Vec::new();
    for node in &roadmap.nodes {
        let own: Vec<&PlanRow> = plans.iter().filter(|plan| belongs(objective, node, plan)).collect();
        let named: Vec<&PlanRow> = own.iter().copied().filter(|plan| names(node, plan)).collect();
        let open = !node.status.is_satisfied();
        let merged = own.iter().find(|plan| plan.phase == Phase::Merged);
        let elsewhere = named.iter().any(|plan| works(plan.phase));
        if let Some(plan) = merged.filter(|_| open && !elsewhere) {
            due.push(with(node, plan, NodeStatus::Done, format!("Plan #{} was merged", plan.number)));
            continue;
        }
        let begun = matches!(node.status, NodeStatus::Planning | NodeStatus::InProgress);
        let over = !named.is_empty() && named.iter().all(|plan| ended(plan.phase).is_some());
        if let Some((plan, why)) =
            named.iter().find_map(|plan| Some((plan, ended(plan.phase)?))).filter(|_| begun && over)
        {
            let change = Change {
                plan: Some(String::new()),
                pr: Some(String::new()),
                status: Some(NodeStatus::Pending),
                ..Change::default()
            };
            let reason = format!("Plan #{} {why}", plan.number);
            due.push(Due { node: node.id.clone(), change, reason });
            continue;
        }
        // What was returned and is tried again is taken up again.
        let returned = recorded.iter().rev().find(|change| change.node == node.id);
        let free = node.status == NodeStatus::Pending && named.is_empty();
        let again = returned.filter(|_| free).and_then(|last| {
            let before = last.before.plan.as_deref().or(last.before.pr.as_deref())?;
            let number = number_of(before)?;
            last.reason.as_ref()?;
            plans.iter().find(|plan| {
                let pull = plan.pr.as_ref().map(|pr| pr.number);
                (plan.number == number || pull == Some(number)) && works(plan.phase)
            })
        });
        if let Some(plan) = again {
            let reason = format!("Plan #{} is being worked on again", plan.number);
            due.push(with(node, plan, NodeStatus::Planning, reason));
        }
    }
    due
}

/// The node with this plan and its pull request.
fn with(node: &Node, plan: &PlanRow, status: NodeStatus, reason: String) -> Due {
    let change = Change {
        plan: node.plan.is_some().then(|| plan.number.to_string()),
        pr: plan.pr.as_ref().map(|pr| pr.number.to_string()),
        status: Some(status),
        ..Change::default()
    };
    Due { node: node.id.clone(), change, reason }
}

/// Whether work goes on, or waits for a person.
fn works(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::Dispatched | Phase::Planning | Phase::NeedsApproval | Phase::Implementing | Phase::Complete
    )
}

/// How a plan ended without a merge, as the end of "Plan #12 ...".
pub fn ended(phase: Phase) -> Option<&'static str> {
    Some(match phase {
        Phase::Failed => "failed",
        Phase::Cancelled => "was cancelled",
        Phase::Closed => "was closed without a merge",
        Phase::NoChanges => "changed nothing",
        _ => return None,
    })
}

/// The plans of an objective in the mirror: those that say so, and those its nodes refer to; newest first.
pub async fn plans(
    app: &App,
    repo: &RepoName,
    objective: i64,
    roadmap: &Roadmap,
) -> Result<Vec<PlanRow>, sqlx::Error> {
    // Numbers, read as such, are safe in the statement.
    let listed = |pick: fn(&Node) -> Option<&String>| {
        let numbers: Vec<String> =
            roadmap.nodes.iter().filter_map(|node| number_of(pick(node)?)).map(|n| n.to_string()).collect();
        if numbers.is_empty() { "0".to_owned() } else { numbers.join(", ") }
    };
    let (issues, pulls) = (listed(|node| node.plan.as_ref()), listed(|node| node.pr.as_ref()));
    let pulls = pulls.split(", ").map(|number| format!("'{number}'")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT summary FROM mirror_plans p WHERE repo = $1 AND (objective = $2 OR number IN ({issues}) OR EXISTS (
             SELECT 1 FROM mirror_links l WHERE l.repo = p.repo AND l.number = p.number AND l.kind = 'pull'
             AND l.value IN ({pulls})))
         ORDER BY number DESC"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(repo.to_string())
        .bind(objective)
        .fetch_all(app.db.pool())
        .await?;
    rows.into_iter()
        .map(|row| {
            let summary: String = row.try_get(0)?;
            serde_json::from_str(&summary).map_err(|error| sqlx::Error::Decode(error.into()))
        })
        .collect()
}

/// What is due for an objective, as the mirror has it.
///
/// # Errors
/// A fault of the database.
pub async fn due_now(app: &App, repo: &RepoName, objective: i64) -> Result<Vec<Due>, Problem> {
    let kept = store::objective(app.db.pool(), repo, objective).await.map_err(fault)?;
    let Some(roadmap) = kept.filter(|kept| kept.row.open).and_then(|kept| kept.snapshot.roadmap().ok())
    else {
        return Ok(Vec::new());
    };
    let plans = plans(app, repo, objective, &roadmap).await.map_err(fault)?;
    let recorded = mirrored::of_node(app.db.pool(), repo, objective, None).await.map_err(fault)?;
    Ok(due(objective, &roadmap, &plans, &recorded))
}

/// Makes what is due.
///
/// # Errors
/// GitHub's refusals.
pub async fn make(writing: &Writing, due: &[Due]) -> Result<(), Problem> {
    if due.is_empty() {
        return Ok(());
    }
    let reasons: HashMap<&str, &str> =
        due.iter().map(|due| (due.node.as_str(), due.reason.as_str())).collect();
    let apply = |body: &str| due.iter().try_fold(body.to_owned(), |body, due| apply(&body, due));
    let reason = |node: &str| reasons.get(node).map(|reason| (*reason).to_owned());
    writing.change(reason, apply).await.map(drop)
}

/// The body with a change that is due; versions with a place for words get the reason.
fn apply(body: &str, due: &Due) -> Result<String, NodeError> {
    let returned = due.change.status == Some(NodeStatus::Pending);
    let comment = returned.then(|| due.reason.clone());
    roadmap::update(body, &due.node, &Change { comment, ..due.change.clone() })
}

/// Looks after an objective in the background: however often it is asked, one task does it.
pub fn spawn(app: &App, repo: &RepoName, objective: i64) {
    let (server, of) = (app.clone(), repo.clone());
    app.flows.start("moving nodes on", &format!("{repo}#{objective}"), move || {
        let (app, repo) = (server.clone(), of.clone());
        async move {
            if let Err(problem) = settle(&app, &repo, objective).await {
                tracing::info!(%repo, objective, %problem, "nodes could not be moved on");
            }
        }
    });
}

async fn settle(app: &App, repo: &RepoName, objective: i64) -> Result<(), Problem> {
    let due = due_now(app, repo, objective).await?;
    if due.is_empty() {
        return Ok(());
    }
    make(&Writing::housekeeping(app, repo, objective).await?, &due).await
}

/// Looks after the objectives that a plan belongs to.
pub async fn plan_changed(app: &App, repo: &RepoName, plan: i64) {
    match objectives_of(app, repo, plan).await {
        Ok(objectives) => objectives.into_iter().for_each(|objective| {
            mirrored::publish(app, repo, objective);
            spawn(app, repo, objective);
        }),
        Err(error) => tracing::error!(%error, "the objectives of a plan could not be looked up"),
    }
}

/// The objective that a plan names, and those whose nodes refer to it or to its pull request.
async fn objectives_of(app: &App, repo: &RepoName, plan: i64) -> Result<Vec<i64>, sqlx::Error> {
    let kept = crate::mirror::store::plan(app.db.pool(), repo, plan).await?;
    let Some(row) = kept.map(|kept| kept.row) else { return Ok(Vec::new()) };
    let mut found: Vec<i64> = Vec::new();
    for objective in store::numbers(app.db.pool(), repo).await? {
        let named = row.objective == Some(objective);
        let refers = || async {
            let kept = store::objective(app.db.pool(), repo, objective).await.ok().flatten();
            let roadmap = kept.filter(|kept| kept.row.open).and_then(|kept| kept.snapshot.roadmap().ok());
            roadmap.is_some_and(|roadmap| roadmap.nodes.iter().any(|node| names(node, &row)))
        };
        if named || refers().await {
            found.push(objective);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use waymark_app::areas::{Checks, PrState, PrSummary, ReviewState};

    use super::*;
    use crate::mirror::objectives::NodeState;

    fn plan(number: i64, pull: i64, phase: Phase, node: Option<&str>) -> PlanRow {
        PlanRow {
            repo: RepoName::parse("acme/widgets").expect("a name"),
            number,
            title: String::new(),
            phase,
            steps: None,
            pr: Some(PrSummary {
                number: pull,
                url: String::new(),
                state: PrState::Open,
                review: ReviewState::None,
                checks: Checks::default(),
                blocked: None,
            }),
            author: String::new(),
            labels: Vec::new(),
            objective: node.map(|_| 5),
            node: node.map(str::to_owned),
            branch: None,
            run: None,
            threads: None,
            stale: None,
            comments: 0,
            changed_at: 0,
            as_of: 0,
            needs_you: None,
            stopped: None,
            local: false,
        }
    }

    fn roadmap(status: &str, plan: &str, pr: &str) -> Roadmap {
        let body = format!(
            "| Node | Description | Status | Plan | PR |\n|--|--|--|--|--|\n| 1.1 | a | {status} | {plan} | {pr} |\n"
        );
        roadmap::read(&body, None).expect("a roadmap")
    }

    fn status(due: &[Due]) -> Option<NodeStatus> {
        due.first().and_then(|due| due.change.status)
    }

    #[test]
    fn a_merge_makes_done_and_an_end_without_one_returns() {
        let planning = roadmap("planning", "#7", "#8");
        let of = |phase| due(5, &planning, &[plan(7, 8, phase, None)], &[]);
        assert_eq!(status(&of(Phase::Merged)), Some(NodeStatus::Done));
        for phase in [Phase::Failed, Phase::Closed, Phase::Cancelled, Phase::NoChanges] {
            let due = of(phase);
            assert_eq!(status(&due), Some(NodeStatus::Pending), "{phase:?}");
            assert!(due[0].reason.starts_with("Plan #7 "), "{}", due[0].reason);
        }
        for phase in [Phase::Implementing, Phase::Complete, Phase::Stuck, Phase::Unknown] {
            assert_eq!(of(phase), [], "{phase:?}");
        }
        let done = roadmap("done", "#7", "#8");
        assert_eq!(due(5, &done, &[plan(7, 8, Phase::Merged, None)], &[]), []);
    }

    #[test]
    fn a_node_that_works_for_another_plan_is_left_alone() {
        let planning = roadmap("planning", "#9", "#10");
        let plans = [plan(9, 10, Phase::Implementing, Some("1.1")), plan(7, 8, Phase::Merged, Some("1.1"))];
        assert_eq!(due(5, &planning, &plans, &[]), []);
        let failed = [plan(9, 10, Phase::Implementing, Some("1.1")), plan(7, 8, Phase::Failed, Some("1.1"))];
        assert_eq!(due(5, &planning, &failed, &[]), []);
    }

    #[test]
    fn what_was_returned_and_is_tried_again_is_taken_up_again() {
        let pending = roadmap("pending", "-", "-");
        let state =
            |status, plan: Option<&str>| NodeState { status, plan: plan.map(str::to_owned), pr: None };
        let returned = Recorded {
            node: "1.1".into(),
            at: 1,
            who: Some("Waymark".into()),
            before: state(NodeStatus::Planning, Some("#7")),
            after: state(NodeStatus::Pending, None),
            reason: Some("Plan #7 failed".into()),
        };
        let again = [plan(7, 8, Phase::Implementing, None)];
        assert_eq!(
            status(&due(5, &pending, &again, std::slice::from_ref(&returned))),
            Some(NodeStatus::Planning)
        );
        assert_eq!(due(5, &pending, &again, &[]), [], "an undone dispatch is not taken up");
        let other = [plan(11, 12, Phase::Implementing, None)];
        assert_eq!(due(5, &pending, &other, &[returned]), []);
    }
}
