//! Objects and their fields. Small objects are made whole; a repository, issue or pull request is a
//! reference (`__at`) whose fields are looked up when asked for.

use std::{future::Future, pin::Pin};

use apollo_compiler::{
    resolvers::{AsyncObjectValue, AsyncResolvedValue, FieldError, ResolveInfo},
    response::{JsonMap, JsonValue},
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{connection::connection, mutations};
use crate::{
    views,
    world::{
        Held,
        access::{Caller, Need},
        clock::iso,
        ids::{node_id, read_node_id},
        keywords,
        model::{AccountKind, Comment, Issue, Model, Repo, Role},
        pulls,
    },
};

/// What one request executes in.
pub struct Context<'w> {
    pub caller: Caller,
    pub rate: Value,
    pub held: Mutex<Held<'w>>,
}

pub struct Node<'c, 'w> {
    context: &'c Context<'w>,
    kind: String,
    value: Value,
}

type Resolved<'a> = Result<AsyncResolvedValue<'a>, FieldError>;
type Looked = Result<Value, String>;

impl<'c, 'w> Node<'c, 'w> {
    pub fn query(context: &'c Context<'w>) -> Self {
        Self { context, kind: "Query".to_owned(), value: json!({}) }
    }

    pub fn mutation(context: &'c Context<'w>) -> Self {
        Self { context, kind: "Mutation".to_owned(), value: json!({}) }
    }

    fn convert(context: &'c Context<'w>, value: Value) -> AsyncResolvedValue<'c>
    where
        'w: 'c,
    {
        match value {
            Value::Array(all) => {
                let all: Vec<_> = all.into_iter().map(|v| Self::convert(context, v)).collect();
                AsyncResolvedValue::list(all)
            }
            Value::Object(map) if map.contains_key("__typename") => {
                let kind = map["__typename"].as_str().unwrap_or_default().to_owned();
                AsyncResolvedValue::object(Node { context, kind, value: Value::Object(map) })
            }
            other => AsyncResolvedValue::leaf(serde_json::from_value::<JsonValue>(other).unwrap_or_default()),
        }
    }

    async fn look(&self, field: &str, arguments: &JsonMap) -> Looked {
        if let Some(value) = self.value.get(field) {
            return Ok(value.clone());
        }
        let mut held = self.context.held.lock().await;
        let caller = &self.context.caller;
        let at = |i: usize| self.value["__at"][i].as_u64().unwrap_or(0);
        match self.kind.as_str() {
            "Mutation" => mutations::run(&mut held, caller, field, arguments).await,
            "Query" => root(&held, self.context, field, arguments),
            "Repository" => {
                let r = held.repos.get(&at(0)).ok_or("the repository is gone")?;
                repository(&held, r, caller, field, arguments)
            }
            "Issue" | "PullRequest" => {
                let r = held.repos.get(&at(0)).ok_or("the repository is gone")?;
                let i = r.issues.get(&at(1)).ok_or("the issue is gone")?;
                match shared(&held, r, i, field, arguments)? {
                    Some(value) => Ok(value),
                    None if i.pull.is_some() => pull(&held, r, i, field, arguments).await,
                    None => issue(&held, r, i, field, arguments),
                }
            }
            kind => Err(format!("the sandbox does not know {kind}.{field}")),
        }
    }
}

impl AsyncObjectValue for Node<'_, '_> {
    fn type_name(&self) -> &str {
        &self.kind
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Pin<Box<dyn Future<Output = Resolved<'a>> + Send + 'a>> {
        Box::pin(async move {
            match self.look(info.field_name(), info.arguments()).await {
                Ok(value) => Ok(Node::convert(self.context, value)),
                Err(message) => Err(FieldError { message }),
            }
        })
    }
}

/// A reference to an issue or pull request.
pub fn reference(r: &Repo, i: &Issue) -> Value {
    let kind = if i.pull.is_some() { "PullRequest" } else { "Issue" };
    json!({ "__typename": kind, "__at": [r.id, i.number] })
}

fn root(m: &Held<'_>, context: &Context<'_>, field: &str, arguments: &JsonMap) -> Looked {
    let caller = &context.caller;
    let text = |key: &str| arguments.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    match field {
        "viewer" => Ok(actor(m, caller.login().unwrap_or_default(), true)),
        "rateLimit" => {
            let rate = &context.rate;
            Ok(json!({
                "__typename": "RateLimit", "cost": 1, "limit": rate["limit"], "nodeCount": 1,
                "remaining": rate["remaining"], "used": rate["used"],
                "resetAt": iso(rate["reset"].as_i64().unwrap_or(0)),
            }))
        }
        "repository" => {
            let (owner, name) = (text("owner"), text("name"));
            let r = m.repo(&owner, &name).filter(|r| caller.role_on(r).is_some());
            let missing = format!("Could not resolve to a Repository with the name '{owner}/{name}'.");
            r.map(|r| json!({ "__typename": "Repository", "__at": [r.id] })).ok_or(missing)
        }
        "node" => {
            let id = text("id");
            found(m, caller, &id)
                .ok_or_else(|| format!("Could not resolve to a node with the global id of '{id}'"))
        }
        _ => Err(format!("the sandbox does not know Query.{field}")),
    }
}

/// What a global id stands for, when the caller may see it.
fn found(m: &Held<'_>, caller: &Caller, id: &str) -> Option<Value> {
    let (kind, number) = read_node_id(id)?;
    let visible = || m.repos.values().filter(|r| caller.role_on(r).is_some());
    match kind.as_str() {
        "R" => {
            visible().find(|r| r.id == number).map(|r| json!({ "__typename": "Repository", "__at": [r.id] }))
        }
        "I" => visible()
            .flat_map(|r| r.issues.values().map(move |i| (r, i)))
            .find(|(_, i)| i.id == number && i.pull.is_none())
            .map(|(r, i)| reference(r, i)),
        "PR" => visible()
            .flat_map(|r| r.issues.values().map(move |i| (r, i)))
            .find(|(_, i)| i.pull.as_ref().is_some_and(|p| p.id == number))
            .map(|(r, i)| reference(r, i)),
        _ => None,
    }
}

fn actor(m: &Model, login: &str, own: bool) -> Value {
    let Some(a) = m.account(login) else { return Value::Null };
    let kind = match a.kind {
        AccountKind::User => "User",
        AccountKind::Organization => "Organization",
        AccountKind::Bot if own => "User",
        AccountKind::Bot => "Bot",
    };
    json!({
        "__typename": kind, "id": node_id("U", a.id), "databaseId": a.id, "login": a.login, "name": a.name,
        "url": format!("{}/{}", m.base, a.login), "avatarUrl": format!("{}/avatars/u/{}?v=4", m.base, a.id),
    })
}

fn repository(m: &Held<'_>, r: &Repo, caller: &Caller, field: &str, arguments: &JsonMap) -> Looked {
    let number = || arguments.get("number").and_then(|v| v.as_u64()).unwrap_or(0);
    let numbered = |fits: &dyn Fn(&Issue) -> bool, what: &str| {
        let i = r.issues.get(&number()).filter(|i| fits(i));
        let missing = format!("Could not resolve to {what} with the number of {}.", number());
        i.map(|i| reference(r, i)).ok_or(missing)
    };
    Ok(match field {
        "id" => json!(node_id("R", r.id)),
        "databaseId" => json!(r.id),
        "name" => json!(r.name),
        "nameWithOwner" => json!(r.full_name()),
        "owner" => actor(m, &r.owner, false),
        "url" => json!(format!("{}/{}", m.base, r.full_name())),
        "isPrivate" => json!(r.private),
        "isArchived" => json!(r.archived),
        "description" => json!(r.description),
        "viewerPermission" => json!(caller.role_on(r).map(|role| match role {
            Role::Admin => "ADMIN",
            Role::Maintain => "MAINTAIN",
            Role::Write => "WRITE",
            Role::Triage => "TRIAGE",
            Role::Read => "READ",
        })),
        "issue" => numbered(&|i| i.pull.is_none(), "an Issue")?,
        "pullRequest" => numbered(&|i| i.pull.is_some(), "a PullRequest")?,
        "issueOrPullRequest" => numbered(&|_| true, "an issue or pull request")?,
        _ => return Err(format!("the sandbox does not know Repository.{field}")),
    })
}

fn comment(m: &Model, r: &Repo, c: &Comment) -> Value {
    let page = if r.issues.get(&c.issue).is_some_and(|i| i.pull.is_some()) { "pull" } else { "issues" };
    json!({
        "__typename": "IssueComment", "id": node_id("IC", c.id), "databaseId": c.id,
        "fullDatabaseId": c.id.to_string(), "body": c.body, "author": actor(m, &c.author, false),
        "createdAt": iso(c.created_at), "updatedAt": iso(c.updated_at),
        "url": format!("{}/{}/{page}/{}#issuecomment-{}", m.base, r.full_name(), c.issue, c.id),
    })
}

/// Fields that issues and pull requests have in common.
fn shared(
    m: &Held<'_>,
    r: &Repo,
    i: &Issue,
    field: &str,
    arguments: &JsonMap,
) -> Result<Option<Value>, String> {
    let page = if i.pull.is_some() { "pull" } else { "issues" };
    let id = i.pull.as_ref().map_or(i.id, |p| p.id);
    Ok(Some(match field {
        "id" => json!(node_id(if i.pull.is_some() { "PR" } else { "I" }, id)),
        "databaseId" => json!(id),
        "fullDatabaseId" => json!(id.to_string()),
        "number" => json!(i.number),
        "title" => json!(i.title),
        "body" => json!(i.body.clone().unwrap_or_default()),
        "url" => json!(format!("{}/{}/{page}/{}", m.base, r.full_name(), i.number)),
        "author" => actor(m, &i.author, false),
        "createdAt" => json!(iso(i.created_at)),
        "updatedAt" => json!(iso(i.updated_at)),
        "closedAt" => json!(i.closed_at.map(iso)),
        "closed" => json!(!i.open),
        "locked" => json!(i.locked),
        "repository" => json!({ "__typename": "Repository", "__at": [r.id] }),
        "labels" => {
            let labels = i.labels.iter().filter_map(|n| r.labels.iter().find(|l| l.name == *n));
            let labels = labels.map(|l| {
                json!({ "__typename": "Label", "id": node_id("LA", l.id), "name": l.name, "color": l.color,
                        "description": l.description })
            });
            connection("LabelConnection", field, labels.collect(), arguments)?
        }
        "comments" => {
            let all = r.comments.values().filter(|c| c.issue == i.number).map(|c| comment(m, r, c));
            connection("IssueCommentConnection", field, all.collect(), arguments)?
        }
        _ => return Ok(None),
    }))
}

fn issue(m: &Held<'_>, r: &Repo, i: &Issue, field: &str, arguments: &JsonMap) -> Looked {
    Ok(match field {
        "state" => json!(if i.open { "OPEN" } else { "CLOSED" }),
        "stateReason" => json!(i.state_reason.as_ref().map(|s| s.to_uppercase())),
        "closedByPullRequestsReferences" => {
            let closed = arguments.get("includeClosedPrs").and_then(|v| v.as_bool()).unwrap_or(false);
            let all = r
                .issues
                .values()
                .filter(|p| (p.open || closed) && linked(r, p).contains(&i.number))
                .map(|p| reference(r, p));
            connection("PullRequestConnection", field, all.collect(), arguments)?
        }
        _ => return Err(format!("the sandbox does not know Issue.{field} of {}", m.base)),
    })
}

/// Issues that a pull request is linked to by the keywords of its first body that are still there.
fn linked(r: &Repo, i: &Issue) -> Vec<u64> {
    let Some(p) = i.pull.as_ref().filter(|p| p.base_ref == r.default_branch) else { return Vec::new() };
    let still = keywords::closing(i.body.as_deref().unwrap_or_default(), &r.full_name());
    keywords::closing(&p.first_body, &r.full_name()).into_iter().filter(|n| still.contains(n)).collect()
}

async fn pull(m: &Held<'_>, r: &Repo, i: &Issue, field: &str, arguments: &JsonMap) -> Looked {
    let Some(p) = &i.pull else { return Err("not a pull request".to_owned()) };
    let git = m.git(r.id);
    Ok(match field {
        "state" => json!(match (i.open, p.merged_at) {
            (_, Some(_)) => "MERGED",
            (true, None) => "OPEN",
            (false, None) => "CLOSED",
        }),
        "isDraft" => json!(p.draft),
        "merged" => json!(p.merged_at.is_some()),
        "mergedAt" => json!(p.merged_at.map(iso)),
        "mergeable" => json!(match pulls::facts(&git, p).await.mergeable {
            Some(true) => "MERGEABLE",
            Some(false) => "CONFLICTING",
            None => "UNKNOWN",
        }),
        "headRefName" => json!(p.head_ref),
        "headRefOid" => json!(p.head_sha),
        "baseRefName" => json!(p.base_ref),
        "baseRefOid" => json!(p.base_sha),
        "additions" => json!(pulls::facts(&git, p).await.additions),
        "deletions" => json!(pulls::facts(&git, p).await.deletions),
        "changedFiles" => json!(pulls::facts(&git, p).await.changed_files),
        "reviewDecision" => json!(decision(r, i.number)),
        "mergeCommit" => match &p.merge_commit_sha {
            Some(sha) => commit(m, r, sha).await,
            None => Value::Null,
        },
        "closingIssuesReferences" => {
            let all = linked(r, i).into_iter().filter_map(|n| r.issues.get(&n)).map(|i| reference(r, i));
            connection("IssueConnection", field, all.collect(), arguments)?
        }
        "reviewThreads" => {
            let starts = r.review_comments.values().filter(|c| c.pull == i.number && c.in_reply_to.is_none());
            let all = starts.map(|c| {
                json!({ "__typename": "PullRequestReviewThread", "id": node_id("PRRT", c.id),
                        "isResolved": c.resolved, "isOutdated": false, "path": c.path, "line": c.line })
            });
            connection("PullRequestReviewThreadConnection", field, all.collect(), arguments)?
        }
        "commits" => {
            let base = git.merge_base(&p.base_sha, &p.head_sha).await.unwrap_or_else(|| p.base_sha.clone());
            let mut all = Vec::new();
            for sha in git.between(&base, &p.head_sha).await {
                let commit = commit(m, r, &sha).await;
                all.push(json!({ "__typename": "PullRequestCommit", "id": format!("PURC_{sha}"), "commit": commit }));
            }
            connection("PullRequestCommitConnection", field, all, arguments)?
        }
        _ => return Err(format!("the sandbox does not know PullRequest.{field}")),
    })
}

/// The last word of each reviewer, taken together.
fn decision(r: &Repo, number: u64) -> Option<&'static str> {
    let mut last: std::collections::BTreeMap<&str, &str> = Default::default();
    for review in r.reviews.values().filter(|v| v.pull == number) {
        if matches!(review.state.as_str(), "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED") {
            last.insert(&review.author, &review.state);
        }
    }
    let any = |state: &str| last.values().any(|s| *s == state);
    if any("CHANGES_REQUESTED") { Some("CHANGES_REQUESTED") } else { any("APPROVED").then_some("APPROVED") }
}

async fn commit(m: &Held<'_>, r: &Repo, sha: &str) -> Value {
    let Some(c) = m.git(r.id).commit(sha).await else { return Value::Null };
    json!({
        "__typename": "Commit", "id": format!("C_{sha}"), "oid": sha, "message": c.message,
        "url": format!("{}/{}/commit/{sha}", m.base, r.full_name()),
        "statusCheckRollup": rollup(m, r, sha),
    })
}

/// Check runs and statuses of a commit, taken together.
fn rollup(m: &Model, r: &Repo, sha: &str) -> Value {
    let runs: Vec<_> = r.check_runs.values().filter(|c| c.head_sha == sha).collect();
    let statuses = views::checks::combined(m, r, sha);
    let some = statuses["total_count"] != json!(0);
    if runs.is_empty() && !some {
        return Value::Null;
    }
    let bad = ["failure", "timed_out", "cancelled", "action_required", "startup_failure"];
    let failed = runs.iter().any(|c| c.conclusion.as_deref().is_some_and(|c| bad.contains(&c)))
        || some && statuses["state"] == "failure";
    let pending = runs.iter().any(|c| c.status != "completed") || some && statuses["state"] == "pending";
    let state = match (failed, pending) {
        (true, _) => "FAILURE",
        (false, true) => "PENDING",
        (false, false) => "SUCCESS",
    };
    json!({ "__typename": "StatusCheckRollup", "id": format!("SCR_{sha}"), "state": state })
}

/// Whether the caller may change a pull request: its author, or somebody who may push.
pub fn may_change(r: &Repo, i: &Issue, caller: &Caller) -> Result<(), String> {
    let pulls = caller.may(r, Need::write("pull-requests").by(Role::Read));
    // A job's token needs to write contents too.
    let contents = if caller.is_integration() { caller.may(r, Need::write("contents")) } else { Ok(()) };
    pulls.and(contents).map_err(|refusal| refusal.message)?;
    let author = caller.login() == Some(i.author.as_str());
    match author || caller.role_on(r).is_some_and(|role| role >= Role::Write) {
        true => Ok(()),
        false => {
            let who = caller.login().unwrap_or_default();
            Err(format!("{who} does not have the correct permissions to execute this mutation"))
        }
    }
}
