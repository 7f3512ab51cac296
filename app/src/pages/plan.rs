//! The page "Plan".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn PlanRoute() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="Plan"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"Plan"</h1>
            </main>
        }
        .into_any()
    })
}
