//! The page "New".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn NewPage() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="New"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"New"</h1>
            </main>
        }
        .into_any()
    })
}
