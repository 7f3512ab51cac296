//! Placeholders: what a dispatch writes before it is known.
//!
//! Properties kept:
//! - A text is built once, with stand-ins of the right shape (a number where YAML will see a number),
//!   and filled twice: with `{names}` for the preview and with values for GitHub. So the preview,
//!   its placeholders filled, is what is sent.
//! - A stand-in never occurs in anything a person typed: `{issue}` in an instruction stays as it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that is not known when a dispatch is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    Dispatch,
    DistinctId,
    Now,
    Stamp,
    BaseSha,
    BaseTree,
    Issue,
    PlanComment,
    TreeSha,
    CommitSha,
    Pr,
    RunId,
    RunUrl,
    RunNode,
    Comment,
}

impl Slot {
    pub const ALL: [Slot; 15] = [
        Slot::Dispatch,
        Slot::DistinctId,
        Slot::Now,
        Slot::Stamp,
        Slot::BaseSha,
        Slot::BaseTree,
        Slot::Issue,
        Slot::PlanComment,
        Slot::TreeSha,
        Slot::CommitSha,
        Slot::Pr,
        Slot::RunId,
        Slot::RunUrl,
        Slot::RunNode,
        Slot::Comment,
    ];

    /// The name between braces in a preview.
    pub fn name(self) -> &'static str {
        match self {
            Slot::Dispatch => "dispatch",
            Slot::DistinctId => "distinct_id",
            Slot::Now => "now",
            Slot::Stamp => "stamp",
            Slot::BaseSha => "base_sha",
            Slot::BaseTree => "base_tree",
            Slot::Issue => "issue",
            Slot::PlanComment => "plan_comment",
            Slot::TreeSha => "tree_sha",
            Slot::CommitSha => "commit_sha",
            Slot::Pr => "pr",
            Slot::RunId => "run_id",
            Slot::RunUrl => "run_url",
            Slot::RunNode => "run_node",
            Slot::Comment => "comment",
        }
    }

    /// What it will be, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Slot::Dispatch => "the id of this dispatch",
            Slot::DistinctId => "six letters and digits by which the run is found",
            Slot::Now => "the time of the dispatch (UTC)",
            Slot::Stamp => "month, day, hour and minute of the dispatch (UTC)",
            Slot::BaseSha => "the head of the base branch when the dispatch starts",
            Slot::BaseTree => "the files of that head",
            Slot::Issue => "the number GitHub gives the new issue",
            Slot::PlanComment => "the id GitHub gives the plan comment",
            Slot::TreeSha => "the id GitHub gives the new tree",
            Slot::CommitSha => "the id GitHub gives the new commit",
            Slot::Pr => "the number GitHub gives the pull request",
            Slot::RunId => "the id GitHub gives the run",
            Slot::RunUrl => "the address of the run",
            Slot::RunNode => "the GraphQL id of the run",
            Slot::Comment => "the id GitHub gives the objective's comment",
        }
    }

    fn stand_in(self, nonce: u32) -> String {
        let index = self as usize;
        match self {
            Slot::Issue | Slot::PlanComment | Slot::Pr | Slot::RunId | Slot::Comment => {
                format!("4{nonce:06}0000{index:02}")
            }
            Slot::Now => format!("2001-01-01T00:00:00.{nonce:06}+00:00"),
            Slot::Stamp => format!("standin{nonce:06}stamp"),
            Slot::DistinctId => format!("standin{nonce:06}distinct"),
            Slot::Dispatch => format!("standin{nonce:06}dispatch"),
            Slot::RunUrl => format!("https://run.invalid/standin{nonce:06}"),
            Slot::RunNode => format!("WFR_standin{nonce:06}"),
            Slot::BaseSha | Slot::BaseTree | Slot::TreeSha | Slot::CommitSha => {
                format!("{index:02}{nonce:06}{}", "e".repeat(32))
            }
        }
    }
}

/// What is known of the placeholders of one dispatch.
pub type Bindings = BTreeMap<Slot, String>;

/// The stand-ins of one dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    nonce: u32,
}

impl Slots {
    /// Stand-ins that occur in none of `texts`.
    pub fn avoiding(texts: &[&str]) -> Slots {
        let clash = |nonce: u32| {
            Slot::ALL.iter().any(|slot| {
                let stand_in = slot.stand_in(nonce);
                texts.iter().any(|text| text.contains(&stand_in))
            })
        };
        // Stand-ins are 13 bytes and more, so no text of 60,000 characters holds ten thousand of them.
        Slots { nonce: (0..10_000).find(|nonce| !clash(*nonce)).unwrap_or_default() }
    }

    /// The stand-in as text.
    pub fn text(&self, slot: Slot) -> String {
        slot.stand_in(self.nonce)
    }

    /// The stand-in of a number (issue, comment, pull request, run).
    pub fn number(&self, slot: Slot) -> i64 {
        slot.stand_in(self.nonce).parse().unwrap_or_default()
    }

    /// `text` with `{names}`, as a preview shows it.
    pub fn named(&self, text: &str) -> String {
        Slot::ALL.iter().fold(text.to_owned(), |text, slot| {
            text.replace(&slot.stand_in(self.nonce), &format!("{{{}}}", slot.name()))
        })
    }

    /// `text` with everything that is bound.
    pub fn fill(&self, text: &str, bindings: &Bindings) -> String {
        bindings
            .iter()
            .fold(text.to_owned(), |text, (slot, value)| text.replace(&slot.stand_in(self.nonce), value))
    }

    /// The first placeholder of `text` that is still open.
    pub fn open(&self, text: &str) -> Option<Slot> {
        Slot::ALL.into_iter().find(|slot| text.contains(&slot.stand_in(self.nonce)))
    }

    /// `json` with every string changed by `change`.
    pub fn map(json: &Value, change: &dyn Fn(&str) -> String) -> Value {
        match json {
            Value::String(text) => Value::String(change(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| Slots::map(item, change)).collect()),
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(name, value)| (name.clone(), Slots::map(value, change))).collect(),
            ),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_typed_is_never_taken_for_a_placeholder() {
        let plain = Slots::avoiding(&[]);
        let typed = format!("keep {{issue}} and {}", plain.text(Slot::Issue));
        let slots = Slots::avoiding(&[&typed]);
        let text = format!("{typed} is #{}", slots.number(Slot::Issue));
        let bound = Bindings::from([(Slot::Issue, "12".to_owned())]);
        assert_eq!(slots.fill(&text, &bound), format!("{typed} is #12"));
        assert_eq!(slots.named(&text), format!("{typed} is #{{issue}}"));
    }

    #[test]
    fn no_stand_in_holds_another() {
        let slots = Slots::avoiding(&[]);
        for a in Slot::ALL {
            for b in Slot::ALL {
                assert!(a == b || !slots.text(a).contains(&slots.text(b)), "{a:?} holds {b:?}");
            }
        }
    }

    #[test]
    fn open_placeholders_are_found() {
        let slots = Slots::avoiding(&[]);
        let text = format!("a {} b", slots.text(Slot::RunUrl));
        assert_eq!(slots.open(&text), Some(Slot::RunUrl));
        assert_eq!(slots.open("nothing"), None);
    }
}
