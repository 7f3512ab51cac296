//! One plan's page, from one reading.

mod activity;
mod trouble;

use waymark_app::areas::{
    ActionKind, Attempt, DispatchState, DispatchView, Job, JobStep, LocalWork, Mode, PlanPage, PrState,
    PullRequest, RepoName, Run,
};
use waymark_domain::lifecycle::Phase;
use waymark_domain::plan as domain_plan;

use super::edit;
use super::evidence::Witness;
use super::offers::{Can, STOPPED, offers};
use super::stages::stages;
use crate::github::model::{self, millis};
use crate::mirror::facts;
use crate::mirror::snapshot::{Snapshot, text};
use crate::mirror::{cancel, own, store, text as plan_text};

/// Puts a page together. `now` is in epoch milliseconds.
pub(super) fn page(
    repo: &RepoName,
    kept: store::Kept,
    known: Option<&store::Repository>,
    dispatches: Vec<DispatchView>,
    asked: &[cancel::Asked],
    can: Can,
    now: i64,
) -> PlanPage {
    let store::Kept { snapshot, as_of, stale, .. } = kept;
    let view = facts::view_with(&snapshot, own::of_views(&dispatches), now);
    let row = facts::row(repo, &snapshot, &view, as_of);
    let witness = Witness { snapshot: &snapshot, seen_at: as_of };
    let plan = view.plan.clone().filter(|plan| !domain_plan::is_skeleton(plan));
    let log = text(&snapshot.header(), "last_session_gist_url");
    let mut actions = offers(&snapshot, &view, can);
    let any = |state| dispatches.iter().any(|dispatch| dispatch.state == state);
    let held = match (any(DispatchState::Stopped), any(DispatchState::Running)) {
        (true, _) => Some(STOPPED),
        (false, true) => Some("A dispatch of this plan is under way."),
        (false, false) => None,
    };
    if let Some(why) = held {
        use ActionKind::{Approve, Continue, Resubmit, Submit};
        let ours = |kind| matches!(kind, Approve | Submit | Resubmit | Continue);
        let begun = actions.iter_mut().filter(|offer| ours(offer.kind) && offer.refused.is_none());
        begun.for_each(|offer| offer.refused = Some(why.to_owned()));
    }
    let cancelling = cancelling(&snapshot, asked, now);
    if cancelling.is_some() {
        let stop = actions.iter_mut().filter(|offer| offer.kind == ActionKind::CancelRun);
        stop.for_each(|offer| offer.refused = Some("It was asked to stop already.".to_owned()));
    }
    let instruction = plan_text::instruction(&snapshot)
        .or_else(|| dispatches.iter().find_map(|dispatch| dispatch.instruction.clone()));
    PlanPage {
        repo: repo.clone(),
        number: row.number,
        url: snapshot.issue.html_url.clone(),
        title: row.title,
        author: row.author,
        phase: view.phase(),
        evidence: view.derivation.because.iter().filter_map(|fact| witness.of(*fact)).collect(),
        trouble: trouble::trouble(&snapshot, &view, &dispatches),
        stages: stages(&witness, &view, mode(&dispatches)),
        plan_version: match (&plan, view.phase()) {
            (Some(plan), _) => Some(edit::version(plan)),
            // What is missing or was never filled can be written.
            (None, Phase::PlanMissing | Phase::Stuck | Phase::Failed | Phase::Cancelled) => {
                Some(edit::version(view.plan.as_deref().unwrap_or_default()))
            }
            _ => None,
        },
        plan,
        instruction,
        steps: view.steps.clone(),
        attempts: attempts(&snapshot, dispatches, as_of),
        pr: pull(&snapshot, known, as_of),
        objective: row.objective,
        node: row.node,
        checkout: row.branch.as_deref().map(checkout).unwrap_or_default(),
        branch: row.branch,
        labels: row.labels,
        session_log_url: log.filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        local: view.facts.local.then(|| local(&snapshot)),
        cancelling,
        activity: activity::activity(&snapshot),
        actions,
        as_of,
        stale: stale.or_else(|| known.and_then(|known| known.stale.clone())),
    }
}

/// Which way the plan goes, as its first dispatch was asked to.
fn mode(dispatches: &[DispatchView]) -> Option<Mode> {
    dispatches.iter().find(|one| one.workflow == "one-shot").map(|one| one.mode)
}

/// A run that was asked to stop and has not ended, in words. `now` is in epoch milliseconds.
fn cancelling(snapshot: &Snapshot, asked: &[cancel::Asked], now: i64) -> Option<String> {
    let (asked, run) = asked.iter().rev().find_map(|asked| {
        let run = snapshot.runs.iter().find(|run| run.id == asked.run)?;
        (!run.is_completed()).then_some((asked, run))
    })?;
    let seconds = |since: i64| (now - since).max(0) / 1_000;
    let state = run.status.as_deref().unwrap_or("in a state GitHub does not tell").replace('_', " ");
    Some(match asked.forced_at {
        None => format!(
            "Run {} was asked to stop {} s ago and is {state}. After a minute it is forced.",
            run.id,
            seconds(asked.asked_at)
        ),
        Some(forced) => format!(
            "Run {} was forced to stop {} s ago, and GitHub still says that it is {state}. Look at the run on GitHub.",
            run.id,
            seconds(forced)
        ),
    })
}

/// What the header and the comments tell of work on somebody's own machine.
fn local(snapshot: &Snapshot) -> LocalWork {
    let header = snapshot.header();
    let worktree = snapshot.newest("erk-worktree-creation");
    LocalWork {
        who: text(&header, "last_local_impl_user"),
        since: text(&header, "last_local_impl_at").and_then(|at| millis(&at)),
        worktree: worktree.and_then(|(_, block)| text(&block, "worktree_name")),
    }
}

fn checkout(branch: &str) -> Vec<String> {
    let fetch = format!("git fetch origin {branch}");
    vec![fetch, format!("git checkout {branch}"), "git pull --rebase".to_owned()]
}

fn time(time: &Option<String>) -> Option<i64> {
    time.as_deref().and_then(millis)
}

fn run(run: &model::Run, as_of: i64) -> Run {
    Run {
        id: run.id,
        name: match run.display_title.is_empty() {
            true => run.name.clone().unwrap_or_default(),
            false => run.display_title.clone(),
        },
        workflow: run.workflow().to_owned(),
        url: run.html_url.clone(),
        status: run.status.clone().unwrap_or_else(|| "unknown".to_owned()),
        conclusion: run.conclusion.clone(),
        attempt: run.run_attempt.unwrap_or(1),
        started_at: time(&run.run_started_at).or_else(|| millis(&run.created_at)),
        updated_at: millis(&run.updated_at),
        jobs: run.jobs.iter().map(|job| self::job(run, job)).collect(),
        earlier: run.earlier.iter().map(|job| self::job(run, job)).collect(),
        as_of,
    }
}

pub(super) fn job(run: &model::Run, job: &model::Job) -> Job {
    let step = |step: &model::JobStep| JobStep {
        number: step.number,
        name: step.name.clone(),
        status: step.status.clone(),
        conclusion: step.conclusion.clone(),
        started_at: time(&step.started_at),
        completed_at: time(&step.completed_at),
    };
    Job {
        id: job.id,
        name: job.name.clone(),
        url: job.html_url.clone().unwrap_or_else(|| run.html_url.clone()),
        status: job.status.clone(),
        conclusion: job.conclusion.clone(),
        started_at: time(&job.started_at),
        completed_at: time(&job.completed_at),
        steps: job.steps.iter().map(step).collect(),
    }
}

/// Dispatches with their runs, and runs that nobody here dispatched; oldest first.
fn attempts(snapshot: &Snapshot, dispatches: Vec<DispatchView>, as_of: i64) -> Vec<Attempt> {
    let mut runs: Vec<&model::Run> = snapshot.runs.iter().collect();
    let mut attempts: Vec<(i64, Attempt)> = Vec::new();
    for dispatch in dispatches {
        // Creating the plan is no attempt at it, once it is done.
        if trouble::is_creation(&dispatch) && dispatch.state == DispatchState::Sent {
            continue;
        }
        let at = runs.iter().position(|run| Some(run.id) == dispatch.run_id);
        let of = at.map(|at| run(runs.remove(at), as_of));
        attempts.push((dispatch.created_at, Attempt { dispatch: Some(dispatch), run: of }));
    }
    for other in runs {
        let at = millis(&other.created_at).unwrap_or_default();
        attempts.push((at, Attempt { dispatch: None, run: Some(run(other, as_of)) }));
    }
    attempts.sort_by_key(|(at, _)| *at);
    attempts.into_iter().map(|(_, attempt)| attempt).collect()
}

fn pull(snapshot: &Snapshot, known: Option<&store::Repository>, as_of: i64) -> Option<PullRequest> {
    let pull = snapshot.pull.as_ref()?;
    let check = |check: &model::CheckRun| {
        let state = check.conclusion.as_ref().unwrap_or(&check.status);
        (check.name.clone(), state.replace('_', " "), check.html_url.clone())
    };
    Some(PullRequest {
        summary: facts::pr_summary(snapshot)?,
        title: pull.title.clone(),
        head: pull.head.name.clone(),
        base: pull.base.name.clone(),
        body: pull.body.clone().unwrap_or_default(),
        additions: pull.additions,
        deletions: pull.deletions,
        changed_files: pull.changed_files,
        commits: pull.commits,
        check_list: snapshot.checks.iter().map(check).collect(),
        mergeable: pull.mergeable,
        blocked: match facts::pr_state(pull) {
            PrState::Draft => Some("It is still a draft.".to_owned()),
            PrState::Open => facts::blocked(pull),
            PrState::Merged | PrState::Closed => None,
        },
        methods: known.map_or_else(|| vec!["merge".to_owned()], |known| known.methods.clone()),
        as_of,
    })
}
