//! Reads one plan from GitHub: the issue and its comments, its pull request, runs and checks.

use std::collections::BTreeSet;

use base64::Engine;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use waymark_app::areas::RepoName;
use waymark_domain::block;

use super::listing::{self, Listing};
use super::snapshot::{LogTail, Snapshot, named_branch, number};
use crate::github::model::{CheckRun, Comment, FullName, Issue, Job, Pull, Review, Run, is_trusted, millis};
use crate::github::{Client, Error};

/// The workflows whose runs belong to plans; the last is of an older generation.
pub(super) const WORKFLOWS: [&str; 3] = ["one-shot.yml", "plan-implement.yml", "erk-impl.yml"];
/// The workflow whose runs carry the plan's number.
pub(super) const IMPLEMENT: &str = "plan-implement.yml";
/// Runs of one plan that are followed: the newest.
pub(super) const MOST_RUNS: usize = 10;
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

/// What an earlier reading and the lists of the repository spare reading again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    pub before: Option<&'a Snapshot>,
    /// Read after `before`.
    pub listing: Option<&'a Listing>,
}

/// Reads a plan; nothing when it is gone or is no plan.
///
/// # Errors
/// GitHub's refusal, or no answer. That the issue is not there is believed only while the repository is.
pub async fn plan(
    client: &Client,
    repo: &RepoName,
    number: i64,
    known: Known<'_>,
) -> Result<Option<Snapshot>, Error> {
    let Some(issue) = issue(client, repo, number, known).await?.filter(is_plan) else { return Ok(None) };
    let comments: Vec<Comment> = match (known.listing, issue.comments) {
        (Some(_), Some(0)) => Vec::new(),
        _ => client.get_all(&format!("/repos/{repo}/issues/{number}/comments?per_page=100")).await?,
    };
    let pull = pull(client, repo, &issue, &comments, known).await?;
    let before = known.before;
    let mut snapshot = Snapshot { issue, comments, pull, ..Snapshot::default() };
    let (runs, parts) =
        tokio::join!(runs(client, repo, &snapshot, known), around_pull(client, repo, &snapshot, known));
    (snapshot.runs, snapshot.run_missing) = runs?;
    (snapshot.reviews, snapshot.checks) = parts?;
    snapshot.threads = threads(client, repo, &snapshot, before).await;
    snapshot.log = log(client, repo, &snapshot, before).await;
    (snapshot.progress, snapshot.progress_at) = progress(client, repo, &snapshot, before).await;
    Ok(Some(snapshot))
}

/// The issue as it is listed, or else as it is by itself; a closed one always, since lists leave out by whom.
async fn issue(
    client: &Client,
    repo: &RepoName,
    number: i64,
    known: Known<'_>,
) -> Result<Option<Issue>, Error> {
    let listed = known.listing.and_then(|listing| listing.issues.get(&number));
    if let Some(issue) = listed.filter(|issue| issue.state == "open") {
        return Ok(Some(issue.clone()));
    }
    match client.get::<Issue>(&format!("/repos/{repo}/issues/{number}")).await {
        Ok(issue) => Ok(Some(issue).filter(|issue| issue.number == number)),
        Err(error) => gone(client, repo, error).await.map(|()| None),
    }
}

/// Whether a refusal to show an issue means that the issue is gone, rather than the access to it.
///
/// # Errors
/// The refusal itself otherwise, or why that could not be found out.
pub(super) async fn gone(client: &Client, repo: &RepoName, refusal: Error) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Repository {
        #[serde(default)]
        has_issues: Option<bool>,
    }
    if !refusal.is_not_found() {
        return Err(refusal);
    }
    let repository: Repository = client.get(&format!("/repos/{repo}")).await?;
    if repository.has_issues == Some(false) { Err(refusal) } else { Ok(()) }
}

async fn pull(
    client: &Client,
    repo: &RepoName,
    issue: &Issue,
    comments: &[Comment],
    known: Known<'_>,
) -> Result<Option<Pull>, Error> {
    let n = issue.number;
    if issue.pull_request.is_some() {
        return one_pull(client, repo, n, known).await;
    }
    let branch = named_branch(issue, comments);
    let before = known.before.and_then(|before| before.pull.as_ref());
    if let Some(open) = before.filter(|pull| pull.state == "open" && branch.as_ref() == Some(&pull.head.name))
        && let Some(pull) = one_pull(client, repo, open.number, known).await?
        && pull.state == "open"
    {
        return Ok(Some(pull));
    }
    let branch_known = |before: &Snapshot| named_branch(&before.issue, &before.comments) == branch;
    if let Some(listing) = known.listing
        && (known.before.is_some_and(branch_known) || listing.has_all_pulls_of(issue))
    {
        let best = before.into_iter().chain(listing.pull_of(issue, branch.as_deref())).max_by_key(|pull| {
            // As it is listed now: the one that was known may be closed meanwhile.
            listing::rank(listing.pull(pull.number).unwrap_or(*pull))
        });
        return match best {
            Some(pull) => one_pull(client, repo, pull.number, known).await,
            None => Ok(None),
        };
    }
    let mut branches: Vec<String> = branch.into_iter().collect();
    if branches.is_empty() {
        branches = branches_of(client, repo, n).await?;
    }
    let name = repo.to_string();
    let mut found: Vec<Pull> = Vec::new();
    for branch in branches {
        let head: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
        let path = format!("/repos/{repo}/pulls?state=all&head={}:{head}&per_page=20", repo.owner);
        let pulls = client.get_all::<Pull>(&path).await?.into_iter();
        found.extend(pulls.filter(|pull| pull.head.name == branch && listing::is_of(pull, &name)));
    }
    if found.is_empty() {
        found = referring(client, repo, n).await?;
    }
    match found.iter().max_by_key(|pull| listing::rank(pull)) {
        Some(pull) => one_pull(client, repo, pull.number, known).await,
        None => Ok(None),
    }
}

/// A pull request by itself; a closed one that is listed as it was needs no reading.
async fn one_pull(
    client: &Client,
    repo: &RepoName,
    number: i64,
    known: Known<'_>,
) -> Result<Option<Pull>, Error> {
    if let Some(pull) = unchanged(number, known).filter(|pull| pull.state != "open") {
        return Ok(Some(pull.clone()));
    }
    there(client.get(&format!("/repos/{repo}/pulls/{number}")).await)
}

/// The pull request of the last reading, when the lists show no change of it.
fn unchanged<'a>(number: i64, known: Known<'a>) -> Option<&'a Pull> {
    let before = known.before?.pull.as_ref().filter(|pull| pull.number == number)?;
    let listed = known.listing?.pull(number);
    // What did not change since the last listing may be too far down in it.
    listed.is_none_or(|listed| listed.updated_at == before.updated_at).then_some(before)
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
        pull_request: Option<Value>,
        repository: Option<FullName>,
    }
    let path = format!("/repos/{repo}/issues/{number}/timeline?per_page=100");
    let events: Vec<Event> = client.get_all(&path).await?;
    let name = repo.to_string();
    let here = |issue: &Referring| {
        issue.repository.as_ref().is_none_or(|at| at.full_name.eq_ignore_ascii_case(&name))
    };
    let ours = |text: &str| listing::plans_of(text).any(|plan| plan == number);
    let numbers: BTreeSet<i64> = events
        .into_iter()
        .filter(|event| event.event.as_deref() == Some("cross-referenced"))
        .filter_map(|event| event.source?.issue)
        .filter(|issue| issue.pull_request.is_some() && here(issue))
        .filter(|issue| ours(issue.body.as_deref().unwrap_or_default()))
        .map(|issue| issue.number)
        .collect();
    let mut pulls = Vec::new();
    for number in numbers.into_iter().rev().take(5) {
        let pull: Option<Pull> = there(client.get(&format!("/repos/{repo}/pulls/{number}")).await)?;
        pulls.extend(pull.filter(|pull| listing::is_of(pull, &name)));
    }
    Ok(pulls)
}

/// The ids of runs that the plan's own record names.
pub(super) fn run_ids(snapshot: &Snapshot) -> BTreeSet<i64> {
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
    // What was not over at the last reading has ended since.
    let same = |known: &&Run| known.is_completed() || known.run_attempt.unwrap_or(1) == attempt;
    match known.filter(same) {
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
    known: Known<'_>,
) -> Result<(Vec<Run>, bool), Error> {
    let named = run_ids(snapshot);
    let mut ids = named.clone();
    let number = snapshot.issue.number;
    let before = known.before.map(|before| before.runs.as_slice()).unwrap_or_default();
    // Runs that were started past this plan's record tell their plan in their name.
    let read;
    let listed: &[Run] = match known.listing {
        Some(listing) => {
            // Those of earlier readings may be too far down in the list by now.
            ids.extend(listing.runs_of(number).chain(before.iter().map(|run| run.id)));
            listing.runs()
        }
        None => {
            let path = format!(
                "/repos/{repo}/actions/workflows/{IMPLEMENT}/runs?event=workflow_dispatch&per_page=100"
            );
            #[derive(Deserialize)]
            struct Page {
                workflow_runs: Vec<Run>,
            }
            read = there(client.get::<Page>(&path).await)?.map(|page| page.workflow_runs).unwrap_or_default();
            let prefix = format!("{number}:");
            ids.extend(read.iter().filter(|run| run.display_title.starts_with(&prefix)).map(|run| run.id));
            &read
        }
    };
    let ids: Vec<i64> = ids.into_iter().rev().take(MOST_RUNS).collect();
    let newest = ids.first().copied();
    let read = stream::iter(ids).map(|id| async move {
        let last = before.iter().find(|run| run.id == id);
        let run = match (listed.iter().find(|run| run.id == id), last) {
            (Some(run), _) => Some(run.clone()),
            // An older run that is over changes only when it is run again, and then it is a delivery's to tell.
            (None, Some(run)) if known.listing.is_some() && run.is_completed() && newest != Some(id) => {
                return Ok((id, Some(run.clone())));
            }
            (None, _) => there(client.get::<Run>(&format!("/repos/{repo}/actions/runs/{id}")).await)?,
        };
        let Some(mut run) = run else { return Ok((id, None)) };
        if WORKFLOWS.contains(&run.workflow()) {
            let over = |run: &Run| (run.is_completed(), run.run_attempt, run.updated_at.clone());
            run.jobs = match last.filter(|before| before.is_completed() && over(before) == over(&run)) {
                Some(before) if !before.jobs.is_empty() => before.jobs.clone(),
                _ => {
                    let path = format!("/repos/{repo}/actions/runs/{id}/jobs?per_page=100");
                    there(client.get_all::<Job>(&path).await)?.unwrap_or_default()
                }
            };
            run.earlier = earlier(client, repo, &run, last).await?;
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
    known: Known<'_>,
) -> Result<(Vec<Review>, Vec<CheckRun>), Error> {
    let Some(pull) = &snapshot.pull else { return Ok((Vec::new(), Vec::new())) };
    if let (Some(before), true) = (known.before, pull.state != "open")
        && unchanged(pull.number, known).is_some()
    {
        return Ok((before.reviews.clone(), before.checks.clone()));
    }
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

/// `progress.md` of the branch, while a run works and no comment shows its progress, and the commit at which it
/// was looked for. It is looked for once a commit.
async fn progress(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    before: Option<&Snapshot>,
) -> (Option<String>, Option<String>) {
    #[derive(Deserialize)]
    struct File {
        content: Option<String>,
    }
    let working = snapshot.latest_run().is_some_and(|run| !run.is_completed());
    if !working || snapshot.newest("erk-implementation-status").is_some() {
        return (None, None);
    }
    let Some(branch) = snapshot.branch() else { return (None, None) };
    let head = snapshot.pull.as_ref().map(|pull| pull.head.sha.clone());
    if let Some(before) = before.filter(|before| head.is_some() && before.progress_at == head) {
        return (before.progress.clone(), head);
    }
    let at: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
    let path = format!("/repos/{repo}/contents/.worker-impl/progress.md?ref={at}");
    let file = match there(client.get::<File>(&path).await) {
        Ok(file) => file,
        Err(_) => return (before.and_then(|before| before.progress.clone()), None),
    };
    let text = file.and_then(|file| file.content).and_then(|content| {
        let content: String = content.split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(content).ok()?;
        String::from_utf8(bytes).ok()
    });
    (text, head)
}

/// What is not there is nothing rather than an error.
pub(super) fn there<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
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
