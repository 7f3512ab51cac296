//! The workflows of a repository.

use axum::{Router, extract::State, routing::get};

use super::super::{files, views};
use crate::{
    http::{
        page::{Page, Query},
        path::Path,
        reply::{Answer, ok},
    },
    rest::{Place, Under},
    world::{
        World,
        access::{Caller, Need},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/workflows", get(list))
        .route("/repos/{owner}/{repo}/actions/workflows/{id}", get(one))
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("actions"))?.id;
    let present = files::present(&mut m, repo).await;
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let files = m.actions.files.values().filter(|f| f.repo == repo);
    let known = files.filter(|f| present.contains(&f.id) || f.last_run > 0);
    let all = known.map(|f| views::workflow(&m, r, f, present.contains(&f.id))).collect();
    let at = format!("{}/repositories/{repo}/actions/workflows", m.base);
    Ok(Page::of(&query).counted(&at, "workflows", all))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<String>) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("actions"))?.id;
    let (file, present) = files::find(&mut m, repo, &id).await.ok_or_else(Refusal::not_found)?;
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    ok(views::workflow(&m, r, &file, present))
}
