//! The steps of the plan's progress.

use leptos::prelude::*;

use crate::areas::{Step, StepState};
use crate::components::{coded, icon};

pub(super) fn steps(steps: &[Step]) -> Option<AnyView> {
    if steps.is_empty() {
        return None;
    }
    let done = steps.iter().filter(|step| step.state == StepState::Done).count();
    let items = steps.iter().map(|step| {
        let (class, name, word) = match step.state {
            StepState::Waiting => ("waiting", "circle", "waiting"),
            StepState::Current => ("current", "dot-fill", "under way"),
            StepState::Done => ("done", "check-circle", "done"),
            StepState::Failed => ("failed", "x-circle", "failed"),
        };
        view! {
            <li class=format!("step {class}") id=format!("step-{}", step.number)>
                {icon(name)}
                <span class="tabular muted">{step.number}</span>
                <span>{coded(&step.text)}</span>
                <span class="sr">{format!(", {word}")}</span>
            </li>
        }
        .into_any()
    });
    Some(view! {
        <section id="steps" aria-labelledby="steps-heading">
            <h2 id="steps-heading">"Steps " <span class="count tabular">{format!("{done} of {}", steps.len())}</span></h2>
            <progress value=done.to_string() max=steps.len().to_string() aria-label="Steps done"></progress>
            <ol class="steps">{items.collect_view()}</ol>
        </section>
    }.into_any())
}
