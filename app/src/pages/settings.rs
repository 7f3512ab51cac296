//! The page "Settings".

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    super::page(async {
        view! {
            <Title text="Settings"/>
            <main id="main" class="page" tabindex="-1">
                <h1>"Settings"</h1>
            </main>
        }
        .into_any()
    })
}
