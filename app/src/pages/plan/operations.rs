//! The operations of one dispatch, each with its own result and its own retry.

use leptos::prelude::*;

use crate::areas::{DispatchState, DispatchView, OperationState, OperationView};
use crate::components::{icon, words::span};
use crate::context::now;

/// The operations as a list; `back` is the page that commands come back to.
pub(super) fn operations(dispatch: &DispatchView, back: &str, commands: bool) -> AnyView {
    let items =
        dispatch.operations.iter().map(|operation| self::operation(dispatch, operation, back, commands));
    view! { <ol class="operations">{items.collect_view()}</ol> }.into_any()
}

/// How far a dispatch is that is being written.
pub(in crate::pages) fn dispatching(dispatch: &DispatchView) -> Option<AnyView> {
    if dispatch.state != DispatchState::Running {
        return None;
    }
    let over = |operation: &&OperationView| {
        !matches!(operation.state, OperationState::Waiting | OperationState::Sending)
    };
    let (done, total) = (dispatch.operations.iter().filter(over).count(), dispatch.operations.len());
    let words = format!("Dispatching {done} of {total}");
    Some(
        view! { <p class="notice hint" id="dispatching" role="status">{icon("clock")} <span class="tabular">{words}</span></p> }
            .into_any(),
    )
}

fn operation(dispatch: &DispatchView, operation: &OperationView, back: &str, commands: bool) -> AnyView {
    let (class, name, word) = look(operation.state);
    let title = match &operation.url {
        Some(url) => view! { <a href=url.clone()>{operation.title.clone()}</a> }.into_any(),
        None => operation.title.clone().into_any(),
    };
    let detail = operation.detail.clone().map(|detail| view! { <p class="muted small">{detail}</p> });
    let problem = operation.problem.clone().map(|problem| {
        let next = problem.next.map(|next| format!(" {next}"));
        view! { <p class="error small"><span>{problem.message}{next}</span></p> }
    });
    let waiting =
        (operation.state == OperationState::Sending).then_some(operation.began_at).flatten().map(|began| {
            let (_, iso) = crate::components::words::exact(began);
            view! { <span class="muted tabular" data-since=iso>{span(now() - began)}</span> }
        });
    let hidden = format!("{}: {}", operation.title, word);
    let buttons = commands.then(|| buttons(dispatch, operation, back));
    view! {
        <li class=format!("operation {class}") id=format!("operation-{}-{}", dispatch.id, operation.key)>
            <span class=format!("mark tone-{class}") title=hidden>{icon(name)}</span>
            <div>
                <p class="operation-title">
                    {title} <span class="muted">{word}</span> {waiting}
                    {operation.best_effort.then(|| view! { <span class="tag">"optional"</span> })}
                </p>
                {detail}
                {problem}
                {buttons}
            </div>
        </li>
    }
    .into_any()
}

fn look(state: OperationState) -> (&'static str, &'static str, &'static str) {
    match state {
        OperationState::Waiting => ("idle", "circle", "waiting"),
        OperationState::Sending => ("working", "dot-fill", "sending"),
        OperationState::Done => ("review", "check-circle", "done"),
        OperationState::Failed => ("failed", "x-circle", "failed"),
        OperationState::Doubtful => ("doubt", "question", "not known"),
        OperationState::Skipped => ("ended", "skip", "not needed"),
        OperationState::Undone => ("ended", "undo", "undone"),
    }
}

fn buttons(dispatch: &DispatchView, operation: &OperationView, back: &str) -> Option<AnyView> {
    let title = &operation.title;
    match operation.state {
        OperationState::Failed if operation.best_effort && dispatch.state != DispatchState::Undone => Some(
            view! {
                {command(dispatch, back, "retry", Some(&operation.key), "Retry", &format!("Retry: {title}"), "")}
            }
            .into_any(),
        ),
        OperationState::Doubtful => Some(
            view! {
                <p class="small">"It was sent, but no answer came, and looking on GitHub did not settle it. Look yourself, then say:"</p>
                <div class="row">
                    {command(dispatch, back, "settle-made", Some(&operation.key), "It is on GitHub", &format!("It is on GitHub: {title}"), "")}
                    {command(dispatch, back, "settle-missing", Some(&operation.key), "It is not there", &format!("It is not there: {title}"), "")}
                </div>
            }
            .into_any(),
        ),
        _ => None,
    }
}

/// A button that sends one command for the dispatch.
pub(super) fn command(
    dispatch: &DispatchView,
    back: &str,
    name: &'static str,
    operation: Option<&str>,
    text: &'static str,
    label: &str,
    class: &'static str,
) -> AnyView {
    let operation =
        operation.map(|key| view! { <input type="hidden" name="operation" value=key.to_owned()/> });
    view! {
        <form method="post" action="/do/dispatch-command">
            <input type="hidden" name="id" value=dispatch.id.clone()/>
            <input type="hidden" name="do" value=name/>
            <input type="hidden" name="back" value=back.to_owned()/>
            {operation}
            <button type="submit" class=format!("button {class}") aria-label=label.to_owned()>{text}</button>
        </form>
    }
    .into_any()
}
