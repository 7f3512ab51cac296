//! Keeping the form of `/new`, before and after anything is checked.

use leptos::prelude::*;

use super::reply::answer;
use crate::areas::{Mode, NewForm, Problem};
use crate::context::{areas, set_status, viewer};

/// Keeps the form and answers the draft's id. Called while the person types.
#[allow(clippy::too_many_arguments)] // one argument per field of the form
#[server(prefix = "/do", endpoint = "save-draft")]
pub async fn save_draft(
    #[server(default)] draft: String,
    #[server(default)] repo: String,
    #[server(default)] base: String,
    #[server(default)] instruction: String,
    #[server(default)] mode: String,
    #[server(default)] model: String,
    #[server(default)] objective: String,
    #[server(default)] node: String,
    #[server(default)] override_node: String,
) -> Result<String, Problem> {
    let form = form(repo, base, instruction, &mode, model, objective, node, &override_node);
    let saved = areas().dispatches.save_draft(viewer().as_ref(), some(&draft), &form).await;
    saved.map(|draft| draft.id).inspect_err(|problem| set_status(problem.kind.status()))
}

/// Throws a draft away and opens an empty form.
#[server(prefix = "/do", endpoint = "discard-draft")]
pub async fn discard_draft(draft: String) -> Result<(), Problem> {
    let result = areas().dispatches.discard_draft(viewer().as_ref(), &draft).await;
    answer(result.map(|()| ("/new".to_owned(), None)).map_err(|problem| vec![problem]), "/new")
}

/// The form from its fields as sent. Line ends are `\n`, as GitHub keeps them.
#[allow(clippy::too_many_arguments)] // one argument per field of the form
pub(super) fn form(
    repo: String,
    base: String,
    instruction: String,
    mode: &str,
    model: String,
    objective: String,
    node: String,
    override_node: &str,
) -> NewForm {
    NewForm {
        repo: repo.trim().to_owned(),
        base: base.trim().to_owned(),
        instruction: lines(&instruction),
        mode: if mode == "plan-first" { Mode::PlanFirst } else { Mode::OneShot },
        model: model.trim().to_owned(),
        objective: objective.trim().to_owned(),
        node: node.trim().to_owned(),
        override_node: !override_node.is_empty() && override_node != "false",
        plan: None,
    }
}

/// A text of a form with `\n` line ends: browsers send `\r\n`.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

pub(super) fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_with_unix_line_ends() {
        let text = " a\r\n\r\nb\t".to_owned();
        let form = form(
            "acme/widgets ".into(),
            String::new(),
            text,
            "plan-first",
            String::new(),
            "x".into(),
            String::new(),
            "",
        );
        assert_eq!(form.instruction, " a\n\nb\t");
        assert_eq!(
            (form.repo.as_str(), form.mode, form.override_node),
            ("acme/widgets", Mode::PlanFirst, false)
        );
    }
}
