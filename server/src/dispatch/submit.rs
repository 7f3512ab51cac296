//! Submitting a plan: what GitHub holds of it is read, everything that is in the way is found at once,
//! and what is left is described. Approving a plan and going on after a failure come through here too.

use futures::stream::{self, StreamExt};
use serde_json::Value;
use waymark_app::areas::{
    DispatchState, Existing, ExistingBranch, Mode, PrState, Problem, ProblemKind, RepoName, Repositories,
    SubmitForm, Viewer,
};
use waymark_domain::plan as domain_plan;

use super::begin::{Begun, Described};
use super::check;
use super::describe::submit::{self, Old, Target};
use super::describe::{Kind, oneshot::Node, roadmap};
use super::engine::{self, fault, now_ms};
use super::journal::{self, Dispatch};
use super::slots::{Bindings, Slot};
use crate::github::model::{Comment, Issue, millis};
use crate::github::{Client, Error, encode};
use crate::mirror::access;
use crate::mirror::snapshot::{self, Snapshot};
use crate::mirror::text as plan_text;
use crate::state::App;

/// Branches of a plan that are looked at; more than a person makes.
const MOST_BRANCHES: usize = 100;
/// What GitHub calls a run that is not over.
const UNFINISHED: [&str; 5] = ["queued", "in_progress", "requested", "waiting", "pending"];

/// What was found of a plan, and what submitting it would write.
pub struct Looked {
    pub title: String,
    pub findings: Vec<Problem>,
    /// Newest commit first.
    pub existing: Vec<ExistingBranch>,
    pub running: Vec<i64>,
    /// Absent when something is in the way.
    pub ready: Option<Ready>,
}

/// A plan that can be submitted.
pub struct Ready {
    pub facts: submit::Facts,
    pub seen: Bindings,
    /// When GitHub was read for it. Epoch milliseconds.
    pub seen_at: i64,
    pub notes: Vec<String>,
    /// The instruction that the plan was made from.
    pub instruction: Option<String>,
}

impl Ready {
    pub fn described(&self, mode: Mode) -> Described {
        let slots = submit::slots(&self.facts);
        let replaced = match &self.facts.target {
            Target::Fresh { replaced } => replaced.iter().map(|old| old.branch.clone()).collect(),
            Target::Branch(_) | Target::Pull { .. } => Vec::new(),
        };
        Described {
            repo: self.facts.repo.clone(),
            issue: Some(self.facts.issue),
            workflow: submit::WORKFLOW,
            mode,
            title: self.facts.title.clone(),
            instruction: self.instruction.clone(),
            operations: submit::operations(&self.facts, &slots),
            slots,
            replaced,
            node: self.facts.node.as_ref().map(Node::key),
            seen_at: self.seen_at,
        }
    }

    pub fn begun(self, viewer: &Viewer) -> Begun {
        let described = self.described(Mode::OneShot);
        Begun::new(viewer, described, self.seen)
    }
}

/// Checks a plan and makes a dispatch of it.
///
/// # Errors
/// Every finding at once; nothing was written.
pub async fn begin(
    app: &App,
    repositories: &dyn Repositories,
    viewer: &Viewer,
    form: &SubmitForm,
) -> Result<Begun, Vec<Problem>> {
    let looked = look(app, repositories, viewer, form).await.map_err(|problem| vec![problem])?;
    match looked.ready {
        Some(ready) => Ok(ready.begun(viewer)),
        None => Err(looked.findings),
    }
}

/// Reads the plan as the viewer and finds everything that is in the way.
///
/// # Errors
/// When it cannot be looked at: the repository or the plan is not there, or GitHub does not answer.
pub async fn look(
    app: &App,
    repositories: &dyn Repositories,
    viewer: &Viewer,
    form: &SubmitForm,
) -> Result<Looked, Problem> {
    let Some(name) = RepoName::parse(&form.repo) else {
        let words = format!("“{}” is not a repository name.", form.repo.trim());
        return Err(Problem::new(ProblemKind::Invalid, words).next("Write it as owner/name.").field("repo"));
    };
    let seen_at = now_ms();
    let client = access::client(app, Some(viewer)).await?;
    let (repo, mut findings) = match check::repository(&client, &name).await {
        Ok(repo) => (repo, Vec::new()),
        Err(problem) if problem.kind == ProblemKind::Forbidden => {
            (check::readable(&client, &name).await?, vec![problem])
        }
        Err(problem) => return Err(problem),
    };
    let name = repo.name.clone();
    let past = past(app, &name, form.number).await?;
    let (plan, missing, branches, running) = tokio::join!(
        plan(&client, &name, form.number),
        check::prerequisites(repositories, viewer, &name),
        branches(&client, &name, form.number),
        running(&client, &name, form.number, &past),
    );
    let (snapshot, branches, running) = (plan?, branches?, running?);
    let title = domain_plan::plain_title(&snapshot.issue.title);
    findings.extend(missing);
    findings.extend(in_the_way(&snapshot, &past));
    findings.extend(beyond(&snapshot, form.from_step));
    let existing: Vec<ExistingBranch> = branches.iter().map(|found| found.shown.clone()).collect();
    let choice = choose(form, &repo.default_branch, branches);
    let aimed = match choice {
        Ok(aim) => aim.seen(&client, &name).await,
        Err(problem) => Err(problem),
    };
    let aimed = aimed.map_err(|problem| findings.push(problem)).ok();
    let ready = match aimed.filter(|_| findings.is_empty()) {
        None => None,
        Some((aim, mut seen)) => {
            seen.insert(Slot::Issue, form.number.to_string());
            let header = snapshot.header();
            let objective = snapshot::number(&header, "objective_issue");
            let node = node(&client, &name, &snapshot, objective).await?;
            let last = past.iter().rev().find(|old| old.state != DispatchState::Undone);
            let model = match form.model.trim() {
                "" => model(app, last).await?,
                model => model.to_owned(),
            };
            let mut notes = check::base_notes(&repo.default_branch, &aim.base);
            if !running.is_empty() {
                notes.push("The run that is not over is cancelled first; what it pushed stays.".to_owned());
            }
            Some(Ready {
                notes,
                seen,
                seen_at,
                instruction: plan_text::instruction(&snapshot),
                facts: submit::Facts {
                    repo: name,
                    default_branch: repo.default_branch,
                    base: aim.base,
                    submitter: viewer.login.clone(),
                    public_url: app.config.public().to_owned(),
                    issue: form.number,
                    issue_url: snapshot.issue.html_url.clone(),
                    title: title.clone(),
                    plan: plan_text::plan(&snapshot).unwrap_or_default(),
                    issue_body: snapshot.issue.body.unwrap_or_default(),
                    objective,
                    node,
                    model,
                    from_step: match aim.target {
                        // On a branch that is there, the steps that are done would else stay done.
                        Target::Branch(_) | Target::Pull { .. } => Some(form.from_step.unwrap_or(1)),
                        Target::Fresh { .. } => form.from_step.filter(|step| *step > 1),
                    },
                    running: running.clone(),
                    target: aim.target,
                },
            })
        }
    };
    Ok(Looked { title, findings, existing, running, ready })
}

fn conflict(message: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Conflict, message).next(next)
}

/// Every dispatch of the plan, oldest first.
async fn past(app: &App, repo: &RepoName, issue: i64) -> Result<Vec<Dispatch>, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    journal::of_plan(&mut db, repo, issue).await.map_err(fault)
}

/// The issue and its comments as they are now.
async fn plan(client: &Client, repo: &RepoName, number: i64) -> Result<Snapshot, Problem> {
    let issue = match client.get::<Issue>(&format!("/repos/{repo}/issues/{number}")).await {
        Ok(issue) => issue,
        Err(Error::Answer { status: 404 | 410, .. }) => {
            let words = format!("{repo} has no issue #{number}.");
            return Err(Problem::new(ProblemKind::NotFound, words).next("Check the number."));
        }
        Err(error) => return Err(error.problem("the plan was read")),
    };
    let path = format!("/repos/{repo}/issues/{number}/comments?per_page=100");
    let comments = client.get_all::<Comment>(&path).await;
    let comments = comments.map_err(|error| error.problem("the plan's comments were read"))?;
    Ok(Snapshot { issue, comments, ..Snapshot::default() })
}

/// What the plan itself has against being submitted.
fn in_the_way(snapshot: &Snapshot, past: &[Dispatch]) -> Vec<Problem> {
    let issue = &snapshot.issue;
    let n = issue.number;
    let mut found = Vec::new();
    if issue.pull_request.is_some() {
        found.push(conflict(
            format!("#{n} is a pull request: plans of this kind are only followed here."),
            "Dispatch it with the tool that made it.",
        ));
    } else if !issue.has_label("erk-plan") {
        found.push(conflict(
            format!("#{n} does not carry the label erk-plan."),
            "Add the label on GitHub, if this issue is a plan.",
        ));
    }
    if issue.state != "open" {
        found.push(conflict(format!("Plan #{n} is closed."), "Reopen it to work on it."));
    }
    match plan_text::plan(snapshot) {
        None => found.push(conflict(
            format!("Plan #{n} has no plan text: no comment of a trusted person holds it."),
            "Write the plan on its page.",
        )),
        Some(text) if domain_plan::is_skeleton(&text) => found.push(conflict(
            format!("Plan #{n} is still a skeleton: its plan is not written yet."),
            "Wait for the planning run, or write the plan on its page.",
        )),
        Some(_) => {}
    }
    if let Some(active) = past.iter().find(|old| old.active) {
        let (words, next) = match active.state {
            DispatchState::Stopped => {
                ("stopped before its run was known", "Resume or undo it on the plan's page.")
            }
            _ => ("is under way", "Wait until its run is known, or undo it."),
        };
        found.push(conflict(format!("A dispatch of plan #{n} {words}."), next));
    }
    found
}

/// A step to begin with that the plan does not have: it may have been edited meanwhile. The one after the
/// last is where the repository's checks are mended.
fn beyond(snapshot: &Snapshot, from_step: Option<u32>) -> Option<Problem> {
    let step = usize::try_from(from_step?).ok()?;
    let steps = domain_plan::steps(&plan_text::plan(snapshot)?).len();
    (step > steps + 1).then(|| {
        conflict(format!("The plan has no step {step} (any more): it has {steps}."), "Submit the plan again.")
    })
}

/// A branch of the plan, with what using or replacing it needs.
struct Branch {
    shown: ExistingBranch,
    sha: String,
    tree: String,
    /// Its open pull request: number, body, base.
    open: Option<(i64, String, String)>,
}

/// The branches that carry the plan's number, newest commit first. Merged ones are over and left alone.
async fn branches(client: &Client, repo: &RepoName, number: i64) -> Result<Vec<Branch>, Problem> {
    let refs = client.get_all::<Value>(&format!("/repos/{repo}/git/matching-refs/heads/P{number}-")).await;
    let refs = match refs {
        Err(Error::Answer { status: 404 | 409, .. }) => Vec::new(),
        refs => refs.map_err(|error| error.problem("the plan's branches were looked for"))?,
    };
    if refs.len() > MOST_BRANCHES {
        return Err(conflict(
            format!(
                "Plan #{number} has {} branches; at most {MOST_BRANCHES} are looked through.",
                refs.len()
            ),
            "Delete those that are no longer needed on GitHub.",
        ));
    }
    let read = stream::iter(refs).map(async |one: Value| {
        let name = one["ref"].as_str().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or_default();
        branch(client, repo, name, one["object"]["sha"].as_str().unwrap_or_default()).await
    });
    let read: Vec<Result<Option<Branch>, Error>> = read.buffered(4).collect().await;
    let read: Result<Vec<Option<Branch>>, Error> = read.into_iter().collect();
    let read = read.map_err(|error| error.problem("the plan's branches were read"))?;
    let mut found: Vec<Branch> = read.into_iter().flatten().collect();
    found.sort_by(|a, b| {
        let key = |branch: &Branch| (branch.shown.committed_at, branch.shown.name.clone());
        key(b).cmp(&key(a))
    });
    Ok(found)
}

async fn branch(client: &Client, repo: &RepoName, name: &str, sha: &str) -> Result<Option<Branch>, Error> {
    let head = encode(&format!("{}:{name}", repo.owner));
    let commit = format!("/repos/{repo}/git/commits/{sha}");
    let pulls = format!("/repos/{repo}/pulls?state=all&head={head}&per_page=100");
    let (commit, pulls) = tokio::join!(client.get::<Value>(&commit), client.get_all::<Value>(&pulls));
    let (commit, mut pulls) = (commit?, pulls?);
    pulls.retain(|pull| pull["head"]["ref"].as_str() == Some(name));
    if pulls.iter().any(|pull| pull["merged_at"].is_string()) {
        return Ok(None);
    }
    let rank = |pull: &&Value| (pull["state"] == "open", pull["number"].as_i64());
    let newest = pulls.iter().max_by_key(rank);
    let number = newest.and_then(|pull| pull["number"].as_i64());
    let state = newest.map(|pull| match (pull["state"] == "open", pull["draft"] == true) {
        (true, true) => PrState::Draft,
        (true, false) => PrState::Open,
        _ => PrState::Closed,
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let open = newest.filter(|pull| pull["state"] == "open");
    Ok(Some(Branch {
        shown: ExistingBranch {
            name: name.to_owned(),
            committed_at: commit["committer"]["date"].as_str().and_then(millis),
            pr: number.zip(state),
        },
        sha: sha.to_owned(),
        tree: text(&commit["tree"]["sha"]),
        open: open.zip(number).map(|(pull, n)| (n, text(&pull["body"]), text(&pull["base"]["ref"]))),
    }))
}

/// Where the work is to go.
struct Aim {
    base: String,
    target: Target,
    /// What is known already, and whether the head of the base is needed.
    seen: Bindings,
    fresh: bool,
}

impl Aim {
    /// With the head that the commit goes on top of. The base must be there in any case.
    async fn seen(mut self, client: &Client, repo: &RepoName) -> Result<(Aim, Bindings), Problem> {
        let head = check::head(client, repo, &self.base).await?;
        let mut seen = std::mem::take(&mut self.seen);
        if self.fresh {
            seen.extend(head);
        }
        Ok((self, seen))
    }
}

fn choose(form: &SubmitForm, default_branch: &str, branches: Vec<Branch>) -> Result<Aim, Problem> {
    let base = match form.base.trim() {
        "" => default_branch.to_owned(),
        base => base.to_owned(),
    };
    let mut branches = branches.into_iter();
    match (form.existing, branches.next()) {
        (Existing::Ask, Some(newest)) => Err(conflict(
            format!("GitHub holds a branch of this plan already: {}.", newest.shown.name),
            "Choose whether to use it or to replace it.",
        )
        .field("existing")),
        (Existing::Use, Some(Branch { shown, open: Some((number, body, base)), .. })) => Ok(Aim {
            base,
            target: Target::Pull { branch: shown.name, number, body },
            seen: Bindings::from([(Slot::Pr, number.to_string())]),
            fresh: false,
        }),
        (Existing::Use, Some(branch)) => Ok(Aim {
            base,
            target: Target::Branch(branch.shown.name),
            seen: Bindings::from([(Slot::BaseSha, branch.sha), (Slot::BaseTree, branch.tree)]),
            fresh: false,
        }),
        (_, newest) => {
            let old = |branch: Branch| Old { pull: branch.open.map(|(n, ..)| n), branch: branch.shown.name };
            let replaced = newest.into_iter().chain(branches).map(old).collect();
            Ok(Aim { base, target: Target::Fresh { replaced }, seen: Bindings::new(), fresh: true })
        }
    }
}

async fn list(client: &Client, path: String) -> Result<Vec<Value>, Error> {
    client.get_all(&path).await
}

/// The plan's runs that are not over: those of its dispatches, and those that carry its number.
async fn running(
    client: &Client,
    repo: &RepoName,
    number: i64,
    past: &[Dispatch],
) -> Result<Vec<i64>, Problem> {
    let read = |error: Error| error.problem("the plan's runs were read");
    let mut found: Vec<i64> = Vec::new();
    let prefix = format!("{number}:");
    let path = format!("/repos/{repo}/actions/workflows/{}/runs?per_page=100", submit::WORKFLOW);
    // However many runs of other plans have ended since.
    let asked = UNFINISHED.map(|status| list(client, format!("{path}&status={status}")));
    let unfinished = futures::future::join_all(asked).await;
    for runs in unfinished {
        let runs = match runs {
            // The workflow is not there; the prerequisites say so.
            Err(Error::Answer { status: 404, .. }) => Vec::new(),
            runs => runs.map_err(read)?,
        };
        for run in runs {
            let ours = run["display_title"].as_str().is_some_and(|title| title.starts_with(&prefix));
            let id =
                run["id"].as_i64().filter(|id| ours && run["status"] != "completed" && !found.contains(id));
            found.extend(id);
        }
    }
    for id in past.iter().filter_map(|old| old.number(Slot::RunId)).rev().take(3) {
        match client.get::<Value>(&format!("/repos/{repo}/actions/runs/{id}")).await {
            Ok(run) if run["status"] != "completed" && !found.contains(&id) => found.push(id),
            Ok(_) | Err(Error::Answer { status: 404, .. }) => {}
            Err(error) => return Err(read(error)),
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The roadmap node that the plan is for, when its header names one that is not done.
async fn node(
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    objective: Option<i64>,
) -> Result<Option<Node>, Problem> {
    let Some((objective, id)) = objective.zip(crate::mirror::facts::node(snapshot)) else { return Ok(None) };
    let read = crate::mirror::objectives::read(client, repo, objective).await;
    let read = read.map_err(|error| error.problem("the plan's objective was read"))?;
    let Some(read) = read else { return Ok(None) };
    let body = read.issue.text().to_owned();
    let open = roadmap::status(&body, &id).is_some_and(|status| status != "done");
    let comment = read.comment.map(|comment| (comment.id, comment.text().to_owned()));
    Ok(open.then_some(Node { objective, id, body, comment }))
}

/// The model of an earlier attempt.
async fn model(app: &App, earlier: Option<&Dispatch>) -> Result<String, Problem> {
    let Some(earlier) = earlier else { return Ok(String::new()) };
    let operations = engine::operations(app, &earlier.id).await?;
    let run = operations.iter().find(|op| op.kind == Kind::Run);
    let model = run.and_then(|op| op.body.as_ref()?["inputs"]["model_name"].as_str());
    Ok(model.unwrap_or_default().to_owned())
}

/// Approves a plan that waits for it: once, so that a second approval answers the first one's dispatch.
///
/// # Errors
/// Every finding at once; nothing was written.
pub async fn approve(
    app: &App,
    repositories: &dyn Repositories,
    viewer: &Viewer,
    repo: &RepoName,
    issue: i64,
) -> Result<Approved, Vec<Problem>> {
    let one = |problem| vec![problem];
    let past = past(app, repo, issue).await.map_err(one)?;
    let approved = |old: &&Dispatch| old.workflow == submit::WORKFLOW && old.state != DispatchState::Undone;
    if let Some(approved) = past.iter().find(approved) {
        return Ok(Approved::Before(approved.id.clone()));
    }
    let form = SubmitForm {
        repo: repo.to_string(),
        number: issue,
        existing: Existing::Use,
        ..SubmitForm::default()
    };
    let looked = look(app, repositories, viewer, &form).await.map_err(one)?;
    let Some(ready) = looked.ready else { return Err(looked.findings) };
    if !looked.running.is_empty() {
        return Err(one(conflict(
            "The plan is still being written.",
            "Approve it when the planning run is over.",
        )));
    }
    if !matches!(ready.facts.target, Target::Pull { .. }) {
        return Err(one(conflict(
            format!("Plan #{issue} has no open pull request to go on with."),
            "Submit the plan instead: that makes one.",
        )));
    }
    let described = ready.described(Mode::PlanFirst);
    Ok(Approved::Now(Box::new(Begun::new(viewer, described, ready.seen))))
}

/// What approving came to.
pub enum Approved {
    /// It was approved before, by this dispatch.
    Before(String),
    Now(Box<Begun>),
}
