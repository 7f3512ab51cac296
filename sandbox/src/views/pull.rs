//! Pull requests and reviews.

use serde_json::{Value, json};

use super::{account::simple, issue::association};
use crate::world::{
    clock::iso,
    ids::node_id,
    model::{Issue, Model, Pull, Repo, Review, ReviewComment},
};

/// What only git can say about a pull request.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub mergeable: Option<bool>,
    pub commits: u64,
    pub additions: u64,
    pub deletions: u64,
    pub changed_files: u64,
}

/// GitHub's `pull-request-simple`, as in lists.
pub fn simple_pull(m: &Model, r: &Repo, i: &Issue, p: &Pull) -> Value {
    let full = r.full_name();
    let repo = format!("{}/repos/{full}", m.base);
    let url = format!("{repo}/pulls/{}", i.number);
    let as_issue = format!("{repo}/issues/{}", i.number);
    let web = format!("{}/{full}/pull/{}", m.base, i.number);
    let link = |href: String| json!({ "href": href });
    let side = |name: &str, sha: &str| {
        json!({
            "label": format!("{}:{name}", r.owner),
            "ref": name,
            "sha": sha,
            "user": simple(m, &r.owner),
            "repo": super::repo::plain(m, r),
        })
    };
    json!({
        "url": url,
        "id": p.id,
        "node_id": node_id("PR", p.id),
        "html_url": web,
        "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"),
        "issue_url": as_issue,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{repo}/pulls/comments{{/number}}"),
        "comments_url": format!("{as_issue}/comments"),
        "statuses_url": format!("{repo}/statuses/{}", p.head_sha),
        "number": i.number,
        "state": if i.open { "open" } else { "closed" },
        "locked": i.locked,
        "title": i.title,
        "user": simple(m, &i.author),
        "body": i.body,
        "labels": super::issue::labels_of(m, r, i),
        "milestone": null,
        "active_lock_reason": null,
        "created_at": iso(i.created_at),
        "updated_at": iso(i.updated_at),
        "closed_at": i.closed_at.map(iso),
        "merged_at": p.merged_at.map(iso),
        "merge_commit_sha": p.merge_commit_sha,
        "assignee": i.assignees.first().map(|l| simple(m, l)),
        "assignees": i.assignees.iter().map(|l| simple(m, l)).collect::<Vec<_>>(),
        "requested_reviewers": p.requested_reviewers.iter().map(|l| simple(m, l)).collect::<Vec<_>>(),
        "requested_teams": [],
        "head": side(&p.head_ref, &p.head_sha),
        "base": side(&p.base_ref, &p.base_sha),
        "_links": {
            "self": link(url.clone()),
            "html": link(web.clone()),
            "issue": link(as_issue.clone()),
            "comments": link(format!("{as_issue}/comments")),
            "review_comments": link(format!("{url}/comments")),
            "review_comment": link(format!("{repo}/pulls/comments{{/number}}")),
            "commits": link(format!("{url}/commits")),
            "statuses": link(format!("{repo}/statuses/{}", p.head_sha)),
        },
        "author_association": association(m, r, &i.author),
        "auto_merge": null,
        "draft": p.draft,
    })
}

/// GitHub's `pull-request`, as `GET .../pulls/{number}` and webhooks show it.
pub fn full(m: &Model, r: &Repo, i: &Issue, p: &Pull, facts: &Facts) -> Value {
    let mut v = simple_pull(m, r, i, p);
    let comments = r.comments.values().filter(|c| c.issue == i.number).count();
    let state = match facts.mergeable {
        None => "unknown",
        Some(false) => "dirty",
        Some(true) if p.draft => "draft",
        Some(true) => "clean",
    };
    super::extend(
        &mut v,
        json!({
            "merged": p.merged_at.is_some(),
            "mergeable": if i.open { json!(facts.mergeable) } else { Value::Null },
            "rebaseable": if i.open { json!(facts.mergeable) } else { Value::Null },
            "mergeable_state": if i.open { state } else { "unknown" },
            "merged_by": p.merged_by.as_ref().map(|l| simple(m, l)),
            "comments": comments,
            "review_comments": r.review_comments.values().filter(|c| c.pull == i.number).count(),
            "maintainer_can_modify": false,
            "commits": facts.commits,
            "additions": facts.additions,
            "deletions": facts.deletions,
            "changed_files": facts.changed_files,
        }),
    );
    v
}

/// GitHub's `pull-request-review`.
pub fn review(m: &Model, r: &Repo, review: &Review) -> Value {
    let pull = format!("{}/repos/{}/pulls/{}", m.base, r.full_name(), review.pull);
    let web = format!("{}/{}/pull/{}#pullrequestreview-{}", m.base, r.full_name(), review.pull, review.id);
    json!({
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": simple(m, &review.author),
        "body": review.body,
        "state": review.state,
        "html_url": web,
        "pull_request_url": pull,
        "_links": { "html": { "href": web }, "pull_request": { "href": pull } },
        "submitted_at": iso(review.submitted_at),
        "commit_id": review.commit_id,
        "author_association": association(m, r, &review.author),
    })
}

/// GitHub's `pull-request-review-comment`.
pub fn review_comment(m: &Model, r: &Repo, c: &ReviewComment) -> Value {
    let repo = format!("{}/repos/{}", m.base, r.full_name());
    let url = format!("{repo}/pulls/comments/{}", c.id);
    let pull = format!("{repo}/pulls/{}", c.pull);
    let web = format!("{}/{}/pull/{}#discussion_r{}", m.base, r.full_name(), c.pull, c.id);
    let mut v = json!({
        "url": url,
        "pull_request_review_id": null,
        "id": c.id,
        "node_id": node_id("PRRC", c.id),
        "diff_hunk": "@@",
        "path": c.path,
        "position": c.line,
        "original_position": c.line,
        "commit_id": c.commit_id,
        "original_commit_id": c.commit_id,
        "user": simple(m, &c.author),
        "body": c.body,
        "created_at": iso(c.created_at),
        "updated_at": iso(c.created_at),
        "html_url": web,
        "pull_request_url": pull,
        "author_association": association(m, r, &c.author),
        "_links": { "self": { "href": url }, "html": { "href": web }, "pull_request": { "href": pull } },
        "line": c.line,
        "original_line": c.line,
        "side": "RIGHT",
        "start_line": null,
        "original_start_line": null,
        "start_side": null,
        "subject_type": "line",
        "reactions": super::issue::reactions(&url),
    });
    if let Some(parent) = c.in_reply_to {
        v["in_reply_to_id"] = json!(parent);
    }
    v
}
