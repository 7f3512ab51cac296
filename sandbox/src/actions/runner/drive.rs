//! One run, from its concurrency group to its conclusion: which jobs run, when, and what came of them.

use std::{
    collections::{BTreeMap, HashSet},
    future::Future,
    pin::Pin,
    sync::Arc,
};

use serde_json::{Map, Value, json};
use tokio::{sync::watch, task::JoinSet};

use super::{
    super::{
        expression::{Scope, Statuses, Wrong, value},
        files,
        report::{self, NewJob},
        state::{Conclusion, Run, Status},
        workflow::{Called, Concurrency, Job, Permissions, Work, Workflow},
    },
    contexts,
    groups::Place,
    job,
    process::Stop,
};
use crate::world::World;

/// What all jobs of a run share.
pub struct Context {
    pub world: World,
    pub run: Run,
    pub github: Map<String, Value>,
    pub vars: Value,
    pub stop: watch::Sender<Stop>,
}

/// A workflow file being run: the run's own, or one called by a job.
pub struct Level {
    pub workflow: Workflow,
    pub inputs: Value,
    pub secrets: Map<String, Value>,
    /// Before the ids of its jobs: `implement/`.
    key: String,
    /// Before the names of its jobs: `implement / `.
    name: String,
    /// The most its jobs' tokens may do.
    pub cap: Option<Permissions>,
    /// Whether what an earlier attempt left can be gone on from here.
    resumes: bool,
}

/// What came of a job.
#[derive(Debug, Clone)]
pub struct Finished {
    pub conclusion: Conclusion,
    pub outputs: Map<String, Value>,
    /// It ran in an earlier attempt and not again.
    kept: bool,
}

pub type Results = BTreeMap<String, Finished>;

impl Finished {
    pub fn new(conclusion: Conclusion, outputs: Map<String, Value>) -> Self {
        Self { conclusion, outputs, kept: false }
    }

    pub fn as_is(conclusion: Conclusion) -> Self {
        Self::new(conclusion, Map::new())
    }
}

/// Runs an attempt to its end.
pub async fn drive(world: World, id: u64, stop: watch::Sender<Stop>) {
    let Some((context, level)) = prepare(&world, id, stop.clone()).await else { return };
    let context = Arc::new(context);
    let mut place = None;
    if let Some(concurrency) = &level.workflow.concurrency {
        let scope = level.scope(&context);
        match join(&context, concurrency, &scope) {
            Ok(joined) => place = Some(joined),
            Err(Wrong(problem)) => return end(&context, Conclusion::StartupFailure, Some(problem)).await,
        }
    }
    if let Some(place) = &place {
        if !place.is_first() {
            let mut held = world.lock().await;
            if let Some(run) = held.actions.runs.get_mut(&id) {
                run.status = Status::Pending;
            }
        }
        if !place.turn(&mut stop.subscribe()).await {
            return end(&context, Conclusion::Cancelled, None).await;
        }
        let mut held = world.lock().await;
        if let Some(run) = held.actions.runs.get_mut(&id) {
            run.status = Status::Queued;
        }
    }
    if *stop.borrow() != Stop::No {
        return end(&context, Conclusion::Cancelled, None).await;
    }
    let results = jobs(context.clone(), Arc::new(level)).await;
    let conclusion = sum(&results, *stop.borrow() != Stop::No);
    drop(place);
    end(&context, conclusion, None).await;
}

async fn prepare(world: &World, id: u64, stop: watch::Sender<Stop>) -> Option<(Context, Level)> {
    let held = world.lock().await;
    let run = held.actions.runs.get(&id)?.clone();
    let r = held.repos.get(&run.repo)?;
    let level = Level {
        workflow: files::read(&held.git(run.repo), &run.sha, &run.path).await.ok()??,
        inputs: Value::Object(run.inputs.clone()),
        secrets: contexts::values(&r.secrets),
        key: String::new(),
        name: String::new(),
        cap: None,
        resumes: true,
    };
    let github = contexts::github(&held, r, &run);
    let vars = Value::Object(contexts::values(&r.variables));
    Some((Context { world: world.clone(), run, github, vars, stop }, level))
}

async fn end(context: &Context, conclusion: Conclusion, problem: Option<String>) {
    let mut held = context.world.lock().await;
    report::run(&mut held, context.run.id, "completed", |run, _| {
        run.status = Status::Completed;
        run.conclusion = Some(conclusion);
        run.problem = problem;
    });
}

/// What a workflow comes to, from its jobs.
fn sum(results: &Results, stopped: bool) -> Conclusion {
    let any = |c: Conclusion| results.values().any(|r| r.conclusion == c);
    if stopped && any(Conclusion::Cancelled) {
        Conclusion::Cancelled
    } else if any(Conclusion::Failure) {
        Conclusion::Failure
    } else if any(Conclusion::Cancelled) {
        Conclusion::Cancelled
    } else if any(Conclusion::Success) {
        Conclusion::Success
    } else {
        Conclusion::Skipped
    }
}

fn join(context: &Context, concurrency: &Concurrency, scope: &Scope) -> Result<Place, Wrong> {
    let group = concurrency.group.text(scope)?;
    let cancel = match &concurrency.cancel_in_progress {
        Some(template) => {
            let value = template.value(scope)?;
            value::truthy(&value) && value::text(&value) != "false"
        }
        None => false,
    };
    let actions = context.world.actions().ok_or_else(|| Wrong("The sandbox is being stopped".to_owned()))?;
    Ok(actions.groups.join(context.run.repo, &group, cancel, &context.stop))
}

/// Runs the jobs of a workflow, each as soon as those that it needs are over.
fn jobs(context: Arc<Context>, level: Arc<Level>) -> Pin<Box<dyn Future<Output = Results> + Send>> {
    Box::pin(async move {
        let mut done = Results::new();
        let mut started = HashSet::new();
        let mut running = JoinSet::new();
        loop {
            for job in &level.workflow.jobs {
                if job.needs.iter().all(|n| done.contains_key(n)) && started.insert(job.id.clone()) {
                    let (context, level, job, done) =
                        (context.clone(), level.clone(), job.clone(), done.clone());
                    running.spawn(async move {
                        let finished = one(&context, &level, &job, &done).await;
                        (job.id, finished)
                    });
                }
            }
            match running.join_next().await {
                Some(Ok((id, finished))) => {
                    done.insert(id, finished);
                }
                Some(Err(error)) => tracing::error!(%error, "a job of the sandbox ended by itself"),
                None => break,
            }
        }
        for job in &level.workflow.jobs {
            done.entry(job.id.clone()).or_insert_with(|| Finished::as_is(Conclusion::Failure));
        }
        done
    })
}

async fn one(context: &Arc<Context>, level: &Arc<Level>, job: &Job, done: &Results) -> Finished {
    let key = format!("{}{}", level.key, job.id);
    let resumes = resumes(level, job, done);
    if resumes && let Some(kept) = kept(context, &key).await {
        return kept;
    }
    let scope = job_scope(context, level, job, done);
    let name = job.name.as_ref().map_or(Ok(job.id.clone()), |n| n.text(&scope));
    let wanted = job.condition.evaluate(&scope).map(|v| value::truthy(&v));
    let shown = |name: &str| format!("{}{name}", level.name);
    let result = match (&name, wanted) {
        (Err(wrong), _) => Err(wrong.clone()),
        (_, Err(wrong)) => Err(wrong),
        (Ok(name), Ok(false)) => return over(context, key, shown(name), Conclusion::Skipped, None).await,
        (Ok(name), Ok(true)) => start(context, level, job, &scope, (&key, &shown(name), resumes)).await,
    };
    match result {
        Ok(finished) => finished,
        Err(Wrong(problem)) => {
            let name = name.unwrap_or_else(|_| job.id.clone());
            over(context, key, shown(&name), Conclusion::Failure, Some(problem)).await
        }
    }
}

/// Runs a job whose time has come, or the workflow it calls.
async fn start(
    context: &Arc<Context>,
    level: &Arc<Level>,
    job: &Job,
    scope: &Scope,
    (key, name, resumes): (&str, &str, bool),
) -> Result<Finished, Wrong> {
    let mut places = Vec::new();
    let called = match &job.work {
        Work::Steps(_) => None,
        Work::Call(call) => Some(called(context, level, job, call, scope, (key, name, resumes)).await?),
    };
    let mut wanted = vec![];
    wanted.extend(job.concurrency.as_ref().map(|c| join(context, c, scope)));
    if let Some(inner) = &called {
        wanted.extend(inner.workflow.concurrency.as_ref().map(|c| join(context, c, &inner.scope(context))));
    }
    for place in wanted {
        let place = place?;
        if !place.turn(&mut context.stop.subscribe()).await {
            return Ok(over(context, key.to_owned(), name.to_owned(), Conclusion::Cancelled, None).await);
        }
        places.push(place);
    }
    match (&job.work, called) {
        (Work::Steps(steps), _) => job::run(context, level, job, steps, scope, key, name).await,
        (_, Some(inner)) => {
            let inner = Arc::new(inner);
            let results = jobs(context.clone(), inner.clone()).await;
            let conclusion = sum(&results, *context.stop.borrow() != Stop::No);
            let outputs = inner.outputs(context, &results)?;
            Ok(Finished { conclusion, outputs, kept: results.values().all(|f| f.kept) })
        }
        (Work::Call(_), None) => Wrong::new("The called workflow could not be read"),
    }
}

/// Reads the workflow that a job calls, and what it is given.
async fn called(
    context: &Context,
    level: &Level,
    job: &Job,
    call: &Called,
    scope: &Scope,
    (key, name, resumes): (&str, &str, bool),
) -> Result<Level, Wrong> {
    let git = context.world.git(context.run.repo);
    let workflow = match files::read(&git, &context.run.sha, &call.path).await {
        Ok(Some(workflow)) => workflow,
        Ok(None) => return Wrong::new(format!("The workflow {} was not found", call.path)),
        Err(invalid) => return Wrong::new(format!("Invalid workflow file {}: {invalid}", call.path)),
    };
    let secret_scope = scope.clone().with("secrets", Value::Object(level.secrets.clone()));
    let mut given = BTreeMap::new();
    for (name, template) in &call.with {
        given.insert(name.clone(), template.value(scope)?);
    }
    let Some(wants) = &workflow.on.call else {
        return Wrong::new(format!("The workflow {} is not reusable: it has no workflow_call", call.path));
    };
    let mut inputs = Map::new();
    for input in &wants.inputs {
        let value = given.remove(&input.name).or_else(|| input.default.clone());
        if value.is_none() && input.required {
            return Wrong::new(format!("Input {} is required, but not provided while calling.", input.name));
        }
        inputs.insert(input.name.clone(), value.unwrap_or_else(|| input.kind.empty()));
    }
    if let Some(name) = given.keys().next() {
        return Wrong::new(format!("Invalid input, {name} is not defined in the referenced workflow."));
    }
    let secrets = match &call.secrets {
        None => level.secrets.clone(),
        Some(pairs) => {
            let mut all = Map::new();
            for (name, template) in pairs {
                if !wants.secrets.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                    return Wrong::new(format!(
                        "Invalid secret, {name} is not defined in the referenced workflow."
                    ));
                }
                all.insert(name.clone(), Value::String(template.text(&secret_scope)?));
            }
            all
        }
    };
    for (name, required) in &wants.secrets {
        let given = secrets.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v != "");
        if *required && !given {
            return Wrong::new(format!("Secret {name} is required, but not provided while calling."));
        }
    }
    Ok(Level {
        inputs: Value::Object(inputs),
        secrets,
        key: format!("{key}/"),
        name: format!("{name} / "),
        cap: job
            .permissions
            .clone()
            .or_else(|| level.workflow.permissions.clone())
            .or_else(|| level.cap.clone()),
        resumes,
        workflow,
    })
}

/// Whether nothing that the job needs has run again.
fn resumes(level: &Level, job: &Job, done: &Results) -> bool {
    level.resumes && job.needs.iter().all(|n| done.get(n).is_some_and(|f| f.kept))
}

impl Level {
    /// The contexts that belong to the workflow as a whole.
    pub fn scope(&self, context: &Context) -> Scope {
        Scope::default()
            .with("github", Value::Object(context.github.clone()))
            .with("vars", context.vars.clone())
            .with("inputs", self.inputs.clone())
    }

    /// What a called workflow gives back.
    fn outputs(&self, context: &Context, results: &Results) -> Result<Map<String, Value>, Wrong> {
        let jobs: Map<String, Value> = results.iter().map(|(id, f)| (id.clone(), shown(f))).collect();
        let scope = self.scope(context).with("jobs", Value::Object(jobs));
        let outputs = self.workflow.on.call.iter().flat_map(|c| &c.outputs);
        outputs.map(|(name, t)| Ok((name.clone(), Value::String(t.text(&scope)?)))).collect()
    }
}

fn shown(finished: &Finished) -> Value {
    json!({ "result": finished.conclusion.name(), "outputs": finished.outputs })
}

fn job_scope(context: &Context, level: &Level, job: &Job, done: &Results) -> Scope {
    let needs: Map<String, Value> =
        job.needs.iter().filter_map(|n| Some((n.clone(), shown(done.get(n)?)))).collect();
    let before = level.workflow.ancestors(job);
    let came = |c: Conclusion| before.iter().any(|id| done.get(id).is_some_and(|f| f.conclusion == c));
    let cancelled = *context.stop.borrow() != Stop::No;
    let failure = came(Conclusion::Failure);
    let fine = !failure && !came(Conclusion::Cancelled) && !came(Conclusion::Skipped);
    let mut scope = level.scope(context).with("needs", Value::Object(needs));
    scope.statuses = Statuses { success: fine && !cancelled, failure: failure && !cancelled, cancelled };
    scope
}

/// A job that succeeded in an earlier attempt and is not run again.
async fn kept(context: &Context, key: &str) -> Option<Finished> {
    let held = context.world.lock().await;
    let mut jobs = context.run.kept.iter().filter_map(|id| held.actions.jobs.get(id));
    let job = jobs.rfind(|j| j.key == key)?;
    Some(Finished { conclusion: job.conclusion?, outputs: job.outputs.clone(), kept: true })
}

/// Records a job that never started.
async fn over(
    context: &Context,
    key: String,
    name: String,
    conclusion: Conclusion,
    problem: Option<String>,
) -> Finished {
    let mut held = context.world.lock().await;
    let new = NewJob {
        run: context.run.id,
        key,
        name,
        labels: Vec::new(),
        status: Status::Completed,
        conclusion: Some(conclusion),
    };
    if let (Some(id), Some(problem)) = (report::new_job(&mut held, new), problem) {
        let annotation = report::annotation("failure", None, &problem, Some(&context.run.path), 1);
        report::annotate(&mut held, id, annotation);
    }
    Finished::as_is(conclusion)
}
