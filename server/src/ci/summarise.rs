//! `summarise`: the agent describes the change for its reviewers. Without a summary there still is a pull request, so this never stops a run.

use super::desk::Desk;
use super::failure::Failure;
use super::{agent, git};

/// Longest diff that is handed to the agent, in bytes.
const DIFF: usize = 400_000;
const MINUTES: u64 = 10;

/// # Errors
/// When the clone can not be read.
pub async fn summarise(desk: &Desk) -> Result<(), Failure> {
    let since = since(desk).await?;
    git::git(&desk.root, &["add", "--all", "--intent-to-add"]).await?;
    let diff = git::git(&desk.root, &["diff", &since, "--", ".", ":(exclude).worker-impl"]).await?;
    if diff.is_empty() {
        desk.say("Nothing was changed, so there is nothing to summarise.");
        return Ok(());
    }
    desk.write("changes.diff", &format!("{}\n", cut(&diff, DIFF)))?;
    let commits =
        git::git(&desk.root, &["log", "--reverse", "--format=%h %s", &format!("{since}..HEAD")]).await?;
    desk.write("commits.txt", &format!("{commits}\n"))?;
    desk.remove("pr-summary.md");
    let config = desk.config().await?;
    if let Err(failure) = agent::run(desk, &config, "summarise", MINUTES, async || {}).await {
        desk.warn(
            "Summary",
            &format!("The agent wrote no summary ({failure}); the list of commits is used instead."),
        );
    }
    Ok(())
}

/// The commit at which the branch left its base, from what is fetched already: this step has no token.
async fn since(desk: &Desk) -> Result<String, Failure> {
    let base = base_of(desk).unwrap_or_else(|| "main".into());
    git::git(&desk.root, &["merge-base", "HEAD", &format!("refs/remotes/origin/{base}")]).await
}

/// The base branch as `.impl/context.json` names it.
pub fn base_of(desk: &Desk) -> Option<String> {
    let context: serde_json::Value = serde_json::from_str(&desk.read("context.json")?).ok()?;
    context["base_branch"].as_str().map(str::to_owned)
}

/// The summary that the agent wrote, else one made of the commits.
pub async fn summary(desk: &Desk) -> String {
    if let Some(text) = desk.read("pr-summary.md").filter(|text| !text.trim().is_empty()) {
        return cut(text.trim(), 20_000).to_owned();
    }
    let commits = desk.read("commits.txt").unwrap_or_default();
    let list: Vec<String> = commits
        .lines()
        .filter_map(|line| Some(format!("- {}", line.split_once(' ')?.1)))
        .filter(|line| !line.ends_with("(rerun)") && !line.starts_with("- Add plan for issue "))
        .collect();
    format!("## Changes\n\n{}", list.join("\n"))
}

fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::desk::tests::desk;
    use super::*;

    #[tokio::test]
    async fn without_the_agents_summary_the_commits_tell() {
        let (_folder, desk) = desk(&[]);
        desk.write("commits.txt", "a1 Add the task of plan\nb2 Add plan for issue #12\nc3 Add x\n")
            .expect("a file");
        assert_eq!(summary(&desk).await, "## Changes\n\n- Add the task of plan\n- Add x");
        desk.write("pr-summary.md", "Adds x.\n").expect("a file");
        assert_eq!(summary(&desk).await, "Adds x.");
    }

    #[test]
    fn a_cut_is_between_characters() {
        assert_eq!(cut("aüb", 2), "a");
        assert_eq!(cut("aüb", 9), "aüb");
    }
}
