//! The overview: filters, sort, pages and counts, by the database.

use std::collections::HashMap;

use futures::stream::{self, StreamExt};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Row};
use waymark_app::areas::{Overview, OverviewQuery, PlanRow, Problem, ProblemKind, RepoName, Sort, Viewer};
use waymark_domain::lifecycle::Phase;

use crate::mirror::access::{self, Level};
use crate::mirror::{fault, store};
use crate::state::App;

/// Rows of a page.
const PAGE: u32 = 50;
/// Rows that wait for the viewer, shown above the table at most.
const MOST_NEEDED: i64 = 10;

/// Phases in which the person who dispatched a plan must decide something.
const NEEDING: [Phase; 6] = [
    Phase::NeedsApproval,
    Phase::Failed,
    Phase::Stuck,
    Phase::Complete,
    Phase::PlanMissing,
    Phase::NoChanges,
];

/// What the phase asks of the person who dispatched the plan.
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

enum Value {
    Text(String),
    Number(i64),
}

/// Conditions with their values, in order.
#[derive(Default)]
struct Filter {
    sql: String,
    values: Vec<Value>,
}

impl Filter {
    fn next(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn text(&mut self, text: impl Into<String>) -> String {
        self.next(Value::Text(text.into()))
    }

    fn and(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    fn any_of(&mut self, column: &str, values: impl IntoIterator<Item = String>) {
        let places: Vec<String> = values.into_iter().map(|value| self.text(value)).collect();
        match places.is_empty() {
            true => self.and("1 = 0"),
            false => self.and(&format!("{column} IN ({})", places.join(", "))),
        }
    }

    fn query<'q>(&self, sql: String) -> Query<'q, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(sql));
        self.values.iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text.clone()),
            Value::Number(number) => query.bind(*number),
        })
    }
}

/// A text for LIKE, its own wildcards meaning themselves.
fn like(text: &str) -> String {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// Plans that this person wrote or dispatched.
fn by(filter: &mut Filter, login: &str) {
    let (author, dispatched) = (filter.text(login), filter.text(login));
    filter.and(&format!("(author = {author} OR dispatched_by = {dispatched})"));
}

/// Everything but the phase.
fn filter(repos: &[RepoName], viewer: Option<&Viewer>, query: &OverviewQuery) -> Filter {
    let mut filter = Filter::default();
    let repo = query.repo.trim();
    let chosen = repos.iter().map(RepoName::to_string);
    filter.any_of("repo", chosen.filter(|name| repo.is_empty() || name.eq_ignore_ascii_case(repo)));
    for word in query.q.split_whitespace().take(8) {
        let place = filter.text(like(word));
        filter.and(&format!("search LIKE {place} ESCAPE '\\'"));
    }
    if !query.author.trim().is_empty() {
        by(&mut filter, query.author.trim());
    }
    if let Some(objective) = query.objective {
        let place = filter.next(Value::Number(objective));
        filter.and(&format!("objective = {place}"));
    }
    if !query.label.trim().is_empty() {
        let place = filter.text(like(&format!(",{},", query.label.trim())));
        filter.and(&format!("labels LIKE {place} ESCAPE '\\'"));
    }
    if query.mine || query.needs {
        match viewer {
            Some(viewer) => by(&mut filter, &viewer.login),
            None => filter.and("1 = 0"),
        }
    }
    if query.needs {
        filter.any_of("phase", NEEDING.iter().map(|phase| phase.slug().to_owned()));
    }
    filter
}

fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::Changed => "changed_at DESC, repo, number DESC",
        Sort::Number => "number DESC, repo",
        Sort::Phase => "phase_rank, changed_at DESC, repo, number DESC",
        Sort::Repo => "repo, number DESC",
    }
}

/// Repositories of the mirror that the viewer may see, and those of them whose copy is old.
pub(crate) async fn visible(
    app: &App,
    viewer: Option<&Viewer>,
    known: Vec<store::Repository>,
) -> (Vec<RepoName>, Vec<(RepoName, String)>) {
    let asked = stream::iter(known).map(|known| async move {
        let seen = match (known.private, viewer) {
            (false, _) => Ok(()),
            (true, None) => return None,
            (true, Some(_)) => access::require(app, viewer, &known.repo, Level::Read).await.map(drop),
        };
        seen.map_err(|problem| (problem.kind, known.repo.clone())).map(|()| (known.repo, known.stale)).into()
    });
    let answers: Vec<Option<Result<_, (ProblemKind, RepoName)>>> = asked.buffered(8).collect().await;
    let (mut repos, mut stale, mut unasked) = (Vec::new(), Vec::new(), false);
    for answer in answers.into_iter().flatten() {
        match answer {
            Ok((repo, why)) => {
                stale.extend(why.map(|why| (repo.clone(), why)));
                repos.push(repo);
            }
            Err((ProblemKind::GitHub | ProblemKind::TooMany, _)) => unasked = true,
            Err(_) => {}
        }
    }
    // Whether the viewer may see those is not known, so they are not named.
    if let (true, Some(repo)) = (unasked, repos.first()) {
        let why = "GitHub cannot be asked which private repositories you may see; they are left out for now.";
        stale.push((repo.clone(), why.to_owned()));
    }
    (repos, stale)
}

/// One page of plans with the counts around it.
pub(super) async fn overview(
    app: &App,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Overview, Problem> {
    let known = store::repositories(app.db.pool()).await.map_err(fault)?;
    let (repos, stale) = visible(app, viewer, known).await;
    let counts = counts(app, filter(&repos, viewer, query)).await.map_err(fault)?;
    let chosen = |phase: &Phase| query.phase.is_empty() || query.phase.contains(phase);
    let total: u32 = counts.iter().filter(|(phase, _)| chosen(phase)).map(|(_, count)| count).sum();
    let pages = total.div_ceil(PAGE).max(1);
    let page = query.page.clamp(1, pages);
    let mut wanted = filter(&repos, viewer, query);
    if !query.phase.is_empty() {
        wanted.any_of("phase", query.phase.iter().map(|phase| phase.slug().to_owned()));
    }
    let offset = i64::from((page - 1) * PAGE);
    let rows_of = rows(app, viewer, wanted, order(query.sort), i64::from(PAGE), offset).await;
    let needs_you = match viewer {
        None => Vec::new(),
        Some(_) => {
            let all = OverviewQuery { needs: true, ..OverviewQuery::default() };
            let needed = filter(&repos, viewer, &all);
            rows(app, viewer, needed, order(Sort::Changed), MOST_NEEDED, 0).await.map_err(fault)?
        }
    };
    Ok(Overview {
        rows: rows_of.map_err(fault)?,
        needs_you,
        counts,
        total,
        page,
        pages,
        stale,
        connected: !repos.is_empty(),
    })
}

async fn counts(app: &App, filter: Filter) -> Result<Vec<(Phase, u32)>, sqlx::Error> {
    let sql = format!("SELECT phase, COUNT(*) FROM mirror_plans{} GROUP BY phase", filter.sql);
    let mut found = HashMap::new();
    for row in filter.query(sql).fetch_all(app.db.pool()).await? {
        let (phase, count): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        found.insert(phase, u32::try_from(count).unwrap_or(u32::MAX));
    }
    Ok(Phase::ALL.iter().map(|phase| (*phase, found.get(phase.slug()).copied().unwrap_or(0))).collect())
}

async fn rows(
    app: &App,
    viewer: Option<&Viewer>,
    filter: Filter,
    order: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<PlanRow>, sqlx::Error> {
    let sql = format!(
        "SELECT summary, as_of, dispatched_by FROM mirror_plans{} ORDER BY {order} LIMIT {limit} OFFSET {offset}",
        filter.sql
    );
    let rows = filter.query(sql).fetch_all(app.db.pool()).await?;
    let read = |row: sqlx::any::AnyRow| {
        let summary: String = row.try_get(0)?;
        let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let mut plan: PlanRow = serde_json::from_str(&summary).map_err(decode)?;
        plan.as_of = row.try_get(1)?;
        let by: Option<String> = row.try_get(2)?;
        let own = viewer.is_some_and(|viewer| {
            plan.author == viewer.login || by.as_deref() == Some(viewer.login.as_str())
        });
        plan.needs_you = needs(plan.phase).filter(|_| own).map(str::to_owned);
        Ok(plan)
    };
    rows.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_text_mean_themselves() {
        assert_eq!(like("50%_A\\"), "%50\\%\\_a\\\\%");
    }

    #[test]
    fn values_never_stand_in_the_statement() {
        let query = OverviewQuery {
            q: "x' OR 1=1 --".into(),
            label: "a'b".into(),
            author: "o'neil".into(),
            objective: Some(4),
            mine: true,
            ..OverviewQuery::default()
        };
        let repo = RepoName::parse("acme/widgets").expect("a name");
        let filter = filter(&[repo], None, &query);
        for text in ["1=1", "a'b", "o'neil", "acme"] {
            assert!(!filter.sql.contains(text), "{}", filter.sql);
        }
        assert!(filter.sql.ends_with("AND 1 = 0"), "nothing is anybody's who is not signed in");
        assert_eq!(filter.sql.matches('$').count(), filter.values.len());
    }

    #[test]
    fn every_phase_that_needs_somebody_says_what_for() {
        for phase in Phase::ALL {
            assert_eq!(needs(phase).is_some(), NEEDING.contains(&phase), "{phase:?}");
        }
    }
}
