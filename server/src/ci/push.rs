//! `push` and `cleanup`: the work is on GitHub, and the folder that carried the plan is gone, in a commit of its own.

use super::desk::Desk;
use super::failure::Failure;
use super::git;
use super::hub::Hub;

const LEFT_OVER: &str = "Implement the plan";

/// Commits what no step committed, pushes, and tells the next steps whether the branch changes anything.
///
/// # Errors
/// When others pushed something that conflicts, or GitHub refuses.
pub async fn push(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let branch = desk.job.need_branch()?;
    let message = desk.read("commit-message.md").filter(|text| !text.trim().is_empty());
    git::commit_all(&desk.root, message.as_deref().unwrap_or(LEFT_OVER).trim()).await?;
    desk.remove("commit-message.md");
    git::push_on_top(desk, hub.token(), branch).await?;
    let base = hub.pull(desk.job.need_pr()?).await?.base.branch;
    let since = git::merge_base(desk, hub.token(), &base).await?;
    let changed = git::has_changes(&desk.root, &since).await?;
    desk.output("has_changes", if changed { "true" } else { "false" })
}

/// Removes `.worker-impl/` from the branch.
///
/// # Errors
/// When GitHub refuses.
pub async fn cleanup(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    if remove_folder(desk).await? {
        git::push_on_top(desk, hub.token(), desk.job.need_branch()?).await?;
    }
    Ok(())
}

async fn remove_folder(desk: &Desk) -> Result<bool, Failure> {
    if !desk.root.join(".worker-impl").exists() {
        return Ok(false);
    }
    git::git(&desk.root, &["rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".worker-impl"]).await?;
    let _ = std::fs::remove_dir_all(desk.root.join(".worker-impl"));
    git::commit_all(&desk.root, "Remove .worker-impl/ folder after implementation").await
}

#[cfg(test)]
mod tests {
    use super::super::git::tests::world;
    use super::*;

    #[tokio::test]
    async fn the_folder_goes_in_a_commit_of_its_own_once() {
        let (_folder, desk) = world().await;
        assert_eq!(remove_folder(&desk).await, Ok(true));
        let names =
            git::git(&desk.root, &["show", "--name-status", "--format=%s", "HEAD"]).await.expect("git");
        assert_eq!(names, "Remove .worker-impl/ folder after implementation\n\nD\t.worker-impl/task.md");
        assert_eq!(remove_folder(&desk).await, Ok(false));
    }
}
