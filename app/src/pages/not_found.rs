//! What an unknown address answers.

use leptos::prelude::*;

use crate::areas::{Problem, ProblemKind};
use crate::components::ProblemPage;

#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! { <ProblemPage problem=Problem::new(ProblemKind::NotFound, "There is no page at this address.")/> }
}
