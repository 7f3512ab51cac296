//! The page "Plans".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="Plans"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"Plans"</h1>
            </main>
        }
        .into_any()
    })
}
