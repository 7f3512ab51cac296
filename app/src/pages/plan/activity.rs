//! What happened, newest first.

use leptos::prelude::*;

use crate::areas::Activity;
use crate::components::ago;

pub(super) fn activity(activity: &[Activity]) -> Option<AnyView> {
    let items = activity.iter().map(|event| {
        let text = match &event.url {
            Some(url) => view! { <a href=url.clone()>{event.text.clone()}</a> }.into_any(),
            None => event.text.clone().into_any(),
        };
        view! { <li><span><strong>{event.actor.clone()}</strong> " " {text}</span> <span class="muted small">{ago(event.at)}</span></li> }
    });
    (!activity.is_empty()).then(|| {
        view! {
            <section id="activity" aria-labelledby="activity-heading">
                <h2 id="activity-heading">"Activity"</h2>
                <ol class="activity" reversed>{items.collect_view()}</ol>
            </section>
        }
        .into_any()
    })
}
