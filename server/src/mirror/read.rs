//! Reads one plan from GitHub: the issue and its comments, its pull request, runs and checks.

use std::collections::BTreeSet;

use base64::Engine;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use waymark_app::areas::RepoName;
use waymark_domain::block;

use super::snapshot::{LogTail, Snapshot, named_branch, number};
use crate::github::model::{CheckRun, Comment, Issue, Job, Pull, Review, Run, is_trusted, millis};
use crate::github::{Client, Error};

/// The workflows whose runs belong to plans; the last is of an older generation.
const WORKFLOWS: [&str; 3] = ["one-shot.yml", "plan-implement.yml", "erk-impl.yml"];
/// The workflow whose runs carry the plan's number.
const IMPLEMENT: &str = "plan-implement.yml";
/// Runs of one plan that are followed: the newest.
const MOST_RUNS: usize = 10;
/// Lines and characters of a failed job's log that are kept.
const LOG_LINES: usize = 60;
const LOG_CHARACTERS: usize = 8_000;

/// Whether an issue is a plan: by its label, or by a header that someone of the repository wrote.
pub fn is_plan(issue: &Issue) -> bool {
    let labelled = issue.has_label("erk-plan") || issue.has_label("erk-pr");
    labelled
        || (is_trusted(&issue.author_association, issue.user.as_ref())
            && block::first(issue.text(), "plan-header").is_some())
}

/// Reads a plan; nothing when it is gone or is no plan. `before` spares reading a log twice.
pub async fn plan(
    client: &Client,
    repo: &RepoName,
    number: i64,
    before: Option<&Snapshot>,
) -> Result<Option<Snapshot>, Error> {
    let issue = match client.get::<Issue>(&format!("/repos/{repo}/issues/{number}")).await {
        Ok(issue) if issue.number == number && is_plan(&issue) => issue,
        Ok(_) => return Ok(None),
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let comments: Vec<Comment> =
        client.get_all(&format!("/repos/{repo}/issues/{number}/comments?per_page=100")).await?;
    let pull = pull(client, repo, &issue, &comments).await?;
    let mut snapshot = Snapshot { issue, comments, pull, ..Snapshot::default() };
    let (runs, parts) = tokio::join!(runs(client, repo, &snapshot, before), around_pull(client, repo, &snapshot));
    (snapshot.runs, snapshot.run_missing) = runs?;
    (snapshot.reviews, snapshot.checks) = parts?;
    snapshot.threads = threads(client, repo, &snapshot, before).await;
    snapshot.log = log(client, repo, &snapshot, before).await;
    snapshot.progress = progress(client, repo, &snapshot).await;
    Ok(Some(snapshot))
}

async fn pull(
    client: &Client,
    repo: &RepoName,
    issue: &Issue,
    comments: &[Comment],
) -> Result<Option<Pull>, Error> {
    let n = issue.number;
    if issue.pull_request.is_some() {
        return client.get(&format!("/repos/{repo}/pulls/{n}")).await.map(Some);
    }
    let mut branches: Vec<String> = named_branch(issue, comments).into_iter().collect();
    if branches.is_empty() {
        branches = branches_of(client, repo, n).await?;
    }
    let mut found: Vec<Pull> = Vec::new();
    for branch in branches {
        let head: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
        let path = format!("/repos/{repo}/pulls?state=all&head={}:{head}&per_page=20", repo.owner);
        found
            .extend(client.get_all::<Pull>(&path).await?.into_iter().filter(|pull| pull.head.name == branch));
    }
    if found.is_empty() {
        found = referring(client, repo, n).await?;
    }
    let rank = |pull: &Pull| (pull.state == "open", pull.merged_at.is_some(), pull.number);
    match found.into_iter().max_by_key(rank) {
        Some(pull) => client.get(&format!("/repos/{repo}/pulls/{}", pull.number)).await.map(Some),
        None => Ok(None),
    }
}

/// Branches that carry the plan's number, newest name last.
async fn branches_of(client: &Client, repo: &RepoName, number: i64) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Ref {
        #[serde(rename = "ref")]
        name: String,
    }
    let path = format!("/repos/{repo}/git/matching-refs/heads/P{number}-");
    let refs: Vec<Ref> = match client.get_all(&path).await {
        // An empty repository has no refs to match.
        Err(Error::Answer { status: 404 | 409, .. }) => Vec::new(),
        refs => refs?,
    };
    let names = refs.into_iter().filter_map(|r| r.name.strip_prefix("refs/heads/").map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    names.truncate(5);
    Ok(names)
}

/// Pull requests of this repository that refer to the plan as theirs.
async fn referring(client: &Client, repo: &RepoName, number: i64) -> Result<Vec<Pull>, Error> {
    #[derive(Deserialize)]
    struct Event {
        event: Option<String>,
        source: Option<Source>,
    }
    #[derive(Deserialize)]
    struct Source {
        issue: Option<Referring>,
    }
    #[derive(Deserialize)]
    struct Referring {
        number: i64,
        body: Option<String>,
        pull_request: Option<serde_json::Value>,
    }
    let path = format!("/repos/{repo}/issues/{number}/timeline?per_page=100");
    let events: Vec<Event> = client.get_all(&path).await?;
    let ours = |text: &str| {
        ["Closes #", "Plan: #", "**Plan:** #"].iter().any(|word| {
            text.lines()
                .any(|line| line.trim().strip_prefix(word).map(str::trim) == Some(&number.to_string()))
        })
    };
    let numbers: BTreeSet<i64> = events
        .into_iter()
        .filter(|event| event.event.as_deref() == Some("cross-referenced"))
        .filter_map(|event| event.source?.issue)
        .filter(|issue| issue.pull_request.is_some() && ours(issue.body.as_deref().unwrap_or_default()))
        .map(|issue| issue.number)
        .collect();
    let mut pulls = Vec::new();
    for number in numbers.into_iter().rev().take(5) {
        let pull: Pull = client.get(&format!("/repos/{repo}/pulls/{number}")).await?;
        let here =
            pull.head.repo.as_ref().is_some_and(|at| at.full_name.eq_ignore_ascii_case(&repo.to_string()));
        if here {
            pulls.push(pull);
        }
    }
    Ok(pulls)
}

/// The ids of runs that the plan's own record names.
fn run_ids(snapshot: &Snapshot) -> BTreeSet<i64> {
    let header = snapshot.header();
    let mut ids: BTreeSet<i64> = ["last_dispatched_run_id", "last_remote_impl_run_id"]
        .iter()
        .filter_map(|name| number(&header, name))
        .collect();
    let bodies = snapshot.trusted().map(Comment::text);
    let pull = snapshot.pull.iter().filter_map(|pull| pull.body.as_deref());
    ids.extend(bodies.chain(pull).flat_map(super::facts::run_ids));
    ids
}

/// The jobs of a run's earlier attempts: those that were the run's at the last reading, else what GitHub
/// tells of each attempt.
async fn earlier(
    client: &Client,
    repo: &RepoName,
    run: &Run,
    known: Option<&Run>,
) -> Result<Vec<Job>, Error> {
    let attempt = run.run_attempt.unwrap_or(1);
    let mut jobs: Vec<Job> = Vec::new();
    match known {
        Some(known) => jobs.extend(known.earlier.iter().chain(&known.jobs).cloned()),
        None => {
            for attempt in 1..attempt {
                let path =
                    format!("/repos/{repo}/actions/runs/{}/attempts/{attempt}/jobs?per_page=100", run.id);
                jobs.extend(there(client.get_all::<Job>(&path).await)?.unwrap_or_default());
            }
        }
    }
    let mut seen: BTreeSet<i64> = run.jobs.iter().map(|job| job.id).collect();
    jobs.retain(|job| attempt > 1 && seen.insert(job.id));
    Ok(jobs)
}

async fn runs(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    before: Option<&Snapshot>,
) -> Result<(Vec<Run>, bool), Error> {
    let named = run_ids(snapshot);
    let mut ids = named.clone();
    // Runs that were started past this plan's record tell their plan in their name.
    let path =
        format!("/repos/{repo}/actions/workflows/{IMPLEMENT}/runs?event=workflow_dispatch&per_page=100");
    #[derive(Deserialize)]
    struct Page {
        workflow_runs: Vec<Run>,
    }
    if let Some(page) = there(client.get::<Page>(&path).await)? {
        let prefix = format!("{}:", snapshot.issue.number);
        ids.extend(
            page.workflow_runs.iter().filter(|run| run.display_title.starts_with(&prefix)).map(|run| run.id),
        );
    }
    let ids: Vec<i64> = ids.into_iter().rev().take(MOST_RUNS).collect();
    let read = stream::iter(ids).map(|id| async move {
        let run = there(client.get::<Run>(&format!("/repos/{repo}/actions/runs/{id}")).await)?;
        let Some(mut run) = run else { return Ok((id, None)) };
        if WORKFLOWS.contains(&run.workflow()) {
            let path = format!("/repos/{repo}/actions/runs/{id}/jobs?per_page=100");
            run.jobs = there(client.get_all::<Job>(&path).await)?.unwrap_or_default();
            let known = before.and_then(|before| before.runs.iter().find(|known| known.id == id));
            run.earlier = earlier(client, repo, &run, known).await?;
        }
        Ok::<_, Error>((id, Some(run)))
    });
    let read: Vec<(i64, Option<Run>)> = read.buffered(4).try_collect().await?;
    let missing = read.iter().any(|(id, run)| run.is_none() && named.contains(id));
    let mut runs: Vec<Run> = read.into_iter().filter_map(|(_, run)| run).collect();
    runs.retain(|run| WORKFLOWS.contains(&run.workflow()));
    runs.sort_by_key(|run| (millis(&run.created_at), run.id));
    Ok((runs, missing))
}

async fn around_pull(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
) -> Result<(Vec<Review>, Vec<CheckRun>), Error> {
    let Some(pull) = &snapshot.pull else { return Ok((Vec::new(), Vec::new())) };
    let reviews = format!("/repos/{repo}/pulls/{}/reviews?per_page=100", pull.number);
    let checks = format!("/repos/{repo}/commits/{}/check-runs?per_page=100", pull.head.sha);
    let (reviews, checks) =
        tokio::join!(client.get_all::<Review>(&reviews), client.get_all::<CheckRun>(&checks));
    let mut checks = there(checks)?.unwrap_or_default();
    checks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((there(reviews)?.unwrap_or_default(), checks))
}

/// Review conversations, resolved and in total. Only GraphQL tells them, at a price, so it is asked
/// only while an open pull request has any; otherwise, and when that fails, the last numbers stay.
async fn threads(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    before: Option<&Snapshot>,
) -> Option<(u32, u32)> {
    const THREADS: &str = "query Threads($owner: String!, $name: String!, $number: Int!) { \
         repository(owner: $owner, name: $name) { pullRequest(number: $number) { \
         reviewThreads(first: 100) { totalCount nodes { isResolved } } } } }";
    let known = before.and_then(|before| before.threads);
    let pull = snapshot.pull.as_ref().filter(|pull| pull.review_comments > 0)?;
    if pull.state != "open" {
        return known;
    }
    let variables = json!({ "owner": repo.owner, "name": repo.name, "number": pull.number });
    let Ok(answer) = client.graphql::<Value>(THREADS, variables).await else { return known };
    let threads = answer.pointer("/repository/pullRequest/reviewThreads")?;
    let resolved = threads["nodes"].as_array()?.iter().filter(|node| node["isResolved"] == true).count();
    let total = threads["totalCount"].as_u64().and_then(|total| u32::try_from(total).ok())?;
    Some((u32::try_from(resolved).ok()?, total))
}

/// The end of the log of the job that failed last, as far as it can be read; a log is not worth failing for.
async fn log(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    before: Option<&Snapshot>,
) -> Option<LogTail> {
    let job = failed_job(snapshot.latest_run()?)?;
    if let Some(known) = before.and_then(|before| before.log.as_ref()).filter(|known| known.job == job.id) {
        return Some(known.clone());
    }
    let text = client.text(&format!("/repos/{repo}/actions/jobs/{}/logs", job.id)).await.ok()?;
    Some(LogTail { job: job.id, text: tail(&text) })
}

/// The job of a run that failed.
pub fn failed_job(run: &Run) -> Option<&Job> {
    run.jobs
        .iter()
        .find(|job| matches!(job.conclusion.as_deref(), Some("failure" | "timed_out" | "startup_failure")))
}

/// The last lines, without time stamps and terminal colours.
fn tail(log: &str) -> String {
    let lines: Vec<String> = log.lines().map(super::logs::plain_line).collect();
    let text = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    let cut = text.chars().count().saturating_sub(LOG_CHARACTERS);
    text.chars().skip(cut).collect()
}

/// `progress.md` of the branch, while a run works and no comment shows its progress.
async fn progress(client: &Client, repo: &RepoName, snapshot: &Snapshot) -> Option<String> {
    #[derive(Deserialize)]
    struct File {
        content: Option<String>,
    }
    let working = snapshot.latest_run().is_some_and(|run| !run.is_completed());
    if !working || snapshot.newest("erk-implementation-status").is_some() {
        return None;
    }
    let branch = snapshot.branch()?;
    let at: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
    let path = format!("/repos/{repo}/contents/.worker-impl/progress.md?ref={at}");
    let content = client.get::<File>(&path).await.ok()?.content?;
    let content: String = content.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(content).ok()?;
    String::from_utf8(bytes).ok()
}

/// What is not there is nothing rather than an error.
fn there<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_ends_in_plain_lines() {
        let log = "2026-01-01T00:00:00.0000000Z \u{1b}[31mred\u{1b}[0m\n2026-01-01T00:00:01Z done\nraw";
        assert_eq!(tail(log), "red\ndone\nraw");
    }

    #[test]
    fn runs_are_known_from_the_record_of_trusted_people_only() {
        let says = |who: &str, id: i64| Comment {
            body: Some(format!("[View](https://x/acme/w/actions/runs/{id})")),
            author_association: who.into(),
            ..Comment::default()
        };
        let snapshot = Snapshot { comments: vec![says("MEMBER", 7), says("NONE", 8)], ..Snapshot::default() };
        assert_eq!(run_ids(&snapshot).into_iter().collect::<Vec<_>>(), [7]);
    }
}
