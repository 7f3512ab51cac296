//! The phases and states of a plan, with the one word each has everywhere.

use serde::{Deserialize, Serialize};

/// A lifecycle phase, or one of the states people need to see beside the normal phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Created,
    Prompted,
    Submitted,
    Dispatched,
    Planning,
    NeedsApproval,
    Implementing,
    Complete,
    Merged,
    Failed,
    /// A dispatch of Waymark's stopped before everything was written.
    Stopped,
    Cancelled,
    NoChanges,
    Closed,
    Stuck,
    PlanMissing,
    Unknown,
}

/// The colour family of a phase; always shown together with its icon and its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing has been sent yet.
    Idle,
    /// Sent, waiting for GitHub.
    Waiting,
    /// An agent is at work.
    Working,
    /// A person must decide.
    Decision,
    /// Waits for review.
    Review,
    /// Merged.
    Merged,
    /// Failed.
    Failed,
    /// Something does not add up.
    Doubt,
    /// Ended without a merge.
    Ended,
}

impl Phase {
    /// Every phase, in the order in which they are listed to people.
    pub const ALL: [Phase; 17] = [
        Phase::Created,
        Phase::Prompted,
        Phase::Submitted,
        Phase::Dispatched,
        Phase::Planning,
        Phase::NeedsApproval,
        Phase::Implementing,
        Phase::Complete,
        Phase::Merged,
        Phase::Failed,
        Phase::Stopped,
        Phase::Cancelled,
        Phase::NoChanges,
        Phase::Closed,
        Phase::Stuck,
        Phase::PlanMissing,
        Phase::Unknown,
    ];

    /// The name in addresses, data attributes and JSON.
    pub fn slug(self) -> &'static str {
        match self {
            Phase::Created => "created",
            Phase::Prompted => "prompted",
            Phase::Submitted => "submitted",
            Phase::Dispatched => "dispatched",
            Phase::Planning => "planning",
            Phase::NeedsApproval => "needs-approval",
            Phase::Implementing => "implementing",
            Phase::Complete => "complete",
            Phase::Merged => "merged",
            Phase::Failed => "failed",
            Phase::Stopped => "stopped",
            Phase::Cancelled => "cancelled",
            Phase::NoChanges => "no-changes",
            Phase::Closed => "closed",
            Phase::Stuck => "stuck",
            Phase::PlanMissing => "plan-missing",
            Phase::Unknown => "unknown",
        }
    }

    /// The phase of a slug, or nothing.
    pub fn from_slug(slug: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.slug() == slug)
    }

    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Phase::Created => "Created",
            Phase::Prompted | Phase::Submitted | Phase::Dispatched => "Queued",
            Phase::Planning => "Planning",
            Phase::NeedsApproval => "Needs approval",
            Phase::Implementing => "Implementing",
            Phase::Complete => "Ready for review",
            Phase::Merged => "Merged",
            Phase::Failed => "Failed",
            Phase::Stopped => "Stopped",
            Phase::Cancelled => "Cancelled",
            Phase::NoChanges => "No changes",
            Phase::Closed => "Closed",
            Phase::Stuck => "Stuck",
            Phase::PlanMissing => "Plan missing",
            Phase::Unknown => "Unknown",
        }
    }

    /// What the word does not tell, where it stands for several phases.
    pub fn detail(self) -> Option<&'static str> {
        match self {
            Phase::Prompted => Some("The instruction is recorded; nothing is queued yet"),
            Phase::Submitted => Some("Queued; GitHub shows no run yet"),
            Phase::Dispatched => Some("The run waits for a runner"),
            _ => None,
        }
    }

    /// The colour family.
    pub fn tone(self) -> Tone {
        match self {
            Phase::Created => Tone::Idle,
            Phase::Prompted | Phase::Submitted | Phase::Dispatched => Tone::Waiting,
            Phase::Planning | Phase::Implementing => Tone::Working,
            Phase::NeedsApproval => Tone::Decision,
            Phase::Complete => Tone::Review,
            Phase::Merged => Tone::Merged,
            Phase::Failed | Phase::Stopped => Tone::Failed,
            Phase::Stuck | Phase::PlanMissing | Phase::Unknown => Tone::Doubt,
            Phase::Cancelled | Phase::Closed | Phase::NoChanges => Tone::Ended,
        }
    }

    /// Whether nothing more is expected to happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Phase::Merged | Phase::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_read_back_and_match_the_serialized_names() {
        for phase in Phase::ALL {
            assert_eq!(Phase::from_slug(phase.slug()), Some(phase));
            let json = serde_json::to_string(&phase).expect("a unit variant serializes");
            assert_eq!(json, format!("\"{}\"", phase.slug()));
        }
    }
}
