//! The fields of `/new` and `/plans/new` as a browser sends them.

use serde::{Deserialize, Serialize};

use crate::areas::{Mode, NewForm};

/// Every field as text; one that is not sent is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub draft: String,
    pub repo: String,
    pub base: String,
    pub instruction: String,
    pub mode: String,
    pub model: String,
    pub objective: String,
    pub node: String,
    pub override_node: String,
}

impl Fields {
    /// The id of the draft and the form. Line ends are `\n`, as GitHub keeps them.
    pub(super) fn read(self) -> (String, NewForm) {
        let form = NewForm {
            repo: self.repo.trim().to_owned(),
            base: self.base.trim().to_owned(),
            instruction: lines(&self.instruction),
            mode: if self.mode == "plan-first" { Mode::PlanFirst } else { Mode::OneShot },
            model: self.model.trim().to_owned(),
            objective: self.objective.trim().to_owned(),
            node: self.node.trim().to_owned(),
            override_node: !self.override_node.is_empty() && self.override_node != "false",
            plan: None,
            objective_text: None,
        };
        (self.draft, form)
    }

    /// The same for a plan that a person wrote.
    pub(super) fn read_plan(self) -> (String, NewForm) {
        let (draft, form) = self.read();
        (draft, NewForm { plan: Some(0), ..form })
    }
}

/// A text of a form with `\n` line ends: browsers send `\r\n`.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_with_unix_line_ends() {
        let fields = Fields {
            repo: "acme/widgets ".into(),
            instruction: " a\r\n\r\nb\t".into(),
            mode: "plan-first".into(),
            objective: "x".into(),
            ..Fields::default()
        };
        let (_, form) = fields.read();
        assert_eq!(form.instruction, " a\n\nb\t");
        assert_eq!(
            (form.repo.as_str(), form.mode, form.override_node),
            ("acme/widgets", Mode::PlanFirst, false)
        );
    }
}
