//! Creating a plan that a person wrote. What was typed is kept first.

use leptos::prelude::*;

use super::draft::keep;
use super::fields::Fields;
use super::reply::{answer, person};
use crate::address::address;
use crate::areas::Problem;
use crate::context::areas;

/// Keeps the plan and opens its preview. Writes nothing to GitHub.
#[server(prefix = "/do", endpoint = "preview-plan")]
pub async fn preview_plan(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    let (draft, form) = fields.read_plan();
    let id = keep(&draft, &form).await?;
    let page = address("/plans/new", [("draft", id.as_str()), ("show", "preview")]);
    answer(person().map(|_| (page.clone(), None)).map_err(|problem| vec![problem]), &page)
}

/// Keeps the plan, then creates it and opens its page.
#[server(prefix = "/do", endpoint = "create-plan")]
pub async fn create_plan(#[server(flatten)] fields: Fields) -> Result<(), Problem> {
    let (draft, form) = fields.read_plan();
    let id = keep(&draft, &form).await?;
    let back = address("/plans/new", [("draft", id.as_str())]);
    let viewer = match person() {
        Ok(viewer) => viewer,
        Err(problem) => return answer(Err(vec![problem]), &back),
    };
    let created = areas().dispatches.create_plan(&viewer, Some(&id), &form).await;
    answer(created.map(|id| (format!("/dispatches/{id}"), None)), &back)
}
