//! What becomes of runs and jobs, written down and told to webhooks. A run whose world was reset is not
//! there any more; what is reported of it then is dropped.

use serde_json::{Map, Value, json};

use super::{
    state::{Conclusion, Job, Run, Status, Step},
    views,
};
use crate::{
    views::checks,
    world::{
        Event, Held, ids,
        model::{CheckRun, Time},
    },
};

/// Changes a run and tells `requested`, `in_progress` or `completed`.
pub fn run(held: &mut Held<'_>, id: u64, action: &'static str, change: impl FnOnce(&mut Run, Time)) {
    let now = held.now();
    let Some(run) = held.actions.runs.get_mut(&id) else { return };
    change(run, now);
    run.updated_at = now;
    let run = run.clone();
    let Some(r) = held.repos.get(&run.repo) else { return };
    let shown = views::run(held, r, &run, None);
    let file = held.actions.files.get(&run.file).map(|f| views::workflow(held, r, f, true));
    let event = Event::new(run.repo, "workflow_run", run.triggering_actor.clone())
        .action(action)
        .with("workflow_run", shown)
        .with("workflow", file.unwrap_or_default());
    held.emit(event);
}

/// A job that is queued, or that never will be.
pub struct NewJob {
    pub run: u64,
    pub key: String,
    pub name: String,
    pub labels: Vec<String>,
    pub status: Status,
    pub conclusion: Option<Conclusion>,
}

/// Makes a job and its check run; `None` when the run is gone.
pub fn new_job(held: &mut Held<'_>, new: NewJob) -> Option<u64> {
    let (id, now) = (held.fresh_id(), held.now());
    let run = held.actions.runs.get(&new.run)?.clone();
    let over = new.conclusion.map(|_| now);
    let job = Job {
        id,
        repo: run.repo,
        run: run.id,
        attempt: run.attempt,
        key: new.key,
        name: new.name.clone(),
        labels: new.labels,
        status: new.status,
        conclusion: new.conclusion,
        created_at: now,
        started_at: over,
        completed_at: over,
        steps: Vec::new(),
        outputs: Map::new(),
        tracking_id: format!("github_{}", ids::guid()),
    };
    held.actions.jobs.insert(id, job);
    let details = format!("{}/job/{id}", views::run_page(held, held.repos.get(&run.repo)?, run.id));
    let check = CheckRun {
        id,
        suite_id: run.suite,
        head_sha: run.head_sha.clone(),
        name: new.name,
        status: "queued".to_owned(),
        conclusion: None,
        details_url: details,
        started_at: Some(now),
        completed_at: None,
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
    };
    held.repos.get_mut(&run.repo)?.check_runs.insert(id, check);
    if new.status != Status::Completed {
        tell_job(held, id, "queued");
        tell_check(held, run.repo, id, "created", &run.triggering_actor);
        return Some(id);
    }
    job_changed(held, id, "completed", |_, _| {});
    Some(id)
}

/// Changes a job, and its check run with it, and tells `in_progress` or `completed`.
pub fn job_changed(held: &mut Held<'_>, id: u64, action: &'static str, change: impl FnOnce(&mut Job, Time)) {
    let now = held.now();
    let Some(job) = held.actions.jobs.get_mut(&id) else { return };
    change(job, now);
    let job = job.clone();
    let Some(check) = held.repos.get_mut(&job.repo).and_then(|r| r.check_runs.get_mut(&id)) else { return };
    check.status = match job.status {
        Status::Pending => "queued",
        other => other.name(),
    }
    .to_owned();
    check.conclusion = job.conclusion.map(|c| c.name().to_owned());
    check.started_at = job.started_at.or(check.started_at);
    check.completed_at = job.completed_at;
    tell_job(held, id, action);
    if job.status == Status::Completed {
        let actor = held.actions.runs.get(&job.run).map(|r| r.triggering_actor.clone()).unwrap_or_default();
        tell_check(held, job.repo, id, "completed", &actor);
    }
}

/// Changes the steps of a job, which nobody is told.
pub fn steps(held: &mut Held<'_>, id: u64, change: impl FnOnce(&mut Vec<Step>, Time)) {
    let now = held.now();
    if let Some(job) = held.actions.jobs.get_mut(&id) {
        change(&mut job.steps, now);
    }
}

/// Adds an annotation to a job.
pub fn annotate(held: &mut Held<'_>, id: u64, annotation: Value) {
    let Some(job) = held.actions.jobs.get(&id).map(|j| j.repo) else { return };
    if let Some(check) = held.repos.get_mut(&job).and_then(|r| r.check_runs.get_mut(&id)) {
        check.annotations.push(annotation);
    }
}

/// GitHub's `check-annotation`.
pub fn annotation(level: &str, title: Option<&str>, message: &str, path: Option<&str>, line: u64) -> Value {
    json!({
        "path": path.unwrap_or(".github"),
        "start_line": line,
        "end_line": line,
        "start_column": null,
        "end_column": null,
        "annotation_level": level,
        "title": title.unwrap_or_default(),
        "message": message,
        "raw_details": null,
        "blob_href": "",
    })
}

fn tell_job(held: &mut Held<'_>, id: u64, action: &'static str) {
    let Some(job) = held.actions.jobs.get(&id) else { return };
    let Some(run) = held.actions.runs.get(&job.run) else { return };
    let Some(r) = held.repos.get(&job.repo) else { return };
    let shown = views::job(held, r, run, job);
    let event = Event::new(job.repo, "workflow_job", run.triggering_actor.clone())
        .action(action)
        .with("workflow_job", shown);
    held.emit(event);
}

fn tell_check(held: &mut Held<'_>, repo: u64, id: u64, action: &'static str, actor: &str) {
    let Some(r) = held.repos.get(&repo) else { return };
    let Some(check) = r.check_runs.get(&id) else { return };
    let shown = checks::check_run(held, r, check);
    held.emit(Event::new(repo, "check_run", actor).action(action).with("check_run", shown));
}
