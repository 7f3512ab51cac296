//! Git, as the commands use it.
//!
//! The token reaches git only while it talks to GitHub, by way of the environment, bound to that one address; it is stored nowhere.
//! Hooks never run: the clone is a place where an agent has worked.

use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use tokio::process::Command;

use super::desk::Desk;
use super::failure::Failure;

/// How often a push that others were faster than is tried again on top of theirs.
const PUSHES: usize = 4;

/// Runs git and answers with its standard output, without the line break at its end.
///
/// # Errors
/// When git fails; the message is git's own.
pub async fn git(root: &Path, args: &[&str]) -> Result<String, Failure> {
    run(root, args, &[]).await
}

/// Runs a git command that talks to GitHub.
async fn remote(desk: &Desk, token: &str, args: &[&str]) -> Result<String, Failure> {
    let key = format!("http.{}/.extraheader", desk.job.server_url);
    let login = base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{token}"));
    run(&desk.root, args, &[(key, format!("Authorization: Basic {login}"))]).await
}

async fn run(root: &Path, args: &[&str], config: &[(String, String)]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command
        .current_dir(root)
        .args(args)
        .stdin(Stdio::null())
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    command.env_remove("GH_TOKEN");
    let own = [("core.hooksPath", "/dev/null"), ("commit.gpgSign", "false")];
    let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let settings: Vec<_> = own.iter().chain(config).collect();
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (n, (key, value)) in settings.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{n}"), key).env(format!("GIT_CONFIG_VALUE_{n}"), value);
    }
    let output = command
        .output()
        .await
        .map_err(|error| Failure::new("git", format!("git can not be run: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let verb = args.iter().find(|arg| !arg.starts_with('-')).copied().unwrap_or_default();
        return Err(Failure::new(format!("git {verb}"), said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}

fn address(desk: &Desk) -> String {
    format!("{}/{}.git", desk.job.server_url, desk.job.repository)
}

/// Fetches a branch to `refs/remotes/origin/{branch}`.
///
/// # Errors
/// When GitHub does not give it.
pub async fn fetch(desk: &Desk, token: &str, branch: &str) -> Result<(), Failure> {
    let refs = format!("+refs/heads/{branch}:refs/remotes/origin/{branch}");
    remote(desk, token, &["fetch", "--no-tags", "--quiet", &address(desk), &refs]).await.map(drop)
}

/// Checks out the branch as it stands on GitHub, commits being made as `login` from now on, and keeps `.impl/` out of them.
///
/// # Errors
/// When the branch is gone, or the clone can not be written.
pub async fn check_out(desk: &Desk, token: &str, branch: &str, login: &str) -> Result<(), Failure> {
    fetch(desk, token, branch).await?;
    let start = format!("refs/remotes/origin/{branch}");
    git(&desk.root, &["checkout", "--quiet", "--force", "-B", branch, &start]).await?;
    git(&desk.root, &["config", "user.name", login]).await?;
    git(&desk.root, &["config", "user.email", &format!("{login}@users.noreply.github.com")]).await?;
    let exclude = git(&desk.root, &["rev-parse", "--git-path", "info/exclude"]).await?;
    let path = desk.root.join(exclude);
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if !known.lines().any(|line| line == "/.impl/") {
        let separator = if known.is_empty() || known.ends_with('\n') { "" } else { "\n" };
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(&path, format!("{known}{separator}/.impl/\n"))).map_err(
            |error| Failure::new("Files", format!("{} can not be written: {error}", path.display())),
        )?;
    }
    Ok(())
}

/// Commits everything that changed; false when nothing did.
///
/// # Errors
/// When git refuses.
pub async fn commit_all(root: &Path, message: &str) -> Result<bool, Failure> {
    git(root, &["add", "--all"]).await?;
    if git(root, &["diff", "--cached", "--quiet"]).await.is_ok() {
        return Ok(false);
    }
    git(root, &["commit", "--quiet", "--cleanup=whitespace", "--message", message]).await.map(|_| true)
}

/// Pushes the checked-out branch as it is.
///
/// # Errors
/// When GitHub refuses, for example because someone pushed meanwhile.
pub async fn push(desk: &Desk, token: &str, branch: &str) -> Result<(), Failure> {
    remote(desk, token, &["push", "--quiet", &address(desk), &format!("HEAD:refs/heads/{branch}")])
        .await
        .map(drop)
}

/// Pushes, putting our commits on top of what others pushed meanwhile. The working folder must have no uncommitted changes.
///
/// # Errors
/// When our commits conflict with theirs, or GitHub refuses for another reason.
pub async fn push_on_top(desk: &Desk, token: &str, branch: &str) -> Result<(), Failure> {
    for _ in 1..PUSHES {
        match push(desk, token, branch).await {
            Err(failure) if is_behind(&failure.message) => {}
            result => return result,
        }
        desk.say("Someone pushed to the branch meanwhile: putting our commits on top.");
        fetch(desk, token, branch).await?;
        if git(&desk.root, &["rebase", "--quiet", &format!("refs/remotes/origin/{branch}")]).await.is_err() {
            let _ = git(&desk.root, &["rebase", "--abort"]).await;
            return Err(Failure::new(
                "Push",
                format!(
                    "Someone pushed changes to {branch} that conflict with this run's commits. Merge them by hand, or run again from the branch as it is now."
                ),
            ));
        }
    }
    push(desk, token, branch).await
}

fn is_behind(said: &str) -> bool {
    ["non-fast-forward", "fetch first", "[rejected]", "cannot lock ref"]
        .iter()
        .any(|sign| said.contains(sign))
}

/// The first commit that the branch and its base have in common.
///
/// # Errors
/// When they have none, or the base is gone.
pub async fn merge_base(desk: &Desk, token: &str, base: &str) -> Result<String, Failure> {
    fetch(desk, token, base).await?;
    git(&desk.root, &["merge-base", "HEAD", &format!("refs/remotes/origin/{base}")]).await
}

/// Whether the commits since `since` change anything but `.worker-impl/`.
///
/// # Errors
/// When the commit is unknown.
pub async fn has_changes(root: &Path, since: &str) -> Result<bool, Failure> {
    let names =
        git(root, &["diff", "--name-only", since, "HEAD", "--", ".", ":(exclude).worker-impl"]).await?;
    Ok(!names.is_empty())
}

#[cfg(test)]
pub mod tests {
    use super::super::desk::tests::desk;
    use super::*;

    /// A bare repository as GitHub has it, with `main` and the branch of the job, and a desk in a clone of it.
    pub async fn world() -> (tempfile::TempDir, Desk) {
        let (folder, mut desk) = desk(&[]);
        let server = folder.path().join("server");
        desk.job.server_url = format!("file://{}", server.display());
        let bare = server.join("acme/widgets.git");
        std::fs::create_dir_all(&bare).expect("a folder");
        git(&bare, &["init", "--quiet", "--bare", "--initial-branch=main"]).await.expect("git");
        git(&desk.root, &["init", "--quiet", "--initial-branch=main"]).await.expect("git");
        git(&desk.root, &["config", "user.name", "someone"]).await.expect("git");
        git(&desk.root, &["config", "user.email", "someone@example.org"]).await.expect("git");
        desk.write_at(".", "README.md", "# Widgets\n").expect("a file");
        commit_all(&desk.root, "Begin").await.expect("git");
        push(&desk, "t", "main").await.expect("git");
        desk.write_at(".worker-impl", "task.md", "Add x\n").expect("a file");
        commit_all(&desk.root, "One-shot: Add x").await.expect("git");
        push(&desk, "t", "P12-add-x-01-15-1430").await.expect("git");
        check_out(&desk, "t", "P12-add-x-01-15-1430", "writer").await.expect("git");
        (folder, desk)
    }

    #[tokio::test]
    async fn commits_are_the_submitters_and_leave_the_impl_folder_out() {
        let (_folder, desk) = world().await;
        desk.write("plan.md", "x").expect("a file");
        assert_eq!(commit_all(&desk.root, "Nothing").await, Ok(false));
        desk.write_at(".", "x.txt", "x").expect("a file");
        assert_eq!(commit_all(&desk.root, "Add x\n\n# not a comment\n").await, Ok(true));
        let said = git(&desk.root, &["log", "-1", "--format=%an <%ae>%n%B"]).await.expect("git");
        assert_eq!(said.trim_end(), "writer <writer@users.noreply.github.com>\nAdd x\n\n# not a comment");
    }

    #[tokio::test]
    async fn only_changes_outside_the_worker_folder_count() {
        let (_folder, desk) = world().await;
        let base = merge_base(&desk, "t", "main").await.expect("git");
        assert_eq!(has_changes(&desk.root, &base).await, Ok(false));
        desk.write_at(".", "x.txt", "x").expect("a file");
        commit_all(&desk.root, "Add x").await.expect("git");
        assert_eq!(has_changes(&desk.root, &base).await, Ok(true));
    }

    #[tokio::test]
    async fn a_push_goes_on_top_of_what_others_pushed_unless_it_conflicts() {
        let (folder, desk) = world().await;
        let branch = "P12-add-x-01-15-1430";
        let other = folder.path().join("other");
        let source = address(&desk);
        git(folder.path(), &["clone", "--quiet", "--branch", branch, &source, "other"]).await.expect("git");
        let (_theirs, mut theirs) = super::super::desk::tests::desk(&[]);
        theirs.job = desk.job.clone();
        theirs.root = other;
        check_out(&theirs, "t", branch, "someone").await.expect("git");
        theirs.write_at(".", "theirs.txt", "1").expect("a file");
        commit_all(&theirs.root, "Theirs").await.expect("git");
        push(&theirs, "t", branch).await.expect("git");

        desk.write_at(".", "ours.txt", "1").expect("a file");
        commit_all(&desk.root, "Ours").await.expect("git");
        push_on_top(&desk, "t", branch).await.expect("no conflict");
        let log = git(&desk.root, &["log", "--format=%s"]).await.expect("git");
        assert_eq!(log, "Ours\nTheirs\nOne-shot: Add x\nBegin");

        theirs.write_at(".", "ours.txt", "2").expect("a file");
        fetch(&theirs, "t", branch).await.expect("git");
        git(&theirs.root, &["reset", "--quiet", "--soft", &format!("refs/remotes/origin/{branch}")])
            .await
            .expect("git");
        commit_all(&theirs.root, "Theirs again").await.expect("git");
        push(&theirs, "t", branch).await.expect("git");
        desk.write_at(".", "ours.txt", "3").expect("a file");
        commit_all(&desk.root, "Ours again").await.expect("git");
        let failure = push_on_top(&desk, "t", branch).await.expect_err("a conflict");
        assert!(failure.message.contains("conflict"), "{failure}");
        assert_eq!(git(&desk.root, &["status", "--porcelain"]).await, Ok(String::new()));
    }

    #[tokio::test]
    async fn hooks_planted_in_the_clone_do_not_run() {
        let (_folder, desk) = world().await;
        let hook = desk.root.join(".git/hooks/pre-commit");
        std::fs::create_dir_all(desk.root.join(".git/hooks")).expect("a folder");
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("a file");
        let mut mode = std::fs::metadata(&hook).expect("a file").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
        std::fs::set_permissions(&hook, mode).expect("a file");
        desk.write_at(".", "x.txt", "x").expect("a file");
        assert_eq!(commit_all(&desk.root, "Add x").await, Ok(true));
    }
}
