//! Icons: octicons from one sprite, always beside a word or a label, so hidden from readers.

use leptos::prelude::*;

/// The icon of this name in `public/icons.svg`.
pub(crate) fn icon(name: &str) -> AnyView {
    view! {
        <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <use href=format!("/icons.svg#{name}")></use>
        </svg>
    }
    .into_any()
}
