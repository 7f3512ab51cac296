//! The workflow files of a repository: they are read from its git repository whenever they are needed.

use super::{
    state::{self, File},
    workflow::{Work, Workflow},
    yaml::Invalid,
};
use crate::world::{Held, git::Git};

const FOLDER: &str = ".github/workflows";

/// GitHub's limit on workflows that call workflows.
const DEPTH: usize = 4;

/// The workflow at a commit; `None` when there is no such file.
pub async fn read(git: &Git, commit: &str, path: &str) -> Result<Option<Workflow>, Invalid> {
    match git.file(commit, path).await {
        Some(bytes) => Workflow::read(path, &String::from_utf8_lossy(&bytes)).map(Some),
        None => Ok(None),
    }
}

/// Paths of the workflow files at a commit.
pub async fn paths(git: &Git, commit: &str) -> Vec<String> {
    let all = git.files_under(commit, FOLDER).await;
    let files = all.into_iter().filter(|p| !p.contains('/') && (p.ends_with(".yml") || p.ends_with(".yaml")));
    files.map(|p| format!("{FOLDER}/{p}")).collect()
}

/// Checks the workflows that a workflow calls, and theirs; answers their paths.
pub async fn calls(git: &Git, commit: &str, workflow: &Workflow) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = Vec::new();
    let mut open: Vec<(String, usize)> = called(workflow, 1);
    while let Some((path, depth)) = open.pop() {
        if depth > DEPTH {
            return Err(format!("{path} is called through more than {DEPTH} workflows"));
        }
        let inner = match read(git, commit, &path).await {
            Ok(Some(inner)) => inner,
            Ok(None) => return Err(format!("error parsing called workflow {path}: workflow was not found.")),
            Err(invalid) => return Err(format!("error parsing called workflow {path}: {invalid}")),
        };
        if inner.on.call.is_none() {
            return Err(format!("error parsing called workflow {path}: it has no workflow_call trigger"));
        }
        open.extend(called(&inner, depth + 1));
        if !all.contains(&path) {
            all.push(path);
        }
    }
    Ok(all)
}

fn called(workflow: &Workflow, depth: usize) -> Vec<(String, usize)> {
    let calls = workflow.jobs.iter().filter_map(|j| match &j.work {
        Work::Call(call) => Some((call.path.clone(), depth)),
        Work::Steps(_) => None,
    });
    calls.collect()
}

/// The workflows of the default branch, in the order of their files; unknown ones are recorded.
pub async fn present(held: &mut Held<'_>, repo: u64) -> Vec<u64> {
    let Some(r) = held.repos.get(&repo) else { return Vec::new() };
    let Some(head) = r.branch(&r.default_branch).map(str::to_owned) else { return Vec::new() };
    let git = held.git(repo);
    let mut all = Vec::new();
    for path in paths(&git, &head).await {
        let name = match read(&git, &head, &path).await {
            Ok(Some(workflow)) => workflow.title().to_owned(),
            _ => path.clone(),
        };
        all.push(state::file(held, repo, &path, &name));
    }
    all
}

/// A workflow by its id or the name of its file: one of the default branch, or one that has run before.
pub async fn find(held: &mut Held<'_>, repo: u64, wanted: &str) -> Option<(File, bool)> {
    let present = present(held, repo).await;
    let file = held.actions.files.values().find(|f| {
        let known = present.contains(&f.id) || f.last_run > 0;
        let name = f.path.rsplit('/').next().unwrap_or_default();
        f.repo == repo && known && (f.id.to_string() == wanted || name == wanted || f.path == wanted)
    })?;
    Some((file.clone(), present.contains(&file.id)))
}
