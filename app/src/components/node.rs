//! The status of a roadmap node: colour, icon and word, always the three together.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use super::{icon, phase_badge};
use crate::areas::{NodeStatus, RoadmapNode};

fn node_badge(status: NodeStatus) -> AnyView {
    view! {
        <span class=format!("phase tone-{}", node_tone(status))>
            {icon(node_icon(status))}
            <span>{node_word(status)}</span>
        </span>
    }
    .into_any()
}

/// Where a node stands: a dispatch for it that is not over says more than its status.
pub(crate) fn node_state(node: &RoadmapNode) -> AnyView {
    match &node.dispatch {
        Some(dispatch) if dispatch.waits() => stopped_badge(),
        Some(dispatch) => view! {
            <span class="phase tone-working">{icon("dot-fill")} <span>{dispatch.label()}</span></span>
        }
        .into_any(),
        None => node_badge(node.status),
    }
}

/// A node whose dispatch stopped.
pub(crate) fn stopped_badge() -> AnyView {
    phase_badge(Phase::Stopped)
}

pub(crate) fn node_word(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Pending => "Pending",
        NodeStatus::Planning => "Planning",
        NodeStatus::InProgress => "In progress",
        NodeStatus::Done => "Done",
        NodeStatus::Blocked => "Blocked",
        NodeStatus::Skipped => "Skipped",
    }
}

/// The name of the colour family in classes.
pub(crate) fn node_tone(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Pending => "idle",
        NodeStatus::Planning | NodeStatus::InProgress => "working",
        NodeStatus::Done => "review",
        NodeStatus::Blocked => "doubt",
        NodeStatus::Skipped => "ended",
    }
}

pub(crate) fn node_icon(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Pending => "circle",
        NodeStatus::Planning => "clock",
        NodeStatus::InProgress => "dot-fill",
        NodeStatus::Done => "check-circle",
        NodeStatus::Blocked => "alert",
        NodeStatus::Skipped => "skip",
    }
}
