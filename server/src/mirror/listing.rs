//! The lists of a repository, read once for all of its plans: issues, pull requests and runs. They tell which
//! plans changed, and spare reading each of them to find out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use waymark_app::areas::RepoName;
use waymark_domain::branch;

use super::objectives;
use super::read::{IMPLEMENT, MOST_RUNS, WORKFLOWS, run_ids, there};
use super::snapshot::{Snapshot, named_branch};
use crate::github::model::{Issue, Pull, Run, millis};
use crate::github::{Client, Error};

/// Labels by which plans and objectives are found.
const LABELS: [&str; 3] = ["erk-plan", "erk-pr", objectives::LABEL];
/// Changes up to so long before the last one are listed again, in seconds: GitHub's lists lag.
const OVERLAP: i64 = 60;
/// Pages of pull requests that are looked through at most.
const MOST_PAGES: usize = 10;

/// The lists as one reading saw them.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// When the reading began, in epoch milliseconds.
    pub at: i64,
    /// Plans and objectives that changed since the time that was asked for.
    pub issues: BTreeMap<i64, Issue>,
    /// Last changed first.
    pulls: Vec<Pull>,
    /// Every pull request that changed since then is in `pulls`, in epoch milliseconds.
    pulls_from: i64,
    /// Runs that a person or Waymark started, newest first.
    runs: Vec<Run>,
    /// The newest change of an issue, as GitHub writes it.
    pub newest: Option<String>,
}

/// Where a listed thing leads: a plan's number, or what the mirror links to plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lead {
    Plan(i64),
    Link(&'static str, String),
}

impl Listing {
    /// Reads the lists. `since` is the newest change that was seen, `before` what was listed the last time.
    ///
    /// # Errors
    /// GitHub's refusal, or no answer.
    pub async fn read(
        client: &Client,
        repo: &RepoName,
        since: Option<&str>,
        before: Option<&Listing>,
    ) -> Result<Listing, Error> {
        let mut listing =
            Listing { at: super::now_ms(), newest: since.map(str::to_owned), ..Listing::default() };
        let from = since.and_then(earlier);
        for label in LABELS {
            let mut path = format!(
                "/repos/{repo}/issues?labels={label}&state=all&sort=updated&direction=asc&per_page=100"
            );
            if let Some(from) = &from {
                path.push_str(&format!("&since={from}"));
            }
            for issue in client.get_all::<Issue>(&path).await? {
                if listing.newest.as_deref().and_then(millis) < millis(&issue.updated_at) {
                    listing.newest = Some(issue.updated_at.clone());
                }
                listing.issues.insert(issue.number, issue);
            }
        }
        let oldest = || listing.issues.values().filter_map(|issue| millis(&issue.created_at)).min();
        let seen = before.and_then(|before| millis(&before.pulls.first()?.updated_at));
        let until = seen.or_else(|| millis(since?)).or_else(oldest).unwrap_or(i64::MAX);
        listing.read_pulls(client, repo, until).await?;
        listing.read_runs(client, repo).await?;
        Ok(listing)
    }

    async fn read_pulls(&mut self, client: &Client, repo: &RepoName, until: i64) -> Result<(), Error> {
        for page in 1..=MOST_PAGES {
            let path =
                format!("/repos/{repo}/pulls?state=all&sort=updated&direction=desc&per_page=100&page={page}");
            let pulls: Vec<Pull> = client.get(&path).await?;
            let last = pulls.len() < 100;
            self.pulls.extend(pulls);
            self.pulls_from = match self.pulls.last() {
                Some(pull) if !last => millis(&pull.updated_at).unwrap_or(i64::MAX),
                _ => i64::MIN,
            };
            if self.pulls_from < until {
                break;
            }
        }
        // A branch of the same name in a fork, or in a fork that is gone, is somebody else's.
        let name = repo.to_string();
        self.pulls.retain(|pull| is_of(pull, &name));
        Ok(())
    }

    async fn read_runs(&mut self, client: &Client, repo: &RepoName) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Workflow {
            path: String,
        }
        #[derive(Deserialize)]
        struct Page {
            workflow_runs: Vec<Run>,
        }
        let path = format!("/repos/{repo}/actions/workflows?per_page=100");
        let known = there(client.get_all::<Workflow>(&path).await)?.unwrap_or_default();
        for file in WORKFLOWS {
            if !known.iter().any(|workflow| workflow.path.rsplit('/').next() == Some(file)) {
                continue;
            }
            let path =
                format!("/repos/{repo}/actions/workflows/{file}/runs?event=workflow_dispatch&per_page=100");
            let page = there(client.get::<Page>(&path).await)?;
            self.runs.extend(page.into_iter().flat_map(|page| page.workflow_runs));
        }
        Ok(())
    }

    /// Where what is new since an earlier look leads.
    pub fn news(&self, before: Option<&Listing>) -> BTreeSet<Lead> {
        let mut leads: BTreeSet<Lead> = self.issues.keys().copied().map(Lead::Plan).collect();
        let known = before.map(|before| before.pulls.as_slice()).unwrap_or_default();
        for pull in self.pulls.iter().filter(|pull| !known.contains(pull)) {
            leads.insert(Lead::Link("pull", pull.number.to_string()));
            leads.insert(Lead::Link("branch", pull.head.name.clone()));
            let named = branch::recognise(&pull.head.name).and_then(|branch| branch.issue);
            leads.extend(named.and_then(|issue| i64::try_from(issue).ok()).map(Lead::Plan));
            leads.extend(plans_of(pull.body.as_deref().unwrap_or_default()).map(Lead::Plan));
        }
        let known = before.map(|before| before.runs.as_slice()).unwrap_or_default();
        for run in self.runs.iter().filter(|run| !known.contains(run)) {
            leads.insert(Lead::Link("run", run.id.to_string()));
            leads.extend(plan_of(run).map(Lead::Plan));
        }
        leads
    }

    /// Whether the lists show something that the reading of a plan does not have.
    pub fn differs(&self, snapshot: &Snapshot) -> bool {
        self.issue_differs(&snapshot.issue) || self.pull_differs(snapshot) || self.runs_differ(snapshot)
    }

    /// Whether an issue is listed as another than this. Lists leave out who closed it.
    pub fn issue_differs(&self, issue: &Issue) -> bool {
        let like = |listed: &Issue| Issue { closed_by: issue.closed_by.clone(), ..listed.clone() };
        self.issues.get(&issue.number).is_some_and(|listed| like(listed) != *issue)
    }

    fn pull_differs(&self, snapshot: &Snapshot) -> bool {
        let known = snapshot.pull.as_ref();
        let same = |pull: &Pull| {
            known.is_some_and(|known| {
                (&known.updated_at, &known.head.sha, &known.state, known.draft)
                    == (&pull.updated_at, &pull.head.sha, &pull.state, pull.draft)
            })
        };
        let changed = known.and_then(|known| self.pull(known.number)).is_some_and(|pull| !same(pull));
        let branch = named_branch(&snapshot.issue, &snapshot.comments);
        changed
            || self.pull_of(&snapshot.issue, branch.as_deref()).is_some_and(|pull| {
                known.is_none_or(|known| known.number != pull.number && rank(pull) > rank(known))
            })
    }

    fn runs_differ(&self, snapshot: &Snapshot) -> bool {
        let state =
            |run: &Run| (run.status.clone(), run.conclusion.clone(), run.run_attempt, run.updated_at.clone());
        let full = snapshot.runs.len() >= MOST_RUNS;
        let oldest = snapshot.runs.iter().map(|run| run.id).min().filter(|_| full);
        let named = run_ids(snapshot);
        self.runs.iter().any(|run| match snapshot.runs.iter().find(|known| known.id == run.id) {
            Some(known) => state(known) != state(run),
            None => {
                let ours = plan_of(run) == Some(snapshot.issue.number) || named.contains(&run.id);
                ours && oldest.is_none_or(|oldest| run.id > oldest)
            }
        })
    }

    /// The pull request of a plan among those that are listed: one of its branch, or else one that names it.
    pub fn pull_of(&self, issue: &Issue, branch: Option<&str>) -> Option<&Pull> {
        let number = issue.number;
        let prefix = format!("P{number}-");
        let of_branch = |pull: &&Pull| match branch {
            Some(branch) => pull.head.name == branch,
            None => pull.head.name.starts_with(&prefix),
        };
        let names_it =
            |pull: &&Pull| plans_of(pull.body.as_deref().unwrap_or_default()).any(|plan| plan == number);
        let best =
            |pulls: Vec<&'_ Pull>| pulls.into_iter().max_by_key(|pull| rank(pull)).map(|pull| pull.number);
        let found = best(self.pulls.iter().filter(of_branch).collect())
            .or_else(|| best(self.pulls.iter().filter(names_it).collect()))?;
        self.pull(found)
    }

    pub fn pull(&self, number: i64) -> Option<&Pull> {
        self.pulls.iter().find(|pull| pull.number == number)
    }

    /// Whether every pull request that can belong to an issue is listed.
    pub fn has_all_pulls_of(&self, issue: &Issue) -> bool {
        millis(&issue.created_at).is_some_and(|created| created > self.pulls_from)
    }

    /// The ids of runs that tell in their name that they work for a plan.
    pub fn runs_of(&self, plan: i64) -> impl Iterator<Item = i64> {
        self.runs.iter().filter(move |run| plan_of(run) == Some(plan)).map(|run| run.id)
    }

    pub fn runs(&self) -> &[Run] {
        &self.runs
    }
}

/// Which of several pull requests is a plan's: an open one before a merged one before others, the newest first.
pub fn rank(pull: &Pull) -> (bool, bool, i64) {
    (pull.state == "open", pull.merged_at.is_some(), pull.number)
}

/// Whether the branch of a pull request is in this repository.
pub fn is_of(pull: &Pull, repo: &str) -> bool {
    pull.head.repo.as_ref().is_some_and(|at| at.full_name.eq_ignore_ascii_case(repo))
}

/// The plans that the text of a pull request names as its own.
pub fn plans_of(text: &str) -> impl Iterator<Item = i64> {
    let named = |line: &str| {
        ["Closes #", "Plan: #", "**Plan:** #"]
            .iter()
            .find_map(|word| line.trim().strip_prefix(word).and_then(|number| number.trim().parse().ok()))
    };
    text.lines().filter_map(named)
}

/// The plan that a run started past a plan's record tells in its name.
fn plan_of(run: &Run) -> Option<i64> {
    (run.workflow() == IMPLEMENT).then(|| run.display_title.split_once(':')?.0.parse().ok())?
}

/// A little before a time, as GitHub's `since` wants it.
fn earlier(time: &str) -> Option<String> {
    let at = jiff::Timestamp::from_second(millis(time)? / 1000 - OVERLAP).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::model::{End, FullName};

    fn issue(number: i64) -> Issue {
        Issue { number, created_at: "2026-01-01T00:00:00Z".into(), ..Issue::default() }
    }

    fn pull(number: i64, branch: &str, state: &str) -> Pull {
        let repo = Some(FullName { full_name: "acme/widgets".into() });
        let head = End { name: branch.into(), repo, ..End::default() };
        Pull { number, state: state.into(), head, ..Pull::default() }
    }

    fn run(id: i64, title: &str) -> Run {
        let path = format!(".github/workflows/{IMPLEMENT}");
        Run { id, display_title: title.into(), path, ..Run::default() }
    }

    #[test]
    fn reading_overlaps_by_a_minute() {
        assert_eq!(earlier("2026-01-01T00:00:30Z").as_deref(), Some("2025-12-31T23:59:30Z"));
        assert_eq!(earlier("x"), None);
    }

    #[test]
    fn only_what_differs_from_the_last_reading_is_news() {
        let mut listing = Listing { pulls: vec![pull(8, "P7-fix-01-15-1430", "open")], ..Listing::default() };
        listing.runs.push(run(5, "9:abc123"));
        let link = |kind, value: &str| Lead::Link(kind, value.to_owned());
        let all: BTreeSet<Lead> = [
            Lead::Plan(7),
            Lead::Plan(9),
            link("branch", "P7-fix-01-15-1430"),
            link("pull", "8"),
            link("run", "5"),
        ]
        .into();
        assert_eq!(listing.news(None), all);
        assert!(listing.news(Some(&listing)).is_empty());
        let mut later = listing.clone();
        later.runs[0].status = Some("completed".into());
        assert_eq!(later.news(Some(&listing)), [Lead::Plan(9), link("run", "5")].into());
    }

    #[test]
    fn a_plan_differs_by_its_issue_its_pull_request_or_its_runs() {
        let snapshot = Snapshot {
            issue: Issue { closed_by: Some(Default::default()), ..issue(7) },
            pull: Some(pull(8, "P7-a", "open")),
            runs: vec![run(5, "7:abc")],
            ..Snapshot::default()
        };
        let mut same = Listing { pulls: vec![pull(8, "P7-a", "open")], ..Listing::default() };
        same.runs = vec![run(5, "7:abc"), run(6, "70:abc")];
        same.issues.insert(7, issue(7));
        assert!(!same.differs(&snapshot));
        let change = |change: fn(&mut Listing)| {
            let mut listing = same.clone();
            change(&mut listing);
            listing.differs(&snapshot)
        };
        assert!(change(|listing| listing.issues.get_mut(&7).expect("it").comments = Some(3)));
        assert!(change(|listing| listing.pulls[0].updated_at = "2026-01-02T00:00:00Z".into()));
        assert!(change(|listing| listing.pulls.insert(0, pull(9, "P7-b", "open"))));
        assert!(!change(|listing| listing.pulls.insert(0, pull(9, "P7-b", "closed"))), "an older attempt");
        assert!(change(|listing| listing.runs[0].conclusion = Some("failure".into())));
        assert!(change(|listing| listing.runs.push(run(7, "7:def"))));
    }

    #[test]
    fn the_pull_request_of_a_plan_is_on_its_branch_or_names_it() {
        let names = Pull { body: Some("x\r\nCloses #7\r\n".into()), ..pull(9, "other", "open") };
        let listing = Listing {
            pulls: vec![names, pull(8, "P7-a", "closed"), pull(6, "P70-a", "open")],
            ..Listing::default()
        };
        let of = |branch| listing.pull_of(&issue(7), branch).map(|pull| pull.number);
        assert_eq!((of(None), of(Some("P7-a")), of(Some("x"))), (Some(8), Some(8), Some(9)));
        assert!(is_of(&listing.pulls[1], "Acme/Widgets"));
        assert!(!is_of(&Pull::default(), "acme/widgets"), "a fork that is gone");
    }
}
