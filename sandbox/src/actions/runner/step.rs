//! One step: whether it runs, what it is given, what it leaves behind.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    super::{
        expression::{Scope, Statuses, Wrong, value},
        state::{Conclusion, Status},
        workflow::{Does, Shell, Step},
    },
    checkout,
    commands::{Annotation, Said},
    files,
    job::{GRACE, Machine, is_true, minutes},
    process::{self, Limits, Stop, Why},
};

/// What a step is called before its time has come: expressions are not evaluated yet.
pub fn plain_title(step: &Step) -> String {
    let scope = Scope::default();
    match &step.name {
        Some(name) => name.text(&scope).unwrap_or_else(|_| step.id.clone().unwrap_or_default()),
        None => default_title(step, &scope),
    }
}

fn default_title(step: &Step, scope: &Scope) -> String {
    match &step.does {
        Does::Checkout { uses, .. } => format!("Run {uses}"),
        Does::Run { script, .. } => {
            let text = script.text(scope).unwrap_or_default();
            format!("Run {}", text.trim().lines().next().unwrap_or_default())
        }
    }
}

/// What came of the commands of a step.
enum Outcome {
    Success,
    /// And why.
    Failure(String),
    Cancelled,
}

/// The files through which a step speaks.
struct Files {
    output: PathBuf,
    env: PathBuf,
    path: PathBuf,
    summary: PathBuf,
}

pub async fn run(machine: &mut Machine<'_>, at: usize) {
    let Some(step) = machine.steps.steps.get(at) else { return };
    let stop = *machine.context.stop.borrow();
    machine.cancelled |= stop != Stop::No;
    machine.scope.statuses = Statuses {
        success: !machine.failed && !machine.cancelled,
        failure: machine.failed && !machine.cancelled,
        cancelled: machine.cancelled,
    };
    let status = match (machine.cancelled, machine.failed) {
        (true, _) => "cancelled",
        (_, true) => "failure",
        _ => "success",
    };
    machine.scope.set("job", json!({ "status": status, "check_run_id": machine.id }));
    machine.scope.set("env", json!(machine.env));
    let env = step_env(machine, step);
    let wanted = match &env {
        // A condition may name the step's own variables.
        Ok(env) => {
            let scope = machine.scope.clone().with("env", json!(env));
            step.condition.evaluate(&scope).map(|v| value::truthy(&v))
        }
        Err(_) => step.condition.evaluate(&machine.scope).map(|v| value::truthy(&v)),
    };
    let wanted = wanted.map(|w| w && stop != Stop::Force);
    if wanted == Ok(false) {
        return close(machine, at, step, Conclusion::Skipped, Conclusion::Skipped, Map::new()).await;
    }
    let heard = stop;
    let result = match (wanted, env) {
        (Err(wrong), _) | (_, Err(wrong)) => Err(wrong),
        (Ok(_), Ok(env)) => {
            machine.scope.set("env", json!(env));
            let title = match &step.name {
                Some(name) => name.text(&machine.scope),
                None => Ok(default_title(step, &machine.scope)),
            };
            if let Ok(title) = title {
                let title = machine.log.masks.hide(&title);
                machine
                    .shown(at + 1, |step, now| {
                        step.name = title;
                        step.status = Status::InProgress;
                        step.started_at = Some(now);
                    })
                    .await;
            }
            carry_out(machine, step, at, env, heard).await
        }
    };
    let (outcome, outputs) = match result {
        Ok(done) => done,
        Err(Wrong(problem)) => (Outcome::Failure(problem), Map::new()),
    };
    if let Outcome::Failure(problem) = &outcome {
        machine.log.error(problem);
        machine.annotate("failure", None, problem, None, 1).await;
    }
    let forgiven = match &step.continue_on_error {
        Some(template) => is_true(template, &machine.scope).unwrap_or(false),
        None => false,
    };
    let (outcome, conclusion) = match outcome {
        Outcome::Success => (Conclusion::Success, Conclusion::Success),
        Outcome::Failure(_) if forgiven => (Conclusion::Failure, Conclusion::Success),
        Outcome::Failure(_) => (Conclusion::Failure, Conclusion::Failure),
        Outcome::Cancelled => (Conclusion::Cancelled, Conclusion::Cancelled),
    };
    machine.failed |= conclusion == Conclusion::Failure;
    machine.cancelled |= conclusion == Conclusion::Cancelled;
    close(machine, at, step, outcome, conclusion, outputs).await;
}

async fn close(
    machine: &mut Machine<'_>,
    at: usize,
    step: &Step,
    outcome: Conclusion,
    conclusion: Conclusion,
    outputs: Map<String, Value>,
) {
    if let Some(id) = &step.id {
        let mut steps = machine.scope.contexts.remove("steps").unwrap_or_else(|| json!({}));
        steps[id.as_str()] =
            json!({ "outputs": outputs, "outcome": outcome.name(), "conclusion": conclusion.name() });
        machine.scope.set("steps", steps);
    }
    machine
        .shown(at + 1, |step, now| {
            step.status = Status::Completed;
            step.conclusion = Some(conclusion);
            step.started_at = step.started_at.or(Some(now));
            step.completed_at = Some(now);
        })
        .await;
}

fn step_env(machine: &Machine<'_>, step: &Step) -> Result<BTreeMap<String, String>, Wrong> {
    let mut env = machine.env.clone();
    for (name, template) in &step.env {
        env.insert(name.clone(), template.text(&machine.scope)?);
    }
    Ok(env)
}

async fn carry_out(
    machine: &mut Machine<'_>,
    step: &Step,
    at: usize,
    own: BTreeMap<String, String>,
    heard: Stop,
) -> Result<(Outcome, Map<String, Value>), Wrong> {
    let io = |e: std::io::Error| Wrong(format!("The sandbox's runner failed: {e}"));
    let name = |kind: &str| machine.temp.join(format!("{kind}_{at}"));
    let files =
        Files { output: name("output"), env: name("env"), path: name("path"), summary: name("summary") };
    let mut env = machine.base.clone();
    env.extend(own);
    env.insert("PATH".to_owned(), machine.search_path());
    for (variable, file) in [
        ("GITHUB_OUTPUT", &files.output),
        ("GITHUB_ENV", &files.env),
        ("GITHUB_PATH", &files.path),
        ("GITHUB_STEP_SUMMARY", &files.summary),
    ] {
        std::fs::write(file, "").map_err(io)?;
        env.insert(variable.to_owned(), file.display().to_string());
    }
    env.insert("GITHUB_ACTION".to_owned(), step.id.clone().unwrap_or_else(|| format!("__run_{}", at + 1)));
    let limit = minutes(step.timeout_minutes.as_ref(), &machine.scope)?;
    let deadline = limit.map(|m| Instant::now() + Duration::from_secs_f64(m * 60.0));
    let outcome = match &step.does {
        Does::Checkout { uses, with } => {
            machine.log.line(&format!("##[group]Run {uses}"));
            machine.log.line("##[endgroup]");
            let mut given = BTreeMap::new();
            for (name, template) in with {
                given.insert(name.as_str(), template.text(&machine.scope)?);
            }
            checkout(machine, &env, &given, heard, deadline).await?
        }
        Does::Run { script, shell, working_directory } => {
            let script = script.text(&machine.scope)?;
            let defaults = [&machine.steps.defaults, &machine.level.workflow.defaults];
            let shell = shell.or_else(|| defaults.iter().find_map(|d| d.shell));
            let folder = working_directory
                .as_ref()
                .or_else(|| defaults.iter().find_map(|d| d.working_directory.as_ref()))
                .map(|t| t.text(&machine.scope))
                .transpose()?;
            let dir = folder.map_or_else(|| machine.workspace.clone(), |f| machine.workspace.join(f));
            let file = machine.temp.join(format!("script_{at}.sh"));
            std::fs::write(&file, &script).map_err(io)?;
            let mut command: Vec<String> =
                shell.map_or(Shell::UNSPECIFIED, Shell::command).iter().map(|s| (*s).to_owned()).collect();
            announce(machine, &script, &command);
            command.push(file.display().to_string());
            if !dir.is_dir() {
                return Wrong::new(format!("The working directory {} is not there", dir.display()));
            }
            execute(machine, &command, &dir, &env, heard, deadline).await?
        }
    };
    let outputs = collect(machine, &files)?;
    Ok((outcome, outputs))
}

fn announce(machine: &mut Machine<'_>, script: &str, command: &[String]) {
    machine.log.line(&format!("##[group]Run {}", script.trim().lines().next().unwrap_or_default()));
    for line in script.trim_end().lines() {
        machine.log.line(line);
    }
    machine.log.line(&format!("shell: {} {{0}}", command.join(" ")));
    machine.log.line("##[endgroup]");
}

async fn checkout(
    machine: &mut Machine<'_>,
    env: &BTreeMap<String, String>,
    given: &BTreeMap<&str, String>,
    heard: Stop,
    deadline: Option<Instant>,
) -> Result<Outcome, Wrong> {
    let run = &machine.context.run;
    let base = machine.context.world.base().to_owned();
    let repository = machine.context.github["repository"].as_str().unwrap_or_default().to_owned();
    let token = given.get("token").unwrap_or(&machine.token).clone();
    machine.log.masks.add(&token);
    let plan = checkout::plan(&base, &repository, &run.git_ref, &run.sha, &token, given)?;
    machine.log.masks.add(&plan.header);
    let dir = machine.workspace.clone();
    let mut outcome = Outcome::Success;
    for command in plan.commands {
        machine.log.line(&format!("[command]{}", command.join(" ")));
        outcome = execute(machine, &command, &dir, env, heard, deadline).await?;
        if !matches!(outcome, Outcome::Success) {
            break;
        }
    }
    Ok(outcome)
}

/// Runs one command of a step and says how it went.
async fn execute(
    machine: &mut Machine<'_>,
    command: &[String],
    dir: &std::path::Path,
    env: &BTreeMap<String, String>,
    heard: Stop,
    step: Option<Instant>,
) -> Result<Outcome, Wrong> {
    if machine.cancelled && machine.deadline < Instant::now() {
        machine.deadline = Instant::now() + GRACE;
    }
    let limits = Limits { stop: machine.context.stop.subscribe(), heard, job: machine.deadline, step };
    let mut notes: Vec<Annotation> = Vec::new();
    let mut refused = None;
    let (log, listener) = (&mut machine.log, &mut machine.listener);
    let ended = process::run(command, dir, env, &limits, |line| match listener.hear(line) {
        Said::Line(text) => log.line(&text),
        Said::Mask(secret) => log.masks.add(&secret),
        Said::Nothing => {}
        Said::Refused(problem) => refused = Some(problem),
        Said::Annotation(note) => {
            log.line(&format!("##[{}]{}", note.level, note.message));
            notes.push(note);
        }
    })
    .await
    .map_err(|e| Wrong(format!("The step could not be started: {e}")))?;
    machine.groups.push(ended.group);
    for note in notes {
        let level = if note.level == "error" { "failure" } else { note.level };
        let (title, file) = (note.title.as_deref(), note.file.as_deref());
        machine.annotate(level, title, &note.message, file, note.line).await;
    }
    if let Some(problem) = refused {
        return Ok(Outcome::Failure(problem));
    }
    match ended.why {
        Some(Why::Stopped) => {
            machine.log.error("The operation was canceled.");
            Ok(Outcome::Cancelled)
        }
        Some(Why::JobTime) => {
            let text = "The job has exceeded the maximum execution time.";
            machine.log.error(text);
            machine.annotate("failure", None, text, None, 1).await;
            machine.deadline = Instant::now() + GRACE;
            Ok(Outcome::Cancelled)
        }
        Some(Why::StepTime) => Ok(Outcome::Failure("The action has timed out.".to_owned())),
        None if ended.status.success() => Ok(Outcome::Success),
        None => {
            let code = ended.status.code().unwrap_or(128 + signal(&ended.status));
            Ok(Outcome::Failure(format!("Process completed with exit code {code}.")))
        }
    }
}

fn signal(status: &std::process::ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(status).unwrap_or(0)
}

/// Reads what the step left in its files.
fn collect(machine: &mut Machine<'_>, from: &Files) -> Result<Map<String, Value>, Wrong> {
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    for (name, value) in files::read(&read(&from.env), "env")? {
        let own = ["GITHUB_", "RUNNER_"].iter().any(|p| name.to_uppercase().starts_with(p));
        if own || name == "CI" || name == "NODE_OPTIONS" {
            return Wrong::new(format!("Can't store {name} using '$GITHUB_ENV' command."));
        }
        machine.env.insert(name, value);
    }
    for folder in read(&from.path).lines().filter(|l| !l.is_empty()) {
        machine.path.retain(|known| known != folder);
        machine.path.push(folder.to_owned());
    }
    let outputs = files::read(&read(&from.output), "output")?;
    Ok(outputs.into_iter().map(|(k, v)| (k, Value::String(v))).collect())
}
