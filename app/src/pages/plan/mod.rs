//! `/{owner}/{repo}/plans/{n}`: one plan, whole. [`DispatchPage`](super::DispatchPage) shows the same
//! parts while GitHub has not yet given the plan a number.

mod actions;
mod activity;
mod attempts;
mod edit;
mod jobs;
mod lifecycle;
mod log;
mod operations;
mod pull_request;
mod side;
mod steps;
mod trouble;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub(super) use attempts::attempts;
pub(super) use lifecycle::{stages_before_issue, stepper};
pub(crate) use log::LogPage;
pub(super) use operations::dispatching;
pub(super) use pull_request::{checks, pr_state, review};

use crate::address::value;
use crate::areas::{
    DispatchState, Draft, OperationState, OperationView, PlanPage, Problem, ProblemKind, RepoName,
};
use crate::commands::notice;
use crate::components::{PageTitle, ago, icon, markdown, notice_view, problem_page};
use crate::context::{areas, query, viewer};

#[component]
pub(crate) fn PlanRoute() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let text = |name: &str| params.get(name).unwrap_or_default();
    let repo = RepoName::parse(&format!("{}/{}", text("owner"), text("repo")));
    let number = text("number").parse::<i64>().ok().filter(|number| *number > 0);
    super::page(async move {
        let (Some(repo), Some(number)) = (repo, number) else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        let areas = areas();
        let viewer = viewer();
        let query = query();
        let notice = notice();
        let plan = match areas.plans.plan(viewer.as_ref(), &repo, number).await {
            Ok(plan) => plan,
            Err(problem) => return problem_page(problem),
        };
        let draft = match value(&query, "edit") {
            Some(id) => areas.dispatches.draft(viewer.as_ref(), &id).await.ok(),
            None => None,
        };
        let draft =
            draft.filter(|draft| draft.form.plan == Some(number) && draft.form.repo == plan.repo.to_string());
        let edit = Edit { signed_in: viewer.is_some(), draft, conflict: value(&query, "conflict").is_some() };
        view_of(&plan, &notice, &edit)
    })
}

/// What the editor of the plan text starts from.
struct Edit {
    signed_in: bool,
    /// A text that was sent but not saved to GitHub.
    draft: Option<Draft>,
    /// Someone changed the plan meanwhile: show both texts.
    conflict: bool,
}

fn view_of(plan: &PlanPage, notice: &crate::commands::Notice, edit: &Edit) -> AnyView {
    let heading = plan.title.clone();
    let here = format!("/{}/plans/{}", plan.repo, plan.number);
    let stale = plan.stale.clone().map(|why| {
        view! { <p class="notice hint" role="status">{icon("clock")} <span>{why} " This is the copy of " {ago(plan.as_of)} "."</span></p> }
    });
    view! {
        <PageTitle text=format!("{} #{}", plan.title, plan.number)/>
        <main
            id="main"
            class="page plan"
            tabindex="-1"
            data-phase=plan.phase.slug()
            data-live
            data-repo=plan.repo.to_string()
            data-plan=plan.number.to_string()
        >
            <header class="plan-head">
                <p class="crumbs">
                    <a href=crate::address::address("/", [("repo", plan.repo.to_string().as_str())])>{plan.repo.to_string()}</a>
                    <span aria-hidden="true">"/"</span>
                    <a href=plan.url.clone()>{format!("#{}", plan.number)} <span class="away">{icon("link-external")} <span class="sr">" on GitHub"</span></span></a>
                </p>
                <h1>{heading}</h1>
            </header>
            {notice_view(notice)}
            {stale}
            {stopped(plan)}
            {plan.attempts.iter().filter_map(|one| one.dispatch.as_ref()).find_map(dispatching)}
            <div class="columns">
                <div class="column-main">
                    {stepper(&plan.stages, plan.phase, &plan.evidence)}
                    {local(plan)}
                    {plan.trouble.as_ref().map(|one| trouble::trouble(one, &here, edit.signed_in))}
                    {text(plan, edit)}
                    {steps::steps(&plan.steps)}
                    {attempts(&plan.attempts, &here, edit.signed_in.then_some(plan.phase))}
                    {activity::activity(&plan.activity)}
                </div>
                {side::side(plan)}
            </div>
        </main>
    }
    .into_any()
}

/// Leads to the dispatch that stopped, which may be far down the page.
fn stopped(plan: &PlanPage) -> Option<AnyView> {
    let mut dispatches = plan.attempts.iter().rev().filter_map(|one| one.dispatch.as_ref());
    let dispatch = dispatches.find(|one| one.state == DispatchState::Stopped)?;
    let failed = |operation: &&OperationView| {
        !operation.best_effort && matches!(operation.state, OperationState::Failed | OperationState::Doubtful)
    };
    let at = dispatch.operations.iter().find(failed).map(|operation| format!(" at “{}”", operation.title));
    let to = format!("#stopped-{}", dispatch.id);
    Some(
        view! {
            <p class="notice problems">
                {icon("alert")} <span>"The dispatch stopped" {at} ". " <a href=to>"Resume or undo it"</a></span>
            </p>
        }
        .into_any(),
    )
}

/// Who works on the plan on their own machine, and which run is being stopped.
fn local(plan: &PlanPage) -> AnyView {
    let local = plan.local.as_ref().map(|local| {
        let who = local.who.clone().unwrap_or_else(|| "Somebody".to_owned());
        let place = local.worktree.clone().map(|name| view! { ", in the worktree " <code>{name}</code> });
        let since = local.since.map(|at| view! { ", since " {ago(at)} });
        view! {
            <p class="notice hint" id="local-work">
                {icon("person")} <span><strong>{who}</strong> " works on it on their own machine" {place} {since} "."</span>
            </p>
        }
    });
    let cancelling = plan.cancelling.clone().map(|words| {
        view! { <p class="notice hint" id="cancelling" role="status">{icon("clock")} <span>{words}</span></p> }
    });
    view! { {local} {cancelling} }.into_any()
}

fn text(plan: &PlanPage, edit: &Edit) -> AnyView {
    let shown = match &plan.plan {
        Some(text) => markdown(text).into_any(),
        None if plan.plan_version.is_some() => view! { <p class="muted">"There is no plan text. It can be written here."</p> }.into_any(),
        None => view! { <p class="muted">"The plan is not written yet. The agent saves it to the issue when planning ends."</p> }.into_any(),
    };
    let instruction = plan.instruction.clone().map(|text| {
        view! {
            <details class="instruction" id="instruction">
                <summary>"Instruction"</summary>
                {markdown(&text)}
            </details>
        }
    });
    view! {
        <section id="plan-text" aria-labelledby="plan-heading">
            <h2 id="plan-heading">"Plan"</h2>
            {shown}
            {edit::editor(plan, edit)}
            {instruction}
        </section>
    }
    .into_any()
}
