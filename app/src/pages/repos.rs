//! The page "Repositories".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn ReposPage() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="Repositories"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"Repositories"</h1>
            </main>
        }
        .into_any()
    })
}
