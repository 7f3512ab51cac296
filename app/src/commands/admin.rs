//! What administrators end: sessions, tokens, connections.

use leptos::prelude::*;

use super::reply::{answer, person};
use super::repository::named;
use crate::areas::Problem;
use crate::context::areas;

const PAGE: &str = "/admin";

fn told(result: Result<String, Problem>) -> Result<(), Problem> {
    answer(result.map(|done| (PAGE.to_owned(), Some(done))).map_err(|problem| vec![problem]), PAGE)
}

/// Ends every session of a person.
#[server(prefix = "/do", endpoint = "admin-sign-out")]
pub async fn admin_sign_out(#[server(default)] account: i64) -> Result<(), Problem> {
    let done = async {
        areas().administration.sign_out(&person()?, account).await?;
        Ok("Signed out: they must sign in again.".to_owned())
    };
    told(done.await)
}

/// Ends one session of a person.
#[server(prefix = "/do", endpoint = "admin-end-session")]
pub async fn admin_end_session(
    #[server(default)] account: i64,
    #[server(default)] id: String,
) -> Result<(), Problem> {
    let done = async {
        areas().administration.end_session(&person()?, account, &id).await?;
        Ok("The session has ended.".to_owned())
    };
    told(done.await)
}

/// Revokes anybody's token of the API.
#[server(prefix = "/do", endpoint = "admin-revoke")]
pub async fn admin_revoke(#[server(default)] id: String) -> Result<(), Problem> {
    let done = async {
        areas().administration.revoke(&person()?, &id).await?;
        Ok("The token is revoked.".to_owned())
    };
    told(done.await)
}

/// Stops reading a repository.
#[server(prefix = "/do", endpoint = "admin-disconnect")]
pub async fn admin_disconnect(#[server(default)] repo: String) -> Result<(), Problem> {
    let done = async {
        let repo = named(&repo)?;
        let left = areas().administration.disconnect(&person()?, &repo).await?;
        Ok(super::repository::disconnected(&repo, left))
    };
    told(done.await)
}
