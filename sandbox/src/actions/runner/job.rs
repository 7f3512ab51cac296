//! One job: a place of its own, a token of its own, its steps one after the other.
//!
//! Properties kept: nothing of the sandbox's own environment reaches a step; when the job is over,
//! its token is revoked, its processes are gone and its folder is removed.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    super::{
        expression::{Scope, Template, Wrong, value},
        report::{self, NewJob, annotation},
        state::{Conclusion, Status, Step as Shown},
        views::RUNNER,
        workflow::{Job, Permissions, Steps},
    },
    commands::Listener,
    contexts,
    drive::{Context, Finished, Level},
    log::Log,
    process::{Group, Stop},
    step, strays,
};

/// What a job may take unless it says so, in minutes.
const MINUTES: f64 = 360.0;

/// What steps that always run get after the job's time is over.
pub const GRACE: Duration = Duration::from_secs(300);

/// After the folders of the sandbox and of the steps themselves.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A job on its way through its steps.
pub struct Machine<'a> {
    pub context: &'a Context,
    pub level: &'a Level,
    pub steps: &'a Steps,
    pub id: u64,
    pub log: Log,
    pub listener: Listener,
    pub scope: Scope,
    pub token: String,
    pub workspace: PathBuf,
    pub temp: PathBuf,
    /// The variables of the runner.
    pub base: BTreeMap<String, String>,
    /// Variables of the workflow, the job, and earlier steps.
    pub env: BTreeMap<String, String>,
    /// Folders that steps have put in front of `PATH`, last one first.
    pub path: Vec<String>,
    pub groups: Vec<Group>,
    pub deadline: Instant,
    pub failed: bool,
    pub cancelled: bool,
}

pub async fn run(
    context: &Context,
    level: &Level,
    job: &Job,
    steps: &Steps,
    scope: &Scope,
    key: &str,
    name: &str,
) -> Result<Finished, Wrong> {
    let labels = steps.runs_on.iter().map(|l| l.text(scope)).collect::<Result<Vec<_>, _>>()?;
    let minutes = minutes(steps.timeout_minutes.as_ref(), scope)?.unwrap_or(MINUTES);
    let new = NewJob {
        run: context.run.id,
        key: key.to_owned(),
        name: name.to_owned(),
        labels,
        status: Status::Queued,
        conclusion: None,
    };
    let id = report::new_job(&mut context.world.lock().await, new);
    let id = id.ok_or_else(|| Wrong("The run is gone".to_owned()))?;
    let Some(_slot) = slot(context).await else {
        finish(context, id, Conclusion::Cancelled, Map::new()).await;
        return Ok(Finished::as_is(Conclusion::Cancelled));
    };
    let finished = match work(context, level, job, steps, scope, id, minutes).await {
        Ok(finished) => finished,
        Err(Wrong(problem)) => {
            let mut held = context.world.lock().await;
            report::annotate(&mut held, id, annotation("failure", None, &problem, None, 1));
            Finished::as_is(Conclusion::Failure)
        }
    };
    finish(context, id, finished.conclusion, finished.outputs.clone()).await;
    let forgiven = match &steps.continue_on_error {
        Some(template) => is_true(template, scope)?,
        None => false,
    };
    match finished.conclusion {
        Conclusion::Failure if forgiven => Ok(Finished::new(Conclusion::Success, finished.outputs)),
        _ => Ok(finished),
    }
}

/// Waits for the runner; nothing when stopped before it is free.
async fn slot(context: &Context) -> Option<tokio::sync::OwnedSemaphorePermit> {
    let slots = context.world.actions()?.slots.clone();
    let mut stop = context.stop.subscribe();
    tokio::select! {
        biased;
        _ = stop.wait_for(|s| *s != Stop::No) => None,
        permit = slots.acquire_owned() => permit.ok(),
    }
}

async fn finish(context: &Context, id: u64, conclusion: Conclusion, outputs: Map<String, Value>) {
    let mut held = context.world.lock().await;
    report::job_changed(&mut held, id, "completed", |job, now| {
        job.status = Status::Completed;
        job.conclusion = Some(conclusion);
        job.started_at = job.started_at.or(Some(now));
        job.completed_at = Some(now);
        job.outputs = outputs;
    });
}

async fn work(
    context: &Context,
    level: &Level,
    job: &Job,
    steps: &Steps,
    scope: &Scope,
    id: u64,
    minutes: f64,
) -> Result<Finished, Wrong> {
    let world = &context.world;
    let io = |e: std::io::Error| Wrong(format!("The sandbox's runner failed: {e}"));
    let work = world.dir().join("work");
    std::fs::create_dir_all(&work).map_err(io)?;
    let root = tempfile::Builder::new().prefix(&format!("{id}-")).tempdir_in(&work).map_err(io)?;
    // What a process sees of its folders must not depend on how the data folder was written.
    let top = root.path().canonicalize().map_err(io)?;
    let name = context.github["repository"].as_str().and_then(|r| r.split('/').next_back()).unwrap_or("work");
    let (home, temp) = (top.join("home"), top.join("temp"));
    let workspace = top.join(name).join(name);
    for folder in [&home, &temp, &workspace, &top.join("tools")] {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    let event = temp.join("event.json");
    std::fs::write(&event, context.run.payload.to_string()).map_err(io)?;
    let mut log = Log::open(&super::super::log_file(world, id)).map_err(io)?;
    let (token, tracking) = begin(context, level, job, steps, id).await;
    for (_, secret) in level.secrets.iter() {
        log.masks.add(&value::text(secret));
    }
    log.masks.add(&token);
    let mut github = context.github.clone();
    github.insert("token".to_owned(), json!(token));
    github.insert("job".to_owned(), json!(job.id));
    github.insert("workspace".to_owned(), json!(workspace));
    github.insert("event_path".to_owned(), json!(event));
    let runner = json!({
        "name": RUNNER, "os": "Linux", "arch": "X64", "temp": temp, "tool_cache": top.join("tools"),
        "environment": "self-hosted", "tracking_id": tracking,
    });
    let runner = runner.as_object().cloned().unwrap_or_default();
    let mut base = contexts::environment(&github, &runner);
    base.insert("HOME".to_owned(), home.display().to_string());
    let mut secrets = level.secrets.clone();
    secrets.insert("GITHUB_TOKEN".to_owned(), json!(token));
    let scope = scope
        .clone()
        .with("github", Value::Object(github))
        .with("secrets", Value::Object(secrets))
        .with("runner", Value::Object(runner))
        .with("job", json!({ "status": "success", "check_run_id": id }))
        .with("steps", json!({}));
    let mut machine = Machine {
        context,
        level,
        steps,
        id,
        log,
        listener: Listener::default(),
        scope,
        token: token.clone(),
        workspace,
        temp,
        base,
        env: BTreeMap::new(),
        path: Vec::new(),
        groups: Vec::new(),
        deadline: Instant::now() + Duration::from_secs_f64(minutes * 60.0),
        failed: false,
        cancelled: false,
    };
    let outputs = machine.all().await;
    let conclusion = match (machine.cancelled, machine.failed) {
        (true, _) => Conclusion::Cancelled,
        (_, true) => Conclusion::Failure,
        _ => Conclusion::Success,
    };
    drop(machine);
    strays::end(&[tracking]);
    world.lock().await.revoke(&token);
    if let Err(error) = root.close() {
        tracing::warn!(%error, "the folder of a job could not be removed");
    }
    Ok(Finished::new(conclusion, outputs))
}

/// Marks the job, and with the first one its run, as begun and gives it a token; answers that, and by what its processes are known.
async fn begin(context: &Context, level: &Level, job: &Job, steps: &Steps, id: u64) -> (String, String) {
    let mut held = context.world.lock().await;
    let tracking = held.actions.jobs.get(&id).map(|j| j.tracking_id.clone()).unwrap_or_default();
    report::job_changed(&mut held, id, "in_progress", |job, now| {
        job.status = Status::InProgress;
        job.started_at = Some(now);
        let step = |(at, name): (usize, String)| Shown {
            number: at as u64 + 1,
            name,
            status: Status::Queued,
            conclusion: None,
            started_at: None,
            completed_at: None,
        };
        let names = steps.steps.iter().map(step::plain_title);
        let all = std::iter::once("Set up job".to_owned()).chain(names).chain(["Complete job".to_owned()]);
        job.steps = all.enumerate().map(step).collect();
        if let Some(first) = job.steps.first_mut() {
            first.status = Status::Completed;
            first.conclusion = Some(Conclusion::Success);
            first.started_at = Some(now);
            first.completed_at = Some(now);
        }
    });
    if held.actions.runs.get(&context.run.id).is_some_and(|r| r.status != Status::InProgress) {
        report::run(&mut held, context.run.id, "in_progress", |run, _| run.status = Status::InProgress);
    }
    let permissions = permissions(job, level);
    (held.job_token(context.run.repo, permissions, 24 * 3600), tracking)
}

/// What the job's token may do: what is written nearest to the job, no more than its caller allows.
fn permissions(job: &Job, level: &Level) -> Permissions {
    let rank = |level: Option<&String>| match level.map(String::as_str) {
        Some("write") => 2,
        Some("read") => 1,
        _ => 0,
    };
    let written = job.permissions.as_ref().or(level.workflow.permissions.as_ref()).or(level.cap.as_ref());
    let mut all = written
        .cloned()
        .unwrap_or_else(|| ["contents", "packages"].map(|area| (area.to_owned(), "read".to_owned())).into());
    if let Some(cap) = &level.cap {
        for (area, level) in &mut all {
            if rank(cap.get(area)) < rank(Some(level)) {
                *level = cap.get(area).cloned().unwrap_or_else(|| "none".to_owned());
            }
        }
    }
    all.insert("metadata".to_owned(), "read".to_owned());
    all
}

/// A number of minutes; refused when it is none, or not above zero.
pub fn minutes(template: Option<&Template>, scope: &Scope) -> Result<Option<f64>, Wrong> {
    let Some(template) = template else { return Ok(None) };
    let minutes = value::number(&template.value(scope)?);
    match minutes > 0.0 && minutes < 1e6 {
        true => Ok(Some(minutes)),
        false => Wrong::new("timeout-minutes must be a number above zero"),
    }
}

/// A boolean, whether an expression or written out.
pub fn is_true(template: &Template, scope: &Scope) -> Result<bool, Wrong> {
    match template.value(scope)? {
        Value::Bool(b) => Ok(b),
        Value::String(s) if s.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(s) if s.eq_ignore_ascii_case("false") || s.is_empty() => Ok(false),
        other => Wrong::new(format!("A boolean was expected, not '{}'", value::text(&other))),
    }
}

impl Machine<'_> {
    /// Runs every step; answers the job's outputs.
    async fn all(&mut self) -> Map<String, Value> {
        self.log.line(&format!("Current runner version: 'sandbox {}'", env!("CARGO_PKG_VERSION")));
        self.log.line(&format!("Runner name: '{RUNNER}'"));
        if let Err(Wrong(problem)) = self.set_env() {
            self.fail(&problem).await;
        }
        for at in 0..self.steps.steps.len() {
            step::run(self, at).await;
        }
        let outputs = self.outputs().await;
        let last = self.steps.steps.len() + 1;
        self.shown(last, |step, now| {
            step.status = Status::Completed;
            step.conclusion = Some(Conclusion::Success);
            step.started_at = Some(now);
            step.completed_at = Some(now);
        })
        .await;
        self.log.line("Cleaning up orphan processes");
        outputs
    }

    fn set_env(&mut self) -> Result<(), Wrong> {
        for (name, template) in self.level.workflow.env.iter().chain(&self.steps.env) {
            let value = template.text(&self.scope)?;
            self.env.insert(name.clone(), value);
        }
        Ok(())
    }

    /// `PATH` as the next step gets it.
    pub fn search_path(&self) -> String {
        let tools = self.context.world.tool_path().iter().map(|p| p.display().to_string());
        let own = self.path.iter().rev().cloned();
        own.chain(tools).chain([PATH.to_owned()]).collect::<Vec<_>>().join(":")
    }

    /// Writes an error down and marks the job as failed.
    pub async fn fail(&mut self, problem: &str) {
        self.failed = true;
        self.log.error(problem);
        self.annotate("failure", None, problem, None, 1).await;
    }

    pub async fn annotate(
        &mut self,
        level: &str,
        title: Option<&str>,
        text: &str,
        file: Option<&str>,
        line: u64,
    ) {
        let title = title.map(|t| self.log.masks.hide(t));
        let note = annotation(level, title.as_deref(), &self.log.masks.hide(text), file, line);
        report::annotate(&mut self.context.world.lock().await, self.id, note);
    }

    /// Changes what is shown of a step; 0 is the setting-up.
    pub async fn shown(&self, at: usize, change: impl FnOnce(&mut Shown, i64) + Send) {
        let mut held = self.context.world.lock().await;
        report::steps(&mut held, self.id, |steps, now| {
            if let Some(step) = steps.get_mut(at) {
                change(step, now);
            }
        });
    }

    async fn outputs(&mut self) -> Map<String, Value> {
        let mut all = Map::new();
        for (name, template) in &self.steps.outputs {
            match template.text(&self.scope) {
                Ok(text) if self.log.masks.found_in(&text) => {
                    let warning = format!("Skip output '{name}' since it may contain secret.");
                    self.log.line(&format!("##[warning]{warning}"));
                    self.annotate("warning", None, &warning, None, 1).await;
                }
                Ok(text) => {
                    all.insert(name.clone(), Value::String(text));
                }
                Err(Wrong(problem)) => self.fail(&problem).await,
            }
        }
        all
    }
}
