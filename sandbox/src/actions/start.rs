//! Making runs: from a dispatch, an event, or an earlier attempt.

use serde_json::{Map, Value};
use tokio::sync::watch;

use super::{
    expression::Scope,
    files, report,
    runner::{drive::drive, process::Stop},
    state::{self, Attempt, Conclusion, Run, Status},
    views,
    workflow::Workflow,
};
use crate::world::{Held, World};

/// What starts a run.
pub struct Cause {
    pub repo: u64,
    pub event: &'static str,
    /// Of the workflow file that runs.
    pub path: String,
    pub sha: String,
    pub git_ref: String,
    pub head_branch: Option<String>,
    pub head_sha: String,
    pub actor: String,
    pub payload: Value,
    pub inputs: Map<String, Value>,
}

/// A run that was made and is not driven yet.
pub struct Made {
    pub id: u64,
    pub workflow: Option<Workflow>,
    /// Why it cannot be driven.
    pub problem: Option<String>,
}

/// Makes a run and sets it going; when the file cannot be understood, the run has failed from the start
/// and says why.
pub async fn start(held: &mut Held<'_>, cause: Cause) -> u64 {
    let Made { id, problem, .. } = make(held, cause).await;
    match problem {
        None => launch(held.world(), id),
        Some(problem) => report::run(held, id, "completed", |run, _| {
            run.status = Status::Completed;
            run.conclusion = Some(Conclusion::StartupFailure);
            run.problem = Some(problem);
        }),
    }
    id
}

/// Makes a run, queued.
pub async fn make(held: &mut Held<'_>, cause: Cause) -> Made {
    let git = held.git(cause.repo);
    let (workflow, calls, mut problem) = match files::read(&git, &cause.sha, &cause.path).await {
        Ok(Some(workflow)) => match files::calls(&git, &cause.sha, &workflow).await {
            Ok(calls) => (Some(workflow), calls, None),
            Err(problem) => (Some(workflow), Vec::new(), Some(problem)),
        },
        Ok(None) => (None, Vec::new(), Some("The workflow file is gone".to_owned())),
        Err(invalid) => (None, Vec::new(), Some(invalid.to_string())),
    };
    let head = git.commit(&cause.head_sha).await;
    let name = workflow.as_ref().map_or(cause.path.as_str(), Workflow::title).to_owned();
    let file = state::file(held, cause.repo, &cause.path, &name);
    let (id, suite, now) = (held.fresh_id(), held.fresh_id(), held.now());
    let number = held.actions.files.get_mut(&file).map_or(1, |f| {
        f.last_run += 1;
        f.last_run
    });
    let fallback = match cause.event {
        "pull_request" => {
            cause.payload.pointer("/pull_request/title").and_then(Value::as_str).map(str::to_owned)
        }
        "push" => head.as_ref().and_then(|c| c.message.lines().next().map(str::to_owned)),
        _ => None,
    };
    let mut run = Run {
        id,
        repo: cause.repo,
        file,
        title: fallback.unwrap_or_else(|| name.clone()),
        name,
        path: cause.path,
        number,
        attempt: 1,
        event: cause.event.to_owned(),
        status: Status::Queued,
        conclusion: None,
        head_branch: cause.head_branch,
        head_sha: cause.head_sha,
        head_commit: head.as_ref().map(views::simple_commit).unwrap_or_default(),
        sha: cause.sha,
        git_ref: cause.git_ref,
        actor: cause.actor.clone(),
        triggering_actor: cause.actor,
        created_at: now,
        started_at: now,
        updated_at: now,
        suite,
        payload: cause.payload,
        inputs: cause.inputs,
        calls,
        problem: None,
        kept: Vec::new(),
        earlier: Vec::new(),
    };
    match title(held, &run, workflow.as_ref()) {
        Ok(Some(title)) => run.title = title,
        Ok(None) => {}
        Err(wrong) => problem = problem.or(Some(wrong)),
    }
    held.actions.runs.insert(id, run);
    held.world().controls().hidden.created("run", id);
    report::run(held, id, "requested", |_, _| {});
    Made { id, workflow, problem }
}

/// The run's name, when the workflow gives one.
fn title(held: &Held<'_>, run: &Run, workflow: Option<&Workflow>) -> Result<Option<String>, String> {
    let Some(template) = workflow.and_then(|w| w.run_name.as_ref()) else { return Ok(None) };
    let Some(r) = held.repos.get(&run.repo) else { return Ok(None) };
    let scope = Scope::default()
        .with("github", Value::Object(super::runner::contexts::github(held, r, run)))
        .with("vars", Value::Object(super::runner::contexts::values(&r.variables)))
        .with("inputs", Value::Object(run.inputs.clone()));
    let text = template.text(&scope).map_err(|e| e.to_string())?;
    Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty()))
}

/// Begins another attempt at a run that is over; jobs in `kept` are not run again.
pub fn again(held: &mut Held<'_>, id: u64, by: &str, kept: Vec<u64>) {
    let now = held.now();
    let Some(run) = held.actions.runs.get_mut(&id) else { return };
    run.earlier.push(Attempt {
        conclusion: run.conclusion,
        triggering_actor: run.triggering_actor.clone(),
        started_at: run.started_at,
        updated_at: run.updated_at,
    });
    run.attempt += 1;
    run.status = Status::Queued;
    run.conclusion = None;
    run.triggering_actor = by.to_owned();
    run.started_at = now;
    run.kept = kept;
    report::run(held, id, "requested", |_, _| {});
    launch(held.world(), id);
}

/// Drives a run in the background, from when the world's lock is next free.
fn launch(world: &World, id: u64) {
    let Some(actions) = world.actions() else { return };
    let stop = watch::Sender::new(Stop::No);
    actions.live().insert(id, stop.clone());
    let guard = Driving { world: world.clone(), run: id };
    tokio::spawn(async move {
        drive(guard.world.clone(), id, stop).await;
        drop(guard);
    });
}

/// While one exists, its run counts as live.
struct Driving {
    world: World,
    run: u64,
}

impl Drop for Driving {
    fn drop(&mut self) {
        if let Some(actions) = self.world.actions() {
            actions.live().remove(&self.run);
            actions.quiet.notify_waiters();
        }
    }
}
