//! Whether a form can be dispatched: every problem at once, each with its field and its next action.
//! Reads GitHub as the person who asks and writes nothing.

use http::StatusCode;
use serde_json::Value;
use waymark_app::areas::{
    LintRemark, NewForm, Problem, ProblemKind, Readiness, RepoName, Repositories, Viewer,
};
use waymark_domain::refname;

use super::begin;
use super::describe::oneshot::{Facts, Form, Node};
use super::describe::{Label, PLAN_LABEL, roadmap};
use super::engine::{clock, fault, now_ms};
use super::journal::{self, Dispatch};
use super::slots::{Bindings, Slot};
use crate::github::{Client, Error, encode};
use crate::mirror::access;
use crate::state::App;

/// The longest instruction, in characters.
pub const LONGEST_INSTRUCTION: usize = 60_000;

/// The longest plan, in characters.
pub const LONGEST_PLAN: usize = 240_000;

/// A form that can be dispatched, with what was seen.
#[derive(Clone, Debug)]
pub struct Checked {
    pub form: Form,
    pub facts: Facts,
    /// The head of the base branch and its files.
    pub seen: Bindings,
    /// When GitHub was read for it. Epoch milliseconds.
    pub seen_at: i64,
    pub notes: Vec<String>,
    pub lint: Vec<LintRemark>,
}

/// Checks everything that can be checked before the first write.
pub async fn check(
    app: &App,
    repositories: &dyn Repositories,
    viewer: &Viewer,
    form: &NewForm,
) -> Result<Checked, Vec<Problem>> {
    let seen_at = now_ms();
    let mut problems = Vec::new();
    problems.extend(another_text(form, false));
    let lint = instruction(&form.instruction, &mut problems);
    let client = access::client(app, Some(viewer)).await.map_err(|problem| vec![problem])?;
    let asked = match RepoName::parse(&form.repo) {
        Some(repo) => repository(&client, &repo).await,
        None if form.repo.trim().is_empty() => {
            Err(invalid("repo", "No repository is chosen.").next("Choose the repository to work in."))
        }
        None => Err(invalid("repo", format!("“{}” is not a repository name.", form.repo.trim()))
            .next("Write it as owner/name.")),
    };
    let repo = match asked {
        Ok(repo) => repo,
        Err(problem) => {
            problems.push(problem);
            return Err(problems);
        }
    };
    let base = match form.base.trim() {
        "" => repo.default_branch.clone(),
        base => base.to_owned(),
    };
    let (ready, head, objective, missing_labels, next_number) = tokio::join!(
        prerequisites(repositories, viewer, &repo.name),
        head(&client, &repo.name, &base),
        objective(app, &client, &repo.name, form),
        missing_labels(&client, &repo.name, PLAN_LABEL),
        next_number(&client, &repo.name),
    );
    problems.extend(ready);
    let next_number = next_number.map_err(|problem| problems.push(problem)).unwrap_or_default();
    let seen = head.map_err(|problem| problems.push(problem)).unwrap_or_default();
    let (objective, node) = objective.map_err(|problem| problems.push(problem)).unwrap_or_default();
    if !problems.is_empty() {
        return Err(problems);
    }
    let notes = notes(form, &repo, &base);
    Ok(Checked {
        form: Form {
            instruction: form.instruction.replace("\r\n", "\n"),
            mode: form.mode,
            model: form.model.trim().to_owned(),
        },
        facts: Facts {
            repo: repo.name,
            default_branch: repo.default_branch,
            base,
            submitter: viewer.login.clone(),
            public_url: app.config.public().to_owned(),
            missing_labels,
            next_number,
            objective,
            node,
        },
        seen,
        seen_at,
        notes,
        lint,
    })
}

/// A plan that can be created, with what was seen.
#[derive(Clone, Debug)]
pub struct Written {
    pub text: String,
    pub facts: Facts,
    /// When GitHub was read for it. Epoch milliseconds.
    pub seen_at: i64,
    pub notes: Vec<String>,
}

/// Checks a plan that a person wrote: `instruction` of the form holds its text. Remote work needs more
/// than this; what is lacking for it is said when the plan is submitted.
pub async fn written(app: &App, viewer: &Viewer, form: &NewForm) -> Result<Written, Vec<Problem>> {
    let seen_at = now_ms();
    let text = form.instruction.replace("\r\n", "\n").trim().to_owned();
    let mut problems = Vec::new();
    problems.extend(another_text(form, true));
    let length = text.chars().count();
    if text.is_empty() {
        problems
            .push(invalid("instruction", "The plan is empty.").next("Write it, or drop a Markdown file."));
    } else if length > LONGEST_PLAN {
        let words = format!("The plan has {length} characters; at most {LONGEST_PLAN} fit.");
        problems.push(invalid("instruction", words).next("Shorten it, or split it into several plans."));
    }
    let remarks = super::lint::remarks(&text);
    problems.extend(remarks.iter().filter(|remark| remark.blocking).map(|remark| {
        invalid("instruction", format!("Line {}: {}", remark.line, remark.message)).next(
            "Take it out: the plan is written to GitHub, where everyone who sees the repository reads it.",
        )
    }));
    let client = access::client(app, Some(viewer)).await.map_err(|problem| vec![problem])?;
    let asked = match RepoName::parse(&form.repo) {
        Some(repo) => repository(&client, &repo).await,
        None => Err(invalid("repo", "No repository is chosen.").next("Write it as owner/name.")),
    };
    let repo = match asked {
        Ok(repo) => repo,
        Err(problem) => {
            problems.push(problem);
            return Err(problems);
        }
    };
    let (objective, missing_labels, next_number) = tokio::join!(
        objective(app, &client, &repo.name, form),
        missing_labels(&client, &repo.name, PLAN_LABEL),
        next_number(&client, &repo.name),
    );
    let next_number = next_number.map_err(|problem| problems.push(problem)).unwrap_or_default();
    let (objective, node) = objective.map_err(|problem| problems.push(problem)).unwrap_or_default();
    if !problems.is_empty() {
        return Err(problems);
    }
    let steps = waymark_domain::plan::steps(&text).len();
    let notes = match steps {
        0 => vec![
            "No numbered steps are found in this plan: its progress will not be shown step by step."
                .to_owned(),
        ],
        1 => vec!["The plan has one step.".to_owned()],
        steps => vec![format!("The plan has {steps} steps.")],
    };
    let facts = Facts {
        base: repo.default_branch.clone(),
        repo: repo.name,
        default_branch: repo.default_branch,
        submitter: viewer.login.clone(),
        public_url: app.config.public().to_owned(),
        missing_labels,
        next_number,
        objective,
        node,
    };
    Ok(Written { text, facts, seen_at, notes })
}

fn invalid(field: &str, message: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Invalid, message).field(field)
}

/// A draft that holds something else than what is to be sent: the text of a plan (a new one where `new_plan`
/// says so), or of an objective.
fn another_text(form: &NewForm, new_plan: bool) -> Option<Problem> {
    let (words, next) = match form.plan {
        _ if form.objective_text.is_some() => {
            ("This draft is the text of an objective.".to_owned(), "Create or save the objective instead.")
        }
        Some(0) if !new_plan => ("This draft is a plan.".to_owned(), "Create the plan instead."),
        Some(number) if number != 0 => {
            (format!("This draft is the text of plan #{number}."), "Save it on the plan's page instead.")
        }
        _ => return None,
    };
    Some(invalid("instruction", words).next(next))
}

/// The instruction's own problems, and the remarks about it.
fn instruction(text: &str, problems: &mut Vec<Problem>) -> Vec<LintRemark> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        let words = if text.is_empty() {
            "The instruction is empty."
        } else {
            "The instruction holds nothing but white space."
        };
        problems.push(invalid("instruction", words).next("Write what the agent is to do."));
    } else if length > LONGEST_INSTRUCTION {
        problems.push(
            invalid(
                "instruction",
                format!("The instruction has {length} characters; at most {LONGEST_INSTRUCTION} fit."),
            )
            .next("Shorten it, or put the details into a file of the repository and name that file."),
        );
    }
    let remarks = super::lint::remarks(text);
    problems.extend(remarks.iter().filter(|remark| remark.blocking).map(|remark| {
        invalid("instruction", format!("Line {}: {}", remark.line, remark.message))
            .next("Take it out: the instruction is written to GitHub, where everyone who sees the repository reads it.")
    }));
    remarks
}

/// A repository that the person may write to.
pub struct Repository {
    pub name: RepoName,
    pub default_branch: String,
}

/// The repository, when the person may write to it.
pub async fn repository(client: &Client, name: &RepoName) -> Result<Repository, Problem> {
    let (repo, known) = read_repository(client, name).await?;
    let name = &known.name;
    if repo["archived"] == true {
        return Err(Problem::new(
            ProblemKind::Forbidden,
            format!("{name} is archived, so nothing can be written to it."),
        )
        .field("repo")
        .next("Choose another repository, or unarchive it on GitHub."));
    }
    if repo["permissions"]["push"] != true {
        return Err(Problem::new(
            ProblemKind::Forbidden,
            format!("You may read {name} but not write to it, and a dispatch writes an issue, a branch and a pull request."),
        )
        .field("repo")
        .next("Ask an administrator of the repository for write access."));
    }
    Ok(known)
}

/// The repository, whatever the person may do there.
pub async fn readable(client: &Client, name: &RepoName) -> Result<Repository, Problem> {
    read_repository(client, name).await.map(|(_, repository)| repository)
}

async fn read_repository(client: &Client, name: &RepoName) -> Result<(Value, Repository), Problem> {
    let repo: Value = match client.get(&format!("/repos/{name}")).await {
        Ok(repo) => repo,
        Err(Error::Answer { status: 404, .. }) => {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("{name} does not exist, or you may not see it."),
            )
            .field("repo")
            .next("Check the name, or ask for access on GitHub."));
        }
        Err(error) => return Err(error.problem("the repository was read").field("repo")),
    };
    let name = repo["full_name"].as_str().and_then(RepoName::parse).unwrap_or_else(|| name.clone());
    let default_branch = repo["default_branch"].as_str().unwrap_or("main").to_owned();
    Ok((repo, Repository { name, default_branch }))
}

/// What the repository lacks for remote work.
pub async fn prerequisites(
    repositories: &dyn Repositories,
    viewer: &Viewer,
    repo: &RepoName,
) -> Vec<Problem> {
    match repositories.prerequisites(viewer, repo).await {
        Ok(checked) => checked
            .lines
            .into_iter()
            .filter(|line| line.readiness == Readiness::Missing)
            // The plan label is created by the dispatch itself.
            .filter(|line| line.key != "labels")
            .map(|line| {
                let problem = invalid("repo", format!("{}: {}", line.title, line.detail));
                problem
                    .next(line.advice.unwrap_or_else(|| format!("Mend it on the settings page of {repo}.")))
            })
            .collect(),
        Err(problem) => vec![problem.field("repo")],
    }
}

/// The head of the base branch.
pub async fn head(client: &Client, repo: &RepoName, base: &str) -> Result<Bindings, Problem> {
    if !refname::is_branch_name(base) {
        return Err(invalid("base", format!("“{base}” cannot be the name of a branch."))
            .next("Choose a branch of the repository, or leave the field empty for the default one."));
    }
    let branch: Value = match client.get(&format!("/repos/{repo}/branches/{}", encode(base))).await {
        Ok(branch) => branch,
        Err(Error::Answer { status, .. }) if status == StatusCode::NOT_FOUND.as_u16() => {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("{repo} has no branch “{base}” (any more)."),
            )
            .field("base")
            .next("Choose another base branch."));
        }
        Err(error) => return Err(error.problem("the base branch was read").field("base")),
    };
    let sha = branch["commit"]["sha"].as_str();
    let tree = branch["commit"]["commit"]["tree"]["sha"].as_str();
    match (sha, tree) {
        (Some(sha), Some(tree)) => {
            Ok(Bindings::from([(Slot::BaseSha, sha.to_owned()), (Slot::BaseTree, tree.to_owned())]))
        }
        _ => Err(Problem::new(ProblemKind::GitHub, "GitHub's answer about the base branch names no commit.")
            .field("base")
            .next("Try again in a moment.")),
    }
}

/// The objective and its node, if the form names them.
async fn objective(
    app: &App,
    client: &Client,
    repo: &RepoName,
    form: &NewForm,
) -> Result<(Option<i64>, Option<Node>), Problem> {
    let (asked, node) = (form.objective.trim().trim_start_matches('#'), form.node.trim());
    if asked.is_empty() {
        return match node.is_empty() {
            true => Ok((None, None)),
            false => Err(invalid("objective", format!("Node {node} is given without its objective."))
                .next("Name the objective, or leave the node out.")),
        };
    }
    let Some(number) = asked.parse::<i64>().ok().filter(|number| *number > 0) else {
        return Err(invalid("objective", format!("“{asked}” is not an issue number."))
            .next("Write a number such as 42."));
    };
    let issue: Value = match client.get(&format!("/repos/{repo}/issues/{number}")).await {
        Ok(issue) => issue,
        Err(Error::Answer { status: 404 | 410, .. }) => {
            return Err(Problem::new(ProblemKind::NotFound, format!("{repo} has no objective #{number}."))
                .field("objective")
                .next("Check the number."));
        }
        Err(error) => return Err(error.problem("the objective was read").field("objective")),
    };
    let body = issue["body"].as_str().unwrap_or_default().to_owned();
    let labelled = issue["labels"]
        .as_array()
        .is_some_and(|labels| labels.iter().any(|label| label["name"].as_str() == Some("erk-objective")));
    if !issue["pull_request"].is_null() || !(labelled || roadmap::exists(&body)) {
        return Err(invalid("objective", format!("#{number} is not an objective."))
            .next("Name an issue with the label erk-objective."));
    }
    if node.is_empty() {
        return Ok((Some(number), None));
    }
    let Some(status) = roadmap::status(&body, node) else {
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("The roadmap of objective #{number} has no node {node}."),
        )
        .field("node")
        .next("Choose a node of its roadmap."));
    };
    if matches!(status, "planning" | "in_progress" | "done") && !form.override_node {
        let by = dispatched(app, repo, number, node).await?;
        let words = match status {
            "done" => format!("Node {node} of objective #{number} is done."),
            _ => format!("Node {node} of objective #{number} is already being worked on ({status}).{by}"),
        };
        return Err(Problem::new(ProblemKind::Conflict, words)
            .field("node")
            .next("Choose another node, or say that this one is to be dispatched all the same."));
    }
    // Whatever the roadmap says: what is being written to it is not seen there yet.
    let under_way = super::sending(app, repo, number).await?;
    if let Some((_, other)) = under_way.iter().find(|(id, _)| id == node) {
        return Err(begin::under_way(other).field("node"));
    }
    let read = crate::mirror::objectives::read(client, repo, number).await;
    let read = read.map_err(|error| error.problem("the objective was read").field("objective"))?;
    let comment = read.and_then(|read| read.comment);
    let comment = comment.map(|comment| (comment.id, comment.text().to_owned()));
    Ok((Some(number), Some(Node { objective: number, id: node.to_owned(), body, comment })))
}

/// Who dispatched a node last and when, as a sentence; nothing when it was not from here.
async fn dispatched(app: &App, repo: &RepoName, objective: i64, node: &str) -> Result<String, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    let last = journal::claim_of_node(&mut db, repo, objective, node).await.map_err(fault)?;
    let words = |last: Dispatch| {
        format!(" {} dispatched it at {}.", last.dispatched_by, clock::day_and_time(last.created_at))
    };
    Ok(last.map(words).unwrap_or_default())
}

/// The label, when it is to be created. One that cannot be read is left to the dispatch.
pub async fn missing_labels(client: &Client, repo: &RepoName, label: Label) -> Vec<Label> {
    let path = format!("/repos/{repo}/labels/{}", label.name);
    match client.get::<Value>(&path).await {
        Err(Error::Answer { status: 404, .. }) => vec![label],
        _ => Vec::new(),
    }
}

/// The number the next issue or pull request will get, when nobody else is quicker.
async fn next_number(client: &Client, repo: &RepoName) -> Result<i64, Problem> {
    let path = format!("/repos/{repo}/issues?state=all&sort=created&direction=desc&per_page=1");
    let newest: Vec<Value> = match client.get(&path).await {
        Ok(newest) => newest,
        Err(Error::Answer { status: 410, .. }) => {
            return Err(invalid("repo", format!("Issues are turned off in {repo}, and a plan is an issue."))
                .next("Turn issues on in the repository's settings on GitHub."));
        }
        Err(error) => return Err(error.problem("the newest issue was read").field("repo")),
    };
    Ok(newest.first().and_then(|issue| issue["number"].as_i64()).unwrap_or_default() + 1)
}

/// What is to be known about a base branch that is not the default one.
pub fn base_notes(default_branch: &str, base: &str) -> Vec<String> {
    let note = || {
        format!(
            "GitHub closes the plan issue by itself only for pull requests into {default_branch}; this one goes \
             into {base}, so Waymark closes the plan when it sees the merge."
        )
    };
    (base != default_branch).then(note).into_iter().collect()
}

fn notes(form: &NewForm, repo: &Repository, base: &str) -> Vec<String> {
    let mut notes = base_notes(&repo.default_branch, base);
    if form.instruction.chars().count() > 500 {
        notes.push(
            "The workflow's input holds the first 500 characters; the whole instruction is committed to \
             .worker-impl/task.md."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_over_long_instructions_are_told_apart() {
        for (text, part) in [
            ("", "is empty"),
            (" \n\t ", "nothing but white space"),
            ("a".repeat(60_001).as_str(), "60001 characters"),
        ] {
            let mut problems = Vec::new();
            instruction(text, &mut problems);
            assert_eq!(problems.len(), 1, "{part}");
            assert!(problems[0].message.contains(part), "{}", problems[0].message);
            assert_eq!(problems[0].field.as_deref(), Some("instruction"));
            assert!(problems[0].next.is_some());
        }
        let mut problems = Vec::new();
        instruction(&"ä".repeat(60_000), &mut problems);
        assert!(problems.is_empty());
    }
}
