//! Conditions of the overview as SQL. What a person typed never stands in a statement.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};
use waymark_app::areas::{OverviewQuery, RepoName, Sort, Viewer};

use super::visible::Visible;

/// Words of a search that are looked for; more are left out.
const MOST_WORDS: usize = 8;

enum Value {
    Text(String),
    Number(i64),
}

/// The table that answers a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Plans,
    /// The plans of one person.
    People,
    /// How many there are of each phase.
    Counts,
}

impl Table {
    pub fn name(self) -> &'static str {
        match self {
            Table::Plans => "mirror_plans",
            Table::People => "mirror_people",
            Table::Counts => "mirror_counts",
        }
    }
}

/// Conditions with their values, in order.
pub(super) struct Filter {
    pub table: Table,
    /// Begins with `WHERE`, or is empty.
    pub sql: String,
    /// The place of the login for which the rows say what they need.
    pub viewer: Option<String>,
    values: Vec<Value>,
}

impl Filter {
    fn new(table: Table) -> Filter {
        Filter { table, sql: String::new(), viewer: None, values: Vec::new() }
    }

    /// These plans, and their places in the statement as rows of two values.
    pub fn of(viewer: Option<&Viewer>, plans: &[(RepoName, i64)]) -> (Filter, String) {
        let mut filter = Filter::new(Table::Plans);
        let mut place = |(repo, number): &(RepoName, i64)| {
            format!("({}, {})", filter.text(repo.to_string()), filter.next(Value::Number(*number)))
        };
        let places = plans.iter().map(&mut place).collect::<Vec<_>>().join(", ");
        filter.seen_by(viewer);
        (filter, places)
    }

    /// Rows say what they need of this person.
    pub fn seen_by(&mut self, viewer: Option<&Viewer>) {
        self.viewer = viewer.map(|viewer| self.text(viewer.login.to_lowercase()));
    }

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

    pub fn any_of(&mut self, column: &str, values: impl IntoIterator<Item = String>) {
        let places: Vec<String> = values.into_iter().map(|value| self.text(value)).collect();
        match places.as_slice() {
            [] => self.and("1 = 0"),
            [place] => self.and(&format!("{column} = {place}")),
            _ => self.and(&format!("{column} IN ({})", places.join(", "))),
        }
    }

    /// Plans that have to do with this person; `what` narrows it down.
    fn involves(&mut self, login: &str, what: &str) {
        let login = self.text(login.trim().to_lowercase());
        let condition = format!("login = {login} AND {what} = 1");
        match self.table {
            Table::People => self.and(&condition),
            _ => self.and(&format!(
                "(repo, number) IN (SELECT repo, number FROM mirror_people WHERE {condition})"
            )),
        }
    }

    pub fn query<'q>(&self, sql: String) -> Query<'q, Any, AnyArguments> {
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

/// What the statement is for: the way through the table that is best differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// All of each phase, counted.
    Counts,
    /// In the order of the sort, stopping after a page.
    Order,
}

/// Everything but the phase.
pub(super) fn filter(
    visible: &Visible,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
    walk: Walk,
) -> Filter {
    let mut filter = Filter::new(table(viewer, query, walk));
    for word in query.q.split_whitespace().take(MOST_WORDS) {
        let place = filter.text(like(word));
        filter.and(&format!("search LIKE {place} ESCAPE '\\'"));
    }
    if !query.author.trim().is_empty() {
        filter.involves(&query.author, "own");
    }
    for (wanted, what) in [(query.mine, "own"), (query.needs, "needed")] {
        match (wanted, viewer) {
            (false, _) => {}
            (true, Some(viewer)) => filter.involves(&viewer.login, what),
            (true, None) => filter.and("1 = 0"),
        }
    }
    let repo = query.repo.trim();
    let chosen: Vec<String> = visible
        .repos
        .iter()
        .map(RepoName::to_string)
        .filter(|name| repo.is_empty() || name.eq_ignore_ascii_case(repo))
        .collect();
    match walk {
        // Nothing is left out, so that an index alone tells the order; the rows are looked at once more.
        Walk::Order if visible.all && repo.is_empty() => {}
        // An expression keeps the databases from gathering and sorting every plan of many repositories
        // where walking an index in order ends after a page.
        Walk::Order if chosen.len() > 1 => filter.any_of("repo || ''", chosen),
        _ => filter.any_of("repo", chosen),
    }
    if let Some(objective) = query.objective {
        let place = filter.next(Value::Number(objective));
        filter.and(&format!("objective = {place}"));
    }
    if !query.label.trim().is_empty() {
        let place = filter.text(like(&format!(",{},", query.label.trim())));
        filter.and(&format!("labels LIKE {place} ESCAPE '\\'"));
    }
    filter
}

/// The smallest table that knows all that the view asks for.
fn table(viewer: Option<&Viewer>, query: &OverviewQuery, walk: Walk) -> Table {
    let words = !query.q.trim().is_empty() || query.objective.is_some() || !query.label.trim().is_empty();
    let people = usize::from(!query.author.trim().is_empty())
        + usize::from(query.mine && viewer.is_some())
        + usize::from(query.needs && viewer.is_some());
    let nobody = viewer.is_none() && (query.mine || query.needs);
    match (words || nobody, people, walk) {
        (false, 0, Walk::Counts) => Table::Counts,
        (false, 1, Walk::Counts) => Table::People,
        (false, 1, Walk::Order) if query.sort == Sort::Changed => Table::People,
        _ => Table::Plans,
    }
}

/// The order of the rows; an index of the same order goes with each.
pub(super) fn order(sort: Sort, reverse: bool) -> String {
    let columns: &[(&str, bool)] = match sort {
        Sort::Changed => &[("changed_at", true), ("repo", true), ("number", true)],
        Sort::Number => &[("number", true), ("repo", true)],
        Sort::Phase => &[("phase_rank", false), ("changed_at", true), ("repo", true), ("number", true)],
        Sort::Repo => &[("repo", false), ("number", false)],
        Sort::Author => &[("author", false), ("changed_at", true), ("repo", true), ("number", true)],
    };
    let column =
        |(name, down): &(&str, bool)| format!("{name} {}", if *down != reverse { "DESC" } else { "ASC" });
    columns.iter().map(column).collect::<Vec<_>>().join(", ")
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
        let visible = Visible { repos: vec![repo], ..Visible::default() };
        let filter = filter(&visible, None, &query, Walk::Order);
        for text in ["1=1", "a'b", "o'neil", "acme"] {
            assert!(!filter.sql.contains(text), "{}", filter.sql);
        }
        assert!(filter.sql.contains("AND 1 = 0"), "nothing is anybody's who is not signed in");
        assert_eq!(filter.sql.matches('$').count(), filter.values.len());
    }

    #[test]
    fn the_other_way_round_turns_every_column() {
        assert_eq!(order(Sort::Phase, false), "phase_rank ASC, changed_at DESC, repo DESC, number DESC");
        assert_eq!(order(Sort::Phase, true), "phase_rank DESC, changed_at ASC, repo ASC, number ASC");
    }
}
