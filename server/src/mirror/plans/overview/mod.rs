//! The overview: filters, sort, pages and counts.
//!
//! Properties kept:
//! - Only rows of repositories that the viewer may see are looked at, counted or exported.
//! - The database is asked what changed; the pages are made from a copy in memory (`table`).

mod filter;
mod stopped;
mod table;

use std::sync::Arc;

use sqlx::Row;
use waymark_app::areas::{MOST_EXPORTED, Overview, OverviewQuery, PlanRow, Problem, RepoName, Sort, Viewer};
use waymark_domain::lifecycle::Phase;

use crate::mirror::{Visible, all_visible, fault, store};
use crate::state::App;
use filter::{Filter, Found, order, part};
pub(crate) use table::Table;
use table::{Entry, Plans};

/// Rows of a page.
const PAGE: usize = 50;
/// Rows that wait for the viewer, shown above the table at most.
const MOST_NEEDED: usize = 50;

/// One page of plans with the counts around it.
pub(super) async fn overview(
    app: &App,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Overview, Problem> {
    let visible = all_visible(app, viewer).await?;
    let plans = plans(app, &visible).await?;
    let filter = Filter::new(&visible, viewer, query);
    let for_viewer =
        OverviewQuery { needs: true, sort: Sort::Changed, reverse: false, page: 0, ..query.clone() };
    let needing = Filter::new(&visible, viewer, &for_viewer);
    let mut needed: Vec<Found> = needing.of(&plans).filter(|one| needing.has_phase(one)).collect();
    let mut counts = Phase::ALL.map(|phase| (phase, 0));
    let counted = filter.of(&plans).inspect(|one| counts[one.entry.phase].1 += 1);
    let mut found: Vec<Found> = counted.filter(|one| filter.has_phase(one)).collect();
    let per_page = if query.per_page == 0 { PAGE } else { query.per_page as usize };
    let pages = found.len().div_ceil(per_page).max(1);
    // A page beyond the last is the last.
    let page = (query.page.max(1) as usize).min(pages);
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let rows = |found: &[Found]| found.iter().map(|one| one.entry.seen_by(viewer)).collect();
    Ok(Overview {
        total: small(found.len()),
        page: small(page),
        pages: small(pages),
        rows: rows(part(&mut found, order(query), (page - 1) * per_page, per_page)),
        needs_total: small(needed.len()),
        stopped: stopped::of(app, viewer, query).await?,
        needs_you: rows(part(&mut needed, order(&for_viewer), 0, MOST_NEEDED)),
        counts: counts.to_vec(),
        connected: !visible.repositories.is_empty(),
        stale: visible.stale,
        unasked: visible.unasked,
    })
}

/// Every row of a view.
pub(super) async fn export(
    app: &App,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Vec<PlanRow>, Problem> {
    let visible = all_visible(app, viewer).await?;
    let plans = plans(app, &visible).await?;
    let filter = Filter::new(&visible, viewer, query);
    let mut found: Vec<Found> = filter.of(&plans).filter(|one| filter.has_phase(one)).collect();
    let found = part(&mut found, order(query), 0, MOST_EXPORTED as usize);
    Ok(found.iter().map(|one| one.entry.seen_by(viewer)).collect())
}

/// The plans of each of these repositories.
async fn plans(app: &App, visible: &Visible) -> Result<Vec<Arc<Plans>>, Problem> {
    let mut plans = Vec::with_capacity(visible.repositories.len());
    for repository in &visible.repositories {
        plans.push(app.plans.of(&app.db, repository).await.map_err(fault)?);
    }
    Ok(plans)
}

/// How the database answers what was written to a repository since a version. For looking into a slow page.
///
/// # Errors
/// The database's.
pub async fn explain(app: &App, repo: &RepoName, version: i64) -> Result<Vec<String>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("{} {}", app.db.explain(), store::WRITTEN_SINCE));
    let rows = sqlx::query(sql).bind(repo.to_string()).bind(version).fetch_all(app.db.pool()).await?;
    rows.iter().map(|row| row.try_get("detail").or_else(|_| row.try_get("QUERY PLAN"))).collect()
}

/// The rows of these plans, in their order. The caller has checked that they may be seen.
pub(super) async fn rows_of(
    app: &App,
    viewer: Option<&Viewer>,
    plans: &[(RepoName, i64)],
) -> Result<Vec<PlanRow>, sqlx::Error> {
    let mut rows = Vec::new();
    for (repo, number) in plans {
        let kept = store::row(app.db.pool(), repo, *number).await?;
        rows.extend(kept.map(|(row, people)| Entry::new(row, people).seen_by(viewer)));
    }
    Ok(rows)
}
