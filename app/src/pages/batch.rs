//! `/batches/{id}`: several dispatches in order, each with its own result and its own retry.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::areas::{BatchItem, BatchView, DispatchView, ItemState, OperationState, Problem, ProblemKind};
use crate::commands::notice;
use crate::components::{PageTitle, ago, icon, notice_view, problem_page};
use crate::context::{areas, viewer};

#[component]
pub(crate) fn BatchPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    super::page(async move {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Batches are shown to those who began them.",
            ));
        };
        match areas().dispatches.batch(&viewer, &id).await {
            Ok(batch) => view_of(&batch),
            Err(problem) => problem_page(problem),
        }
    })
}

fn view_of(batch: &BatchView) -> AnyView {
    let of = |state: ItemState| batch.items.iter().filter(|item| item.state == state).count();
    let total = batch.items.len();
    let words = match (of(ItemState::Waiting) + of(ItemState::Working), of(ItemState::Failed)) {
        (0, 0) => "Everything is sent.".to_owned(),
        (0, failed) => format!(
            "{} not sent. The others stay as they are; what was not sent can be tried again alone.",
            if failed == 1 { "One item was".to_owned() } else { format!("{failed} items were") }
        ),
        _ => "One is sent after the other. This page follows; it can be closed meanwhile.".to_owned(),
    };
    let done = of(ItemState::Done).to_string();
    view! {
        <PageTitle text="Batch"/>
        <main id="main" class="page narrow" tabindex="-1" data-live>
            <div class="page-head">
                <h1>"Batch"</h1>
                <span class="muted tabular" id="total">{format!("{done} of {total} sent")}</span>
                <span class="muted small">{ago(batch.created_at)}</span>
            </div>
            {notice_view(&notice())}
            <p class="lead">{words}</p>
            <progress value=done max=total.to_string() aria-label="Items sent"></progress>
            <ol class="operations">{batch.items.iter().map(|one| item(batch, one)).collect_view()}</ol>
        </main>
    }
    .into_any()
}

fn item(batch: &BatchView, item: &BatchItem) -> AnyView {
    let (class, name, word) = match item.state {
        ItemState::Waiting => ("idle", "circle", "waits for its turn"),
        ItemState::Working => ("working", "dot-fill", "being sent"),
        ItemState::Done => ("review", "check-circle", "sent"),
        ItemState::Failed => ("failed", "x-circle", "not sent"),
        ItemState::Undone => ("ended", "undo", "undone"),
    };
    let title = match &item.dispatch {
        Some(dispatch) => {
            let to = match dispatch.issue {
                Some(issue) => format!("/{}/plans/{issue}", dispatch.repo),
                None => format!("/dispatches/{}", dispatch.id),
            };
            view! { <a href=to>{item.title.clone()}</a> }.into_any()
        }
        None => item.title.clone().into_any(),
    };
    let plan = item.dispatch.as_ref().map(|dispatch| {
        view! { <span>{dispatch.title.clone()}</span> " " }
    });
    let problems: Vec<_> =
        item.problems.iter().cloned().chain(item.dispatch.iter().flat_map(problems)).collect();
    let problems = problems.into_iter().map(|problem| {
        let next = problem.next.map(|next| format!(" {next}"));
        view! { <p class="error small"><span>{problem.message}{next}</span></p> }
    });
    let retry = matches!(item.state, ItemState::Failed | ItemState::Undone).then(|| {
        view! {
            <form method="post" action="/do/retry-item">
                <input type="hidden" name="batch" value=batch.id.clone()/>
                <input type="hidden" name="item" value=item.number.to_string()/>
                <button type="submit" class="button" aria-label=format!("Try again: {}", item.title)>"Try again"</button>
            </form>
        }
    });
    view! {
        <li class=format!("operation {class}") id=format!("item-{}", item.number) data-state=class>
            <span class=format!("mark tone-{class}")>{icon(name)}</span>
            <div>
                <p class="operation-title">
                    {plan} {title} " " <span class="muted">{word}</span> " "
                    {item.dispatch.as_ref().map(progress)}
                </p>
                {problems.collect_view()}
                {retry}
            </div>
        </li>
    }
    .into_any()
}

/// The problems of a dispatch that stopped.
fn problems(dispatch: &DispatchView) -> impl Iterator<Item = Problem> + '_ {
    let stopped = |state| matches!(state, OperationState::Failed | OperationState::Doubtful);
    let failed = dispatch.operations.iter().filter(move |operation| stopped(operation.state));
    failed.filter_map(|operation| operation.problem.clone())
}

fn progress(dispatch: &DispatchView) -> AnyView {
    let over =
        |state| matches!(state, OperationState::Done | OperationState::Skipped | OperationState::Undone);
    let done = dispatch.operations.iter().filter(|operation| over(operation.state)).count();
    let total = dispatch.operations.len();
    view! { <span class="muted tabular small">{format!("{done} of {total} operations")}</span> }.into_any()
}
