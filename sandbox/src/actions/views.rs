//! Workflows, runs and jobs as GitHub's API shows them. Pure: from the model to JSON.

use serde_json::{Value, json};

use super::state::{Conclusion, File, Job, Run, Status};
use crate::{
    views::{account, checks, git::Commit, repo},
    world::{
        clock::iso,
        ids::node_id,
        model::{Model, Repo},
    },
};

/// Name of the only runner there is.
pub const RUNNER: &str = "Sandbox 1";

fn api(m: &Model, r: &Repo) -> String {
    format!("{}/repos/{}", m.base, r.full_name())
}

fn web(m: &Model, r: &Repo) -> String {
    format!("{}/{}", m.base, r.full_name())
}

/// Page of a run.
pub fn run_page(m: &Model, r: &Repo, run: u64) -> String {
    format!("{}/actions/runs/{run}", web(m, r))
}

/// GitHub's `workflow`.
pub fn workflow(m: &Model, r: &Repo, file: &File, present: bool) -> Value {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    json!({
        "id": file.id,
        "node_id": node_id("W", file.id),
        "name": file.name,
        "path": file.path,
        "state": if present { "active" } else { "deleted" },
        "created_at": iso(file.created_at),
        "updated_at": iso(file.updated_at),
        "url": format!("{}/actions/workflows/{}", api(m, r), file.id),
        "html_url": format!("{}/blob/{}/{}", web(m, r), r.default_branch, file.path),
        "badge_url": format!("{}/workflows/{name}/badge.svg", web(m, r)),
    })
}

/// GitHub's `workflow-run`, of its last attempt or an earlier one.
pub fn run(m: &Model, r: &Repo, run: &Run, attempt: Option<u64>) -> Value {
    let number = attempt.unwrap_or(run.attempt);
    let url = format!("{}/actions/runs/{}", api(m, r), run.id);
    let earlier = usize::try_from(number).ok().and_then(|n| run.earlier.get(n.checked_sub(1)?));
    let (status, conclusion, by, started, updated) = match earlier {
        Some(a) => (Status::Completed, a.conclusion, &a.triggering_actor, a.started_at, a.updated_at),
        None => (run.status, run.conclusion, &run.triggering_actor, run.started_at, run.updated_at),
    };
    let pulls: Vec<Value> = r
        .issues
        .values()
        .filter_map(|i| i.pull.as_ref().map(|p| (i, p)))
        .filter(|(i, p)| i.open && Some(&p.head_ref) == run.head_branch.as_ref())
        .map(|(i, p)| checks::minimal_pull(m, r, i.number, p))
        .collect();
    json!({
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WFR", run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.title,
        "run_number": run.number,
        "event": run.event,
        "status": status.name(),
        "conclusion": conclusion.map(Conclusion::name),
        "workflow_id": run.file,
        "check_suite_id": run.suite,
        "check_suite_node_id": node_id("CS", run.suite),
        "url": url,
        "html_url": run_page(m, r, run.id),
        "pull_requests": pulls,
        "created_at": iso(run.created_at),
        "updated_at": iso(updated),
        "actor": account::simple(m, &run.actor),
        "run_attempt": number,
        "referenced_workflows": run.calls.iter().map(|path| json!({
            "path": format!("{}/{path}@{}", r.full_name(), run.git_ref), "sha": run.sha, "ref": run.git_ref,
        })).collect::<Vec<_>>(),
        "run_started_at": iso(started),
        "triggering_actor": account::simple(m, by),
        "jobs_url": format!("{url}/jobs"),
        "logs_url": format!("{url}/logs"),
        "check_suite_url": format!("{}/check-suites/{}", api(m, r), run.suite),
        "artifacts_url": format!("{url}/artifacts"),
        "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"),
        "previous_attempt_url": (number > 1).then(|| format!("{url}/attempts/{}", number - 1)),
        "workflow_url": format!("{}/actions/workflows/{}", api(m, r), run.file),
        "head_commit": run.head_commit,
        "repository": repo::minimal(m, r),
        "head_repository": repo::minimal(m, r),
    })
}

/// GitHub's `simple-commit`.
pub fn simple_commit(c: &Commit) -> Value {
    json!({
        "id": c.sha,
        "tree_id": c.tree,
        "message": c.message,
        "timestamp": iso(c.committer.at),
        "author": { "name": c.author.name, "email": c.author.email },
        "committer": { "name": c.committer.name, "email": c.committer.email },
    })
}

/// GitHub's `job`.
pub fn job(m: &Model, r: &Repo, run: &Run, job: &Job) -> Value {
    let ran = job.started_at.is_some() && job.conclusion != Some(Conclusion::Skipped);
    json!({
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.name,
        "head_branch": run.head_branch,
        "run_url": format!("{}/actions/runs/{}", api(m, r), run.id),
        "run_attempt": job.attempt,
        "node_id": node_id("CR", job.id),
        "head_sha": run.head_sha,
        "url": format!("{}/actions/jobs/{}", api(m, r), job.id),
        "html_url": format!("{}/job/{}", run_page(m, r, run.id), job.id),
        "status": job.status.name(),
        "conclusion": job.conclusion.map(Conclusion::name),
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at.unwrap_or(job.created_at)),
        "completed_at": job.completed_at.map(iso),
        "name": job.name,
        "steps": job.steps.iter().map(|s| json!({
            "name": s.name,
            "status": s.status.name(),
            "conclusion": s.conclusion.map(Conclusion::name),
            "number": s.number,
            "started_at": s.started_at.map(iso),
            "completed_at": s.completed_at.map(iso),
        })).collect::<Vec<_>>(),
        "check_run_url": format!("{}/check-runs/{}", api(m, r), job.id),
        "labels": job.labels,
        "runner_id": ran.then_some(1),
        "runner_name": ran.then_some(RUNNER),
        "runner_group_id": ran.then_some(0),
        "runner_group_name": ran.then_some("GitHub Actions"),
    })
}
