//! What went wrong, where, and what to do.

use leptos::prelude::*;

use crate::areas::Trouble;
use crate::components::icon;

pub(super) fn trouble(trouble: &Trouble) -> AnyView {
    let place = match (&trouble.job, &trouble.step) {
        (Some(job), Some(step)) => Some(format!("Job “{job}”, step “{step}”.")),
        (Some(job), None) => Some(format!("Job “{job}”.")),
        _ => None,
    };
    let log = trouble.log_tail.clone().map(|log| {
        view! {
            <details id="log-tail">
                <summary>"End of the log"</summary>
                <pre class="log" tabindex="0" aria-label="End of the log">{log}</pre>
            </details>
        }
    });
    view! {
        <section class="notice problems trouble" id="trouble" aria-label="What went wrong">
            <p class="notice-head">{icon("alert")} <strong>{trouble.message.clone()}</strong></p>
            {place.map(|place| view! { <p>{place}</p> })}
            <p class="next">{trouble.next.clone()}</p>
            {log}
        </section>
    }
    .into_any()
}
