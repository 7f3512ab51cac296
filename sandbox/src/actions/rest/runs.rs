//! Runs: finding them, ending them, trying again.

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde_json::json;

use super::super::{
    files,
    runner::process::Stop,
    start::again,
    state::{Conclusion, Run, Status},
    views,
};
use crate::{
    http::{
        page::{Page, Query},
        path::Path,
        reply::{Answer, accepted, created, ok},
    },
    rest::{Place, Under},
    world::{
        Held, World,
        access::{Caller, Need},
        clock,
        model::Time,
        refusal::Refusal,
    },
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/runs", get(list))
        .route("/repos/{owner}/{repo}/actions/workflows/{id}/runs", get(list_of))
        .route("/repos/{owner}/{repo}/actions/runs/{id}", get(one))
        .route("/repos/{owner}/{repo}/actions/runs/{id}/attempts/{attempt}", get(attempt))
        .route("/repos/{owner}/{repo}/actions/runs/{id}/cancel", post(cancel))
        .route("/repos/{owner}/{repo}/actions/runs/{id}/force-cancel", post(force_cancel))
        .route("/repos/{owner}/{repo}/actions/runs/{id}/rerun", post(rerun))
        .route("/repos/{owner}/{repo}/actions/runs/{id}/rerun-failed-jobs", post(rerun_failed))
}

async fn list(State(w): State<World>, caller: Caller, Path((owner, name)): Place, query: Query) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("actions"))?.id;
    show(&m, repo, None, &query)
}

async fn list_of(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id)): Under<String>,
    query: Query,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::read("actions"))?.id;
    let (file, _) = files::find(&mut m, repo, &id).await.ok_or_else(Refusal::not_found)?;
    show(&m, repo, Some(file.id), &query)
}

/// Runs that the query asks for, newest first.
fn show(m: &Held<'_>, repo: u64, file: Option<u64>, query: &Query) -> Answer {
    let get = |key: &str| query.get(key).map(String::as_str).filter(|v| !v.is_empty());
    let created = get("created").map(Range::read).transpose()?;
    let hidden = &m.world().controls().hidden;
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let all = m
        .actions
        .runs
        .values()
        .rev()
        .filter(|run| run.repo == repo && file.is_none_or(|f| run.file == f))
        .filter(|run| hidden.listed("run", run.id))
        .filter(|run| get("actor").is_none_or(|a| run.actor.eq_ignore_ascii_case(a)))
        .filter(|run| get("branch").is_none_or(|b| run.head_branch.as_deref() == Some(b)))
        .filter(|run| get("event").is_none_or(|e| run.event == e))
        .filter(|run| get("head_sha").is_none_or(|s| run.head_sha == s))
        .filter(|run| get("check_suite_id").is_none_or(|s| run.suite.to_string() == s))
        .filter(|run| {
            get("status")
                .is_none_or(|s| run.status.name() == s || run.conclusion.is_some_and(|c| c.name() == s))
        })
        .filter(|run| created.as_ref().is_none_or(|c| c.holds(run.created_at)))
        .map(|run| views::run(m, r, run, None))
        .collect();
    let tail = file.map(|f| format!("workflows/{f}/")).unwrap_or_default();
    let at = format!("{}/repositories/{repo}/actions/{tail}runs", m.base);
    Ok::<Response, Refusal>(Page::of(query).counted(&at, "workflow_runs", all))
}

/// A range of times as GitHub's search writes it: `>=A`, `<=A`, `>A`, `<A`, `A..B`, or a day.
#[derive(Debug, PartialEq)]
struct Range {
    from: Time,
    to: Time,
}

impl Range {
    fn read(text: &str) -> Result<Self, Refusal> {
        let (min, max) = (Time::MIN, Time::MAX);
        // A day without a time is the whole day.
        let time = |text: &str, end: bool| {
            let day = clock::parse(&format!("{text}T00:00:00Z")).map(|t| if end { t + 86_399 } else { t });
            let written = if text.contains('T') { clock::parse(&text.replace(' ', "+")) } else { day };
            written.ok_or_else(|| Refusal::unprocessable(format!("'{text}' is not a valid date")))
        };
        if let Some((from, to)) = text.split_once("..") {
            let from = if from == "*" { min } else { time(from, false)? };
            return Ok(Self { from, to: if to == "*" { max } else { time(to, true)? } });
        }
        if let Some(at) = text.strip_prefix(">=") {
            return Ok(Self { from: time(at, false)?, to: max });
        }
        if let Some(at) = text.strip_prefix("<=") {
            return Ok(Self { from: min, to: time(at, true)? });
        }
        if let Some(at) = text.strip_prefix('>') {
            return Ok(Self { from: time(at, true)? + 1, to: max });
        }
        if let Some(at) = text.strip_prefix('<') {
            return Ok(Self { from: min, to: time(at, false)? - 1 });
        }
        Ok(Self { from: time(text, false)?, to: time(text, true)? })
    }

    fn holds(&self, at: Time) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

async fn one(State(w): State<World>, caller: Caller, Path((owner, name, id)): Under<u64>) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("actions"))?;
    let run = m.actions.run_of(r.id, id).ok_or_else(Refusal::not_found)?;
    ok(views::run(&m, r, run, None))
}

async fn attempt(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, id, attempt)): Path<(String, String, u64, u64)>,
) -> Answer {
    let m = w.lock().await;
    let r = m.allowed(&caller, &owner, &name, Need::read("actions"))?;
    let run = m.actions.run_of(r.id, id).ok_or_else(Refusal::not_found)?;
    if !(1..=run.attempt).contains(&attempt) {
        return Err(Refusal::not_found());
    }
    ok(views::run(&m, r, run, Some(attempt)))
}

async fn cancel(State(w): State<World>, caller: Caller, path: Under<u64>) -> Answer {
    stop(&w, &caller, path, Stop::Cancel).await
}

async fn force_cancel(State(w): State<World>, caller: Caller, path: Under<u64>) -> Answer {
    stop(&w, &caller, path, Stop::Force).await
}

async fn stop(w: &World, caller: &Caller, Path((owner, name, id)): Under<u64>, how: Stop) -> Answer {
    let m = w.lock().await;
    let repo = m.allowed(caller, &owner, &name, Need::write("actions"))?.id;
    let run = m.actions.run_of(repo, id).ok_or_else(Refusal::not_found)?;
    let live = w.actions().and_then(|a| a.live().get(&run.id).cloned());
    match live.filter(|_| run.status != Status::Completed) {
        None => Err(Refusal::conflict("Cannot cancel a workflow run that is completed.")),
        Some(stop) => {
            stop.send_if_modified(|s| {
                let more = how > *s;
                *s = (*s).max(how);
                more
            });
            accepted(json!({}))
        }
    }
}

async fn rerun(State(w): State<World>, caller: Caller, path: Under<u64>) -> Answer {
    retry(&w, &caller, path, |_, _| Ok(Vec::new())).await
}

async fn rerun_failed(State(w): State<World>, caller: Caller, path: Under<u64>) -> Answer {
    retry(&w, &caller, path, |m, run| {
        let jobs = m.actions.jobs_of(run, None);
        let failed = |c: Option<Conclusion>| matches!(c, Some(Conclusion::Failure | Conclusion::Cancelled));
        if !jobs.iter().any(|j| failed(j.conclusion)) {
            return Err(Refusal::forbidden("This workflow run has no failed jobs to re-run."));
        }
        Ok(jobs.iter().filter(|j| j.conclusion == Some(Conclusion::Success)).map(|j| j.id).collect())
    })
    .await
}

/// Tries again; `keep` says which jobs are not run again.
async fn retry(
    w: &World,
    caller: &Caller,
    Path((owner, name, id)): Under<u64>,
    keep: impl FnOnce(&Held<'_>, &Run) -> Result<Vec<u64>, Refusal>,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(caller, &owner, &name, Need::write("actions"))?.id;
    let run = m.actions.run_of(repo, id).ok_or_else(Refusal::not_found)?.clone();
    let live = w.actions().is_some_and(|a| a.live().contains_key(&id));
    if run.status != Status::Completed || live {
        return Err(Refusal::forbidden("This workflow is already running"));
    }
    if run.conclusion == Some(Conclusion::StartupFailure) {
        return Err(Refusal::forbidden("This workflow run cannot be retried"));
    }
    let kept = keep(&m, &run)?;
    again(&mut m, id, &caller.login_or_ghost(), kept);
    created(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_ranges() {
        let at = clock::parse("2026-02-15T09:00:00Z").expect("a time");
        for (text, holds) in [
            (">=2026-02-15T09:00:00Z", true),
            (">2026-02-15T09:00:00Z", false),
            ("<2026-02-15T09:00:00Z", false),
            ("<=2026-02-15", true),
            ("2026-02-15", true),
            ("2026-02-14", false),
            (">2026-02-15", false),
            ("2026-02-14..2026-02-15", true),
            ("*..2026-02-14", false),
            ("2026-02-15T08:59:59Z..*", true),
        ] {
            assert_eq!(Range::read(text).expect(text).holds(at), holds, "{text}");
        }
        assert!(Range::read("yesterday").is_err());
    }
}
