//! The list of objectives. Filters and page are in the address.

use leptos::prelude::*;

use super::{empty, query};
use crate::areas::{NodeStatus, ObjectiveList, ObjectiveRow, ObjectivesQuery};
use crate::commands::{Notice, notice};
use crate::components::{
    PageTitle, ago, node_tone, node_word, not_fresh, notice_view, problem_page, stopped_badge,
    words::{count, middle},
};
use crate::context::{areas, viewer};

#[component]
pub(crate) fn ObjectivesPage() -> impl IntoView {
    crate::pages::page(async {
        let query = query::read(&crate::context::query());
        let viewer = viewer();
        let notice = notice();
        match areas().objectives.list(viewer.as_ref(), &query).await {
            Ok(list) => body(&list, &query, &notice, viewer.is_some()),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(list: &ObjectiveList, query: &ObjectivesQuery, notice: &Notice, signed_in: bool) -> AnyView {
    let filtered = *query != ObjectivesQuery { page: query.page, ..ObjectivesQuery::default() };
    let known = filtered || !list.rows.is_empty();
    let rows = if list.rows.is_empty() {
        empty::empty(list.connected, filtered, signed_in)
    } else {
        table(&list.rows)
    };
    view! {
        <PageTitle text="Objectives"/>
        <main id="main" class="page" tabindex="-1" data-live>
            <div class="page-head">
                <h1>"Objectives"</h1>
                {known.then(|| view! { <span class="muted tabular" id="total">{count(list.total, "objective")}</span> })}
                {(known && signed_in).then(|| view! { <a class="button page-act" href="/objectives/new">"New objective"</a> })}
            </div>
            {notice_view(notice)}
            {not_fresh(&list.stale, list.unasked)}
            {known.then(|| bar(query))}
            {rows}
            {paging(list, query)}
        </main>
    }
    .into_any()
}

/// Text, repository, owner; sent as a GET, so that the view has an address.
fn bar(query: &ObjectivesQuery) -> AnyView {
    let shown = query::SHOWN.map(
        |(slug, shown, words)| view! { <option value=slug selected=shown == query.shown>{words}</option> },
    );
    let ready = query::write(&ObjectivesQuery { ready: !query.ready, page: 0, ..query.clone() });
    view! {
        <form method="get" action="/objectives" class="filters" id="filters" role="search" aria-label="Objectives">
            {query.ready.then(|| view! { <input type="hidden" name="ready" value="1"/> })}
            <label class="sr" for="filter-q">"Search"</label>
            <input type="search" id="filter-q" name="q" value=query.q.clone() placeholder="Title, number, owner"/>
            <label class="sr" for="filter-repo">"In repository"</label>
            <input type="text" id="filter-repo" name="repo" value=query.repo.clone() placeholder="owner/name" autocomplete="off"/>
            <label class="sr" for="filter-owner">"Opened by"</label>
            <input type="text" id="filter-owner" name="owner" value=query.owner.clone() placeholder="Opened by" autocomplete="off"/>
            <label class="sr" for="filter-shown">"Show"</label>
            <select id="filter-shown" name="shown">{shown}</select>
            <button type="submit" class="button">"Filter"</button>
            <a class="button toggle" href=ready aria-current=query.ready.then_some("true")>"Ready to plan"</a>
        </form>
    }
    .into_any()
}

fn table(rows: &[ObjectiveRow]) -> AnyView {
    view! {
        <table class="plans objectives" id="plans">
            <caption class="sr">"Objectives"</caption>
            <thead>
                <tr>
                    <th scope="col">"Progress"</th>
                    <th scope="col">"Objective"</th>
                    <th scope="col">"Nodes"</th>
                    <th scope="col">"Next"</th>
                    <th scope="col">"Repository"</th>
                    <th scope="col">"Owner"</th>
                    <th scope="col" class="end">"Changed"</th>
                </tr>
            </thead>
            <tbody>{rows.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(row: &ObjectiveRow) -> AnyView {
    let repo = row.repo.to_string();
    let next = match (&row.unreadable, &row.next) {
        (Some(why), _) => {
            view! { <span class="problem" title=why.clone()>"The roadmap cannot be read"</span> }.into_any()
        }
        (None, Some((id, description))) => view! {
            <a href=crate::address::address(&row.path(), [("node", id.as_str())]) title=description.clone()>
                <span class="node-id">{id.clone()}</span> " " {description.clone()}
            </a>
        }
        .into_any(),
        (None, None) if row.total > 0 && row.done + skipped(row) == row.total => {
            view! { <span class="muted">{if row.open { "Complete" } else { "Closed" }}</span> }.into_any()
        }
        (None, None) if row.stopped.is_some() => ().into_any(),
        (None, None) => view! { <span class="muted">"Nothing is ready"</span> }.into_any(),
    };
    let stopped = row.stopped.as_ref().map(|stopped| {
        view! {
            <a href=format!("/dispatches/{}", stopped.dispatch) title="Its dispatch stopped: resume or undo it">
                {stopped_badge()} " " <span class="node-id">{stopped.node.clone()}</span>
            </a>
        }
    });
    let blocked = (row.blocked > 0)
        .then(|| view! { <span class="muted tabular blocked">{row.blocked} " blocked"</span> });
    view! {
        <tr id=format!("objective-{}-{}", row.repo, row.number)>
            <td class="cell-phase">{progress(row)}</td>
            <th scope="row" class="cell-title">
                <a href=row.path() title=row.title.clone()>{row.title.clone()}</a> " "
                <span class="muted tabular">{format!("#{}", row.number)}</span>
            </th>
            <td class="cell-nodes" data-label="Nodes"><span class="row tight">{sparkline(&row.statuses)} {blocked}</span></td>
            <td class="cell-next" data-label="Next">{stopped} {next}</td>
            <td class="cell-repo" data-label="Repository"><span title=repo.clone()>{middle(&repo, 24)}</span></td>
            <td class="cell-author" data-label="Owner">{row.owner.clone()}</td>
            <td class="cell-changed end muted">{ago(row.changed_at)}</td>
        </tr>
    }
    .into_any()
}

fn skipped(row: &ObjectiveRow) -> u32 {
    let count = row.statuses.iter().filter(|status| **status == NodeStatus::Skipped).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Done of all, as a bar and in words.
pub(super) fn progress(row: &ObjectiveRow) -> AnyView {
    let words = format!("{} of {} nodes done", row.done, row.total);
    let (done, total) = (row.done.to_string(), row.total.max(1).to_string());
    view! {
        <span class="row tight progress-of">
            <progress value=done max=total aria-label=words.clone()></progress>
            <span class="tabular" title=words>{format!("{}/{}", row.done, row.total)}</span>
        </span>
    }
    .into_any()
}

/// The states of all nodes at a glance, in the order of the phases: one mark each.
pub(super) fn sparkline(statuses: &[NodeStatus]) -> AnyView {
    if statuses.is_empty() {
        return ().into_any();
    }
    let told: Vec<String> = NodeStatus::ALL
        .iter()
        .map(|status| (status, statuses.iter().filter(|other| *other == status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", node_word(*status).to_lowercase()))
        .collect();
    let told = told.join(", ");
    let step = (120.0 / statuses.len() as f64).min(8.0);
    let width = step * statuses.len() as f64;
    let marks = statuses.iter().enumerate().map(|(at, status)| {
        let high = if matches!(status, NodeStatus::Pending | NodeStatus::Skipped) { 6 } else { 14 };
        view! {
            <rect
                class=format!("tone-{} is-{}", node_tone(*status), status.word())
                x=format!("{:.2}", at as f64 * step)
                y=16 - high
                width=format!("{:.2}", (step - 1.5).max(step * 0.7))
                height=high
            ></rect>
        }
    });
    view! {
        <svg class="sparkline" role="img" aria-label=told.clone() width=format!("{width:.0}") height="16" viewBox=format!("0 0 {width:.2} 16")>
            <title>{told.clone()}</title>
            {marks.collect_view()}
        </svg>
    }
    .into_any()
}

fn paging(list: &ObjectiveList, query: &ObjectivesQuery) -> Option<AnyView> {
    let to = |page: u32| query::write(&ObjectivesQuery { page, ..query.clone() });
    let earlier =
        (list.page > 1).then(|| view! { <a rel="prev" class="button" href=to(list.page - 1)>"Previous"</a> });
    let later = (list.page < list.pages)
        .then(|| view! { <a rel="next" class="button" href=to(list.page + 1)>"Next"</a> });
    (list.pages > 1).then(|| {
        view! {
            <nav class="paging" aria-label="Pages">
                {earlier}
                <span class="muted tabular">{format!("Page {} of {}", list.page, list.pages)}</span>
                {later}
            </nav>
        }
        .into_any()
    })
}
