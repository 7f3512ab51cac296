//! Repositories.

use serde_json::{Value, json};

use crate::world::{
    access::Caller,
    clock::iso,
    ids::node_id,
    model::{Model, Repo, Role},
};

/// GitHub's `repository` without what depends on the caller.
pub fn plain(m: &Model, r: &Repo) -> Value {
    let full = r.full_name();
    let api = format!("{}/repos/{full}", m.base);
    let web = format!("{}/{full}", m.base);
    let open = r.issues.values().filter(|i| i.open).count();
    let mut v = json!({
        "id": r.id,
        "node_id": node_id("R", r.id),
        "name": r.name,
        "full_name": full,
        "private": r.private,
        "owner": super::account::simple(m, &r.owner),
        "html_url": web,
        "description": r.description,
        "fork": false,
        "url": api,
        "git_url": format!("git:{}/{full}.git", m.base.trim_start_matches("http:")),
        "ssh_url": format!("git@{}:{full}.git", m.base.trim_start_matches("http://")),
        "clone_url": format!("{web}.git"),
        "svn_url": web,
        "homepage": null,
        "size": 1,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": "Shell",
        "has_issues": r.has_issues,
        "has_projects": false,
        "has_downloads": true,
        "has_wiki": false,
        "has_pages": false,
        "has_discussions": false,
        "has_pull_requests": true,
        "pull_request_creation_policy": "all",
        "forks_count": 0,
        "mirror_url": null,
        "archived": r.archived,
        "disabled": false,
        "open_issues_count": open,
        "license": null,
        "allow_forking": true,
        "is_template": false,
        "web_commit_signoff_required": false,
        "topics": [],
        "visibility": if r.private { "private" } else { "public" },
        "forks": 0,
        "open_issues": open,
        "watchers": 0,
        "default_branch": r.default_branch,
        "created_at": iso(r.created_at),
        "updated_at": iso(r.updated_at),
        "pushed_at": iso(r.pushed_at),
    });
    for (name, tail) in URLS {
        v[*name] = json!(format!("{api}{tail}"));
    }
    v
}

/// GitHub's `minimal-repository`.
pub fn minimal(m: &Model, r: &Repo) -> Value {
    plain(m, r)
}

/// As one caller sees it in a list.
pub fn seen(m: &Model, r: &Repo, caller: &Caller) -> Value {
    let mut v = plain(m, r);
    if caller.token.is_some() {
        let role = caller.role_on(r);
        let at_least = |least: Role| role.is_some_and(|role| role >= least);
        v["permissions"] = json!({
            "admin": at_least(Role::Admin),
            "maintain": at_least(Role::Maintain),
            "push": at_least(Role::Write),
            "triage": at_least(Role::Triage),
            "pull": at_least(Role::Read),
        });
    }
    v
}

/// GitHub's `full-repository`, as one caller sees it.
pub fn full(m: &Model, r: &Repo, caller: &Caller) -> Value {
    let mut v = seen(m, r, caller);
    super::extend(&mut v, json!({ "network_count": 0, "subscribers_count": 0, "temp_clone_token": null }));
    if let Some(org) = super::account::organization_of(m, r) {
        v["organization"] = super::account::simple(m, org["login"].as_str().unwrap_or_default());
    }
    if caller.role_on(r).is_some_and(|role| role >= Role::Write) {
        let methods = &r.merge_methods;
        super::extend(
            &mut v,
            json!({
                "allow_squash_merge": methods.squash,
                "allow_merge_commit": methods.merge,
                "allow_rebase_merge": methods.rebase,
                "delete_branch_on_merge": methods.delete_branch,
                "allow_auto_merge": false,
                "allow_update_branch": false,
                "use_squash_pr_title_as_default": false,
                "squash_merge_commit_message": "COMMIT_MESSAGES",
                "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
                "merge_commit_message": "PR_TITLE",
                "merge_commit_title": "MERGE_MESSAGE",
            }),
        );
    }
    v
}

/// As webhooks carry it; a `push` writes two of its times as numbers.
pub fn in_webhook(m: &Model, r: &Repo, event: &str) -> Value {
    let mut v = plain(m, r);
    v["custom_properties"] = json!({});
    if event == "push" {
        v["url"] = v["html_url"].clone();
        v["created_at"] = json!(r.created_at);
        v["pushed_at"] = json!(r.pushed_at);
        v["stargazers"] = json!(0);
        v["master_branch"] = json!(r.default_branch);
        v["organization"] = json!(r.owner);
        v["owner"]["name"] = json!(r.owner);
        v["owner"]["email"] = json!(m.account(&r.owner).map(|a| a.email.clone()));
    }
    v
}

const URLS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];
