//! `implement`, `mark-step`, `get-progress`: the agent carries out the steps, and each one that it marks is committed, pushed and shown.
//!
//! The agent marks steps in a file; what goes to GitHub is sent by the command around it, which alone has the token.

use super::desk::Desk;
use super::failure::Failure;
use super::formats::Progress;
use super::hub::Hub;
use super::publish::Publisher;
use super::{agent, checks, git};

/// What the repository's checks said, for the agent to mend.
const CHECKS: &str = "checks.txt";

/// Runs the agent with `prompts/implement.md`. When every step is done already, there is something to do
/// only where the repository's checks fail: then the agent gets what they said.
///
/// # Errors
/// When there are no steps to read, the agent fails, or it ends before every step is marked.
pub async fn implement(desk: &Desk) -> Result<(), Failure> {
    let before = self::progress(desk)?;
    if !before.steps.is_empty() && before.current().is_none() {
        match checks::failing(desk).await? {
            None => {
                desk.say("Every step is done, and the repository's checks have nothing against it.");
                return Ok(());
            }
            Some((_, said)) => desk.write(CHECKS, &said)?,
        }
    }
    let config = desk.config().await?;
    let hub = Hub::open(desk)?;
    let mut publisher = Publisher::new(desk, &hub)?;
    publisher.begin().await;
    agent::run(desk, &config, "implement", config.agent.implement_minutes, async || publisher.look().await)
        .await?;
    let progress = self::progress(desk)?;
    match progress.current() {
        None => Ok(()),
        Some((number, text)) => Err(Failure::new(
            "Agent (implement)",
            format!("The agent ended without finishing step {number} of {}: {text}", progress.steps.len()),
        )),
    }
}

fn progress(desk: &Desk) -> Result<Progress, Failure> {
    let nothing = || Failure::new("Steps", "There is no .impl/progress.md: `waymark ci start` writes it.");
    desk.read("progress.md").map(|text| Progress::parse(&text)).ok_or_else(nothing)
}

/// Marks steps as done and commits what was changed, with the message in `.impl/commit-message.md`, else with the text of the last step.
///
/// # Errors
/// When a step does not exist.
pub async fn mark_steps(desk: &Desk, numbers: &[usize]) -> Result<(), Failure> {
    let mut progress = self::progress(desk)?;
    let mut last = String::new();
    for number in numbers {
        let total = progress.steps.len();
        last = progress
            .mark(*number)
            .ok_or_else(|| {
                Failure::new("Steps", format!("There is no step {number}: the plan has {total}."))
            })?
            .to_owned();
    }
    let message = desk
        .read("commit-message.md")
        .filter(|text| !text.trim().is_empty())
        .unwrap_or_else(|| subject(&last));
    let committed = git::commit_all(&desk.root, message.trim()).await?;
    desk.remove("commit-message.md");
    desk.write("progress.md", &progress.render())?;
    let what = if committed { "committed" } else { "nothing to commit" };
    println!("{} of {} steps done ({what}).", progress.done(), progress.steps.len());
    Ok(())
}

/// Prints the progress, as a list or as JSON.
///
/// # Errors
/// When there is none.
pub fn get_progress(desk: &Desk, json: bool) -> Result<(), Failure> {
    println!("{}", told(&self::progress(desk)?, json));
    Ok(())
}

fn told(progress: &Progress, json: bool) -> String {
    if json {
        return progress.to_json().to_string();
    }
    let lines: Vec<String> = progress.lines().collect();
    format!("{} of {} steps done\n{}", progress.done(), progress.steps.len(), lines.join("\n"))
}

/// A commit subject from the text of a step: its first line without Markdown, at most 70 characters.
fn subject(step: &str) -> String {
    let line = step.lines().next().unwrap_or_default();
    let plain: String = line.chars().filter(|c| !"`*_".contains(*c)).collect();
    let plain = plain.trim().trim_end_matches('.');
    if plain.chars().count() <= 70 {
        return if plain.is_empty() { "Carry out a step of the plan".into() } else { plain.into() };
    }
    let cut: String = plain.chars().take(69).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words))
}

#[cfg(test)]
mod tests {
    use super::super::git::tests::world;
    use super::*;

    #[tokio::test]
    async fn a_marked_step_is_committed_with_the_agents_message() {
        let (_folder, desk) = world().await;
        desk.write("progress.md", &Progress::begin(&["Add `x`.".into(), "Add y.".into()], 0).render())
            .expect("a file");
        desk.write_at(".", "x.txt", "x").expect("a file");
        desk.write("commit-message.md", "Add x\n\nBecause.\n").expect("a file");
        mark_steps(&desk, &[1]).await.expect("marked");
        desk.write_at(".", "y.txt", "y").expect("a file");
        mark_steps(&desk, &[2]).await.expect("marked");
        mark_steps(&desk, &[2]).await.expect("marking again changes nothing");
        let log = git::git(&desk.root, &["log", "-2", "--format=%an: %s %b"]).await.expect("git");
        assert_eq!(
            log.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>(),
            ["writer: Add y ", "writer: Add x Because."]
        );
        assert_eq!(Progress::parse(&desk.read("progress.md").expect("a file")).done(), 2);
        assert!(mark_steps(&desk, &[3]).await.expect_err("there is none").message.contains("no step 3"));
    }

    #[tokio::test]
    async fn nothing_is_implemented_without_a_list_of_steps() {
        let (_folder, mut desk) = world().await;
        desk.token = Some("ghp_x".to_owned());
        for failure in [
            implement(&desk).await.expect_err("no steps"),
            mark_steps(&desk, &[1]).await.expect_err("no steps"),
            get_progress(&desk, false).expect_err("no steps"),
        ] {
            assert!(failure.message.contains("no .impl/progress.md"), "{failure}");
        }
        desk.write("progress.md", &Progress::begin(&["a".into()], 0).render()).expect("a file");
        assert_eq!(get_progress(&desk, true), Ok(()));
    }

    #[test]
    fn progress_is_told_in_words_and_as_json() {
        let progress = Progress::begin(&["a".into(), "b".into()], 1);
        assert_eq!(told(&progress, false), "1 of 2 steps done\n- [x] 1. a\n- [ ] 2. b");
        let json: serde_json::Value = serde_json::from_str(&told(&progress, true)).expect("JSON");
        assert_eq!((&json["completed_steps"], &json["total_steps"]), (&1.into(), &2.into()), "{json}");
    }

    #[test]
    fn a_subject_is_short_and_plain() {
        assert_eq!(subject("Add `x` to **y**.\nMore."), "Add x to y");
        assert_eq!(subject(""), "Carry out a step of the plan");
        let long = subject(&"word ".repeat(30));
        assert!(long.chars().count() <= 70 && long.ends_with("word…"), "{long}");
    }
}
