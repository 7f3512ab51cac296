//! The overview: filters, sort, pages and counts, by the database.
//!
//! Properties kept:
//! - Only rows of repositories that the viewer may see are read, counted or exported.
//! - A page costs about the same wherever it is: the wide rows are read for its own rows alone.

mod filter;
mod visible;

use std::collections::HashMap;

use sqlx::Row;
use waymark_app::areas::{MOST_EXPORTED, Overview, OverviewQuery, PlanRow, Problem, RepoName, Viewer};
use waymark_domain::lifecycle::Phase;

use crate::mirror::fault;
use crate::state::App;
use filter::{Filter, Table, Walk, filter, order};
pub(crate) use visible::{Visible, visible};

/// Rows of a page.
const PAGE: u32 = 50;
/// Rows that wait for the viewer, shown above the table at most.
const MOST_NEEDED: u32 = 10;

/// What a phase asks of the person whose plan it is.
fn needs(phase: Phase) -> Option<&'static str> {
    Some(match phase {
        Phase::NeedsApproval => "The plan waits for your approval",
        Phase::Failed => "The run failed: look at it, then run it again or close the plan",
        Phase::Stuck => "Nothing goes on by itself: look at what happened",
        Phase::Complete => "Ready for review and merge",
        Phase::PlanMissing => "The plan's text is missing",
        Phase::NoChanges => "The work changed nothing: close the plan or say more",
        _ => return None,
    })
}

/// What the phase asks of somebody whose review is asked for.
const REVIEW: &str = "Your review is asked for";

/// One page of plans with the counts around it.
pub(super) async fn overview(
    app: &App,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Overview, Problem> {
    let visible = visible(app, viewer).await?;
    let wanted_rows = wanted(&visible, viewer, query);
    let page = |number: u32| {
        let sql = selecting(&wanted_rows, query, PAGE, (number - 1).saturating_mul(PAGE));
        rows(app, &wanted_rows, sql)
    };
    let asked = query.page.max(1);
    let needed = async {
        if viewer.is_none() {
            return Ok(Vec::new());
        }
        let all = OverviewQuery { needs: true, ..OverviewQuery::default() };
        let wanted = wanted(&visible, viewer, &all);
        rows(app, &wanted, selecting(&wanted, &all, MOST_NEEDED, 0)).await
    };
    let (counts, rows, needs_you) =
        tokio::try_join!(counts(app, filter(&visible, viewer, query, Walk::Counts)), page(asked), needed)
            .map_err(fault)?;
    let chosen = |phase: &Phase| query.phase.is_empty() || query.phase.contains(phase);
    let total: u32 = counts.iter().filter(|(phase, _)| chosen(phase)).map(|(_, count)| count).sum();
    let pages = total.div_ceil(PAGE).max(1);
    // A page beyond the last is the last.
    let rows = if asked > pages { page(pages).await.map_err(fault)? } else { rows };
    Ok(Overview {
        rows: visible.only(rows),
        needs_you: visible.only(needs_you),
        counts,
        total,
        page: asked.min(pages),
        pages,
        connected: !visible.repos.is_empty(),
        stale: visible.stale,
    })
}

/// Every row of a view.
pub(super) async fn export(
    app: &App,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Vec<PlanRow>, Problem> {
    let visible = visible(app, viewer).await?;
    let wanted = wanted(&visible, viewer, query);
    let rows = rows(app, &wanted, selecting(&wanted, query, MOST_EXPORTED, 0)).await.map_err(fault)?;
    Ok(visible.only(rows))
}

fn wanted(visible: &Visible, viewer: Option<&Viewer>, query: &OverviewQuery) -> Filter {
    let mut wanted = filter(visible, viewer, query, Walk::Order);
    if !query.phase.is_empty() {
        wanted.any_of("phase", query.phase.iter().map(|phase| phase.slug().to_owned()));
    }
    wanted.seen_by(viewer);
    wanted
}

fn counting(filter: &Filter) -> String {
    let count = match filter.table {
        Table::Counts => "CAST(SUM(plans) AS BIGINT)",
        Table::Plans | Table::People => "COUNT(*)",
    };
    format!("SELECT phase, {count} FROM {}{} GROUP BY phase", filter.table.name(), filter.sql)
}

async fn counts(app: &App, filter: Filter) -> Result<Vec<(Phase, u32)>, sqlx::Error> {
    let mut found = HashMap::new();
    for row in filter.query(counting(&filter)).fetch_all(app.db.pool()).await? {
        let (phase, count): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        found.insert(phase, u32::try_from(count).unwrap_or(u32::MAX));
    }
    Ok(Phase::ALL.iter().map(|phase| (*phase, found.get(phase.slug()).copied().unwrap_or(0))).collect())
}

/// How the database answers a view of these repositories, which may be `all` there are: the lines of its
/// plans, for the counts and for the rows. For looking into a slow page.
///
/// # Errors
/// The database's.
pub async fn explain(
    app: &App,
    repos: &[RepoName],
    all: bool,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Vec<String>, sqlx::Error> {
    let visible = Visible { repos: repos.to_vec(), all, ..Visible::default() };
    let counted = filter(&visible, viewer, query, Walk::Counts);
    let wanted = wanted(&visible, viewer, query);
    let mut lines = Vec::new();
    for (filter, sql) in [
        (&counted, counting(&counted)),
        (&wanted, selecting(&wanted, query, PAGE, query.page.saturating_sub(1).saturating_mul(PAGE))),
    ] {
        let rows = filter.query(format!("{} {sql}", app.db.explain())).fetch_all(app.db.pool()).await?;
        for row in rows {
            lines.push(row.try_get("detail").or_else(|_| row.try_get("QUERY PLAN"))?);
        }
    }
    Ok(lines)
}

/// The rows are found by their indexes first, and read whole only then.
fn selecting(filter: &Filter, query: &OverviewQuery, limit: u32, offset: u32) -> String {
    let order = order(query.sort, query.reverse);
    let outer = order.split(", ").map(|column| format!("p.{column}")).collect::<Vec<_>>().join(", ");
    let keys = format!(
        "(SELECT repo, number FROM {}{} ORDER BY {order} LIMIT {limit} OFFSET {offset})",
        filter.table.name(),
        filter.sql
    );
    format!("{} ORDER BY {outer}", whole(filter, &keys))
}

/// Selects the plans of `keys` whole, each with whether it is the viewer's own where it waits for them.
fn whole(filter: &Filter, keys: &str) -> String {
    let (own, people) = match &filter.viewer {
        Some(login) => (
            "w.own",
            format!(
                " LEFT JOIN mirror_people w
                  ON w.login = {login} AND w.repo = k.repo AND w.number = k.number AND w.needed = 1"
            ),
        ),
        None => ("NULL", String::new()),
    };
    format!(
        "SELECT p.summary, p.as_of, p.stale, {own} FROM {keys} k
         JOIN mirror_plans p ON p.repo = k.repo AND p.number = k.number{people}"
    )
}

async fn rows(app: &App, filter: &Filter, sql: String) -> Result<Vec<PlanRow>, sqlx::Error> {
    let found = filter.query(sql).fetch_all(app.db.pool()).await?;
    found
        .iter()
        .map(|row| {
            let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
            let mut plan: PlanRow = serde_json::from_str(row.try_get(0)?).map_err(decode)?;
            plan.as_of = row.try_get(1)?;
            plan.stale = row.try_get(2)?;
            let own: Option<i64> = row.try_get(3)?;
            let why = own.and_then(|own| if own != 0 { needs(plan.phase) } else { Some(REVIEW) });
            plan.needs_you = why.map(str::to_owned);
            Ok(plan)
        })
        .collect()
}

/// The rows of these plans, in their order. The caller has checked that they may be seen.
pub(super) async fn rows_of(
    app: &App,
    viewer: Option<&Viewer>,
    plans: &[(RepoName, i64)],
) -> Result<Vec<PlanRow>, sqlx::Error> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let (filter, places) = Filter::of(viewer, plans);
    let keys = format!("(SELECT column1 AS repo, column2 AS number FROM (VALUES {places}) v)");
    let mut rows = rows(app, &filter, whole(&filter, &keys)).await?;
    rows.sort_by_key(|row| {
        plans.iter().position(|(repo, number)| (repo, *number) == (&row.repo, row.number))
    });
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::facts::NEEDING;

    #[test]
    fn every_phase_that_needs_somebody_says_what_for() {
        for phase in Phase::ALL {
            assert_eq!(needs(phase).is_some(), NEEDING.contains(&phase), "{phase:?}");
        }
    }
}
