//! `/runs`: plans that GitHub Actions works on, those that wait, and those that failed.

use leptos::prelude::*;
use leptos_meta::Title;
use waymark_domain::lifecycle::Phase;

use crate::areas::{OverviewQuery, PlanRow};
use crate::components::{ago, icon, phase_badge, problem_page, words::count};
use crate::context::{areas, viewer};

/// The groups of the page, with the phases in each.
const GROUPS: [(&str, &str, &[Phase]); 3] = [
    ("Running", "Nothing runs now.", &[Phase::Planning, Phase::Implementing]),
    ("Waiting", "Nothing waits for a runner.", &[Phase::Prompted, Phase::Submitted, Phase::Dispatched]),
    ("Failed", "Nothing has failed.", &[Phase::Failed, Phase::Cancelled, Phase::Stuck]),
];

#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    super::page(async {
        let viewer = viewer();
        let areas = areas();
        let mut groups = Vec::new();
        for (name, none, phases) in GROUPS {
            let query = OverviewQuery { phase: phases.to_vec(), ..OverviewQuery::default() };
            match areas.plans.overview(viewer.as_ref(), &query).await {
                Ok(overview) => groups.push(group(name, none, &overview.rows, overview.total).into_any()),
                Err(problem) => return problem_page(problem),
            }
        }
        view! {
            <Title text="Runs"/>
            <main id="main" class="page" tabindex="-1" data-live>
                <h1>"Runs"</h1>
                {groups}
            </main>
        }
        .into_any()
    })
}

fn group(name: &'static str, none: &'static str, rows: &[PlanRow], total: u32) -> AnyView {
    let id = format!("runs-{}", name.to_lowercase());
    let more = (usize::try_from(total).unwrap_or(usize::MAX) > rows.len())
        .then(|| view! { <p class="muted small">{format!("The last {} of {}.", rows.len(), count(total, "plan"))}</p> });
    let body = if rows.is_empty() {
        view! { <p class="muted">{none}</p> }.into_any()
    } else {
        view! { <ul class="run-rows">{rows.iter().map(row).collect_view()}</ul> {more} }.into_any()
    };
    view! {
        <section id=id.clone() aria-labelledby=format!("{id}-heading")>
            <h2 id=format!("{id}-heading")>{name} " " <span class="count tabular">{total}</span></h2>
            {body}
        </section>
    }
    .into_any()
}

fn row(row: &PlanRow) -> AnyView {
    let plan = format!("/{}/plans/{}", row.repo, row.number);
    let run = row.run_url.clone().map(|url| {
        view! { <a href=url>"Run" {icon("link-external")} <span class="sr">{format!(" of #{} on GitHub", row.number)}</span></a> }
    });
    view! {
        <li id=format!("run-{}-{}", row.repo, row.number)>
            {phase_badge(row.phase)}
            <a class="grow" href=plan title=row.title.clone()>{row.title.clone()}</a>
            <span class="muted">{row.repo.to_string()} {format!(" #{}", row.number)}</span>
            {run}
            <span class="muted">{ago(row.changed_at)}</span>
        </li>
    }
    .into_any()
}
