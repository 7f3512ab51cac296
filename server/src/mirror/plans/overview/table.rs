//! The plans of the mirror as the overview looks at them: a copy in memory.
//!
//! Properties kept:
//! - The database is right. With every page it is asked for the version of each repository, and what was
//!   written since is read: nobody must tell the copy when a plan changes.
//! - A page is made from one state of each repository, whatever is written meanwhile.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem::Finder;
use waymark_app::areas::{PlanRow, RepoName, ReviewState, Viewer};
use waymark_domain::lifecycle::Phase;

use crate::db::Db;
use crate::mirror::facts::Involved;
use crate::mirror::store;
use crate::mirror::visibility::Repository;

/// The copy; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Table(Arc<Mutex<HashMap<RepoName, Arc<Plans>>>>);

/// The plans of a repository at a version of it, by number.
#[derive(Clone, Default)]
pub(super) struct Plans {
    version: i64,
    entries: Vec<Entry>,
    /// What the text filter looks in: a line per entry, in lower case.
    text: String,
    authors: Shared<str>,
    people: Shared<[Involved]>,
}

/// What many plans have in common is kept once: then it is near when all of them are looked at.
struct Shared<T: ?Sized>(HashSet<Arc<T>>);

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared(self.0.clone())
    }
}

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared(HashSet::new())
    }
}

impl<T: ?Sized + Eq + Hash> Shared<T> {
    fn one(&mut self, value: &mut Arc<T>) {
        match self.0.get(value) {
            Some(known) => *value = known.clone(),
            None => drop(self.0.insert(value.clone())),
        }
    }
}

impl Plans {
    pub fn put(&mut self, mut entry: Entry) {
        self.authors.one(&mut entry.author);
        self.people.one(&mut entry.people);
        match self.entries.binary_search_by_key(&entry.number, |entry| entry.number) {
            Ok(at) => self.entries[at] = entry,
            Err(at) => self.entries.insert(at, entry),
        }
    }

    /// Writes the lines of the entries that have none.
    pub fn write_text(&mut self) {
        let mut text = String::with_capacity(self.text.len());
        for entry in &mut self.entries {
            let start = text.len();
            match self.text.get(entry.line.clone()).filter(|line| !line.is_empty()) {
                Some(line) => text.push_str(line),
                None => text.push_str(&line_of(&entry.row)),
            }
            entry.line = start..text.len();
        }
        self.text = text;
    }

    /// The entries whose text holds all these words.
    pub fn holding(&self, words: &[Finder<'static>]) -> Vec<&Entry> {
        let Some((first, others)) = words.split_first() else { return self.entries.iter().collect() };
        let line = |entry: &Entry| &self.text.as_bytes()[entry.line.clone()];
        let mut entries = self.entries.iter().peekable();
        let mut found: Vec<&Entry> = Vec::new();
        for hit in first.find_iter(self.text.as_bytes()) {
            while entries.next_if(|entry| entry.line.end <= hit).is_some() {}
            // Another hit in the same line finds that its entry has been taken.
            let taken = entries.next_if(|entry| entry.line.start <= hit);
            found.extend(taken.filter(|entry| others.iter().all(|word| word.find(line(entry)).is_some())));
        }
        found
    }
}

fn line_of(row: &PlanRow) -> String {
    let pr = row.pr.as_ref().map(|pr| format!("#{}", pr.number)).unwrap_or_default();
    let branch = row.branch.as_deref().unwrap_or_default();
    let line = format!("{} #{} {pr} {} {branch}", row.title, row.number, row.author).to_lowercase();
    line.replace('\n', " ") + "\n"
}

/// A plan: first what most views look at.
#[derive(Clone)]
pub(super) struct Entry {
    pub number: i64,
    pub changed_at: i64,
    pub objective: Option<i64>,
    /// The place of its phase in [`Phase::ALL`].
    pub phase: usize,
    /// Where its line is in the text.
    line: Range<usize>,
    pub author: Arc<str>,
    pub people: Arc<[Involved]>,
    pub row: Arc<PlanRow>,
}

impl Entry {
    pub fn new(row: PlanRow, people: Vec<Involved>) -> Entry {
        Entry {
            number: row.number,
            changed_at: row.changed_at,
            objective: row.objective,
            phase: Phase::ALL.iter().position(|phase| *phase == row.phase).unwrap_or_default(),
            line: 0..0,
            author: row.author.as_str().into(),
            people: people.into(),
            row: Arc::new(row),
        }
    }

    /// The row with what the plan needs of the viewer.
    pub fn seen_by(&self, viewer: Option<&Viewer>) -> PlanRow {
        let login = viewer.map(|viewer| viewer.login.to_lowercase());
        let waits_for = |person: &&Involved| person.needed && Some(&person.login) == login.as_ref();
        let person = self.people.iter().find(waits_for);
        let why =
            person.and_then(|person| if person.own { needs(&self.row) } else { Some(REVIEW.to_owned()) });
        PlanRow { needs_you: why, ..PlanRow::clone(&self.row) }
    }

    /// Where the plan stands among those that wait for somebody: what stands still because something went
    /// wrong comes first, what only waits to be merged last.
    pub fn harm(&self) -> u8 {
        match self.row.phase {
            Phase::Stopped | Phase::Failed => 0,
            Phase::NeedsApproval => 1,
            Phase::Complete if hindered(&self.row).is_none() => 3,
            _ => 2,
        }
    }
}

impl Table {
    /// The plans of a repository as the database has them, at this version or a later one.
    pub(super) async fn of(&self, db: &Db, repository: &Repository) -> Result<Arc<Plans>, sqlx::Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&repository.name).cloned();
        let mut plans = match known {
            Some(known) if known.version >= repository.version => return Ok(known),
            Some(known) if known.version >= repository.removed => Plans::clone(&known),
            _ => Plans { version: -1, ..Plans::default() },
        };
        for (row, people) in store::written_since(db.pool(), &repository.name, plans.version).await? {
            plans.put(Entry::new(row, people));
        }
        plans.write_text();
        plans.version = repository.version;
        let plans = Arc::new(plans);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another page may have read more meanwhile.
        if all.get(&repository.name).is_none_or(|known| known.version < plans.version) {
            all.insert(repository.name.clone(), plans.clone());
        }
        Ok(plans)
    }
}

/// What a plan asks of the person whose plan it is.
fn needs(row: &PlanRow) -> Option<String> {
    let words = match row.phase {
        Phase::Stopped => "The dispatch stopped: resume or undo it",
        Phase::NeedsApproval => "The plan waits for your approval",
        Phase::Failed => "The run failed: look at it, then run it again or close the plan",
        Phase::Stuck => "Nothing goes on by itself: look at what happened",
        Phase::Complete => match hindered(row) {
            Some(why) => return Some(why),
            None if row.pr.as_ref().is_some_and(|pr| pr.checks.pending > 0) => {
                "Ready for review; its checks are not over"
            }
            None => "Ready for review and merge",
        },
        Phase::PlanMissing => "The plan's text is missing",
        Phase::NoChanges => "The work changed nothing: close the plan or say more",
        _ => return None,
    };
    Some(words.to_owned())
}

/// Why a pull request that is ready cannot, or should not, be merged as it is.
fn hindered(row: &PlanRow) -> Option<String> {
    let pr = row.pr.as_ref()?;
    match (&pr.blocked, pr.checks.failed) {
        (Some(why), _) => Some(why.clone()),
        (None, 0) if pr.review == ReviewState::ChangesRequested => Some("Changes are requested".to_owned()),
        (None, 0) => None,
        (None, 1) => Some("A check failed".to_owned()),
        (None, failed) => Some(format!("{failed} checks failed")),
    }
}

/// What the phase asks of somebody whose review is asked for.
const REVIEW: &str = "Your review is asked for";

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mirror::facts::NEEDING;

    pub fn row(number: i64, title: &str) -> PlanRow {
        PlanRow {
            repo: RepoName { owner: "acme".into(), name: "widgets".into() },
            number,
            title: title.to_owned(),
            phase: Phase::Created,
            steps: None,
            pr: None,
            author: "Ada".into(),
            labels: Vec::new(),
            objective: None,
            node: None,
            branch: None,
            run: None,
            comments: 0,
            threads: None,
            changed_at: 0,
            as_of: 0,
            stale: None,
            needs_you: None,
            stopped: None,
            local: false,
        }
    }

    fn holding(plans: &Plans, words: &[String]) -> Vec<i64> {
        let words: Vec<_> = words.iter().map(|word| Finder::new(word).into_owned()).collect();
        plans.holding(&words).iter().map(|entry| entry.number).collect()
    }

    proptest! {
        #[test]
        fn words_are_found_where_a_line_holds_them(
            titles in prop::collection::vec("[ab\n ]{0,6}", 0..8),
            again in prop::collection::vec((0_i64..8, "[ab]{0,6}"), 0..4),
            words in prop::collection::vec("[ab#2d]{1,3}", 0..3),
        ) {
            let mut plans = Plans::default();
            let mut now: std::collections::BTreeMap<i64, String> = (0..).zip(titles).collect();
            let put = |plans: &mut Plans, number: i64, title: &str| {
                plans.put(Entry::new(row(number, title), Vec::new()));
            };
            now.iter().for_each(|(number, title)| put(&mut plans, *number, title));
            plans.write_text();
            for (number, title) in again {
                put(&mut plans, number, &title);
                now.insert(number, title);
            }
            plans.write_text();
            let fits = |number: &i64, title: &String| {
                words.iter().all(|word| line_of(&row(*number, title)).contains(word.as_str()))
            };
            let naive: Vec<i64> =
                now.iter().filter(|(number, title)| fits(number, title)).map(|(number, _)| *number).collect();
            prop_assert_eq!(holding(&plans, &words), naive);
        }
    }

    #[test]
    fn every_phase_that_needs_somebody_says_what_for_and_the_most_harmful_comes_first() {
        for phase in Phase::ALL {
            let row = PlanRow { phase, ..row(1, "") };
            assert_eq!(needs(&row).is_some(), NEEDING.contains(&phase), "{phase:?}");
        }
        let pr = |blocked: Option<&str>, failed| waymark_app::areas::PrSummary {
            number: 2,
            url: String::new(),
            state: waymark_app::areas::PrState::Open,
            review: ReviewState::None,
            checks: waymark_app::areas::Checks { failed, ..Default::default() },
            blocked: blocked.map(str::to_owned),
        };
        let entry = |phase, pr| Entry::new(PlanRow { phase, pr: Some(pr), ..row(1, "") }, Vec::new());
        let ordered = [
            entry(Phase::Stopped, pr(None, 0)),
            entry(Phase::Failed, pr(None, 0)),
            entry(Phase::NeedsApproval, pr(None, 0)),
            entry(Phase::Complete, pr(Some("Conflicts with main"), 0)),
            entry(Phase::Complete, pr(None, 2)),
            entry(Phase::Complete, pr(None, 0)),
        ];
        assert!(ordered.is_sorted_by_key(Entry::harm));
        let told: Vec<String> = ordered[3..].iter().filter_map(|entry| needs(&entry.row)).collect();
        assert_eq!(told, ["Conflicts with main", "2 checks failed", "Ready for review and merge"]);
    }
}
