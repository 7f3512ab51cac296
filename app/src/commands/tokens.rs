//! Making and revoking tokens of the API.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::address::address;
use crate::areas::{Problem, TokenForm, TokenScope};
use crate::context::areas;

const PAGE: &str = "/settings/tokens";

/// Makes a token; the page then shows its secret once.
#[server(prefix = "/do", endpoint = "create-token")]
pub async fn create_token(
    #[server(default)] name: String,
    #[server(default)] scope: String,
    #[server(default)] days: String,
) -> Result<(), Problem> {
    // What was typed comes back with the page that says what is wrong.
    let back = address(PAGE, [("name", name.as_str()), ("scope", scope.as_str()), ("days", days.as_str())]);
    let scope = if scope == "write" { TokenScope::Write } else { TokenScope::Read };
    // What is no number of days is refused like one that is too large.
    let days = (!matches!(days.trim(), "" | "never")).then(|| days.trim().parse().unwrap_or(u32::MAX));
    let made = async {
        let viewer = person()?;
        areas().tokens.create(&viewer, &TokenForm { name, scope, days }).await
    }
    .await;
    let to = made.map(|id| (address(PAGE, [("made", id.as_str())]), None));
    answer(to.map_err(|problem: Problem| vec![problem]), &back)
}

/// Ends a token at once.
#[server(prefix = "/do", endpoint = "revoke-token")]
pub async fn revoke_token(#[server(default)] id: String) -> Result<(), Problem> {
    let done = async {
        let viewer = person()?;
        areas().tokens.revoke(&viewer, &id).await
    }
    .await;
    let to = done.map(|()| (PAGE.to_owned(), Some("The token is revoked.".to_owned())));
    answer(to.map_err(|problem: Problem| vec![problem]), PAGE)
}
