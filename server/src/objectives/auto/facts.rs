//! What auto-start decides by: the objective as the mirror has it, the plans and dispatches for its nodes,
//! and the starts so far.

use std::collections::{HashMap, HashSet};

use waymark_app::areas::{BatchItem, ItemState, NewForm, NodeStatus, PlanRow, Problem};
use waymark_domain::roadmap::{Node, Roadmap};

use super::decide::{Facts, Stands, Start, State};
use super::store::{self, Auto};
use super::words;
use crate::dispatch;
use crate::mirror::objectives::store::Kept;
use crate::mirror::objectives::{self as mirrored, Recorded};
use crate::mirror::{fault, now_ms};
use crate::objectives::{flow, page};
use crate::state::App;

/// Everything read for one decision.
pub struct Known {
    pub starts: Vec<Start>,
    kept: Kept,
    roadmap: Roadmap,
    on: bool,
    most: usize,
    busy: HashSet<String>,
    sending: HashSet<String>,
    returned: HashMap<String, String>,
    stands: HashMap<String, Stands>,
    now: i64,
    delay: i64,
}

impl Known {
    pub fn facts(&self) -> Facts<'_> {
        let ready = self.roadmap.unblocked();
        let pending = self.roadmap.in_order().filter(|node| node.status == NodeStatus::Pending);
        Facts {
            on: self.on,
            most: self.most,
            pending: pending
                .map(|node| (node.id.as_str(), ready.iter().any(|other| other.id == node.id)))
                .collect(),
            busy: self.busy.clone(),
            sending: self.sending.clone(),
            returned: self.returned.clone(),
            starts: self.starts.clone(),
            stands: self.stands.clone(),
            now: self.now,
            delay: self.delay,
        }
    }

    /// The form by which a node is planned.
    pub fn form(&self, node: &str) -> Option<NewForm> {
        self.roadmap.node(node).map(|node| page::form(&self.kept, &self.roadmap, node))
    }
}

/// What is known now; nothing while the roadmap cannot be read.
///
/// # Errors
/// A fault of the database.
pub async fn known(app: &App, auto: &Auto) -> Result<Option<Known>, Problem> {
    let (repo, number) = (&auto.repo, auto.number);
    let kept = mirrored::store::objective(app.db.pool(), repo, number).await.map_err(fault)?;
    let Some(kept) = kept else { return Ok(None) };
    let Ok(roadmap) = kept.snapshot.roadmap() else { return Ok(None) };
    let plans = flow::plans(app, repo, number, &roadmap).await.map_err(fault)?;
    let recorded = mirrored::of_node(app.db.pool(), repo, number, None).await.map_err(fault)?;
    let sending = dispatch::sending(app, repo, number).await?;
    let starts = store::starts(app.db.pool(), repo, number).await.map_err(fault)?;
    // Decided by what is recorded now, which a person may have changed since `auto` was read.
    let now_on = store::load(app.db.pool(), repo, number).await.map_err(fault)?;
    let on = kept.row.open && now_on.is_some_and(|now| !now.paused && now.account_id == auto.account_id);
    let sending: HashSet<String> = sending.into_iter().map(|(node, _)| node).collect();
    let mut busy = sending.clone();
    let mut returned = HashMap::new();
    for node in roadmap.nodes.iter().filter(|node| !node.status.is_satisfied()) {
        let own: Vec<&PlanRow> = plans.iter().filter(|plan| flow::belongs(number, node, plan)).collect();
        let begun = matches!(node.status, NodeStatus::Planning | NodeStatus::InProgress);
        if begun || own.iter().any(|plan| flow::ended(plan.phase).is_none()) {
            busy.insert(node.id.clone());
        } else if let Some(why) =
            came_back(node, &recorded).or_else(|| own.first().and_then(|plan| over(plan)))
        {
            returned.insert(node.id.clone(), why);
        }
    }
    let mut stands = HashMap::new();
    for start in &starts {
        if let State::Started(batch) = &start.state {
            let item = dispatch::first_of_batch(app, batch).await?;
            stands.insert(start.node.clone(), standing(item, start, &plans, &recorded));
        }
    }
    Ok(Some(Known {
        starts,
        kept,
        roadmap,
        on,
        most: auto.most as usize,
        busy,
        sending,
        returned,
        stands,
        now: now_ms(),
        delay: i64::try_from(app.config.autostart_delay.as_millis()).unwrap_or(i64::MAX / 2),
    }))
}

/// Why a node was returned to pending, when that is the last that was recorded of it.
fn came_back(node: &Node, recorded: &[Recorded]) -> Option<String> {
    let last = recorded.iter().rev().find(|change| change.node == node.id)?;
    last.reason.clone().filter(|_| last.after.status == NodeStatus::Pending)
}

fn over(plan: &PlanRow) -> Option<String> {
    flow::ended(plan.phase).map(|how| format!("Plan #{} {how}", plan.number))
}

fn standing(item: Option<BatchItem>, start: &Start, plans: &[PlanRow], recorded: &[Recorded]) -> Stands {
    let Some(item) = item else { return Stands::Missing };
    match item.state {
        ItemState::Waiting | ItemState::Working => Stands::UnderWay,
        ItemState::Undone => Stands::Over("Its dispatch was undone".to_owned()),
        ItemState::Failed => {
            let stopped = item.dispatch.iter().flat_map(|dispatch| &dispatch.operations);
            let problem =
                item.problems.first().or_else(|| stopped.filter_map(|op| op.problem.as_ref()).next());
            Stands::Failed(problem.map_or_else(|| "Its dispatch stopped.".to_owned(), words))
        }
        ItemState::Done => {
            let issue = item.dispatch.and_then(|dispatch| dispatch.issue);
            let plan = plans.iter().find(|plan| Some(plan.number) == issue);
            let since = recorded.iter().rev().find(|change| change.node == start.node);
            let since = since.filter(|change| change.at >= start.due_at);
            let since = since.filter(|change| change.after.status == NodeStatus::Pending);
            match plan.and_then(over).or_else(|| since?.reason.clone()) {
                Some(why) => Stands::Over(why),
                None => Stands::UnderWay,
            }
        }
    }
}
