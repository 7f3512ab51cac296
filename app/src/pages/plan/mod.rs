//! x
use leptos::prelude::*;
#[component]
pub(crate) fn PlanRoute() -> impl IntoView {
    super::page(async { ().into_any() })
}
