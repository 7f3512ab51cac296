//! After anything moved refs (a push, the API, a merge): what changed, told as `create`, `delete` and
//! `push` events, and passed on to the pull requests concerned.

use serde_json::{Value, json};

use super::{
    Event, Held,
    access::Caller,
    clock::iso,
    git::{Git, GitError},
    issues, pulls,
};
use crate::views::{
    self,
    git::{Commit, login_of},
};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A push shows at most so many of its commits.
const SHOWN: usize = 2048;

/// Compares the refs with what was known of them and tells the differences.
pub async fn sync(held: &mut Held<'_>, repo: u64, caller: &Caller) -> Result<(), GitError> {
    let now = held.git(repo).refs().await?;
    let Some(r) = held.repos.get_mut(&repo) else { return Ok(()) };
    let before = std::mem::replace(&mut r.refs, now.clone());
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (old, new) = (before.get(name), now.get(name));
        if old != new {
            told(held, caller, repo, name, old.map(String::as_str), new.map(String::as_str)).await?;
        }
    }
    Ok(())
}

/// Tells that one ref moved from one object to another.
pub async fn told(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    name: &str,
    old: Option<&str>,
    new: Option<&str>,
) -> Result<(), GitError> {
    let now = held.now();
    let Some(r) = held.repos.get_mut(&repo) else { return Ok(()) };
    r.pushed_at = now;
    r.updated_at = now;
    let (default, description) = (r.default_branch.clone(), r.description.clone());
    let branch = name.strip_prefix("refs/heads/");
    let kind = if branch.is_some() { "branch" } else { "tag" };
    let short = name.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
    let named = |event: &'static str| {
        Event::by(caller, repo, event)
            .with("ref", json!(short))
            .with("ref_type", json!(kind))
            .with("pusher_type", json!("user"))
    };
    if let (None, Some(new)) = (old, new) {
        let event = named("create")
            .with("master_branch", json!(default))
            .with("description", json!(description))
            .at(new, name);
        held.emit(event);
    }
    if new.is_none() {
        held.emit(named("delete"));
    }
    let git = held.git(repo);
    let commits = arrived(&git, old, new, held, repo).await?;
    let push = push_event(held, caller, repo, Move { name, old, new }, &commits).await?;
    held.emit(push);
    let Some(branch) = branch else { return Ok(()) };
    pulls::branch_moved(held, caller, repo, branch, new).await?;
    if branch == default {
        for commit in &commits {
            issues::close_named(held, caller, repo, std::slice::from_ref(&commit.message), Some(&commit.sha))
                .await?;
        }
    }
    Ok(())
}

/// Commits that came with a push, oldest first. Of a new branch, those the default branch lacks.
async fn arrived(
    git: &Git,
    old: Option<&str>,
    new: Option<&str>,
    held: &Held<'_>,
    repo: u64,
) -> Result<Vec<Commit>, GitError> {
    let Some(new) = new else { return Ok(Vec::new()) };
    let r = held.repos.get(&repo);
    let from =
        old.map(str::to_owned).or_else(|| r.and_then(|r| r.branch(&r.default_branch)).map(str::to_owned));
    let range = from.map_or_else(|| new.to_owned(), |from| format!("{from}..{new}"));
    git.log(&["--reverse", "--topo-order", &range]).await
}

/// A ref's full name with the objects it had before and has now.
struct Move<'a> {
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

async fn push_event(
    held: &Held<'_>,
    caller: &Caller,
    repo: u64,
    Move { name, old, new }: Move<'_>,
    commits: &[Commit],
) -> Result<Event, GitError> {
    let git = &held.git(repo);
    let full = held.repos.get(&repo).map(super::model::Repo::full_name).unwrap_or_default();
    let login = caller.login_or_ghost();
    let email = held.account(&login).map(|a| a.email.clone());
    let mut shown = Vec::new();
    for commit in commits.iter().rev().take(SHOWN).rev() {
        shown.push(commit_in_push(held, &full, git, commit).await?);
    }
    let head = match (new, shown.last()) {
        (None, _) => Value::Null,
        (Some(_), Some(last)) => last.clone(),
        (Some(new), None) => match git.commit(new).await {
            Some(commit) => commit_in_push(held, &full, git, &commit).await?,
            None => Value::Null,
        },
    };
    let forced = match (old, new) {
        (Some(old), Some(new)) => !git.is_ancestor(old, new).await,
        _ => false,
    };
    let (before, after) = (old.unwrap_or(ZERO), new.unwrap_or(ZERO));
    let compare = match (old, new) {
        (Some(old), Some(new)) => format!("{}/{full}/compare/{}...{}", held.base, &old[..12], &new[..12]),
        _ => format!("{}/{full}/compare/{}", held.base, name.trim_start_matches("refs/heads/")),
    };
    let event = Event::by(caller, repo, "push")
        .with("ref", json!(name))
        .with("before", json!(before))
        .with("after", json!(after))
        .with("created", json!(old.is_none()))
        .with("deleted", json!(new.is_none()))
        .with("forced", json!(forced))
        .with("base_ref", Value::Null)
        .with("compare", json!(compare))
        .with("commits", json!(shown))
        .with("head_commit", head)
        .with("pusher", json!({ "name": login, "email": email }));
    Ok(match new {
        Some(new) => event.at(new, name),
        None => event,
    })
}

async fn commit_in_push(held: &Held<'_>, full: &str, git: &Git, c: &Commit) -> Result<Value, GitError> {
    let changes = git.changes_of(c).await?;
    let paths = |letters: &str| -> Vec<&str> {
        changes.iter().filter(|c| letters.contains(c.letter)).map(|c| c.path.as_str()).collect()
    };
    let person = |p: &views::git::Person| {
        let mut v = json!({ "name": p.name, "email": p.email, "date": iso(p.at) });
        if let Some(login) = login_of(held, &p.email) {
            v["username"] = json!(login);
        }
        v
    };
    Ok(json!({
        "id": c.sha,
        "tree_id": c.tree,
        "distinct": true,
        "message": c.message,
        "timestamp": iso(c.committer.at),
        "url": format!("{}/{full}/commit/{}", held.base, c.sha),
        "author": person(&c.author),
        "committer": person(&c.committer),
        "added": paths("A"),
        "removed": paths("D"),
        "modified": paths("MT"),
    }))
}
