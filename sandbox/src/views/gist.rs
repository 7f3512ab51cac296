//! Gists.

use serde_json::{Map, Value, json};

use crate::world::{
    clock::iso,
    model::{Gist, Model},
};

/// GitHub's `gist-simple`, with the content of its files.
pub fn gist(m: &Model, g: &Gist) -> Value {
    let url = format!("{}/gists/{}", m.base, g.id);
    let web = format!("{}/gist/{}/{}", m.base, g.owner, g.id);
    let files: Map<String, Value> = g
        .files
        .iter()
        .map(|(name, content)| {
            let file = json!({
                "filename": name,
                "type": "text/plain",
                "language": "Text",
                "raw_url": format!("{web}/raw/{}", super::issue::escape(name)),
                "size": content.len(),
                "truncated": false,
                "content": content,
                "encoding": "utf-8",
            });
            (name.clone(), file)
        })
        .collect();
    json!({
        "url": url,
        "forks_url": format!("{url}/forks"),
        "commits_url": format!("{url}/commits"),
        "id": g.id,
        "node_id": format!("G_{}", g.id),
        "git_pull_url": format!("{web}.git"),
        "git_push_url": format!("{web}.git"),
        "html_url": web,
        "files": files,
        "public": g.public,
        "created_at": iso(g.created_at),
        "updated_at": iso(g.updated_at),
        "description": g.description,
        "comments": 0,
        "comments_enabled": true,
        "user": null,
        "comments_url": format!("{url}/comments"),
        "owner": super::account::simple(m, &g.owner),
        "truncated": false,
        "forks": [],
        "history": [],
    })
}
