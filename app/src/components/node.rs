//! The status of a roadmap node: colour, icon and word, always the three together.

use leptos::prelude::*;

use super::icon;
use crate::areas::{NodeDispatch, NodeStatus};

pub(crate) fn node_badge(status: NodeStatus) -> AnyView {
    view! {
        <span class=format!("phase tone-{}", node_tone(status))>
            {icon(node_icon(status))}
            <span>{node_word(status)}</span>
        </span>
    }
    .into_any()
}

/// A dispatch for a node that is not over.
pub(crate) fn dispatch_badge(dispatch: &NodeDispatch) -> AnyView {
    let (tone, name) = if dispatch.waits() { ("failed", "x-circle") } else { ("working", "dot-fill") };
    view! {
        <span class=format!("phase tone-{tone}")>
            {icon(name)}
            <span>{dispatch.label()}</span>
        </span>
    }
    .into_any()
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
