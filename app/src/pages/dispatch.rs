//! The page "Dispatch".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn DispatchPage() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="Dispatch"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"Dispatch"</h1>
            </main>
        }
        .into_any()
    })
}
