//! Instruction templates: Markdown files that a team keeps in `.waymark/templates/` of its repository.

use serde::Deserialize;
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::prerequisites::content;
use crate::github::Client;

const FOLDER: &str = ".waymark/templates";
/// Templates that are offered at most.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The templates' names in order; none where there is no such folder.
pub(super) async fn names(client: &Client, repo: &RepoName) -> Result<Vec<String>, Problem> {
    let entries: Vec<Entry> = match client.get(&format!("/repos/{repo}/contents/{FOLDER}")).await {
        Ok(entries) => entries,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error.problem(&format!("the templates of {repo} were listed"))),
    };
    let files = entries.into_iter().filter(|entry| entry.kind == "file");
    let mut names: Vec<String> = files
        .filter_map(|entry| entry.name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| is_plain(name))
        .collect();
    names.sort();
    names.truncate(MOST);
    Ok(names)
}

pub(super) async fn text(client: &Client, repo: &RepoName, name: &str) -> Result<String, Problem> {
    let absent = || {
        Problem::new(ProblemKind::NotFound, format!("{repo} has no template of that name."))
            .next(format!("Templates are Markdown files in {FOLDER} on the default branch."))
    };
    if !is_plain(name) {
        return Err(absent());
    }
    let found = content(client, repo, &format!("{FOLDER}/{name}.md")).await;
    found.map_err(|error| error.problem("the template was read"))?.ok_or_else(absent)
}

/// A name that leads nowhere else: letters, digits, `-` and `_`.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert!(is_plain("bug-fix_2"));
        for bad in ["", "..", "a/b", "a b", "a?b", "%2e"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
