//! Texts that can be copied with one click.

use leptos::prelude::*;

use super::icon;
use super::words::middle;

/// A button that copies `text`; `what` names it: "Copy branch name". Hidden without JavaScript.
pub(crate) fn copy_button(what: &str, text: &str) -> AnyView {
    let label = format!("Copy {what}");
    view! {
        <button type="button" class="copy" data-copy=text.to_owned() aria-label=label.clone() title=label>
            {icon("copy")}
        </button>
    }
    .into_any()
}

/// An id or a branch in mono, cut in the middle, with its copy button.
pub(crate) fn copyable(what: &str, text: &str) -> AnyView {
    let title = text.to_owned();
    view! { <span class="copyable"><code title=title>{middle(text, 34)}</code>{copy_button(what, text)}</span> }
    .into_any()
}
