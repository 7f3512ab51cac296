//! What the list says when it has no rows: the next step, with one button.

use leptos::prelude::*;

use crate::components;

pub(super) fn empty(connected: bool, filtered: bool, signed_in: bool) -> AnyView {
    let (heading, words, to, button) = if filtered {
        ("No objective matches", "Take a filter away to see more.", "/objectives", "Clear the filters")
    } else if !signed_in {
        (
            "Large work, drawn as a roadmap",
            "An objective is an issue with a roadmap: nodes in phases that build on each other. Sign in to plan its nodes from the picture.",
            "/sign-in?to=%2Fobjectives",
            "Sign in",
        )
    } else if connected {
        (
            "No objectives yet",
            "An objective is an issue with a roadmap: nodes in phases that build on each other, each planned on its own.",
            "/objectives/new",
            "New objective",
        )
    } else {
        (
            "No repository is connected",
            "Connect a repository to see its objectives here.",
            "/repos",
            "Choose a repository",
        )
    };
    components::empty(heading, words, to, button)
}
