//! `check`: the repository's own checks, with no secret at hand.

use std::collections::VecDeque;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::agent;
use super::desk::Desk;
use super::failure::Failure;

/// Lines and bytes of what failing checks said that are kept: the end.
const LINES: usize = 400;
const BYTES: usize = 40_000;

/// # Errors
/// When the command of `checks.command` fails.
pub async fn check(desk: &Desk) -> Result<(), Failure> {
    failing(desk).await?.map_or(Ok(()), |(failure, _)| Err(failure))
}

/// Runs the checks; when they fail, how, and the end of what they said.
///
/// # Errors
/// When they can not be run.
pub async fn failing(desk: &Desk) -> Result<Option<(Failure, String)>, Failure> {
    let command = desk.config().await?.checks.command;
    if command.trim().is_empty() {
        desk.say("No checks are configured (checks.command in .waymark/config.toml).");
        return Ok(None);
    }
    desk.say(&format!("$ {command}"));
    let mut shell = Command::new("sh");
    // One stream keeps the order in which things were said.
    shell.args(["-c", "exec 2>&1; eval \"$1\"", "sh", &command]).current_dir(&desk.root);
    agent::withhold(&mut shell);
    let unusable =
        |error: std::io::Error| Failure::new("Checks", format!("The checks can not be run: {error}"));
    let mut child =
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(unusable)?;
    let mut said = VecDeque::new();
    if let Some(output) = child.stdout.take() {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line).await, Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            desk.say(&text);
            said.push_back(text);
            while said.len() > LINES || said.iter().map(String::len).sum::<usize>() > BYTES {
                said.pop_front();
            }
            line.clear();
        }
    }
    let status = child.wait().await.map_err(unusable)?;
    if status.success() {
        return Ok(None);
    }
    let code = status.code().map_or("a signal".to_owned(), |code| format!("exit status {code}"));
    let failure = Failure::new("Checks", format!("`{command}` failed with {code}."));
    let said: Vec<String> = said.into();
    let said = format!("$ {command}\n{}\n({code})\n", said.join("\n"));
    Ok(Some((failure, said)))
}

#[cfg(test)]
mod tests {
    use super::super::desk::tests::desk;
    use super::*;

    async fn checked(command: &str) -> (Result<(), Failure>, String) {
        let (_folder, desk) = desk(&[]);
        desk.write_at(".waymark", "config.toml", &format!("[checks]\ncommand = '''{command}'''\n"))
            .expect("a file");
        let result = check(&desk).await;
        (result, desk.private("log.txt").unwrap_or_default())
    }

    #[tokio::test]
    async fn the_checks_decide_and_what_they_say_is_recorded() {
        assert_eq!(checked("").await.0, Ok(()));
        assert_eq!(checked("true").await.0, Ok(()));
        let (result, log) = checked("echo one; echo two >&2; exit 3").await;
        assert!(result.expect_err("failed").message.contains("exit status 3"));
        assert!(log.contains("one\ntwo\n"), "{log}");
    }
}
