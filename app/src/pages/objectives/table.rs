//! The roadmap as a list, equal to the picture: what phones and readers use.

use leptos::prelude::*;

use super::roadmap::to_node;
use crate::areas::{NodeStatus, ObjectivePage, RoadmapNode, RoadmapPhase};
use crate::components::{node_state, phase_badge};
use crate::pages::plan::{checks, pr_state};

pub(super) fn table(page: &ObjectivePage) -> AnyView {
    let phases = page.phases.iter().map(|phase| part(page, phase));
    view! {
        <section class="node-list" id="nodes" aria-labelledby="nodes-heading" tabindex="-1">
            <h2 id="nodes-heading">"Nodes"</h2>
            <form method="get" action=format!("{}/plan", page.row.path()) id="pick-nodes">
                {phases.collect_view()}
                {can_pick(page).then(|| view! {
                    <p class="pick-end"><button type="submit" class="button">"Plan the selected nodes"</button></p>
                })}
            </form>
        </section>
    }
    .into_any()
}

fn can_pick(page: &ObjectivePage) -> bool {
    page.can_write && page.row.open && page.nodes().any(is_free)
}

/// Whether nothing has begun on a node.
fn is_free(node: &RoadmapNode) -> bool {
    node.status == NodeStatus::Pending && node.dispatch.is_none()
}

fn part(page: &ObjectivePage, phase: &RoadmapPhase) -> AnyView {
    let id = format!("phase-{}", phase.key);
    let done = phase.nodes.iter().filter(|node| node.status.is_satisfied()).count();
    view! {
        <h3 id=id.clone()>{format!("Phase {}: {}", phase.key, phase.name)} " " <span class="muted tabular count">{format!("{done}/{}", phase.nodes.len())}</span></h3>
        <ul class="nodes" aria-labelledby=id>{phase.nodes.iter().map(|node| item(page, node)).collect_view()}</ul>
    }
    .into_any()
}

fn item(page: &ObjectivePage, node: &RoadmapNode) -> AnyView {
    let chosen = page.chosen.as_ref().is_some_and(|detail| detail.id == node.id);
    let waits = (!node.waits_for.is_empty())
        .then(|| view! { <span class="muted small">"waits for " {node.waits_for.join(", ")}</span> });
    let work = node.work.as_ref().map(|plan| {
        let pr = plan.pr.as_ref().map(|pr| view! { {pr_state(pr.state)} <a href=pr.url.clone()>{format!("#{}", pr.number)}</a> {checks(pr.checks)} });
        view! {
            <span class="row tight node-work">
                {phase_badge(plan.phase)}
                <a href=format!("/{}/plans/{}", plan.repo, plan.number)>{format!("Plan #{}", plan.number)}</a>
                {pr}
            </span>
        }
    });
    let stopped = node.dispatch.as_ref().filter(|dispatch| page.can_write && dispatch.waits());
    let mend = stopped.map(|dispatch| {
        view! { <a class="small" href=format!("/dispatches/{}", dispatch.id) aria-label=format!("Resume or undo the dispatch of {}", node.id)>"Resume or undo"</a> }
    });
    let pick = (can_pick(page) && is_free(node)).then(|| {
        view! {
            <input type="checkbox" name="node" value=node.id.clone() id=format!("pick-{}", node.id) aria-label=format!("Select {}", node.id) data-pick/>
        }
    });
    let bare = node.work.is_none().then(|| {
        let refs: Vec<String> = [&node.plan, &node.pr].into_iter().flatten().cloned().collect();
        (!refs.is_empty()).then(|| view! { <span class="muted small tabular">{refs.join(" ")}</span> })
    });
    view! {
        <li id=format!("node-{}", node.id) class:is-chosen=chosen data-status=node.status.word()>
            {pick}
            {node_state(node)}
            <a class="node-name" href=to_node(page, &node.id) aria-current=chosen.then_some("true")>
                <span class="node-id">{node.id.clone()}</span> " " {node.description.clone()}
            </a>
            {node.ready.then(|| view! { <span class="tag">"Ready"</span> })}
            {mend}
            {waits}
            {bare.flatten()}
            {work}
        </li>
    }
    .into_any()
}
