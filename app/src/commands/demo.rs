//! Beginning the demo anew.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::areas::Problem;
use crate::context::areas;

/// Puts the demo back to its start; whoever asked is signed out by that.
#[server(prefix = "/do", endpoint = "reset-demo")]
pub async fn reset_demo() -> Result<(), Problem> {
    let done = "The demo is back at its start, and everybody is signed out.";
    let result = person().and_then(|viewer| areas().account.reset_demo(&viewer));
    answer(result.map(|()| ("/".to_owned(), Some(done.to_owned()))).map_err(|problem| vec![problem]), "/")
}
