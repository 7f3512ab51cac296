//! Issues, their comments and labels.

use serde_json::{Value, json};

use crate::world::{
    clock::iso,
    ids::node_id,
    model::{Comment, Issue, Label, Model, Repo},
};

pub fn reactions(url: &str) -> Value {
    json!({
        "url": format!("{url}/reactions"), "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0,
        "confused": 0, "heart": 0, "rocket": 0, "eyes": 0,
    })
}

/// `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR` or `NONE`.
pub fn association(m: &Model, r: &Repo, login: &str) -> &'static str {
    if r.owner == login {
        "OWNER"
    } else if m.account(&r.owner).is_some_and(|o| o.members.contains_key(login)) {
        "MEMBER"
    } else if login.ends_with("[bot]") {
        "CONTRIBUTOR"
    } else if r.roles.contains_key(login) {
        "COLLABORATOR"
    } else {
        "NONE"
    }
}

pub fn label(m: &Model, r: &Repo, l: &Label) -> Value {
    json!({
        "id": l.id,
        "node_id": node_id("LA", l.id),
        "url": format!("{}/repos/{}/labels/{}", m.base, r.full_name(), escape(&l.name)),
        "name": l.name,
        "color": l.color,
        "default": matches!(l.name.as_str(), "bug" | "documentation" | "enhancement"),
        "description": l.description,
    })
}

/// A name as one segment of a path.
pub fn escape(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The labels an issue has, as objects, in the order of their names.
pub fn labels_of(m: &Model, r: &Repo, issue: &Issue) -> Vec<Value> {
    let mut names: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.iter().filter_map(|n| r.labels.iter().find(|l| l.name == **n)).map(|l| label(m, r, l)).collect()
}

/// GitHub's `issue`; a pull request shows with its `pull_request` key.
pub fn issue(m: &Model, r: &Repo, i: &Issue) -> Value {
    let repo = format!("{}/repos/{}", m.base, r.full_name());
    let url = format!("{repo}/issues/{}", i.number);
    let page = if i.pull.is_some() { "pull" } else { "issues" };
    let web = format!("{}/{}/{page}/{}", m.base, r.full_name(), i.number);
    let mut v = json!({
        "url": url,
        "repository_url": repo,
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": web,
        "id": i.id,
        "node_id": node_id(if i.pull.is_some() { "PR" } else { "I" }, i.pull.as_ref().map_or(i.id, |p| p.id)),
        "number": i.number,
        "title": i.title,
        "user": super::account::simple(m, &i.author),
        "labels": labels_of(m, r, i),
        "state": if i.open { "open" } else { "closed" },
        "locked": i.locked,
        "assignee": i.assignees.first().map(|l| super::account::simple(m, l)),
        "assignees": i.assignees.iter().map(|l| super::account::simple(m, l)).collect::<Vec<_>>(),
        "milestone": null,
        "comments": r.comments.values().filter(|c| c.issue == i.number).count(),
        "created_at": iso(i.created_at),
        "updated_at": iso(i.updated_at),
        "closed_at": i.closed_at.map(iso),
        "author_association": association(m, r, &i.author),
        "active_lock_reason": null,
        "body": i.body,
        "closed_by": i.closed_by.as_ref().map(|l| super::account::simple(m, l)),
        "reactions": reactions(&url),
        "timeline_url": format!("{url}/timeline"),
        "performed_via_github_app": null,
        "state_reason": i.state_reason,
    });
    match &i.pull {
        Some(p) => {
            v["draft"] = json!(p.draft);
            v["pull_request"] = json!({
                "url": format!("{repo}/pulls/{}", i.number),
                "html_url": web,
                "diff_url": format!("{web}.diff"),
                "patch_url": format!("{web}.patch"),
                "merged_at": p.merged_at.map(iso),
            });
        }
        None => {
            v["type"] = Value::Null;
            v["sub_issues_summary"] = json!({ "total": 0, "completed": 0, "percent_completed": 0 });
            v["issue_dependencies_summary"] =
                json!({ "blocked_by": 0, "blocking": 0, "total_blocked_by": 0, "total_blocking": 0 });
        }
    }
    v
}

/// GitHub's `issue-comment`.
pub fn comment(m: &Model, r: &Repo, c: &Comment) -> Value {
    let repo = format!("{}/repos/{}", m.base, r.full_name());
    let url = format!("{repo}/issues/comments/{}", c.id);
    let is_pull = r.issues.get(&c.issue).is_some_and(|i| i.pull.is_some());
    let page = if is_pull { "pull" } else { "issues" };
    json!({
        "url": url,
        "html_url": format!("{}/{}/{page}/{}#issuecomment-{}", m.base, r.full_name(), c.issue, c.id),
        "issue_url": format!("{repo}/issues/{}", c.issue),
        "id": c.id,
        "node_id": node_id("IC", c.id),
        "user": super::account::simple(m, &c.author),
        "created_at": iso(c.created_at),
        "updated_at": iso(c.updated_at),
        "body": c.body,
        "author_association": association(m, r, &c.author),
        "reactions": reactions(&url),
        "performed_via_github_app": null,
    })
}
