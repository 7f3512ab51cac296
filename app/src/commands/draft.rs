//! Keeping the form of `/new`, before and after anything is checked.

use leptos::prelude::*;

use super::fields::Fields;
use super::reply::{answer, person};
use crate::address::{address, local};
use crate::areas::{NewForm, Problem, ProblemKind, RepoName};
use crate::context::{areas, origin, set_status, viewer};

/// Keeps the form and answers the draft's id. Called while the person types.
#[server(prefix = "/do", endpoint = "save-draft")]
pub async fn save_draft(#[server(flatten)] fields: Fields) -> Result<String, Problem> {
    let (draft, form) = fields.read();
    let saved = areas().dispatches.save_draft(viewer().as_ref(), &origin(), some(&draft), &form).await;
    saved.map(|draft| draft.id).inspect_err(|problem| set_status(problem.kind.status()))
}

/// Throws a draft away and opens the page that asked, else an empty form.
#[server(prefix = "/do", endpoint = "discard-draft")]
pub async fn discard_draft(draft: String, #[server(default)] back: String) -> Result<(), Problem> {
    let back = if back.is_empty() { "/new".to_owned() } else { local(&back) };
    let result = areas().dispatches.discard_draft(viewer().as_ref(), &draft).await;
    answer(result.map(|()| (back.clone(), None)).map_err(|problem| vec![problem]), &back)
}

/// Puts a template of the repository into the form, after what is written there already.
#[server(prefix = "/do", endpoint = "use-template")]
pub async fn use_template(#[server(flatten)] fields: Fields, template: String) -> Result<(), Problem> {
    let (draft, mut form) = fields.read();
    let found = match (person(), RepoName::parse(&form.repo)) {
        (Err(problem), _) => Err(problem),
        (_, None) => Err(Problem::new(ProblemKind::Invalid, "Choose the repository first.").field("repo")),
        (Ok(viewer), Some(repo)) => areas().repositories.template(&viewer, &repo, &template).await,
    };
    if let Ok(text) = &found {
        let written = form.instruction.trim_end();
        form.instruction = if written.is_empty() { text.clone() } else { format!("{written}\n\n{text}") };
    }
    let page = address("/new", [("draft", keep(&draft, &form).await?.as_str())]);
    answer(found.map(|_| (page.clone(), None)).map_err(|problem| vec![problem]), &page)
}

/// Keeps the form under the draft, or under a new one: an id that is not this person's, or no longer known,
/// must not cost the text.
pub(super) async fn keep(draft: &str, form: &NewForm) -> Result<String, Problem> {
    let areas = areas();
    let viewer = viewer();
    let origin = origin();
    let kept = areas.dispatches.save_draft(viewer.as_ref(), &origin, some(draft), form).await;
    let kept = match kept {
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Forbidden) => {
            areas.dispatches.save_draft(viewer.as_ref(), &origin, None, form).await
        }
        kept => kept,
    };
    // Unanswered here: the server shows a browser the form again, with everything that was typed.
    kept.map(|draft| draft.id).inspect_err(|problem| set_status(problem.kind.status()))
}

pub(super) fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
