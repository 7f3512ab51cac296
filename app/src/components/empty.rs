//! What stands where there is nothing yet: why, and the next step as one button.

use leptos::prelude::*;

pub(crate) fn empty(
    heading: &'static str,
    words: &'static str,
    to: &'static str,
    button: &'static str,
) -> AnyView {
    view! {
        <section class="empty" id="empty">
            <h2>{heading}</h2>
            <p>{words}</p>
            <p><a class="button primary" href=to>{button}</a></p>
        </section>
    }
    .into_any()
}
