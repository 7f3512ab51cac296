//! Commits, refs and files.

use serde_json::{Value, json};

use crate::world::{
    clock::iso,
    ids::node_id,
    model::{Model, Repo},
};

/// A commit as read from git.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub sha: String,
    pub tree: String,
    pub parents: Vec<String>,
    pub author: Person,
    pub committer: Person,
    pub message: String,
}

#[derive(Debug, Clone, Default)]
pub struct Person {
    pub name: String,
    pub email: String,
    /// Seconds since the epoch.
    pub at: i64,
}

impl Person {
    fn show(&self) -> Value {
        json!({ "name": self.name, "email": self.email, "date": iso(self.at) })
    }
}

fn api(m: &Model, r: &Repo) -> String {
    format!("{}/repos/{}", m.base, r.full_name())
}

fn verification() -> Value {
    json!({ "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null })
}

/// Login of the account with that email.
pub fn login_of<'m>(m: &'m Model, email: &str) -> Option<&'m str> {
    m.accounts.values().find(|a| a.email == email).map(|a| a.login.as_str())
}

/// GitHub's `git-commit`, as the git database shows it.
pub fn git_commit(m: &Model, r: &Repo, c: &Commit) -> Value {
    let url = format!("{}/git/commits/{}", api(m, r), c.sha);
    let web = format!("{}/{}/commit", m.base, r.full_name());
    json!({
        "sha": c.sha,
        "node_id": format!("C_{}", c.sha),
        "url": url,
        "html_url": format!("{web}/{}", c.sha),
        "author": c.author.show(),
        "committer": c.committer.show(),
        "tree": { "url": format!("{}/git/trees/{}", api(m, r), c.tree), "sha": c.tree },
        "message": c.message,
        "parents": c.parents.iter().map(|p| json!({
            "url": format!("{}/git/commits/{p}", api(m, r)), "sha": p, "html_url": format!("{web}/{p}"),
        })).collect::<Vec<_>>(),
        "verification": verification(),
    })
}

/// GitHub's `commit`, as the list of commits shows it.
pub fn commit(m: &Model, r: &Repo, c: &Commit) -> Value {
    let url = format!("{}/commits/{}", api(m, r), c.sha);
    let web = format!("{}/{}/commit", m.base, r.full_name());
    let person = |p: &Person| login_of(m, &p.email).map(|l| super::account::simple(m, l));
    json!({
        "sha": c.sha,
        "node_id": format!("C_{}", c.sha),
        "commit": {
            "author": c.author.show(),
            "committer": c.committer.show(),
            "message": c.message,
            "tree": { "url": format!("{}/git/trees/{}", api(m, r), c.tree), "sha": c.tree },
            "url": format!("{}/git/commits/{}", api(m, r), c.sha),
            "comment_count": 0,
            "verification": verification(),
        },
        "url": url,
        "html_url": format!("{web}/{}", c.sha),
        "comments_url": format!("{url}/comments"),
        "author": person(&c.author),
        "committer": person(&c.committer),
        "parents": c.parents.iter().map(|p| json!({
            "url": format!("{}/commits/{p}", api(m, r)), "sha": p, "html_url": format!("{web}/{p}"),
        })).collect::<Vec<_>>(),
    })
}

/// GitHub's `git-ref`.
pub fn reference(m: &Model, r: &Repo, name: &str, kind: &str, sha: &str) -> Value {
    json!({
        "ref": name,
        "node_id": format!("{}_{}", node_id("REF", r.id), hex::encode(name)),
        "url": format!("{}/git/{name}", api(m, r)),
        "object": { "type": kind, "sha": sha, "url": format!("{}/git/{kind}s/{sha}", api(m, r)) },
    })
}

/// A file or folder as the contents API shows it, without a file's content.
pub fn entry(m: &Model, r: &Repo, path: &str, kind: &str, sha: &str, size: u64, at: &str) -> Value {
    let path = path.trim_matches('/');
    let url = format!("{}/contents/{path}?ref={at}", api(m, r));
    let git = format!("{}/git/{}s/{sha}", api(m, r), if kind == "dir" { "tree" } else { "blob" });
    let page = if kind == "dir" { "tree" } else { "blob" };
    let web = format!("{}/{}/{page}/{at}/{path}", m.base, r.full_name());
    let raw = (kind != "dir").then(|| format!("{}/{}/raw/{at}/{path}", m.base, r.full_name()));
    json!({
        "name": path.rsplit('/').next().unwrap_or(path),
        "path": path,
        "sha": sha,
        "size": size,
        "url": url,
        "html_url": web,
        "git_url": git,
        "download_url": raw,
        "type": kind,
        "_links": { "self": url, "git": git, "html": web },
    })
}
