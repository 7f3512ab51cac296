//! The table of plans, one line each; cards on a phone. Rows can be selected without JavaScript:
//! each box belongs to the form below the table.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use super::columns::Column;
use super::query::View;
use crate::areas::{Overview, OverviewQuery, PlanRow, Sort, StoppedDispatch};
use crate::components::{ago, icon, phase_badge, words::middle};
use crate::pages::plan::{checks, pr_state, review};
use crate::pages::runs::run_words;

/// Rows of what needs the viewer that are shown at once; the others are folded.
const SHOWN: usize = 10;

/// What waits for the viewer, with the reason: dispatches that stopped before they had a plan, then plans,
/// the most harmful first. `all` is the address of a view that shows every one of them.
pub(super) fn needs_you(overview: &Overview, back: &str, all: String) -> AnyView {
    let stopped = overview.stopped.iter().map(|dispatch| stopped_dispatch(dispatch, back));
    let plans = overview.needs_you.iter().map(|row| {
        let resume = row.stopped.as_ref().map(|id| resume(id, back, &row.title));
        view! {
            <li id=format!("needs-{}-{}", row.repo, row.number)>
                {phase_badge(row.phase)}
                <a href=address(row) title=row.title.clone()><bdi>{row.title.clone()}</bdi></a>
                <span class="muted">{row.needs_you.clone()}</span>
                {resume}
            </li>
        }
        .into_any()
    });
    let mut items: Vec<AnyView> = stopped.chain(plans).collect();
    let total = overview.needs_total as usize + overview.stopped.len();
    let rest = items.split_off(items.len().min(SHOWN));
    let words = format!("Show all {total}");
    let rest = match (rest.is_empty(), total > SHOWN + rest.len()) {
        (true, _) => None,
        (false, true) => Some(view! { <p class="needs-more"><a href=all>{words}</a></p> }.into_any()),
        (false, false) => Some(
            view! {
                <details id="needs-more">
                    <summary>{words}</summary>
                    <ul>{rest}</ul>
                </details>
            }
            .into_any(),
        ),
    };
    view! {
        <section class="needs-you" id="needs-you" aria-labelledby="needs-you-heading">
            <h2 id="needs-you-heading">{icon("hand")} "Needs you" " " <span class="count tabular">{total}</span></h2>
            <ul>{items}</ul>
            {rest}
        </section>
    }
    .into_any()
}

/// A dispatch that has no plan yet.
fn stopped_dispatch(dispatch: &StoppedDispatch, back: &str) -> AnyView {
    view! {
        <li id=format!("stopped-{}", dispatch.id)>
            {phase_badge(Phase::Stopped)}
            <a href=format!("/dispatches/{}", dispatch.id) title=dispatch.title.clone()><bdi>{dispatch.title.clone()}</bdi></a>
            <span class="muted">{dispatch.why.clone()}</span>
            {resume(&dispatch.id, back, &dispatch.title)}
        </li>
    }
    .into_any()
}

/// The button that resumes a stopped dispatch.
pub(in crate::pages) fn resume(id: &str, back: &str, title: &str) -> AnyView {
    view! {
        <form method="post" action="/do/dispatch-command">
            <input type="hidden" name="id" value=id.to_owned()/>
            <input type="hidden" name="do" value="resume"/>
            <input type="hidden" name="back" value=back.to_owned()/>
            <button type="submit" class="button small" aria-label=format!("Resume: {title}")>"Resume"</button>
        </form>
    }
    .into_any()
}

pub(super) fn table(rows: &[PlanRow], view: &View, select: bool) -> AnyView {
    let columns = &view.columns.0;
    let heads = columns.iter().map(|column| {
        let sort = match column {
            Column::Repo => Some(Sort::Repo),
            Column::Author => Some(Sort::Author),
            Column::Changed => Some(Sort::Changed),
            _ => None,
        };
        head(view, column.label(), sort, &format!("cell-{}", column.slug()))
    });
    let all = select.then(|| {
        view! {
            <td class="cell-select">
                <input type="checkbox" id="select-all" aria-label="Select every plan of this page"/>
            </td>
        }
    });
    let extra = columns.iter().filter(|column| !column.usual()).count();
    let table = view! {
        <table class="plans" class:selectable=select id="plans">
            <caption class="sr">"Plans"</caption>
            <thead>
                <tr>
                    {all}
                    {head(view, "Phase", Some(Sort::Phase), "cell-phase")}
                    {head(view, "Plan", Some(Sort::Number), "cell-title")}
                    {heads.collect_view()}
                </tr>
            </thead>
            <tbody>{rows.iter().map(|row| self::row(row, columns, select)).collect_view()}</tbody>
        </table>
    };
    if extra == 0 {
        return table.into_any();
    }
    // More columns than the width holds are reached sideways.
    view! { <div class="table-scroll" role="region" aria-label="Table of plans" tabindex="0">{table}</div> }
        .into_any()
}

/// The head of a column; where the table can be sorted by it, a link that does so, or turns it round.
fn head(view: &View, label: &'static str, sort: Option<Sort>, class: &str) -> AnyView {
    let class = class.to_owned();
    let Some(sort) = sort else { return view! { <th scope="col" class=class>{label}</th> }.into_any() };
    let chosen = view.query.sort == sort;
    let reverse = chosen && !view.query.reverse;
    let to = view.to(&OverviewQuery { sort, reverse, page: 0, ..view.query.clone() });
    let down = matches!(sort, Sort::Changed | Sort::Number) != view.query.reverse;
    let aria = chosen.then_some(if down { "descending" } else { "ascending" });
    let mark = chosen.then(|| view! { <span aria-hidden="true">{if down { " ↓" } else { " ↑" }}</span> });
    view! { <th scope="col" class=class aria-sort=aria><a href=to>{label} {mark}</a></th> }.into_any()
}

fn row(row: &PlanRow, columns: &[Column], select: bool) -> AnyView {
    let steps = row.steps.filter(|(_, total)| *total > 0).map(|(done, total)| {
        let words = format!("{done} of {total} steps done");
        view! {
            <span class="tabular muted" title=words.clone()>
                <span aria-hidden="true">{format!("{done}/{total}")}</span>
                <span class="sr">{words.clone()}</span>
            </span>
        }
    });
    let stale = row.stale.clone().map(|why| {
        view! { <span class="tag tone-doubt stale" title=why>{icon("clock")} "read " {ago(row.as_of)}</span> }
    });
    let choose = select.then(|| {
        let label = format!("Select {} #{}", row.repo, row.number);
        view! {
            <td class="cell-select">
                <input type="checkbox" form="selection" name="plan[]" value=format!("{}/{}", row.repo, row.number) aria-label=label/>
            </td>
        }
    });
    let cells = columns.iter().map(|column| {
        let class = format!("cell-{}", column.slug());
        view! { <td class=class data-label=column.label()>{cell(row, *column)}</td> }
    });
    view! {
        <tr id=format!("plan-{}-{}", row.repo, row.number)>
            {choose}
            <td class="cell-phase"><span class="row tight">{phase_badge(row.phase)} {steps}</span></td>
            <th scope="row" class="cell-title">
                <span class="title-line">
                    <a href=address(row) title=row.title.clone()>{row.title.clone()}</a> " "
                    <span class="muted tabular">{format!("#{}", row.number)}</span>
                    {stale}
                </span>
            </th>
            {cells.collect_view()}
        </tr>
    }
    .into_any()
}

fn cell(row: &PlanRow, column: Column) -> AnyView {
    match column {
        Column::Repo => {
            let repo = row.repo.to_string();
            view! { <span title=repo.clone()>{middle(&repo, 28)}</span> }.into_any()
        }
        Column::Pr => row
            .pr
            .as_ref()
            .map(|pr| {
                view! {
                    {pr_state(pr.state)} " " <a href=pr.url.clone()>{format!("#{}", pr.number)}</a> " " {review(pr.review)}
                }
            })
            .into_any(),
        Column::Checks => row.pr.as_ref().and_then(|pr| checks(pr.checks)).into_any(),
        Column::Comments => comments(row),
        Column::Objective => row
            .objective
            .map(|number| {
                let node = row.node.clone().map(|node| format!(" {node}"));
                view! { <a href=format!("/{}/objectives/{number}", row.repo)>{format!("#{number}")}</a> {node} }
            })
            .into_any(),
        Column::Run => row
            .run
            .as_ref()
            .map(|run| {
                view! { <a href=run.url.clone()>{run.id.to_string()}</a> " " <span class="muted">{run_words(run)}</span> }
            })
            .into_any(),
        Column::Branch => row
            .branch
            .clone()
            .map(|branch| view! { <code title=branch.clone()>{middle(&branch, 30)}</code> })
            .into_any(),
        Column::Labels => row.labels.join(", ").into_any(),
        Column::Author => row.author.clone().into_any(),
        Column::Age => ago(row.as_of),
        Column::Changed => ago(row.changed_at),
    }
}

/// Review conversations where there are any, and the comments of the plan.
fn comments(row: &PlanRow) -> AnyView {
    let threads = row.threads.map(|(resolved, total)| {
        let words = format!("{resolved} of {total} review conversations resolved");
        view! {
            <span class="tabular" title=words.clone()>
                <span aria-hidden="true">{format!("{resolved}/{total}")}</span>
                <span class="sr">{words.clone()}</span>
            </span>
            " "
        }
    });
    let words = crate::components::words::count(row.comments, "comment");
    view! { {threads} <span class="muted tabular" title=words.clone()>{icon("comment")} " " {row.comments} <span class="sr">" comments"</span></span> }
        .into_any()
}

pub(super) fn address(row: &PlanRow) -> String {
    format!("/{}/plans/{}", row.repo, row.number)
}
