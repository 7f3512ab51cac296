//! What can be done to a batch.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::areas::Problem;
use crate::context::areas;

/// Tries one item of a batch again.
#[server(prefix = "/do", endpoint = "retry-item")]
pub async fn retry_item(batch: String, item: u32) -> Result<(), Problem> {
    let back = format!("/batches/{batch}");
    let result = match person() {
        Ok(viewer) => areas().dispatches.retry_item(&viewer, &batch, item).await,
        Err(problem) => Err(problem),
    };
    answer(result.map(|()| (back.clone(), None)).map_err(|problem| vec![problem]), &back)
}
