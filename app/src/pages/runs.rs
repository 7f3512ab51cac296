//! The page "Runs".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="Runs"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"Runs"</h1>
            </main>
        }
        .into_any()
    })
}
