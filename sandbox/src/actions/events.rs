//! Which events start which workflows.

use serde_json::Value;

use super::{
    files,
    start::{Cause, start},
    workflow::{Patterns, PullFilter, PushFilter, Workflow},
};
use crate::world::{Event, Held};

/// In the message of the head commit, these keep `push` and `pull_request` from starting anything.
const SKIP: &[&str] = &["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

/// Starts what a `push` or `pull_request` event starts.
pub async fn react(held: &mut Held<'_>, event: &Event) {
    let concerned = held.repos.get(&event.repo).is_some_and(|r| r.actions_enabled && !r.archived);
    if event.by_job_token || !concerned {
        return;
    }
    let (Some(sha), Some(git_ref)) = (&event.sha, &event.git_ref) else { return };
    let git = held.git(event.repo);
    let text = |pointer: &str| {
        let value = event.payload.get(pointer.split('/').next().unwrap_or_default());
        let rest = pointer.split('/').skip(1);
        rest.fold(value, |v, key| v?.get(key)).and_then(Value::as_str).map(str::to_owned)
    };
    let (name, head_sha, head_branch) = match event.name {
        "push" => {
            let short = git_ref.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
            ("push", sha.clone(), Some(short.to_owned()))
        }
        "pull_request" => {
            let head = text("pull_request/head/sha").unwrap_or_else(|| sha.clone());
            ("pull_request", head, text("pull_request/head/ref"))
        }
        _ => return,
    };
    let message = git.commit(&head_sha).await.map(|c| c.message).unwrap_or_default();
    if SKIP.iter().any(|s| message.contains(s)) {
        return;
    }
    let changed = changed(held, event, &text).await;
    for path in files::paths(&git, sha).await {
        let wanted = match files::read(&git, sha, &path).await {
            Ok(Some(workflow)) => wants(&workflow, event, git_ref, text("pull_request/base/ref"), &changed),
            Ok(None) => false,
            // GitHub shows a file that it cannot read as a failed run of the push.
            Err(_) => name == "push",
        };
        if wanted {
            let cause = Cause {
                repo: event.repo,
                event: name,
                path,
                sha: sha.clone(),
                git_ref: git_ref.clone(),
                head_branch: head_branch.clone(),
                head_sha: head_sha.clone(),
                actor: event.actor.clone(),
                payload: Value::Object(event.payload.clone()),
                inputs: Default::default(),
            };
            start(held, cause).await;
        }
    }
}

/// Paths that the event is about.
async fn changed(held: &Held<'_>, event: &Event, text: &impl Fn(&str) -> Option<String>) -> Vec<String> {
    if event.name == "push" {
        let commits = event.payload.get("commits").and_then(Value::as_array);
        let lists =
            commits.into_iter().flatten().flat_map(|c| ["added", "removed", "modified"].map(|k| &c[k]));
        let paths = lists.filter_map(Value::as_array).flatten();
        return paths.filter_map(|p| p.as_str().map(str::to_owned)).collect();
    }
    let git = held.git(event.repo);
    let (Some(base), Some(head)) = (text("pull_request/base/sha"), text("pull_request/head/sha")) else {
        return Vec::new();
    };
    let from = git.merge_base(&base, &head).await.unwrap_or(base);
    let changes = git.changes(&from, &head).await.unwrap_or_default();
    changes.into_iter().map(|c| c.path).collect()
}

fn wants(w: &Workflow, event: &Event, git_ref: &str, base: Option<String>, changed: &[String]) -> bool {
    match event.name {
        "push" => w.on.push.as_ref().is_some_and(|filter| push(filter, git_ref, changed)),
        _ => w.on.pull_request.as_ref().is_some_and(|filter| {
            pull(filter, event.action.unwrap_or_default(), &base.unwrap_or_default(), changed)
        }),
    }
}

fn push(filter: &PushFilter, git_ref: &str, changed: &[String]) -> bool {
    let named = if let Some(branch) = git_ref.strip_prefix("refs/heads/") {
        match (&filter.branches, &filter.branches_ignore, &filter.tags) {
            (Some(only), ..) => only.matches(branch),
            (_, Some(not), _) => !not.matches(branch),
            (_, _, Some(_)) => false,
            _ => true,
        }
    } else {
        let tag = git_ref.trim_start_matches("refs/tags/");
        match (&filter.tags, &filter.branches, &filter.branches_ignore) {
            (Some(only), ..) => only.matches(tag),
            (None, None, None) => true,
            _ => false,
        }
    };
    // Paths are not looked at for tags.
    named && (git_ref.starts_with("refs/tags/") || paths(&filter.paths, &filter.paths_ignore, changed))
}

fn pull(filter: &PullFilter, action: &str, base: &str, changed: &[String]) -> bool {
    let typed = match &filter.types {
        Some(types) => types.iter().any(|t| t == action),
        None => ["opened", "synchronize", "reopened"].contains(&action),
    };
    let named = match (&filter.branches, &filter.branches_ignore) {
        (Some(only), _) => only.matches(base),
        (_, Some(not)) => !not.matches(base),
        _ => true,
    };
    typed && named && paths(&filter.paths, &filter.paths_ignore, changed)
}

fn paths(only: &Option<Patterns>, not: &Option<Patterns>, changed: &[String]) -> bool {
    match (only, not) {
        (Some(only), _) => changed.iter().any(|p| only.matches(p)),
        (_, Some(not)) => changed.iter().any(|p| !not.matches(p)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> Workflow {
        let jobs = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: x}]}}";
        Workflow::read("x.yml", &format!("on: {text}\n{jobs}\n")).expect(text)
    }

    fn event(name: &'static str, action: Option<&'static str>) -> Event {
        Event { action, ..Event::new(1, name, "writer") }
    }

    #[test]
    fn the_table_of_triggers() {
        let changed = ["src/a.rs".to_owned()];
        for (text, name, action, git_ref, base, starts) in [
            ("push", "push", None, "refs/heads/a", "", true),
            ("push", "push", None, "refs/tags/v1", "", true),
            ("{push: {branches: [main]}}", "push", None, "refs/heads/a", "", false),
            ("{push: {branches: [main]}}", "push", None, "refs/heads/main", "", true),
            ("{push: {branches: [main]}}", "push", None, "refs/tags/main", "", false),
            ("{push: {branches-ignore: ['plans/**']}}", "push", None, "refs/heads/plans/x", "", false),
            ("{push: {tags: ['v*']}}", "push", None, "refs/heads/v1", "", false),
            ("{push: {tags: ['v*']}}", "push", None, "refs/tags/v1", "", true),
            ("{push: {paths: ['docs/**']}}", "push", None, "refs/heads/a", "", false),
            ("{push: {paths-ignore: ['docs/**']}}", "push", None, "refs/heads/a", "", true),
            ("pull_request", "push", None, "refs/heads/a", "", false),
            ("pull_request", "pull_request", Some("opened"), "", "main", true),
            ("pull_request", "pull_request", Some("ready_for_review"), "", "main", false),
            (
                "{pull_request: {types: [ready_for_review]}}",
                "pull_request",
                Some("ready_for_review"),
                "",
                "main",
                true,
            ),
            ("{pull_request: {branches: [main]}}", "pull_request", Some("opened"), "", "other", false),
            ("workflow_dispatch", "push", None, "refs/heads/a", "", false),
        ] {
            let said = wants(&on(text), &event(name, action), git_ref, Some(base.to_owned()), &changed);
            assert_eq!(said, starts, "{text} {name} {git_ref} {base}");
        }
    }
}
