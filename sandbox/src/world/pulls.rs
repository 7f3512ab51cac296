//! Pull requests and git: what they contain, whether they merge, merging them.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::{
    Event, Held,
    access::Caller,
    git::{Git, GitError},
    issues, keywords,
    model::{Issue, Pull},
    refs,
    refusal::Refusal,
};
use crate::views::{self, pull::Facts};

impl Held<'_> {
    pub fn pull(&self, repo: u64, number: u64) -> Option<(&Issue, &Pull)> {
        let issue = self.issue(repo, number)?;
        Some((issue, issue.pull.as_ref()?))
    }

    pub fn pull_mut(&mut self, repo: u64, number: u64) -> Option<&mut Pull> {
        self.issue_mut(repo, number)?.pull.as_mut()
    }
}

/// What git knows of a pull request.
pub async fn facts(git: &Git, pull: &Pull) -> Facts {
    let mergeable = match pull.merged_at {
        Some(_) => None,
        None => Some(git.merge_tree(&pull.base_sha, &pull.head_sha).await.is_some()),
    };
    Facts { mergeable, ..content(git, pull).await }
}

/// What was found before, by base and head. Their names stand for their content, in every repository.
static KNOWN: LazyLock<Mutex<HashMap<[String; 2], Facts>>> = LazyLock::new(Mutex::default);
const MOST_KNOWN: usize = 1000;

/// The same without whether it merges.
async fn content(git: &Git, pull: &Pull) -> Facts {
    let head = &pull.head_sha;
    let key = [pull.base_sha.clone(), head.clone()];
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(facts) = known().get(&key) {
        return facts.clone();
    }
    let base = git.merge_base(&pull.base_sha, head).await.unwrap_or_else(|| pull.base_sha.clone());
    let changes = git.changes(&base, head).await.unwrap_or_default();
    let facts = Facts {
        mergeable: None,
        commits: git.between(&base, head).await.len() as u64,
        additions: changes.iter().map(|c| c.additions).sum(),
        deletions: changes.iter().map(|c| c.deletions).sum(),
        changed_files: changes.len() as u64,
    };
    let mut known = known();
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(key, facts.clone());
    facts
}

/// The pull request as `GET` of it shows it.
pub async fn show(held: &Held<'_>, repo: u64, number: u64) -> Option<Value> {
    let (issue, pull) = held.pull(repo, number)?;
    let facts = facts(&held.git(repo), pull).await;
    let r = held.repos.get(&repo)?;
    Some(views::pull::full(held, r, issue, pull, &facts))
}

/// The same just after a change, when GitHub does not know yet whether it merges.
pub async fn show_changed(held: &Held<'_>, repo: u64, number: u64) -> Option<Value> {
    let (issue, pull) = held.pull(repo, number)?;
    let facts = content(&held.git(repo), pull).await;
    let r = held.repos.get(&repo)?;
    Some(views::pull::full(held, r, issue, pull, &facts))
}

/// Tells webhooks and Actions. Workflows check out the merge of head into base; when that conflicts
/// there is none, and no workflow starts.
pub async fn tell(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    action: &'static str,
    extra: Option<(&str, Value)>,
) -> Result<(), GitError> {
    let Some(shown) = show_changed(held, repo, number).await else { return Ok(()) };
    let mut event = Event::by(caller, repo, "pull_request")
        .action(action)
        .with("number", json!(number))
        .with("pull_request", shown);
    if action == "synchronize" || action == "opened" || action == "reopened" || action == "ready_for_review" {
        event.sha = keep_merge_ref(held, repo, number).await?;
    } else {
        event.sha = held.git(repo).commit_of(&format!("refs/pull/{number}/merge")).await;
    }
    event.git_ref = event.sha.is_some().then(|| format!("refs/pull/{number}/merge"));
    if let Some((key, value)) = extra {
        event = event.with(key, value);
        if key == "before"
            && let Some((_, pull)) = held.pull(repo, number)
        {
            let after = json!(pull.head_sha);
            event = event.with("after", after);
        }
    }
    held.emit(event);
    Ok(())
}

/// Keeps `refs/pull/N/head` and `refs/pull/N/merge`; answers the latter.
async fn keep_merge_ref(held: &Held<'_>, repo: u64, number: u64) -> Result<Option<String>, GitError> {
    let Some((_, pull)) = held.pull(repo, number) else { return Ok(None) };
    let git = held.git(repo);
    git.set_ref(&format!("refs/pull/{number}/head"), Some(&pull.head_sha)).await?;
    let name = format!("refs/pull/{number}/merge");
    let Some(tree) = git.merge_tree(&pull.base_sha, &pull.head_sha).await else {
        git.set_ref(&name, None).await.ok();
        return Ok(None);
    };
    let who = held.signature("acme");
    let message = format!("Merge {} into {}", pull.head_sha, pull.base_sha);
    let parents = [pull.base_sha.as_str(), pull.head_sha.as_str()];
    let merge = git.write_commit(&tree, &parents, &message, &who, &who).await?;
    git.set_ref(&name, Some(&merge)).await?;
    Ok(Some(merge))
}

/// After a branch moved: pull requests from it follow, those it was deleted under are closed, those it
/// now contains are merged, those into it look at its new head.
pub async fn branch_moved(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    branch: &str,
    new: Option<&str>,
) -> Result<(), GitError> {
    let touching: Vec<(u64, bool)> = held
        .repos
        .get(&repo)
        .into_iter()
        .flat_map(|r| r.issues.values())
        .filter_map(|i| i.pull.as_ref().filter(|_| i.open).map(|p| (i.number, p)))
        .filter(|(_, p)| p.head_ref == branch || p.base_ref == branch)
        .map(|(number, p)| (number, p.head_ref == branch))
        .collect();
    for (number, is_head) in touching {
        match (is_head, new) {
            (_, None) => {
                if is_head {
                    issues::note(held, repo, number, "head_ref_deleted", &caller.login_or_ghost(), json!({}));
                }
                issues::set_open(held, caller, repo, number, false, None, None).await?;
            }
            (true, Some(new)) => {
                let now = held.now();
                let Some(pull) = held.pull_mut(repo, number) else { continue };
                let before = std::mem::replace(&mut pull.head_sha, new.to_owned());
                let base = pull.base_ref.clone();
                let tip = held.repos.get(&repo).and_then(|r| r.branch(&base)).map(str::to_owned);
                if let (Some(tip), Some(pull)) = (tip, held.pull_mut(repo, number)) {
                    pull.base_sha = tip;
                }
                if let Some(issue) = held.issue_mut(repo, number) {
                    issue.updated_at = now;
                }
                tell(held, caller, repo, number, "synchronize", Some(("before", json!(before)))).await?;
            }
            (false, Some(new)) => {
                let Some((_, pull)) = held.pull(repo, number) else { continue };
                let (head, old_base) = (pull.head_sha.clone(), pull.base_sha.clone());
                let git = held.git(repo);
                let inside = git.is_ancestor(&head, new).await && !git.is_ancestor(&head, &old_base).await;
                if inside {
                    merged(held, caller, repo, number, new).await?;
                } else if let Some(pull) = held.pull_mut(repo, number) {
                    pull.base_sha = new.to_owned();
                }
            }
        }
    }
    Ok(())
}

/// Marks a pull request as merged by a commit and closes the issues it was to close.
async fn merged(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    commit: &str,
) -> Result<(), GitError> {
    let (now, actor) = (held.now(), caller.login_or_ghost());
    let Some(pull) = held.pull_mut(repo, number) else { return Ok(()) };
    pull.merged_at = Some(now);
    pull.merged_by = Some(actor.clone());
    pull.merge_commit_sha = Some(commit.to_owned());
    let (base, first) = (pull.base_ref.clone(), pull.first_body.clone());
    issues::note(held, repo, number, "merged", &actor, json!({ "commit_id": commit }));
    issues::set_open(held, caller, repo, number, false, None, None).await?;
    let Some(r) = held.repos.get(&repo) else { return Ok(()) };
    if r.default_branch != base {
        return Ok(());
    }
    let full = r.full_name();
    let now_body = held.issue(repo, number).and_then(|i| i.body.clone()).unwrap_or_default();
    let still = keywords::closing(&now_body, &full);
    let linked: Vec<String> = keywords::closing(&first, &full)
        .into_iter()
        .filter(|n| still.contains(n))
        .map(|n| format!("closes #{n}"))
        .collect();
    issues::close_named(held, caller, repo, &linked, None).await
}

/// How a merge is to be made.
pub struct Merge {
    /// `merge`, `squash` or `rebase`.
    pub method: String,
    pub title: Option<String>,
    pub message: Option<String>,
    /// The head the caller has seen.
    pub sha: Option<String>,
}

/// Merges a pull request into its base branch and says with which commit.
pub async fn merge(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    how: Merge,
) -> Result<String, Refusal> {
    let not_allowed = |message: &str| Refusal::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, message);
    let (issue, pull) = held.pull(repo, number).ok_or_else(Refusal::not_found)?;
    let (issue, pull) = (issue.clone(), pull.clone());
    let r = held.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let (owner, methods) = (r.owner.clone(), r.merge_methods.clone());
    if !issue.open {
        return Err(not_allowed("Pull Request is not mergeable"));
    }
    if pull.draft {
        return Err(not_allowed("Pull Request is still a draft"));
    }
    if how.sha.as_ref().is_some_and(|sha| *sha != pull.head_sha) {
        return Err(Refusal::conflict("Head branch was modified. Review and try the merge again."));
    }
    let base =
        r.branch(&pull.base_ref).ok_or_else(|| not_allowed("Pull Request is not mergeable"))?.to_owned();
    let git = held.git(repo);
    let conflict = || not_allowed("Pull Request is not mergeable");
    let who = held.signature(&caller.login_or_ghost());
    let named = format!("{} (#{number})", issue.title);
    let commit = match how.method.as_str() {
        "merge" if methods.merge => {
            let tree = git.merge_tree(&base, &pull.head_sha).await.ok_or_else(conflict)?;
            let title = format!("Merge pull request #{number} from {owner}/{}", pull.head_ref);
            let text = message(how.title.unwrap_or(title), how.message.or(Some(issue.title.clone())));
            git.write_commit(&tree, &[&base, &pull.head_sha], &text, &who, &who).await?
        }
        "squash" if methods.squash => {
            let tree = git.merge_tree(&base, &pull.head_sha).await.ok_or_else(conflict)?;
            let commits = git.between(&base, &pull.head_sha).await;
            let mut lines = Vec::new();
            for sha in &commits {
                lines.extend(git.commit(sha).await.map(|c| c.message));
            }
            let listed = match lines.len() {
                0 | 1 => {
                    lines.concat().split_once("\n\n").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
                }
                _ => lines.iter().map(|l| format!("* {l}")).collect::<Vec<_>>().join("\n\n"),
            };
            let text = message(how.title.unwrap_or(named), how.message.or(Some(listed)));
            git.write_commit(&tree, &[&base], &text, &who, &who).await?
        }
        "rebase" if methods.rebase => rebase(&git, &base, &pull.head_sha, &who).await.ok_or_else(conflict)?,
        "merge" => return Err(not_allowed("Merge commits are not allowed on this repository.")),
        "squash" => return Err(not_allowed("Squash merges are not allowed on this repository.")),
        "rebase" => return Err(not_allowed("Rebase merges are not allowed on this repository.")),
        _ => return Err(Refusal::field("PullRequest", "invalid", "merge_method")),
    };
    git.set_ref(&format!("refs/heads/{}", pull.base_ref), Some(&commit)).await?;
    if let Some(r) = held.repos.get_mut(&repo) {
        r.refs.insert(format!("refs/heads/{}", pull.base_ref), commit.clone());
    }
    merged(held, caller, repo, number, &commit).await?;
    refs::told(held, caller, repo, &format!("refs/heads/{}", pull.base_ref), Some(&base), Some(&commit))
        .await?;
    if methods.delete_branch {
        git.set_ref(&format!("refs/heads/{}", pull.head_ref), None).await?;
        refs::sync(held, repo, caller).await?;
    }
    Ok(commit)
}

fn message(title: String, body: Option<String>) -> String {
    match body.filter(|b| !b.trim().is_empty()) {
        Some(body) => format!("{title}\n\n{body}"),
        None => title,
    }
}

/// Replays the head's commits on the base, one after the other.
async fn rebase(git: &Git, base: &str, head: &str, who: &super::git::Signature) -> Option<String> {
    let mut tip = base.to_owned();
    for sha in git.between(base, head).await {
        let commit = git.commit(&sha).await?;
        let parent = commit.parents.first()?;
        let spec = format!("--merge-base={parent}");
        let out = git.text(&["merge-tree", "--write-tree", &spec, &tip, &sha]).await.ok()?;
        let tree = out.lines().next()?.to_owned();
        let author = super::git::Signature {
            name: commit.author.name,
            email: commit.author.email,
            seconds: commit.author.at,
            offset: 0,
        };
        tip = git.write_commit(&tree, &[&tip], &commit.message, &author, who).await.ok()?;
    }
    Some(tip)
}
