//! What the consistency check found, each with its explanation and, where it is safe, a button.

use leptos::prelude::*;

use super::roadmap::{command, to_node};
use crate::areas::{ObjectiveCommand, ObjectivePage};
use crate::components::icon;

pub(super) fn findings(page: &ObjectivePage) -> AnyView {
    if page.findings.is_empty() {
        return view! {
            <p class="muted small checked" id="checked">{icon("check")} {format!("Consistent: {} checks passed", page.passed)}</p>
        }
        .into_any();
    }
    let items = page.findings.iter().map(|finding| {
        let mend = finding.mend.as_ref().filter(|_| page.can_write).map(|(mend, words)| {
            command(page, &ObjectiveCommand::Mend { mend: mend.clone() }, None, words, "button small")
        });
        let node = finding
            .node
            .as_ref()
            .map(|id| view! { " " <a href=to_node(page, id)>{format!("Show node {id}")}</a> });
        view! {
            <li>
                <div>
                    <p>{finding.message.clone()}{node}</p>
                    <p class="muted small">{finding.explanation.clone()}</p>
                </div>
                {mend}
            </li>
        }
    });
    let heading = match page.findings.len() {
        1 => "One thing does not add up".to_owned(),
        count => format!("{count} things do not add up"),
    };
    view! {
        <section class="objective-findings" id="findings" aria-labelledby="findings-heading">
            <h2 id="findings-heading">{icon("alert")} {heading}</h2>
            <ul>{items.collect_view()}</ul>
        </section>
    }
    .into_any()
}
