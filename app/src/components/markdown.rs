//! Markdown from GitHub on a page.

mod html;

use leptos::prelude::*;

/// The text rendered and sanitized, in a box of its own.
pub(crate) fn markdown(text: &str) -> AnyView {
    view! { <div class="markdown" inner_html=html::html(text)></div> }.into_any()
}
