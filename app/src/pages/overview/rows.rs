//! The table of plans, one line each; cards on a phone.

use leptos::prelude::*;

use crate::areas::PlanRow;
use crate::components::{ago, icon, phase_badge, words::middle};
use crate::pages::plan::{checks, pr_state, review};

/// Rows that wait for the viewer, with the reason.
pub(super) fn needs_you(rows: &[PlanRow]) -> AnyView {
    let items = rows.iter().map(|row| {
        view! {
            <li id=format!("needs-{}-{}", row.repo, row.number)>
                {phase_badge(row.phase)}
                <a href=address(row) title=row.title.clone()>{row.title.clone()}</a>
                <span class="muted">{row.needs_you.clone()}</span>
            </li>
        }
    });
    view! {
        <section class="needs-you" id="needs-you" aria-labelledby="needs-you-heading">
            <h2 id="needs-you-heading">{icon("hand")} "Needs you"</h2>
            <ul>{items.collect_view()}</ul>
        </section>
    }
    .into_any()
}

pub(super) fn table(rows: &[PlanRow]) -> AnyView {
    view! {
        <table class="plans" id="plans">
            <caption class="sr">"Plans"</caption>
            <thead>
                <tr>
                    <th scope="col">"Phase"</th>
                    <th scope="col">"Plan"</th>
                    <th scope="col">"Repository"</th>
                    <th scope="col">"Pull request"</th>
                    <th scope="col">"Checks"</th>
                    <th scope="col">"Author"</th>
                    <th scope="col" class="end">"Changed"</th>
                </tr>
            </thead>
            <tbody>{rows.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(row: &PlanRow) -> AnyView {
    let steps = row.steps.filter(|(_, total)| *total > 0).map(|(done, total)| {
        let words = format!("{done} of {total} steps done");
        view! {
            <span class="tabular muted" title=words.clone()>
                <span aria-hidden="true">{format!("{done}/{total}")}</span>
                <span class="sr">{words.clone()}</span>
            </span>
        }
    });
    let pr = row.pr.as_ref().map(|pr| {
        view! {
            {pr_state(pr.state)} " " <a href=pr.url.clone()>{format!("#{}", pr.number)}</a> " " {review(pr.review)}
        }
    });
    let repo = row.repo.to_string();
    view! {
        <tr id=format!("plan-{}-{}", row.repo, row.number)>
            <td class="cell-phase"><span class="row tight">{phase_badge(row.phase)} {steps}</span></td>
            <th scope="row" class="cell-title">
                <a href=address(row) title=row.title.clone()>{row.title.clone()}</a> " "
                <span class="muted tabular">{format!("#{}", row.number)}</span>
            </th>
            <td class="cell-repo" data-label="Repository"><span title=repo.clone()>{middle(&repo, 28)}</span></td>
            <td class="cell-pr" data-label="Pull request">{pr}</td>
            <td class="cell-checks" data-label="Checks">{row.pr.as_ref().and_then(|pr| checks(pr.checks))}</td>
            <td class="cell-author" data-label="Author">{row.author.clone()}</td>
            <td class="cell-changed end muted">{ago(row.changed_at)}</td>
        </tr>
    }
    .into_any()
}

fn address(row: &PlanRow) -> String {
    format!("/{}/plans/{}", row.repo, row.number)
}
