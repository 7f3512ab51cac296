//! From one reading to the facts that decide the phase. Pure: the time is an argument.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use waymark_app::areas::{
    Checks, PlanRow, PrState, PrSummary, RepoName, ReviewState, RunSummary, Step, StepState,
};
use waymark_domain::lifecycle::facts::{
    Dispatch, Fact, Facts, Issue, Job, PlanText, Pull, Run, Status, Work,
};
use waymark_domain::lifecycle::{self, Derivation, Phase};
use waymark_domain::{block, plan as domain_plan};

use super::snapshot::{Snapshot, number, text};
use super::text as plan_text;
use crate::github::model::{self, millis};

/// A skeleton that is older than any run takes, in milliseconds: three hours and a half.
const OLD_SKELETON: i64 = 210 * 60_000;
/// So long after "queued" a run is still expected to appear, in milliseconds.
const RUN_EXPECTED: i64 = 10 * 60_000;

/// Everything that is computed of a reading.
#[derive(Clone, Debug)]
pub struct View {
    pub facts: Facts,
    pub derivation: Derivation,
    /// Markdown of the plan, the skeleton's text included.
    pub plan: Option<String>,
    pub steps: Vec<Step>,
    pub dispatched_by: Option<String>,
    /// The dispatch of our own that stopped.
    pub stopped: Option<String>,
    pub changed_at: i64,
}

impl View {
    pub fn phase(&self) -> Phase {
        self.derivation.phase
    }
}

/// Computes everything of a reading. `now` is in epoch milliseconds.
pub fn view(snapshot: &Snapshot, now: i64) -> View {
    view_with(snapshot, Dispatch::None, now)
}

/// The same while a dispatch of our own for the plan may not be over.
pub fn view_with(snapshot: &Snapshot, dispatch: Dispatch, now: i64) -> View {
    let plan = plan_text::plan(snapshot);
    let facts = Facts { dispatch, ..facts(snapshot, plan.as_deref(), now) };
    let derivation = lifecycle::derive(&facts);
    let working = derivation.phase == Phase::Implementing;
    let steps = plan_text::steps(snapshot, working, derivation.phase == Phase::Failed);
    let dispatched_by = queued(snapshot).and_then(|(_, by)| by);
    let changed_at = changed_at(snapshot);
    View { facts, derivation, plan, steps, dispatched_by, stopped: None, changed_at }
}

fn facts(snapshot: &Snapshot, plan: Option<&str>, now: i64) -> Facts {
    let queued = queued(snapshot);
    let latest = snapshot.latest_run();
    Facts {
        issue: if snapshot.issue.state == "closed" { Issue::Closed } else { Issue::Open },
        plan: plan_fact(snapshot, plan, now),
        queued: queued.is_some(),
        started: snapshot.newest("workflow-started").is_some(),
        no_changes: snapshot.pull.as_ref().is_some_and(|pull| {
            pull.labels.iter().any(|label| label.name.eq_ignore_ascii_case("no-changes"))
        }),
        pull: pull_fact(snapshot.pull.as_ref()),
        run: match (latest, queued.as_ref().and_then(|(at, _)| *at).map(|at| now - at)) {
            (_, Some(waited)) if waited <= RUN_EXPECTED && is_awaited(snapshot) => Run::Expected,
            (Some(run), _) => run_fact(run),
            (None, Some(_)) => Run::NotFound,
            (None, None) if snapshot.run_missing => Run::NotFound,
            (None, None) => Run::None,
        },
        work: latest.map_or(Work::default(), work),
        job: latest.map_or(Job::None, job),
        status: match snapshot.newest("erk-implementation-status") {
            Some((_, status)) => match text(&status, "status").as_deref() {
                Some("complete") => Status::Complete,
                Some("failed") => Status::Failed,
                Some("in_progress" | "starting") => Status::InProgress,
                _ => Status::None,
            },
            None => Status::None,
        },
        local: local(snapshot),
        dispatch: Dispatch::None,
    }
}

/// Whether the newest comment that says "queued" is about a run that GitHub does not show (yet): the one it
/// names, else any.
fn is_awaited(snapshot: &Snapshot) -> bool {
    let newest = snapshot.trusted().rev().find(|comment| is_queued(comment.text()));
    let named = newest.map(|comment| run_ids(comment.text())).unwrap_or_default();
    match named.is_empty() {
        true => snapshot.runs.is_empty(),
        false => named.iter().all(|id| snapshot.runs.iter().all(|run| run.id != *id)),
    }
}

fn is_queued(comment: &str) -> bool {
    block::first(comment, "submission-queued").is_some()
        || comment.starts_with("🔄 **Queued for Implementation**")
}

/// The ids of runs that a text links to.
pub fn run_ids(text: &str) -> BTreeSet<i64> {
    let id = |(at, word): (usize, &str)| {
        let digits = text[at + word.len()..].chars().take_while(char::is_ascii_digit).take(18);
        digits.collect::<String>().parse().ok()
    };
    text.match_indices("/actions/runs/").filter_map(id).collect()
}

fn plan_fact(snapshot: &Snapshot, plan: Option<&str>, now: i64) -> PlanText {
    match plan {
        None => PlanText::Missing,
        Some(plan) if domain_plan::is_skeleton(plan) => match millis(&snapshot.issue.created_at) {
            Some(at) if now - at > OLD_SKELETON => PlanText::OldSkeleton,
            _ => PlanText::Skeleton,
        },
        Some(_) => PlanText::Present,
    }
}

fn pull_fact(pull: Option<&model::Pull>) -> Pull {
    match pull.map(pr_state) {
        None => Pull::None,
        Some(PrState::Draft) => Pull::Draft,
        Some(PrState::Open) => Pull::Ready,
        Some(PrState::Merged) => Pull::Merged,
        Some(PrState::Closed) => Pull::Closed,
    }
}

/// Where a pull request stands.
pub fn pr_state(pull: &model::Pull) -> PrState {
    match (pull.merged_at.is_some(), pull.state.as_str(), pull.draft) {
        (true, _, _) => PrState::Merged,
        (_, "open", true) => PrState::Draft,
        (_, "open", false) => PrState::Open,
        _ => PrState::Closed,
    }
}

fn run_fact(run: &model::Run) -> Run {
    match (run.status.as_deref().unwrap_or_default(), run.conclusion.as_deref().unwrap_or_default()) {
        ("completed", "success" | "neutral") => Run::Succeeded,
        ("completed", "cancelled") => Run::Cancelled,
        ("completed", "skipped") => Run::Skipped,
        ("completed", _) => Run::Failed,
        ("in_progress", _) => Run::Running,
        _ => Run::Waiting,
    }
}

/// What a run does, by its workflow and its name.
pub fn work(run: &model::Run) -> Work {
    let title = if run.display_title.is_empty() { run.name.as_deref() } else { Some(&*run.display_title) };
    match run.workflow() {
        "one-shot.yml" if title.is_some_and(|title| title.starts_with("one-shot(plan)")) => Work::PlanOnly,
        "one-shot.yml" => Work::OneShot,
        _ => Work::Implement,
    }
}

/// Whether a job belongs to the implementing part; jobs of a called workflow are named `implement / ...`.
pub fn implements(job: &model::Job) -> bool {
    job.name.to_ascii_lowercase().starts_with("implement")
}

fn job(run: &model::Run) -> Job {
    let begun = |job: &&model::Job| {
        job.started_at.is_some()
            && !matches!(job.status.as_str(), "queued" | "waiting" | "pending" | "requested")
            && job.conclusion.as_deref() != Some("skipped")
    };
    let implementing = run.jobs.iter().filter(begun).any(implements);
    // Between the two jobs the plan is there and the implementation waits for its runner.
    let planned = run.jobs.iter().any(|job| !implements(job) && job.conclusion.as_deref() == Some("success"));
    let waiting = run.jobs.iter().any(|job| implements(job) && job.conclusion.is_none());
    match (implementing || (planned && waiting), run.jobs.iter().any(|job| begun(&job))) {
        (true, _) => Job::Implement,
        (false, true) => Job::Plan,
        (false, false) => Job::None,
    }
}

fn local(snapshot: &Snapshot) -> bool {
    let header = snapshot.header();
    let started = text(&header, "last_local_impl_event").as_deref() == Some("started");
    let at = text(&header, "last_local_impl_at").and_then(|at| millis(&at));
    let run = snapshot.latest_run().and_then(|run| millis(&run.created_at));
    started && at.is_some_and(|at| run.is_none_or(|run| at > run))
}

/// When the plan was queued and by whom, from the newest comment that says so.
pub fn queued(snapshot: &Snapshot) -> Option<(Option<i64>, Option<String>)> {
    snapshot.trusted().rev().find_map(|comment| {
        let at = millis(&comment.created_at);
        if let Some(block) = block::first(comment.text(), "submission-queued") {
            return Some((at, text(&block, "submitted_by")));
        }
        let plain = comment.text().starts_with("🔄 **Queued for Implementation**");
        let by = comment.text().lines().find_map(|line| line.strip_prefix("**Submitted by:** @"));
        plain.then(|| (at, by.map(|by| by.trim().to_owned())))
    })
}

fn changed_at(snapshot: &Snapshot) -> i64 {
    let runs = snapshot.runs.iter().map(|run| run.updated_at.as_str());
    let pull =
        snapshot.pull.iter().flat_map(|pull| [Some(pull.created_at.as_str()), pull.closed_at.as_deref()]);
    let comments = snapshot.comments.iter().map(|comment| comment.updated_at.as_str());
    [snapshot.issue.updated_at.as_str()]
        .into_iter()
        .chain(runs)
        .chain(comments)
        .chain(pull.flatten())
        .filter_map(millis)
        .max()
        .unwrap_or_default()
}

/// The checks of the pull request's head, counted.
pub fn checks(snapshot: &Snapshot) -> Checks {
    let mut checks = Checks::default();
    for check in &snapshot.checks {
        *match (check.status.as_str(), check.conclusion.as_deref()) {
            ("completed", Some("success" | "neutral")) => &mut checks.passed,
            ("completed", Some("skipped")) => &mut checks.skipped,
            ("completed", _) => &mut checks.failed,
            _ => &mut checks.pending,
        } += 1;
    }
    checks
}

/// What the reviews come to: each person's last word counts.
fn review(snapshot: &Snapshot) -> ReviewState {
    let mut last: std::collections::BTreeMap<&str, &str> = Default::default();
    let mut commented = false;
    for review in &snapshot.reviews {
        let who = review.user.as_ref().map_or("ghost", |user| user.login.as_str());
        match review.state.as_str() {
            "APPROVED" | "CHANGES_REQUESTED" => drop(last.insert(who, &review.state)),
            "DISMISSED" => drop(last.remove(who)),
            "COMMENTED" => commented = true,
            _ => {}
        }
    }
    if last.values().any(|state| *state == "CHANGES_REQUESTED") {
        ReviewState::ChangesRequested
    } else if !last.is_empty() {
        ReviewState::Approved
    } else if commented {
        ReviewState::Commented
    } else {
        ReviewState::None
    }
}

/// Why an open pull request cannot be merged now.
pub fn blocked(pull: &model::Pull) -> Option<String> {
    match (pull.mergeable, pull.mergeable_state.as_deref()) {
        (Some(false), _) | (_, Some("dirty")) => {
            Some(format!("Conflicts with {}: resolve that on the branch first.", pull.base.name))
        }
        (_, Some("blocked")) => {
            Some("A rule of the repository blocks it: a review or a check is missing.".to_owned())
        }
        _ => None,
    }
}

/// The pull request in short.
pub fn pr_summary(snapshot: &Snapshot) -> Option<PrSummary> {
    let pull = snapshot.pull.as_ref()?;
    Some(PrSummary {
        number: pull.number,
        url: pull.html_url.clone(),
        state: pr_state(pull),
        review: review(snapshot),
        checks: checks(snapshot),
        blocked: (pr_state(pull) == PrState::Open).then(|| blocked(pull)).flatten(),
    })
}

/// The roadmap node a plan is for, where its header or a marker of Waymark says so.
pub fn node(snapshot: &Snapshot) -> Option<String> {
    let header = snapshot.header();
    let named = header.get("node_ids").and_then(|ids| ids.as_array()?.first()?.as_str().map(str::to_owned));
    named.or_else(|| {
        let (_, rest) = snapshot.issue.text().split_once("<!-- waymark:node:")?;
        rest.split_once(" -->").map(|(node, _)| node.to_owned())
    })
}

/// The row of the overview.
pub fn row(repo: &RepoName, snapshot: &Snapshot, view: &View, as_of: i64) -> PlanRow {
    let issue = &snapshot.issue;
    let done = view.steps.iter().filter(|step| step.state == StepState::Done).count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    PlanRow {
        repo: repo.clone(),
        number: issue.number,
        title: domain_plan::plain_title(&issue.title),
        phase: view.phase(),
        steps: (!view.steps.is_empty()).then(|| (count(done), count(view.steps.len()))),
        pr: pr_summary(snapshot),
        author: issue.author(),
        labels: issue.labels.iter().map(|label| label.name.clone()).collect(),
        objective: number(&snapshot.header(), "objective_issue"),
        node: node(snapshot),
        branch: snapshot.branch(),
        run: snapshot.latest_run().map(|run| run_summary(snapshot, run)),
        comments: count(snapshot.comments.len()),
        threads: snapshot.threads.filter(|(_, total)| *total > 0),
        changed_at: view.changed_at,
        as_of,
        stale: None,
        needs_you: None,
        stopped: view.stopped.clone(),
        local: view.derivation.because.contains(&Fact::Local),
    }
}

fn run_summary(snapshot: &Snapshot, run: &model::Run) -> RunSummary {
    let failing = |conclusion: &Option<String>| conclusion.as_deref() == Some("failure");
    let failed = run.jobs.iter().find(|job| failing(&job.conclusion)).map(|job| {
        let step = job.steps.iter().find(|step| failing(&step.conclusion));
        step.map_or_else(|| job.name.clone(), |step| format!("{}, step “{}”", job.name, step.name))
    });
    RunSummary {
        id: run.id,
        url: run.html_url.clone(),
        workflow: run.workflow().to_owned(),
        status: run.status.clone().unwrap_or_default(),
        conclusion: run.conclusion.clone(),
        started_at: run.run_started_at.as_deref().and_then(millis).or_else(|| millis(&run.created_at)),
        // As the shipped workflows write their `concurrency`.
        group: match run.workflow() {
            "plan-implement.yml" => Some(format!("implement-issue-{}", snapshot.issue.number)),
            "one-shot.yml" => snapshot.branch().map(|branch| format!("one-shot-{branch}")),
            _ => None,
        },
        failed,
    }
}

/// Who has to do with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Involved {
    /// In lower case: GitHub's logins are alike whatever their case.
    pub login: String,
    /// Whether it is this person's plan: written or dispatched by them.
    pub own: bool,
    /// Whether the plan waits for this person.
    pub needed: bool,
}

/// Phases in which the person whose plan it is must decide something.
pub const NEEDING: [Phase; 7] = [
    Phase::Failed,
    Phase::Stopped,
    Phase::NeedsApproval,
    Phase::Stuck,
    Phase::Complete,
    Phase::PlanMissing,
    Phase::NoChanges,
];

/// Everybody who has to do with a plan, each once.
pub fn involved(snapshot: &Snapshot, view: &View) -> Vec<Involved> {
    let needed = NEEDING.contains(&view.phase());
    let own = [Some(snapshot.issue.author()), view.dispatched_by.clone()].into_iter().flatten();
    let mut people: Vec<Involved> =
        own.map(|login| Involved { login: login.to_lowercase(), own: true, needed }).collect();
    let reviewers = snapshot.pull.iter().flat_map(|pull| &pull.requested_reviewers);
    let asked = view.phase() == Phase::Complete;
    people.extend(reviewers.map(|user| Involved {
        login: user.login.to_lowercase(),
        own: false,
        needed: asked,
    }));
    let mut seen = std::collections::BTreeSet::new();
    people.retain(|person| seen.insert(person.login.clone()));
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::model::Comment;

    fn job_of(name: &str, status: &str, conclusion: Option<&str>) -> model::Job {
        model::Job {
            name: name.into(),
            status: status.into(),
            conclusion: conclusion.map(Into::into),
            started_at: (status != "queued").then(|| "2026-01-01T00:00:00Z".into()),
            ..model::Job::default()
        }
    }

    fn one_shot(jobs: Vec<model::Job>) -> Snapshot {
        let skeleton = block::render_content(
            "plan-body",
            "_Skeleton: plan content will be populated by one-shot workflow._",
        )
        .expect("renders");
        let plan =
            Comment { body: Some(skeleton), author_association: "MEMBER".into(), ..Comment::default() };
        let issue = model::Issue {
            number: 7,
            state: "open".into(),
            created_at: "2026-01-01T00:00:00Z".into(),
            body: Some("<!-- erk:metadata-block:plan-header -->".into()),
            ..model::Issue::default()
        };
        let run = model::Run {
            path: ".github/workflows/one-shot.yml".into(),
            display_title: "one-shot:abc123".into(),
            status: Some("in_progress".into()),
            jobs,
            ..model::Run::default()
        };
        Snapshot { issue, comments: vec![plan], runs: vec![run], ..Snapshot::default() }
    }

    const NOW: i64 = 1_767_225_660_000;

    #[test]
    fn the_jobs_of_a_one_shot_tell_planning_from_implementing() {
        let phase = |jobs| view(&one_shot(jobs), NOW).phase();
        assert_eq!(phase(vec![]), Phase::Planning);
        assert_eq!(phase(vec![job_of("plan", "in_progress", None)]), Phase::Planning);
        let planned = job_of("plan", "completed", Some("success"));
        let waiting = job_of("implement / implement", "queued", None);
        assert_eq!(phase(vec![planned.clone(), waiting]), Phase::Implementing);
        let skipped = job_of("implement / implement", "completed", Some("skipped"));
        assert_eq!(phase(vec![planned, skipped]), Phase::Planning);
    }

    #[test]
    fn a_run_that_never_appears_is_not_waited_for_for_ever() {
        let mut snapshot = one_shot(vec![]);
        snapshot.runs.clear();
        assert_eq!(view(&snapshot, NOW).phase(), Phase::Prompted);
        snapshot.comments.push(Comment {
            body: Some("🔄 **Queued for Implementation**\n**Submitted by:** @w".into()),
            created_at: "2026-01-01T00:00:00Z".into(),
            author_association: "MEMBER".into(),
            ..Comment::default()
        });
        let seen = view(&snapshot, NOW);
        assert_eq!((seen.phase(), seen.dispatched_by.as_deref()), (Phase::Submitted, Some("w")));
        assert_eq!(seen.facts.run, Run::Expected);
        assert_eq!(view(&snapshot, NOW + RUN_EXPECTED).phase(), Phase::Stuck);
        snapshot.comments.truncate(1);
        assert_eq!(view(&snapshot, NOW + OLD_SKELETON).phase(), Phase::Stuck);
    }

    #[test]
    fn a_run_that_was_queued_again_is_expected_until_github_shows_it() {
        let mut snapshot = one_shot(vec![]);
        let run = |id: i64, conclusion: Option<&str>| model::Run {
            id,
            path: ".github/workflows/plan-implement.yml".into(),
            status: Some(if conclusion.is_some() { "completed" } else { "queued" }.into()),
            conclusion: conclusion.map(Into::into),
            created_at: "2026-01-01T00:00:00Z".into(),
            ..model::Run::default()
        };
        let queued = |id: i64| {
            let fields = serde_json::json!({"status": "queued"});
            let block = block::render_with_warning("submission-queued", fields.as_object().expect("fields"));
            Comment {
                body: Some(format!(
                    "{}\n\n**Workflow run:** https://x/actions/runs/{id}",
                    block.expect("renders")
                )),
                created_at: "2026-01-01T00:00:30Z".into(),
                author_association: "MEMBER".into(),
                ..Comment::default()
            }
        };
        snapshot.runs = vec![run(7, Some("failure"))];
        snapshot.comments.push(queued(7));
        assert_eq!(view(&snapshot, NOW).phase(), Phase::Failed);
        snapshot.comments.push(queued(8));
        let seen = view(&snapshot, NOW);
        assert_eq!(
            (seen.facts.run, seen.phase(), seen.derivation.rule),
            (Run::Expected, Phase::Submitted, 8)
        );
        assert_eq!(view(&snapshot, NOW + RUN_EXPECTED).phase(), Phase::Failed, "not for ever");
        snapshot.runs.push(run(8, None));
        assert_eq!(view(&snapshot, NOW).phase(), Phase::Dispatched);
    }

    #[test]
    fn what_our_own_dispatch_has_half_written_is_not_judged() {
        let mut snapshot = one_shot(vec![]);
        snapshot.runs.clear();
        let phase = |snapshot: &Snapshot, dispatch| view_with(snapshot, dispatch, NOW).phase();
        assert_eq!(view_with(&snapshot, Dispatch::UnderWay, NOW).derivation.rule, 7);
        snapshot.comments.clear();
        snapshot.issue.body = None;
        assert_eq!(phase(&snapshot, Dispatch::None), Phase::PlanMissing);
        assert_eq!(phase(&snapshot, Dispatch::UnderWay), Phase::Submitted);
        assert_eq!(phase(&snapshot, Dispatch::Stopped), Phase::Stopped);
        snapshot.issue.state = "closed".into();
        assert_eq!(phase(&snapshot, Dispatch::Stopped), Phase::Closed);
    }

    #[test]
    fn a_skipped_check_is_not_a_passed_one() {
        let check = |status: &str, conclusion: Option<&str>| model::CheckRun {
            status: status.into(),
            conclusion: conclusion.map(Into::into),
            ..model::CheckRun::default()
        };
        let snapshot = Snapshot {
            checks: vec![
                check("completed", Some("success")),
                check("completed", Some("skipped")),
                check("completed", Some("action_required")),
                check("waiting", None),
            ],
            ..Snapshot::default()
        };
        assert_eq!(checks(&snapshot), Checks { passed: 1, failed: 1, pending: 1, skipped: 1 });
    }
}
