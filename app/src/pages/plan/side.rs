//! The panel beside the plan: state, what can be done, pull request, run, branch, people.

use leptos::prelude::*;

use super::{actions::actions, jobs, pull_request::pull_request};
use crate::address::address;
use crate::areas::{PlanPage, Run};
use crate::components::{ago, copyable, phase_badge};

pub(super) fn side(plan: &PlanPage) -> AnyView {
    let run = plan.attempts.iter().rev().find_map(|attempt| attempt.run.as_ref());
    let by = plan
        .attempts
        .iter()
        .rev()
        .find_map(|attempt| attempt.dispatch.as_ref())
        .map(|d| d.dispatched_by.clone());
    view! {
        <aside class="panel" id="panel" aria-label="State and actions">
            <section class="panel-part panel-state" id="state">
                <p class="row">{phase_badge(plan.phase)} <span class="muted small">"read " {ago(plan.as_of)}</span></p>
                {actions(plan)}
            </section>
            {plan.pr.as_ref().map(|pr| pull_request(pr, &plan.checkout))}
            <section class="panel-part" id="facts" aria-labelledby="facts-heading">
                <h2 id="facts-heading">"About"</h2>
                <dl class="about">
                    {run.map(about_run)}
                    {plan.branch.as_deref().map(|branch| entry("Branch", copyable("branch name", branch).into_any()))}
                    {plan.objective.map(|number| entry("Objective", objective(plan, number)))}
                    {entry("Written by", plan.author.clone().into_any())}
                    {by.map(|by| entry("Dispatched by", by.into_any()))}
                    {(!plan.labels.is_empty()).then(|| entry("Labels", labels(plan)))}
                    {plan.session_log_url.clone().map(|url| entry("Session log", view! { <a href=url>"Gist on GitHub"</a> }.into_any()))}
                </dl>
            </section>
        </aside>
    }
    .into_any()
}

fn entry(name: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
}

fn about_run(run: &Run) -> AnyView {
    let conclusion = run.conclusion.as_deref();
    entry(
        "Run",
        view! {
            {jobs::status_icon(&run.status, conclusion)}
            <a href=run.url.clone()>{run.id}</a> " "
            <span class="muted">{jobs::status_word(&run.status, conclusion)}</span>
        }
        .into_any(),
    )
    .into_any()
}

fn objective(plan: &PlanPage, number: i64) -> AnyView {
    let node = plan.node.clone().map(|node| format!(", node {node}"));
    let to =
        address("/", [("objective", number.to_string().as_str()), ("repo", plan.repo.to_string().as_str())]);
    view! { <a href=to>{format!("#{number}")}</a> {node} }.into_any()
}

fn labels(plan: &PlanPage) -> AnyView {
    plan.labels
        .iter()
        .map(|label| view! { <span class="tag">{label.clone()}</span> " " })
        .collect_view()
        .into_any()
}
