//! Ending sessions of one's own.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::areas::{Problem, ProblemKind};
use crate::components::words::count;
use crate::context::{areas, session};

const PAGE: &str = "/settings/sessions";

fn told(result: Result<String, Problem>) -> Result<(), Problem> {
    answer(result.map(|done| (PAGE.to_owned(), Some(done))).map_err(|problem| vec![problem]), PAGE)
}

/// Ends a session at once.
#[server(prefix = "/do", endpoint = "end-session")]
pub async fn end_session(#[server(default)] id: String) -> Result<(), Problem> {
    let done = async {
        areas().sessions.end(&person()?, &id).await?;
        Ok("The session has ended.".to_owned())
    };
    told(done.await)
}

/// Ends every session but the one that asks.
#[server(prefix = "/do", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Result<(), Problem> {
    let done = async {
        let viewer = person()?;
        let Some(this) = session() else {
            return Err(Problem::new(ProblemKind::Invalid, "You are not signed in with a browser here."));
        };
        let ended = areas().sessions.end_others(&viewer, &this).await?;
        let ended = count(u32::try_from(ended).unwrap_or(u32::MAX), "session");
        Ok(format!("Ended: {ended}. This one goes on."))
    };
    told(done.await)
}
