//! The overview's filters as an address: written and read back, they are the same.

use waymark_domain::lifecycle::Phase;

use super::columns::{self, Columns};
use crate::address::{address, pairs};
use crate::areas::{OverviewQuery, Sort};

/// What the page shows: the filters, and the columns as the address names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub query: OverviewQuery,
    pub columns: Columns,
    /// Whether the address names the columns; otherwise it leaves them out.
    named: bool,
}

impl View {
    /// `remembered` is the choice of columns of an earlier visit.
    pub fn read(query: &str, remembered: Option<&str>) -> View {
        let named: Vec<String> = pairs(query)
            .into_iter()
            .filter(|(name, _)| name == columns::NAME)
            .map(|(_, value)| value)
            .collect();
        let columns = match (named.is_empty(), remembered) {
            (false, _) => Columns::read(&named.join("-")),
            (true, Some(choice)) => Columns::read(choice),
            (true, None) => Columns::default(),
        };
        View { query: read(query), columns, named: !named.is_empty() }
    }

    /// The columns to remember, when the address names them.
    pub fn chosen(&self) -> Option<String> {
        self.named.then(|| self.columns.write())
    }

    /// The address of other filters with the same columns.
    pub fn to(&self, query: &OverviewQuery) -> String {
        write("/", query, &self.chosen().unwrap_or_default())
    }

    /// The address of these filters as a file, or with other columns.
    pub fn without_columns(&self, path: &str) -> String {
        write(path, &OverviewQuery { page: 0, ..self.query.clone() }, "")
    }
}

/// Reads the filters; what cannot be read is left out.
pub fn read(query: &str) -> OverviewQuery {
    let mut out = OverviewQuery::default();
    for (name, value) in pairs(query) {
        let value = value.trim().to_owned();
        match name.as_str() {
            "q" => out.q = value,
            "phase" => {
                let phases = value.split(',').filter_map(Phase::from_slug);
                for phase in phases {
                    if !out.phase.contains(&phase) {
                        out.phase.push(phase);
                    }
                }
            }
            "repo" => out.repo = value,
            "author" => out.author = value,
            "objective" => out.objective = value.trim_start_matches('#').parse().ok(),
            "label" => out.label = value,
            "needs" => out.needs = value == "1",
            "mine" => out.mine = value == "1",
            "reverse" => out.reverse = value == "1",
            "sort" => {
                out.sort =
                    SORTS.iter().find(|(slug, ..)| *slug == value).map_or(Sort::Changed, |(_, sort, _)| *sort)
            }
            "page" => out.page = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    out
}

/// The sorts with their name in addresses and their words.
pub(super) const SORTS: [(&str, Sort, &str); 5] = [
    ("changed", Sort::Changed, "Last change"),
    ("number", Sort::Number, "Number"),
    ("phase", Sort::Phase, "Phase"),
    ("repo", Sort::Repo, "Repository"),
    ("author", Sort::Author, "Author"),
];

/// The address of the overview with these filters; the usual values are left out.
fn write(path: &str, query: &OverviewQuery, columns: &str) -> String {
    let phases: Vec<_> = query.phase.iter().map(|phase| phase.slug()).collect();
    let phases = phases.join(",");
    let objective = query.objective.map(|number| number.to_string()).unwrap_or_default();
    let sort = SORTS.iter().find(|(_, sort, _)| *sort == query.sort && query.sort != Sort::Changed);
    let page = if query.page > 1 { query.page.to_string() } else { String::new() };
    let flag = |on: bool| if on { "1" } else { "" };
    address(
        path,
        [
            ("q", query.q.as_str()),
            ("phase", &phases),
            ("repo", &query.repo),
            ("author", &query.author),
            ("objective", &objective),
            ("label", &query.label),
            ("needs", flag(query.needs)),
            ("mine", flag(query.mine)),
            ("sort", sort.map_or("", |(slug, ..)| slug)),
            ("reverse", flag(query.reverse)),
            ("page", &page),
            (columns::NAME, columns),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(query: &OverviewQuery) -> OverviewQuery {
        let address = write("/", query, "");
        read(address.split_once('?').map_or("", |(_, query)| query))
    }

    #[test]
    fn every_filter_is_read_back() {
        let query = OverviewQuery {
            q: "größer & kleiner".into(),
            phase: vec![Phase::Failed, Phase::NeedsApproval],
            repo: "acme/widgets".into(),
            author: "ada".into(),
            objective: Some(7),
            label: "erk-plan".into(),
            needs: true,
            mine: true,
            sort: Sort::Repo,
            reverse: true,
            page: 3,
            per_page: 0,
        };
        assert_eq!(there_and_back(&query), query);
        assert_eq!(write("/", &OverviewQuery::default(), ""), "/");
    }

    #[test]
    fn columns_come_from_the_address_or_from_before() {
        let usual = View::read("q=x", None);
        assert_eq!((usual.columns.clone(), usual.chosen()), (Columns::default(), None));
        assert_eq!(usual.to(&usual.query), "/?q=x");
        let before = View::read("", Some("title-run"));
        assert_eq!((before.columns.write().as_str(), before.chosen()), ("title-run", None));
        let named = View::read("cols=title&cols=run&cols=branch", Some("title"));
        assert_eq!(named.chosen().as_deref(), Some("title-run-branch"));
        assert_eq!(named.to(&named.query), "/?cols=title-run-branch");
    }

    #[test]
    fn a_form_repeats_phases_and_nonsense_is_left_out() {
        let query =
            read("phase=failed&phase=nonsense&phase=failed,merged&objective=x&page=-1&sort=up&other=1");
        assert_eq!(
            query,
            OverviewQuery { phase: vec![Phase::Failed, Phase::Merged], ..OverviewQuery::default() }
        );
    }
}
