//! `/{owner}/{repo}/plans/{n}/jobs/{id}`: the log of a job in its parts, the failing one open, and
//! `?q=` to look for something in it.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::jobs::{status_icon, status_word};
use crate::address::value;
use crate::areas::{JobLog, LogSection, Problem, ProblemKind, RepoName};
use crate::components::{PageTitle, icon, lasted, problem_page, words::count};
use crate::context::{areas, path, query, viewer};

/// Lines of one part that are shown without looking for something.
const MOST_LINES: usize = 2_000;
/// Hits that are shown.
const MOST_HITS: usize = 500;

#[component]
pub(crate) fn LogPage() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let text = |name: &str| params.get(name).unwrap_or_default();
    let repo = RepoName::parse(&format!("{}/{}", text("owner"), text("repo")));
    let (number, job) = (text("number").parse::<i64>().ok(), text("job").parse::<i64>().ok());
    super::super::page(async move {
        let (Some(repo), Some(number), Some(job)) = (repo, number, job) else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        match areas().plans.log(viewer().as_ref(), &repo, number, job).await {
            Ok(log) => view_of(&repo, number, &log, &value(&query(), "q").unwrap_or_default()),
            Err(problem) => problem_page(problem),
        }
    })
}

fn view_of(repo: &RepoName, number: i64, log: &JobLog, q: &str) -> AnyView {
    let job = &log.job;
    let conclusion = job.conclusion.as_deref();
    let body = if q.is_empty() {
        log.sections.iter().enumerate().map(|(at, part)| section(at, part)).collect_view().into_any()
    } else {
        hits(&log.sections, q)
    };
    let clear = (!q.is_empty()).then(|| view! { <a class="button" href=path()>"Show all"</a> });
    view! {
        <PageTitle text=format!("Log of {}", job.name)/>
        <main id="main" class="page log-page" tabindex="-1">
            <p class="crumbs">
                <a href=format!("/{repo}/plans/{number}")>{format!("{repo} #{number}")}</a>
            </p>
            <h1>"Log of " {job.name.clone()}</h1>
            <p class="row">
                {status_icon(&job.status, conclusion)}
                <span class="muted">{status_word(&job.status, conclusion)}</span>
                {lasted(job.started_at, job.completed_at)}
                <a href=job.url.clone()>"On GitHub " {icon("link-external")}</a>
            </p>
            {log.cut.then(|| view! { <p class="notice hint">{icon("info")} <span>"This log is long: only its end is kept here."</span></p> })}
            <form method="get" action=path() role="search" class="row">
                <label for="field-q" class="sr">"Find in this log"</label>
                <input type="search" id="field-q" name="q" value=q.to_owned() placeholder="Find in this log"/>
                <button type="submit" class="button">"Find"</button>
                {clear}
            </form>
            {body}
        </main>
    }
    .into_any()
}

fn section(at: usize, part: &LogSection) -> AnyView {
    let skipped = part.lines.len().saturating_sub(MOST_LINES);
    let earlier = (skipped > 0)
        .then(|| view! { <p class="muted small">{format!("{skipped} earlier lines are found by looking for something in them.")}</p> });
    view! {
        <details class="log-part" id=format!("part-{at}") open=part.failed>
            <summary>
                {part.failed.then(|| view! { <span class="mark tone-failed">{icon("x-circle")} <span class="sr">"failed: "</span></span> })}
                {part.name.clone()} " "
                <span class="muted tabular small">{count(i64::try_from(part.lines.len()).unwrap_or(i64::MAX), "line")}</span>
            </summary>
            {earlier}
            <pre class="log" tabindex="0" aria-label=format!("Log of {}", part.name)>{marked(&part.lines[skipped..])}</pre>
        </details>
    }
    .into_any()
}

/// The lines as GitHub shows them: its workflow commands are marks, not text.
fn marked(lines: &[String]) -> Vec<AnyView> {
    let mut shown = Vec::new();
    let mut plain = String::new();
    for line in lines {
        let Some((command, text)) = line.strip_prefix("##[").and_then(|rest| rest.split_once(']')) else {
            plain.push_str(line);
            plain.push('\n');
            continue;
        };
        let class = match command {
            "error" => "tone-failed",
            "warning" => "tone-doubt",
            "group" | "command" => "log-group",
            "endgroup" => continue,
            _ => "muted",
        };
        shown.push(std::mem::take(&mut plain).into_any());
        shown.push(view! { <span class=class>{format!("{text}\n")}</span> }.into_any());
    }
    shown.push(plain.into_any());
    shown
}

/// The lines that hold the text, whatever its case.
fn hits(sections: &[LogSection], q: &str) -> AnyView {
    let wanted = q.to_lowercase();
    let lines = sections.iter().flat_map(|part| part.lines.iter()).zip(1_usize..);
    let found: Vec<_> = lines.filter(|(line, _)| line.to_lowercase().contains(&wanted)).collect();
    let total = found.len();
    let text: Vec<String> =
        found.iter().take(MOST_HITS).map(|(line, number)| format!("{number:>6}  {line}")).collect();
    let words = match total {
        0 => format!("No line holds “{q}”."),
        _ if total > MOST_HITS => format!("The first {MOST_HITS} of {total} lines that hold “{q}”."),
        1 => format!("One line holds “{q}”."),
        _ => format!("{total} lines hold “{q}”."),
    };
    view! {
        <p role="status" id="hits">{words}</p>
        {(total > 0).then(|| view! { <pre class="log" tabindex="0" aria-label="Lines found">{text.join("\n")}</pre> })}
    }
    .into_any()
}
