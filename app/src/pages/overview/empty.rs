//! What the overview says when it has no rows: the next step, with one button.

use leptos::prelude::*;

use crate::components;

pub(super) fn empty(connected: bool, filtered: bool, signed_in: bool) -> AnyView {
    let (heading, words, to, button) = if filtered {
        ("No plan matches", "Take a filter away to see more.", "/", "Clear the filters")
    } else if !signed_in {
        (
            "Hand work to coding agents",
            "Sign in with GitHub, write what should be done, read exactly what will be written, and dispatch. GitHub Actions runs the agent; you watch it become a pull request.",
            "/sign-in",
            "Sign in",
        )
    } else if connected {
        (
            "No plans yet",
            "Write an instruction, look at the preview, dispatch. The plan shows here from its first second.",
            "/new",
            "Write an instruction",
        )
    } else {
        (
            "No repository is connected",
            "Connect a repository to see its plans here. Dispatching to a repository connects it as well.",
            "/repos",
            "Choose a repository",
        )
    };
    components::empty(heading, words, to, button)
}
