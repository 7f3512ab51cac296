//! `/runs`: what GitHub Actions works on, what waits and for what, and what failed.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use super::overview::rows::resume;
use crate::areas::{Overview, OverviewQuery, PlanRow, RunSummary, StoppedDispatch};
use crate::commands::notice;
use crate::components::{PageTitle, ago, icon, notice_view, phase_badge, problem_page, words::count};
use crate::context::{areas, viewer};

/// What can be done to a row: the name of the action, and the words on its button.
type Action = (&'static str, &'static str);

/// The groups of the page: heading, words when empty, the phases in it, and the action of a row.
const GROUPS: [(&str, &str, &[Phase], Option<Action>); 4] = [
    ("Stopped", "No dispatch has stopped.", &[Phase::Stopped], None),
    (
        "Running",
        "Nothing runs now.",
        &[Phase::Planning, Phase::Implementing],
        Some(("cancel-run", "Cancel run")),
    ),
    (
        "Waiting",
        "Nothing waits for a runner.",
        &[Phase::Prompted, Phase::Submitted, Phase::Dispatched],
        Some(("cancel-run", "Cancel run")),
    ),
    (
        "Failed",
        "Nothing has failed.",
        &[Phase::Failed, Phase::Cancelled, Phase::Stuck],
        Some(("rerun-failed", "Run failed jobs again")),
    ),
];

#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    super::page(async {
        let viewer = viewer();
        let areas = areas();
        let notice = notice();
        let mut found = Vec::new();
        for (.., phases, _) in GROUPS {
            let query = OverviewQuery { phase: phases.to_vec(), ..OverviewQuery::default() };
            match areas.plans.overview(viewer.as_ref(), &query).await {
                Ok(overview) => found.push(overview),
                Err(problem) => return problem_page(problem),
            }
        }
        let stopped = found.first().map(|overview| overview.stopped.clone()).unwrap_or_default();
        let running: Vec<PlanRow> = found.iter().flat_map(|overview| overview.rows.clone()).collect();
        let groups = GROUPS.into_iter().zip(&found).map(|((name, none, _, action), overview)| {
            let action = action.filter(|_| viewer.is_some());
            let stopped = if name == "Stopped" { stopped.as_slice() } else { &[] };
            group(name, none, overview, stopped, action, &running)
        });
        view! {
            <PageTitle text="Runs"/>
            <main id="main" class="page" tabindex="-1" data-live>
                <h1>"Runs"</h1>
                {notice_view(&notice)}
                {groups.collect_view()}
            </main>
        }
        .into_any()
    })
}

fn group(
    name: &'static str,
    none: &'static str,
    overview: &Overview,
    stopped: &[StoppedDispatch],
    action: Option<Action>,
    all: &[PlanRow],
) -> AnyView {
    let rows = &overview.rows;
    let total = overview.total + u32::try_from(stopped.len()).unwrap_or_default();
    let id = format!("runs-{}", name.to_lowercase());
    let more = (usize::try_from(overview.total).unwrap_or(usize::MAX) > rows.len())
        .then(|| view! { <p class="muted small">{format!("The last {} of {}.", rows.len(), count(overview.total, "plan"))}</p> });
    let body = if rows.is_empty() && stopped.is_empty() {
        view! { <p class="muted">{none}</p> }.into_any()
    } else {
        let items = rows.iter().map(|row| self::row(row, action, all));
        let stopped = stopped.iter().map(stopped_dispatch);
        view! { <ul class="run-rows">{stopped.collect_view()} {items.collect_view()}</ul> {more} }.into_any()
    };
    view! {
        <section id=id.clone() aria-labelledby=format!("{id}-heading")>
            <h2 id=format!("{id}-heading")>{name} " " <span class="count tabular">{total}</span></h2>
            {body}
        </section>
    }
    .into_any()
}

/// A dispatch that has no plan yet.
fn stopped_dispatch(dispatch: &StoppedDispatch) -> AnyView {
    view! {
        <li id=format!("stopped-{}", dispatch.id)>
            {phase_badge(Phase::Stopped)}
            <span class="run-what grow">
                <a href=format!("/dispatches/{}", dispatch.id) title=dispatch.title.clone()>{dispatch.title.clone()}</a>
                <span class="muted small">{dispatch.repo.to_string()} " · " {dispatch.why.clone()}</span>
            </span>
            <span class="muted">{ago(dispatch.created_at)}</span>
            {resume(&dispatch.id, "/runs", &dispatch.title)}
        </li>
    }
    .into_any()
}

fn row(row: &PlanRow, action: Option<Action>, all: &[PlanRow]) -> AnyView {
    let plan = format!("/{}/plans/{}", row.repo, row.number);
    let name = format!("{} #{}", row.repo, row.number);
    let now = row.run.as_ref().filter(|_| !row.local);
    let run = now.cloned().map(|run| {
        view! { <a href=run.url>"Run" {icon("link-external")} <span class="sr">{format!(" of {name} on GitHub")}</span></a> }
    });
    let state = state(row, all);
    let over = now.map(|run| run.status == "completed");
    let action = action.filter(|(action, _)| over == Some(*action == "rerun-failed")).map(|(action, words)| {
        view! {
            <form method="post" action="/do/selected">
                <input type="hidden" name="plan[]" value=format!("{}/{}", row.repo, row.number)/>
                <input type="hidden" name="back" value="/runs"/>
                <button type="submit" class="button small" name="action" value=action aria-label=format!("{words}: {name}")>{words}</button>
            </form>
        }
    });
    let since = now.and_then(|run| run.started_at).unwrap_or(row.changed_at);
    view! {
        <li id=format!("run-{}-{}", row.repo, row.number)>
            {phase_badge(row.phase)}
            <span class="run-what grow">
                <a href=plan title=row.title.clone()>{row.title.clone()}</a>
                <span class="muted small">{name.clone()} " · " {state}</span>
            </span>
            {run}
            <span class="muted">{ago(since)}</span>
            {row.stopped.as_ref().map(|id| resume(id, "/runs", &row.title))}
            {action}
        </li>
    }
    .into_any()
}

/// What the run does, or what it waits for.
fn state(row: &PlanRow, all: &[PlanRow]) -> String {
    let Some(run) = row.run.as_ref().filter(|_| !row.local) else {
        return match row.phase {
            Phase::Implementing if row.local => "implemented locally, without a run".to_owned(),
            Phase::Prompted => "the instruction is recorded; nothing is queued yet".to_owned(),
            Phase::Planning | Phase::Implementing => "its run is not known".to_owned(),
            Phase::Stuck => "no run was found".to_owned(),
            Phase::Stopped => "the dispatch stopped before its run".to_owned(),
            _ => "waits for GitHub to start its run".to_owned(),
        };
    };
    let workflow = run.workflow.trim_end_matches(".yml");
    match run.status.as_str() {
        "pending" => match &run.group {
            Some(group) => {
                let ahead = all.iter().find(|other| {
                    other.repo == row.repo
                        && other.run.as_ref().is_some_and(|held| {
                            held.id != run.id
                                && held.group.as_ref() == Some(group)
                                && held.status != "completed"
                        })
                });
                let ahead = ahead
                    .and_then(|other| other.run.as_ref())
                    .map(|held| format!(", held by run {}", held.id));
                format!("{workflow} waits for its concurrency group {group}{}", ahead.unwrap_or_default())
            }
            None => format!("{workflow} waits for its concurrency group"),
        },
        "queued" | "waiting" | "requested" => {
            let group = run.group.as_ref().map(|group| format!(" (group {group})"));
            format!("{workflow} waits for a runner{}", group.unwrap_or_default())
        }
        "completed" => {
            let place = run.failed.as_ref().map(|place| format!(" in {place}"));
            format!("{workflow}: {}{}", run_words(run), place.unwrap_or_default())
        }
        _ => format!("{workflow}: {}", run_words(run)),
    }
}

/// The state of a run in words.
pub(crate) fn run_words(run: &RunSummary) -> String {
    let word = run.conclusion.as_deref().unwrap_or(&run.status);
    match word {
        "pending" => "waits for its group".to_owned(),
        "queued" | "waiting" | "requested" => "waits for a runner".to_owned(),
        "in_progress" => "running".to_owned(),
        "success" => "succeeded".to_owned(),
        "failure" => "failed".to_owned(),
        "timed_out" => "timed out".to_owned(),
        other => other.replace('_', " "),
    }
}
