//! `/dispatches/{id}`: the plan page before GitHub has given the plan a number. Once it has, this
//! sends the browser there.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use waymark_domain::lifecycle::Phase;

use super::plan::{attempts, dispatching, stages_before_issue, stepper};
use crate::areas::{Attempt, DispatchState, DispatchView, Problem, ProblemKind};
use crate::commands::notice;
use crate::components::{PageTitle, icon, markdown, notice_view, problem_page};
use crate::context::{areas, viewer};

/// The dispatches that write an objective.
const OF_OBJECTIVES: [&str; 2] = ["create-objective", "upgrade-objective"];

#[component]
pub(crate) fn DispatchPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    super::page(async move {
        let areas = areas();
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Dispatches are shown to those who are signed in.",
            ));
        };
        let dispatch = match areas.dispatches.get(&viewer, &id).await {
            Ok(dispatch) => dispatch,
            Err(problem) => return problem_page(problem),
        };
        let notice = notice();
        let objective = OF_OBJECTIVES.contains(&dispatch.workflow.as_str());
        if let Some(issue) = dispatch.issue.filter(|_| objective)
            && dispatch.state == DispatchState::Sent
            && areas.objectives.objective(Some(&viewer), &dispatch.repo, issue, None).await.is_ok()
        {
            leptos_axum::redirect(&format!("/{}/objectives/{issue}", dispatch.repo));
            return ().into_any();
        }
        if let Some(issue) = dispatch.issue.filter(|_| !objective)
            && areas.plans.plan(Some(&viewer), &dispatch.repo, issue).await.is_ok()
        {
            let query = crate::context::query();
            let query = if query.is_empty() { String::new() } else { format!("?{query}") };
            leptos_axum::redirect(&format!("/{}/plans/{issue}{query}", dispatch.repo));
            return ().into_any();
        }
        view_of(&dispatch, &notice)
    })
}

fn view_of(dispatch: &DispatchView, notice: &crate::commands::Notice) -> AnyView {
    let back = format!("/dispatches/{}", dispatch.id);
    let phase = if dispatch.state == DispatchState::Stopped { Phase::Stopped } else { Phase::Prompted };
    let objective = OF_OBJECTIVES.contains(&dispatch.workflow.as_str());
    let words = match dispatch.state {
        DispatchState::Running => "Waymark is writing to GitHub. Each operation shows below as it happens.",
        DispatchState::Sent if objective => {
            "Everything is sent. The objective opens as soon as Waymark has read it."
        }
        DispatchState::Sent => {
            "Everything is sent. The plan page opens as soon as Waymark has read the issue."
        }
        DispatchState::Stopped if objective => "Writing the objective stopped. Nothing is lost.",
        DispatchState::Stopped => "The dispatch stopped before the plan had a page. Nothing is lost.",
        DispatchState::Undoing => "What was made is being taken back.",
        DispatchState::Undone => "This dispatch was undone.",
    };
    let instruction = dispatch.instruction.clone().map(|text| {
        view! {
            <section id="instruction-text" aria-labelledby="instruction-heading">
                <h2 id="instruction-heading">"Instruction"</h2>
                {markdown(&text)}
            </section>
        }
    });
    let works = !objective && dispatch.workflow != "create";
    let stages = stages_before_issue(dispatch.mode, phase, dispatch.created_at);
    let stepper = works.then(|| stepper(&stages, phase, &[]));
    let lead = if phase == Phase::Stopped {
        let to = format!("#stopped-{}", dispatch.id);
        view! { <p class="notice problems">{icon("alert")} <span>{words} " " <a href=to>"Resume or undo it"</a></span></p> }
            .into_any()
    } else {
        view! { <p class="lead">{words}</p> }.into_any()
    };
    let attempt = Attempt { dispatch: Some(dispatch.clone()), run: None };
    view! {
        <PageTitle text=dispatch.title.clone()/>
        <main
            id="main"
            class="page plan"
            tabindex="-1"
            data-phase=phase.slug()
            data-live
            data-repo=dispatch.repo.to_string()
            data-dispatch=dispatch.id.clone()
        >
            <header class="plan-head">
                <p class="crumbs">{dispatch.repo.to_string()}</p>
                <h1>{dispatch.title.clone()}</h1>
            </header>
            {notice_view(notice)}
            {dispatching(dispatch)}
            {lead}
            {stepper}
            {attempts(&[attempt], &back, Some(phase))}
            {instruction}
        </main>
    }
    .into_any()
}
