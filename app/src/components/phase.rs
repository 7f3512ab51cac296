//! A lifecycle phase: colour, icon and word, always the three together.

use leptos::prelude::*;
use waymark_domain::lifecycle::{Phase, Tone};

use super::icon;

pub(crate) fn phase_badge(phase: Phase) -> AnyView {
    view! {
        <span class=format!("phase tone-{}", tone(phase)) title=phase.detail()>
            {icon(phase_icon(phase))}
            <span>{phase.label()}</span>
        </span>
    }
    .into_any()
}

/// The name of the colour family in classes.
pub(crate) fn tone(phase: Phase) -> &'static str {
    match phase.tone() {
        Tone::Idle => "idle",
        Tone::Waiting => "waiting",
        Tone::Working => "working",
        Tone::Decision => "decision",
        Tone::Review => "review",
        Tone::Merged => "merged",
        Tone::Failed => "failed",
        Tone::Doubt => "doubt",
        Tone::Ended => "ended",
    }
}

pub(crate) fn phase_icon(phase: Phase) -> &'static str {
    match phase.tone() {
        Tone::Idle => "circle",
        Tone::Waiting => "clock",
        Tone::Working => "dot-fill",
        Tone::Decision => "hand",
        Tone::Review => "eye",
        Tone::Merged => "git-merge",
        Tone::Failed => "x-circle",
        Tone::Doubt => "question",
        Tone::Ended => "skip",
    }
}
