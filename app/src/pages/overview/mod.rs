//! `/`: every plan of every repository one may see. Filters, sort and page are in the address.

mod columns;
mod empty;
mod filters;
mod query;
pub(super) mod rows;
mod selection;

use leptos::prelude::*;

use crate::areas::{Overview, OverviewQuery, Sort};
use crate::commands::notice;
use crate::components::{PageTitle, not_fresh, notice_view, problem_page, what_to_try, words::count};
use crate::context::{areas, cookie, remember, viewer};
use query::View;

pub use query::read as read_overview_query;

#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    super::page(async {
        let view = View::read(&crate::context::query(), cookie(columns::COOKIE).as_deref());
        if let Some(chosen) = view.chosen() {
            remember(columns::COOKIE, &chosen);
        }
        let viewer = viewer();
        let notice = notice();
        match areas().plans.overview(viewer.as_ref(), &view.query).await {
            Ok(overview) => body(&overview, &view, &notice, viewer.is_some()),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(overview: &Overview, view: &View, notice: &crate::commands::Notice, signed_in: bool) -> AnyView {
    let query = &view.query;
    let first_page = overview.page <= 1;
    let waits = !overview.needs_you.is_empty() && !query.needs || !overview.stopped.is_empty();
    let needs = (waits && first_page).then(|| {
        // The table of this view shows the plans already.
        let plans = if query.needs { Vec::new() } else { overview.needs_you.clone() };
        let needs_total = if query.needs { 0 } else { overview.needs_total };
        let shown = Overview {
            needs_you: plans,
            needs_total,
            stopped: overview.stopped.clone(),
            ..Overview::default()
        };
        let all = OverviewQuery { needs: true, sort: Sort::Changed, reverse: false, ..query.clone() };
        rows::needs_you(&shown, &view.to(query), view.to(&all))
    });
    let unfiltered = OverviewQuery {
        page: query.page,
        sort: query.sort,
        reverse: query.reverse,
        ..OverviewQuery::default()
    };
    let filtered = *query != unfiltered;
    let advice = (!filtered && first_page).then(what_to_try).flatten();
    let rows = if overview.rows.is_empty() {
        empty::empty(overview.connected, filtered, signed_in)
    } else {
        rows::table(&overview.rows, view, signed_in)
    };
    let selection = (signed_in && !overview.rows.is_empty()).then(|| selection::form(view.to(query)));
    let known = filtered || !overview.rows.is_empty();
    view! {
        <PageTitle text="Plans"/>
        <main id="main" class="page" tabindex="-1" data-live>
            <div class="page-head">
                <h1>"Plans"</h1>
                {known.then(|| view! { <span class="muted tabular" id="total">{count(overview.total, "plan")}</span> })}
                {known.then(|| filters::tools(view))}
            </div>
            {notice_view(notice)}
            {not_fresh(&overview.stale, overview.unasked)}
            {advice}
            {known.then(|| filters::phases(&overview.counts, view))}
            {needs}
            {known.then(|| filters::bar(view, signed_in))}
            {rows}
            {selection}
            {paging(overview, view)}
        </main>
    }
    .into_any()
}

fn paging(overview: &Overview, view: &View) -> Option<AnyView> {
    let to = |page: u32| view.to(&OverviewQuery { page, ..view.query.clone() });
    let earlier = (overview.page > 1)
        .then(|| view! { <a rel="prev" class="button" href=to(overview.page - 1)>"Previous"</a> });
    let later = (overview.page < overview.pages)
        .then(|| view! { <a rel="next" class="button" href=to(overview.page + 1)>"Next"</a> });
    (overview.pages > 1).then(|| {
        view! {
            <nav class="paging" aria-label="Pages">
                {earlier}
                <span class="muted tabular">{format!("Page {} of {}", overview.page, overview.pages)}</span>
                {later}
            </nav>
        }
        .into_any()
    })
}
