//! The panel of the chosen node: what it is, what it waits for, what it leads to, and what to do.

use leptos::prelude::*;

use super::roadmap::to_node;
use crate::address::address;
use crate::areas::{NodeChange, NodeDetail, NodeStatus, ObjectivePage, PlanRow, RoadmapNode};
use crate::components::{ago, icon, node_state, phase_badge};
use crate::pages::plan::{checks, pr_state};

pub(super) fn panel(page: &ObjectivePage, node: &RoadmapNode, detail: &NodeDetail) -> AnyView {
    let phase = page.phases.iter().find(|phase| phase.nodes.iter().any(|other| other.id == node.id));
    let phase = phase.map(|phase| format!("Phase {} · {}", phase.key, phase.name));
    let refs = [("Plan", &node.plan), ("Pull request", &node.pr)].map(|(name, text)| {
        text.clone().map(|text| view! { <div><dt>{name}</dt><dd>{reference(page, &text)}</dd></div> })
    });
    let waits = match (node.waits_for.is_empty(), node.depends_on.is_empty()) {
        (false, _) => links(page, &node.waits_for),
        (true, false) => view! { <span class="muted">"Nothing: all it builds on is done"</span> }.into_any(),
        (true, true) => view! { <span class="muted">"Nothing"</span> }.into_any(),
    };
    let unblocks = if detail.unblocks.is_empty() {
        view! { <span class="muted">"Nothing directly"</span> }.into_any()
    } else {
        links(page, &detail.unblocks)
    };
    let in_all = (!detail.leads_to.is_empty())
        .then(|| view! { <p class="muted small">{leads_to(detail.leads_to.len())}</p> });
    let note =
        node.comment.clone().map(|text| view! { <p class="small"><strong>"Note: "</strong>{text}</p> });
    view! {
        <aside class="node-panel" id="node-panel" aria-labelledby="node-heading">
            <div class="panel-head">
                <p class="muted small">{phase}</p>
                <a class="panel-close" href=page.row.path() aria-label="Close the panel">{icon("x")}</a>
            </div>
            <h2 id="node-heading" tabindex="-1" data-arrive><span class="node-id">{node.id.clone()}</span> " " {node.description.clone()}</h2>
            <p class="row">
                {node_state(node)} {node.ready.then(|| view! { <span class="tag">"Ready"</span> })}
            </p>
            {note}
            {act(page, node, detail)}
            <dl class="facts">
                {refs.into_iter().collect_view()}
                <div><dt>"Waits for"</dt><dd>{waits}</dd></div>
                <div><dt>"Finishing it unblocks"</dt><dd>{unblocks} {in_all}</dd></div>
            </dl>
            {plans(&detail.plans)}
            {history(&detail.history)}
        </aside>
    }
    .into_any()
}

fn leads_to(count: usize) -> String {
    match count {
        1 => "1 node builds on it in all".to_owned(),
        count => format!("{count} nodes build on it in all"),
    }
}

/// Plan it, or why that needs a second thought.
fn act(page: &ObjectivePage, node: &RoadmapNode, detail: &NodeDetail) -> AnyView {
    if !page.can_write || !page.row.open {
        let words = if page.row.open {
            "Planning needs write access to the repository."
        } else {
            "The objective is closed."
        };
        return view! { <p class="muted small">{words}</p> }.into_any();
    }
    if let Some(dispatch) = &node.dispatch {
        let (words, class) = match dispatch.waits() {
            true => ("Resume or undo its dispatch", "button primary"),
            false => ("See its dispatch", "button"),
        };
        return view! {
            <div class="panel-act">
                <a class=class id="node-dispatch" href=format!("/dispatches/{}", dispatch.id)>{words}</a>
                <p class="muted small">"Dispatched by " {dispatch.by.clone()} " " {ago(dispatch.at)} ". The node is planned once."</p>
            </div>
        }
        .into_any();
    }
    let repo = page.row.repo.to_string();
    let number = page.row.number.to_string();
    let to = address(
        "/new",
        [
            ("repo", repo.as_str()),
            ("objective", &number),
            ("node", &node.id),
            ("instruction", &detail.instruction),
        ],
    );
    let (words, class, warning) = match node.status {
        NodeStatus::Planning | NodeStatus::InProgress => (
            "Plan this node again",
            "button",
            Some("It is being worked on already. The form asks you to confirm."),
        ),
        NodeStatus::Done => {
            ("Plan this node again", "button", Some("It is done. The form asks you to confirm."))
        }
        NodeStatus::Pending if !node.ready => {
            ("Plan this node", "button", Some("It waits for other nodes; planning it now is up to you."))
        }
        _ => ("Plan this node", "button primary", None),
    };
    view! {
        <div class="panel-act">
            <a class=class id="plan-node" href=to>{words}</a>
            {warning.map(|warning| view! { <p class="muted small">{warning}</p> })}
        </div>
    }
    .into_any()
}

/// A reference as a link: to the plan's page where there is one, else to GitHub.
fn reference(page: &ObjectivePage, text: &str) -> AnyView {
    let digits = text.trim_start_matches('#');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return view! { <span>{text.to_owned()}</span> }.into_any();
    }
    let plan =
        page.nodes().filter_map(|node| node.work.as_ref()).find(|plan| plan.number.to_string() == digits);
    let to = match (plan, page.url.rsplit_once("/issues/")) {
        (Some(plan), _) => format!("/{}/plans/{}", plan.repo, plan.number),
        (None, Some((repo, _))) => format!("{repo}/issues/{digits}"),
        (None, None) => return view! { <span>{text.to_owned()}</span> }.into_any(),
    };
    view! { <a href=to>{text.to_owned()}</a> }.into_any()
}

fn links(page: &ObjectivePage, ids: &[String]) -> AnyView {
    let items = ids.iter().map(|id| {
        let title = page.node(id).map(|node| node.description.clone());
        view! { <li><a class="chip" href=to_node(page, id) title=title>{id.clone()}</a></li> }
    });
    view! { <ul class="chips">{items.collect_view()}</ul> }.into_any()
}

fn plans(plans: &[PlanRow]) -> Option<AnyView> {
    let items = plans.iter().map(|plan| {
        let pr = plan.pr.as_ref().map(|pr| {
            view! { <p class="row tight small">{pr_state(pr.state)} <a href=pr.url.clone()>{format!("#{}", pr.number)}</a> {checks(pr.checks)}</p> }
        });
        view! {
            <li id=format!("plan-{}", plan.number)>
                <p class="row tight">{phase_badge(plan.phase)} <a href=format!("/{}/plans/{}", plan.repo, plan.number)>{format!("#{}", plan.number)}</a></p>
                {pr}
            </li>
        }
    });
    (!plans.is_empty())
        .then(|| view! { <h3>"Plans"</h3> <ul class="panel-plans">{items.collect_view()}</ul> }.into_any())
}

fn history(changes: &[NodeChange]) -> Option<AnyView> {
    let items = changes.iter().map(|change| {
        let who = change.who.clone().unwrap_or_else(|| "seen on GitHub".to_owned());
        let reason = change.reason.clone().map(|reason| view! { <br/><span class="muted">{reason}</span> });
        view! { <li>{change.words.clone()} <span class="muted">" · " {who} ", " {ago(change.at)}</span>{reason}</li> }
    });
    (!changes.is_empty()).then(|| {
        view! {
            <details class="node-history" id="node-history">
                <summary>"History"</summary>
                <ul>{items.collect_view()}</ul>
            </details>
        }
        .into_any()
    })
}
