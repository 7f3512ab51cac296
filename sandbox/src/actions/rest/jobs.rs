//! Jobs of runs.

use axum::{Router, extract::State, routing::get};

use super::super::{state::Job, views};
use crate::{
    http::{
        page::{Page, Query},
        path::Path,
        reply::{Answer, ok},
    },
    rest::Under,
    world::{
        World,
        access::{Caller, Need},
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/runs/{id}/jobs", get(list))
        .route("/repos/{owner}/{repo}/actions/runs/{id}/attempts/{attempt}/jobs", get(list_of_attempt))
        .route("/repos/{owner}/{repo}/actions/jobs/{id}", get(one))
}

async fn list(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id)): Under<u64>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("actions"))?;
    let run = m.actions.run_of(r.id, id).ok_or_else(Refusal::not_found)?;
    let jobs: Vec<&Job> = match query.get("filter").map(String::as_str) {
        Some("all") => m.actions.jobs.values().filter(|j| j.run == id).collect(),
        _ => m.actions.jobs_of(run, None),
    };
    let all = jobs.into_iter().map(|j| views::job(&m, r, run, j)).collect();
    let at = format!("{}/repositories/{}/actions/runs/{id}/jobs", m.base, r.id);
    Ok(Page::of(&query).counted(&at, "jobs", all))
}

async fn list_of_attempt(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id, attempt)): Path<(String, String, u64, u64)>,
    query: Query,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("actions"))?;
    let run = m.actions.run_of(r.id, id).ok_or_else(Refusal::not_found)?;
    if !(1..=run.attempt).contains(&attempt) {
        return Err(Refusal::not_found());
    }
    let jobs = m.actions.jobs_of(run, Some(attempt));
    let all = jobs.into_iter().map(|j| views::job(&m, r, run, j)).collect();
    let at = format!("{}/repositories/{}/actions/runs/{id}/attempts/{attempt}/jobs", m.base, r.id);
    Ok(Page::of(&query).counted(&at, "jobs", all))
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("actions"))?;
    let job = m.actions.job_of(r.id, id).ok_or_else(Refusal::not_found)?;
    let run = m.actions.run_of(r.id, job.run).ok_or_else(Refusal::not_found)?;
    ok(views::job(&m, r, run, job))
}
