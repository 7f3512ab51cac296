//! Which plans a view shows, and in which order.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use memchr::memmem::Finder;
use waymark_app::areas::{OverviewQuery, RepoName, Sort, Viewer};
use waymark_domain::lifecycle::Phase;

use super::table::{Entry, Plans};
use crate::mirror::Visible;
use crate::mirror::facts::Involved;

/// Words of a search that are looked for; more are left out.
const MOST_WORDS: usize = 8;

/// What a person has to do with a plan that a view shows.
#[derive(Clone, Copy)]
enum Part {
    Own,
    Needed,
}

impl Part {
    fn of(self, person: &Involved) -> bool {
        match self {
            Part::Own => person.own,
            Part::Needed => person.needed,
        }
    }
}

/// A view, ready to be asked of many plans.
pub(super) struct Filter {
    /// Whether plans of a repository can be in the view, by its place.
    repos: Vec<bool>,
    words: Vec<Finder<'static>>,
    /// Logins in lower case.
    people: Vec<(String, Part)>,
    objective: Option<i64>,
    /// In lower case; empty for any.
    label: String,
    /// By the place in [`Phase::ALL`].
    phases: [bool; Phase::ALL.len()],
    /// Something is asked about the viewer, and there is none.
    nobody: bool,
}

impl Filter {
    pub fn new(visible: &Visible, viewer: Option<&Viewer>, query: &OverviewQuery) -> Filter {
        let repo = query.repo.trim();
        let looked_in = |name: &RepoName| repo.is_empty() || name.to_string().eq_ignore_ascii_case(repo);
        let lower = |text: &str| text.trim().to_lowercase();
        let words = query.q.split_whitespace().take(MOST_WORDS);
        let mut people = Vec::new();
        if !query.author.trim().is_empty() {
            people.push((lower(&query.author), Part::Own));
        }
        let asked = [(query.mine, Part::Own), (query.needs, Part::Needed)];
        let asked = asked.into_iter().filter(|(wanted, _)| *wanted).map(|(_, part)| part);
        if let Some(viewer) = viewer {
            people.extend(asked.map(|part| (lower(&viewer.login), part)));
        }
        Filter {
            repos: visible.names().map(looked_in).collect(),
            words: words.map(|word| Finder::new(&word.to_lowercase()).into_owned()).collect(),
            people,
            objective: query.objective,
            label: lower(&query.label),
            phases: Phase::ALL.map(|phase| query.phase.is_empty() || query.phase.contains(&phase)),
            nobody: viewer.is_none() && (query.mine || query.needs),
        }
    }

    /// The plans of the view, in whichever phase they are.
    pub fn of<'a>(&self, plans: &'a [Arc<Plans>]) -> impl Iterator<Item = Found<'a>> {
        let looked_in =
            plans.iter().enumerate().zip(&self.repos).filter(|(_, wanted)| **wanted && !self.nobody);
        looked_in
            .flat_map(|((place, plans), _)| {
                plans.holding(&self.words).into_iter().map(move |entry| Found { place, entry })
            })
            .filter(|found| self.fits(found.entry))
    }

    fn fits(&self, entry: &Entry) -> bool {
        let involved = |(login, part): &(String, Part)| {
            entry.people.iter().any(|person| person.login == *login && part.of(person))
        };
        self.objective.is_none_or(|objective| entry.objective == Some(objective))
            && self.people.iter().all(involved)
            && (self.label.is_empty()
                || entry.row.labels.iter().any(|label| label.to_lowercase() == self.label))
    }

    pub fn has_phase(&self, found: &Found) -> bool {
        self.phases.get(found.entry.phase).copied().unwrap_or_default()
    }
}

/// A plan of a view, with the place of its repository in the order of names.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub place: usize,
    pub entry: &'a Entry,
}

/// Which of two plans comes first. No two are equal.
pub(super) fn order(query: &OverviewQuery) -> impl Fn(&Found, &Found) -> Ordering {
    let (sort, reverse, needs) = (query.sort, query.reverse, query.needs);
    let newest = |one: &Found| Reverse((one.entry.changed_at, one.place, one.entry.number));
    move |a, b| {
        let order = match sort {
            Sort::Changed if needs => {
                a.entry.harm().cmp(&b.entry.harm()).then_with(|| newest(a).cmp(&newest(b)))
            }
            Sort::Changed => newest(a).cmp(&newest(b)),
            Sort::Number => (b.entry.number, b.place).cmp(&(a.entry.number, a.place)),
            Sort::Phase => a.entry.phase.cmp(&b.entry.phase).then_with(|| newest(a).cmp(&newest(b))),
            Sort::Repo => (a.place, a.entry.number).cmp(&(b.place, b.entry.number)),
            Sort::Author => a.entry.author.cmp(&b.entry.author).then_with(|| newest(a).cmp(&newest(b))),
        };
        if reverse { order.reverse() } else { order }
    }
}

/// Some of these in their order, without putting the others in order.
pub(super) fn part<'a, 'b>(
    found: &'b mut [Found<'a>],
    order: impl Fn(&Found, &Found) -> Ordering,
    skip: usize,
    take: usize,
) -> &'b [Found<'a>] {
    let mut rest = found;
    if skip >= rest.len() {
        return &[];
    }
    if skip > 0 {
        rest.select_nth_unstable_by(skip, &order);
        rest = &mut rest[skip..];
    }
    if take < rest.len() {
        rest.select_nth_unstable_by(take, &order);
        rest = &mut rest[..take];
    }
    rest.sort_unstable_by(&order);
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::table::tests::row;
    use super::*;
    use crate::mirror::visibility::Repository;

    const SORTS: [Sort; 5] = [Sort::Changed, Sort::Number, Sort::Phase, Sort::Repo, Sort::Author];

    fn person(login: &str, own: bool, needed: bool) -> Involved {
        Involved { login: login.to_owned(), own, needed }
    }

    proptest! {
        #[test]
        fn a_part_is_the_part_of_all_in_order(
            plans in prop::collection::vec((0_usize..3, 0_i64..4, 0_usize..3, "[ab]"), 0..30),
            (sort, reverse) in (prop::sample::select(&SORTS[..]), any::<bool>()),
            (skip, take) in (0_usize..35, 0_usize..35),
        ) {
            let entry = |(number, (_, changed_at, phase, author)): (i64, &(usize, i64, usize, String))| {
                let phase = Phase::ALL[*phase];
                let row = waymark_app::areas::PlanRow {
                    changed_at: *changed_at, phase, author: author.clone(), ..row(number, "")
                };
                Entry::new(row, Vec::new())
            };
            let entries: Vec<Entry> = (0..).zip(&plans).map(entry).collect();
            let found: Vec<Found> =
                entries.iter().zip(&plans).map(|(entry, plan)| Found { place: plan.0, entry }).collect();
            let query = OverviewQuery { sort, reverse, ..OverviewQuery::default() };
            let numbers = |found: &[Found]| found.iter().map(|one| one.entry.number).collect::<Vec<_>>();
            let mut sorted = found.clone();
            sorted.sort_by(order(&query));
            let wanted: Vec<Found> = sorted.iter().skip(skip).take(take).copied().collect();
            prop_assert_eq!(numbers(part(&mut found.clone(), order(&query), skip, take)), numbers(&wanted));
            let mut other = found.clone();
            other.sort_by(order(&OverviewQuery { reverse: !reverse, ..query }));
            sorted.reverse();
            prop_assert_eq!(numbers(&other), numbers(&sorted), "the other way round");
        }
    }

    #[test]
    fn every_condition_leaves_out_what_does_not_fit() {
        let name = RepoName { owner: "acme".into(), name: "widgets".into() };
        let repositories = vec![Repository { name, version: 0, removed: 0 }];
        let visible = Visible { repositories, ..Visible::default() };
        let viewer = Viewer { account_id: 1, login: "Grace".into(), name: None, avatar_url: None };
        let labels = vec!["Area-1".to_owned()];
        let row = waymark_app::areas::PlanRow { objective: Some(4), labels, ..row(1, "Größer") };
        let people = vec![person("grace", true, false), person("ken", false, true)];
        let mut plans = Plans::default();
        plans.put(Entry::new(row, people));
        plans.write_text();
        let plans = [Arc::new(plans)];
        let fits = |viewer: Option<&Viewer>, query: OverviewQuery| {
            Filter::new(&visible, viewer, &query).of(&plans).count() == 1
        };
        let all = OverviewQuery::default;
        for (query, expected) in [
            (all(), true),
            (OverviewQuery { q: " GRÖ größer #1 ".into(), ..all() }, true),
            (OverviewQuery { q: "größer.".into(), ..all() }, false),
            (OverviewQuery { repo: " ACME/widgets".into(), ..all() }, true),
            (OverviewQuery { repo: "acme/widget".into(), ..all() }, false),
            (OverviewQuery { author: "GRACE ".into(), ..all() }, true),
            (OverviewQuery { author: "ken".into(), ..all() }, false),
            (OverviewQuery { objective: Some(4), ..all() }, true),
            (OverviewQuery { objective: Some(5), ..all() }, false),
            (OverviewQuery { label: "area-1".into(), ..all() }, true),
            (OverviewQuery { label: "area".into(), ..all() }, false),
            (OverviewQuery { mine: true, ..all() }, true),
            (OverviewQuery { needs: true, ..all() }, false),
        ] {
            assert_eq!(fits(Some(&viewer), query.clone()), expected, "{query:?}");
        }
        assert!(
            !fits(None, OverviewQuery { mine: true, ..all() }),
            "nothing is anybody's who is not signed in"
        );
    }
}
