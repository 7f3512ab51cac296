//! Runs of the past: what a run of a workflow file leaves, without running it.
//!
//! Properties kept: jobs and steps are those of the file; the world's clock moves on by the time that the
//! run takes.

use std::{future::Future, pin::Pin};

use super::{
    super::{
        expression::Scope,
        files, log_file,
        report::{self, NewJob},
        start::{self, Cause, Made},
        state::{Conclusion, Status, Step},
        workflow::{Work, Workflow},
    },
    step::plain_title,
};
use crate::world::{Held, clock::iso, git::Git, model::Time};

/// How a run went.
pub struct Past {
    pub cause: Cause,
    /// What it took, in seconds.
    pub seconds: Time,
    pub conclusion: Conclusion,
    /// Names of the job and of the step where it ended, unless it succeeded; later ones are skipped.
    pub last: Option<(String, String)>,
    /// Names of jobs that were skipped.
    pub skipped: Vec<String>,
    /// What the last job printed.
    pub log: String,
}

/// A job as its file has it.
struct Planned {
    key: String,
    name: String,
    /// Name of the job of the run's own file that it belongs to.
    of: String,
    labels: Vec<String>,
    steps: Vec<String>,
}

/// Records a run and answers its id.
///
/// # Errors
/// A workflow file that could not run, or a place in it that is not there.
pub async fn record(held: &mut Held<'_>, past: Past) -> Result<u64, String> {
    let (git, sha) = (held.git(past.cause.repo), past.cause.sha.clone());
    let Made { id, workflow, problem } = start::make(held, past.cause).await;
    let workflow = match (workflow, problem) {
        (Some(workflow), None) => workflow,
        (_, problem) => return Err(problem.unwrap_or_default()),
    };
    let jobs = planned(&git, &sha, &workflow, None).await?;
    let runs = |job: &Planned| !past.skipped.contains(&job.of) && !past.skipped.contains(&job.name);
    let total = jobs.iter().filter(|job| runs(job)).map(|job| job.steps.len() + 2).sum::<usize>().max(1);
    let pace = past.seconds / Time::try_from(total).unwrap_or(1);
    report::run(held, id, "in_progress", |run, _| run.status = Status::InProgress);
    let (mut over, mut left_out) = (false, Vec::new());
    for job in jobs {
        if over || !runs(&job) {
            if !left_out.contains(&job.of) {
                let key = job.key.split('/').next().unwrap_or_default().to_owned();
                let ended = (Status::Completed, Some(Conclusion::Skipped));
                new_job(held, id, (key, job.of.clone()), Vec::new(), ended)?;
                left_out.push(job.of);
            }
            continue;
        }
        let last = past.last.as_ref().filter(|(name, _)| *name == job.name).map(|(_, step)| step.as_str());
        if last.is_some_and(|last| !job.steps.iter().any(|step| step == last)) {
            return Err(format!("{} has no step {}", job.name, last.unwrap_or_default()));
        }
        over = last.is_some();
        let conclusion = if over { past.conclusion } else { Conclusion::Success };
        let job = new_job(held, id, (job.key, job.name), job.labels, (Status::Queued, None))
            .map(|id| (id, job.steps))?;
        work(held, job, pace, conclusion, last, if over { &past.log } else { "" });
    }
    if past.last.is_some() && !over {
        return Err("the run has no such job".to_owned());
    }
    report::run(held, id, "completed", |run, _| {
        run.status = Status::Completed;
        run.conclusion = Some(past.conclusion);
    });
    Ok(id)
}

fn new_job(
    held: &mut Held<'_>,
    run: u64,
    (key, name): (String, String),
    labels: Vec<String>,
    (status, conclusion): (Status, Option<Conclusion>),
) -> Result<u64, String> {
    let new = NewJob { run, key, name, labels, status, conclusion };
    report::new_job(held, new).ok_or_else(|| "the run is gone".to_owned())
}

/// A job from its first step to its last, at a pace of so many seconds a step.
fn work(
    held: &mut Held<'_>,
    (id, names): (u64, Vec<String>),
    pace: Time,
    conclusion: Conclusion,
    last: Option<&str>,
    log: &str,
) {
    report::job_changed(held, id, "in_progress", |job, now| {
        job.status = Status::InProgress;
        job.started_at = Some(now);
    });
    let names = ["Set up job".to_owned()].into_iter().chain(names).chain(["Complete job".to_owned()]);
    let (mut steps, mut ended) = (Vec::new(), false);
    for (name, number) in names.zip(1..) {
        let here = last == Some(name.as_str());
        let started = held.now();
        let came = match (here, ended && name != "Complete job") {
            (true, _) => conclusion,
            (false, true) => Conclusion::Skipped,
            (false, false) => Conclusion::Success,
        };
        ended |= here;
        if came != Conclusion::Skipped {
            held.clock_offset += pace;
        }
        let completed_at = Some(held.now());
        let status = Status::Completed;
        steps.push(Step {
            number,
            name,
            status,
            conclusion: Some(came),
            started_at: Some(started),
            completed_at,
        });
    }
    write_log(held, id, log);
    report::job_changed(held, id, "completed", |job, now| {
        job.status = Status::Completed;
        job.conclusion = Some(conclusion);
        job.completed_at = Some(now);
        job.steps = steps;
    });
}

fn write_log(held: &Held<'_>, job: u64, text: &str) {
    let path = log_file(held.world(), job);
    let now = iso(held.now());
    let lines: String = text.lines().map(|line| format!("{now} {line}\n")).collect();
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    if let Err(error) = folder.and_then(|()| std::fs::write(&path, lines)) {
        tracing::warn!(%error, "the log of a job could not be written");
    }
}

type Jobs<'a> = Pin<Box<dyn Future<Output = Result<Vec<Planned>, String>> + Send + 'a>>;

/// The jobs of a workflow file in its order, those of the files that it calls in their place.
fn planned<'a>(git: &'a Git, sha: &'a str, workflow: &'a Workflow, caller: Option<&'a Planned>) -> Jobs<'a> {
    Box::pin(async move {
        let scope = Scope::default();
        let mut all = Vec::new();
        for job in &workflow.jobs {
            let name = job.name.as_ref().and_then(|n| n.text(&scope).ok()).unwrap_or_else(|| job.id.clone());
            let mut planned = match caller {
                None => Planned {
                    key: job.id.clone(),
                    of: name.clone(),
                    name,
                    labels: Vec::new(),
                    steps: Vec::new(),
                },
                Some(caller) => Planned {
                    key: format!("{}/{}", caller.key, job.id),
                    of: caller.of.clone(),
                    name: format!("{} / {name}", caller.name),
                    labels: Vec::new(),
                    steps: Vec::new(),
                },
            };
            match &job.work {
                Work::Steps(steps) => {
                    planned.labels =
                        steps.runs_on.iter().filter_map(|label| label.text(&scope).ok()).collect();
                    planned.steps = steps.steps.iter().map(plain_title).collect();
                    all.push(planned);
                }
                Work::Call(call) => {
                    let inner = files::read(git, sha, &call.path).await.map_err(|e| e.to_string())?;
                    let inner = inner.ok_or_else(|| format!("{} is not there", call.path))?;
                    all.extend(self::planned(git, sha, &inner, Some(&planned)).await?);
                }
            }
        }
        Ok(all)
    })
}
