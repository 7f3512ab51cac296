//! The jobs and steps of a run.

use leptos::prelude::*;

use crate::areas::{Job, Run};
use crate::components::{ago, copyable, icon, lasted};

/// A run with its jobs; `here` is the address of the plan.
pub(super) fn run(run: &Run, here: &str) -> AnyView {
    let jobs = run.jobs.iter().map(|job| view! { <li>{self::job(job, here)}</li> });
    let earlier = (!run.earlier.is_empty()).then(|| {
        let jobs = run.earlier.iter().map(|job| view! { <li>{folded(job, here)}</li> });
        view! {
            <details class="earlier" id=format!("earlier-{}", run.id)>
                <summary>"Jobs of earlier attempts"</summary>
                <ul class="jobs">{jobs.collect_view()}</ul>
            </details>
        }
    });
    let attempt = (run.attempt > 1).then(|| format!(", attempt {}", run.attempt));
    view! {
        <div class="run">
            <p class="run-head">
                {status_icon(&run.status, run.conclusion.as_deref())}
                <a href=run.url.clone()>"Run of " {run.workflow.clone()}</a>
                <span class="muted">{status_word(&run.status, run.conclusion.as_deref())} {attempt}</span>
                {copyable("run id", &run.id.to_string())}
                <span class="muted small">"read " {ago(run.as_of)}</span>
            </p>
            <ul class="jobs">{jobs.collect_view()}</ul>
            {earlier}
        </div>
    }
    .into_any()
}

/// What an earlier attempt left: how it ended, and its log.
fn folded(job: &Job, here: &str) -> AnyView {
    view! {
        <p class="small row">
            {status_icon(&job.status, job.conclusion.as_deref())}
            <a href=format!("{here}/jobs/{}", job.id)>"Log of " {job.name.clone()}</a>
            <span class="muted">{status_word(&job.status, job.conclusion.as_deref())}</span>
            {lasted(job.started_at, job.completed_at)}
        </p>
    }
    .into_any()
}

fn job(job: &Job, here: &str) -> AnyView {
    let failed = job.conclusion.as_deref().is_some_and(|how| matches!(how, "failure" | "timed_out"));
    let running = job.status == "in_progress";
    let steps = job.steps.iter().map(|step| {
        view! {
            <li class="job-step">
                {status_icon(&step.status, step.conclusion.as_deref())}
                <span>{step.name.clone()}</span>
                <span class="sr">{status_word(&step.status, step.conclusion.as_deref())}</span>
                {step.started_at.filter(|_| step.status != "queued").and_then(|start| lasted(Some(start), step.completed_at))}
            </li>
        }
    });
    view! {
        <details class="job" id=format!("job-{}", job.id) open=failed || running>
            <summary>
                {status_icon(&job.status, job.conclusion.as_deref())}
                <span>{job.name.clone()}</span>
                <span class="muted">{status_word(&job.status, job.conclusion.as_deref())}</span>
                {lasted(job.started_at, job.completed_at)}
            </summary>
            <ol class="job-steps">{steps.collect_view()}</ol>
            <p class="small row">
                {(job.status == "completed").then(|| view! { <a href=format!("{here}/jobs/{}", job.id)>"Log of " {job.name.clone()}</a> })}
                <a href=job.url.clone()>{icon("link-external")} <span class="sr">"Log of " {job.name.clone()} " "</span> "on GitHub"</a>
            </p>
        </details>
    }
    .into_any()
}

/// The icon of a run, job, step or check by GitHub's status and conclusion.
pub(super) fn status_icon(status: &str, conclusion: Option<&str>) -> AnyView {
    let (class, name) = match (status, conclusion) {
        (_, Some("success")) => ("tone-review", "check-circle"),
        (_, Some("failure" | "timed_out" | "startup_failure")) => ("tone-failed", "x-circle"),
        (_, Some("action_required")) => ("tone-decision", "hand"),
        (_, Some(_)) => ("tone-ended", "skip"),
        ("in_progress", None) => ("tone-working", "dot-fill"),
        _ => ("tone-waiting", "clock"),
    };
    view! { <span class=format!("mark {class}")>{icon(name)}</span> }.into_any()
}

/// GitHub's status and conclusion in words.
pub(super) fn status_word(status: &str, conclusion: Option<&str>) -> String {
    match (status, conclusion) {
        (_, Some("success")) => "succeeded".to_owned(),
        (_, Some("failure" | "startup_failure")) => "failed".to_owned(),
        (_, Some("timed_out")) => "timed out".to_owned(),
        (_, Some(other)) => other.replace('_', " "),
        ("in_progress", None) => "running".to_owned(),
        (other, None) => other.replace('_', " "),
    }
}
