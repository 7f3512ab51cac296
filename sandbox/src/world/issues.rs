//! Changes of issues and pull requests that several requests share: each keeps times, the timeline and
//! the webhooks in step.

use serde_json::{Value, json};

use super::{
    Event, Held,
    access::Caller,
    git::GitError,
    keywords,
    model::{Issue, TimelineEvent},
    pulls,
};
use crate::views;

/// Adds an entry to an issue's timeline and touches the issue.
pub fn note(held: &mut Held<'_>, repo: u64, number: u64, event: &str, actor: &str, extra: Value) {
    let (id, at) = (held.fresh_id(), held.now());
    let commit_id = extra.get("commit_id").and_then(Value::as_str).map(str::to_owned);
    let entry = TimelineEvent { id, event: event.to_owned(), actor: actor.to_owned(), at, commit_id, extra };
    if let Some(issue) = held.issue_mut(repo, number) {
        issue.updated_at = at;
        issue.timeline.push(entry);
    }
}

/// Tells webhooks that something happened to an issue or pull request.
pub async fn tell(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    action: &'static str,
    extra: Option<(&str, Value)>,
) -> Result<(), GitError> {
    let is_pull = held.issue(repo, number).is_some_and(|i| i.pull.is_some());
    if is_pull {
        return pulls::tell(held, caller, repo, number, action, extra).await;
    }
    let Some(r) = held.repos.get(&repo) else { return Ok(()) };
    let Some(issue) = r.issues.get(&number) else { return Ok(()) };
    let shown = views::issue::issue(held, r, issue);
    let mut event = Event::by(caller, repo, "issues").action(action).with("issue", shown);
    if let Some((key, value)) = extra {
        event = event.with(key, value);
    }
    held.emit(event);
    Ok(())
}

/// Opens or closes an issue or pull request; the same state again changes nothing.
pub async fn set_open(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    number: u64,
    open: bool,
    reason: Option<&str>,
    commit: Option<&str>,
) -> Result<(), GitError> {
    let (now, actor) = (held.now(), caller.login_or_ghost());
    let Some(issue) = held.issue_mut(repo, number) else { return Ok(()) };
    let is_pull = issue.pull.is_some();
    let same_reason = reason.is_none() || issue.state_reason.as_deref() == reason;
    if issue.open == open && (same_reason || is_pull) {
        return Ok(());
    }
    issue.open = open;
    issue.closed_at = (!open).then_some(now);
    issue.closed_by = (!open).then(|| actor.clone());
    if !is_pull {
        issue.state_reason = match open {
            true => Some("reopened".to_owned()),
            false => Some(reason.unwrap_or("completed").to_owned()),
        };
    }
    let state_reason = issue.state_reason.clone();
    let (event, action) = if open { ("reopened", "reopened") } else { ("closed", "closed") };
    let mut extra = json!({ "state_reason": state_reason });
    if let Some(commit) = commit {
        extra["commit_id"] = json!(commit);
    }
    note(held, repo, number, event, &actor, extra);
    tell(held, caller, repo, number, action, None).await
}

/// Closes the issues that a text on its way into the default branch names.
pub async fn close_named(
    held: &mut Held<'_>,
    caller: &Caller,
    repo: u64,
    texts: &[String],
    commit: Option<&str>,
) -> Result<(), GitError> {
    let Some(full) = held.repos.get(&repo).map(super::model::Repo::full_name) else { return Ok(()) };
    let mut numbers: Vec<u64> = texts.iter().flat_map(|t| keywords::closing(t, &full)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let open_issue = held.issue(repo, number).is_some_and(|i| i.open && i.pull.is_none());
        if open_issue {
            set_open(held, caller, repo, number, false, Some("completed"), commit).await?;
        }
    }
    Ok(())
}

/// Notes on every issue that a text mentions that it was mentioned there.
pub fn cross_reference(held: &mut Held<'_>, caller: &Caller, repo: u64, from: u64, text: &str) {
    for number in keywords::mentions(text) {
        let known = number != from
            && held.issue(repo, number).is_some_and(|i| {
                !i.timeline.iter().any(|e| e.event == "cross-referenced" && e.extra["source"] == json!(from))
            });
        if known {
            let updated = held.issue(repo, number).map_or(0, |i| i.updated_at);
            note(held, repo, number, "cross-referenced", &caller.login_or_ghost(), json!({ "source": from }));
            // Being mentioned does not count as a change of the issue.
            if let Some(issue) = held.issue_mut(repo, number) {
                issue.updated_at = updated;
            }
        }
    }
}

impl super::model::Model {
    pub fn issue(&self, repo: u64, number: u64) -> Option<&Issue> {
        self.repos.get(&repo)?.issues.get(&number)
    }

    pub fn issue_mut(&mut self, repo: u64, number: u64) -> Option<&mut Issue> {
        self.repos.get_mut(&repo)?.issues.get_mut(&number)
    }
}
