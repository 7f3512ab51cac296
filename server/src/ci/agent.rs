//! Runs the agent: any program that reads a prompt on standard input and works in the clone.
//!
//! It never gets the token that writes to GitHub, nor the files through which a step speaks to later steps, and what it prints can
//! not give commands to the runner. It ends at its time limit together with everything that it started.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::config::Config;
use super::desk::Desk;
use super::failure::Failure;
use crate::supervise::detach;

/// How often the caller gets to look at what the agent has done so far.
const LOOK: Duration = Duration::from_millis(700);

/// Whether a variable is kept from the agent: the token, and the runner's files and services.
fn is_withheld(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_OUTPUT",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
    ];
    NAMES.contains(&name) || name.starts_with("ACTIONS_") || name.starts_with("INPUT_")
}

/// Removes from a command's environment what neither agents nor the repository's own checks may have.
pub fn withhold(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_withheld) {
            command.env_remove(name);
        }
    }
}

/// Closes this process's environment and memory to other processes of the same user. Root can still look.
fn close_to_others() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Runs the agent for a phase (`plan`, `implement`, `summarise`) and waits for it; `look` is called while it works and once after.
///
/// # Errors
/// When it can not be started, fails, or takes more than `minutes`.
pub async fn run(
    desk: &Desk,
    config: &Config,
    phase: &str,
    minutes: u64,
    mut look: impl AsyncFnMut(),
) -> Result<(), Failure> {
    let prompt = desk.prompt(phase).await?;
    let (program, args) = config.agent_command(desk.job.model.as_deref());
    desk.say(&format!("Starting the agent: {program} (model {})", config.model(desk.job.model.as_deref())));
    let mut command = Command::new(&program);
    command.args(args).current_dir(&desk.root);
    withhold(&mut command);
    command
        .env("WAYMARK_PHASE", phase)
        .env("MODEL", config.model(desk.job.model.as_deref()))
        .env("WORKFLOW_RUN_URL", desk.job.run_url());
    let title = format!("Agent ({phase})");
    close_to_others();
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::new(&*title, format!("{program} can not be started: {error}. See agent.command in .waymark/config.toml and .waymark/setup.sh.")))?;
    let guard = StopCommands::begin();
    let ended = attend(desk, child, prompt, Duration::from_secs(minutes * 60), &mut look).await;
    drop(guard);
    look().await;
    match ended {
        Ended::Code(Some(0)) => Ok(()),
        Ended::Code(Some(code)) => {
            Err(Failure::new(title, format!("{program} ended with exit status {code}.")))
        }
        Ended::Code(None) => Err(Failure::new(title, format!("{program} was stopped by a signal."))),
        Ended::Late => Err(Failure::new(
            title,
            format!("{program} was stopped after {minutes} minutes, its time limit in .waymark/config.toml."),
        )),
        Ended::Lost(error) => Err(Failure::new(title, format!("{program} was lost: {error}"))),
    }
}

enum Ended {
    Code(Option<i32>),
    Late,
    Lost(std::io::Error),
}

async fn attend(
    desk: &Desk,
    mut child: Child,
    prompt: String,
    limit: Duration,
    look: &mut impl AsyncFnMut(),
) -> Ended {
    if let Some(mut input) = child.stdin.take() {
        // An agent may end without reading its prompt; that is its own matter.
        detach("the agent's input", async move {
            let _ = input.write_all(prompt.as_bytes()).await;
        });
    }
    let (sender, mut lines) = mpsc::channel(64);
    if let Some(output) = child.stdout.take() {
        detach("the agent's output", forward(output, sender.clone()));
    }
    if let Some(errors) = child.stderr.take() {
        detach("the agent's errors", forward(errors, sender.clone()));
    }
    drop(sender);
    let group = child.id();
    let deadline = tokio::time::sleep(limit);
    tokio::pin!(deadline);
    let mut ticks = tokio::time::interval(LOOK);
    let mut open = true;
    let ended = loop {
        tokio::select! {
            line = lines.recv(), if open => match line {
                Some(line) => hear(desk, &line),
                None => open = false,
            },
            status = child.wait() => break match status {
                Ok(status) => Ended::Code(status.code()),
                Err(error) => Ended::Lost(error),
            },
            () = &mut deadline => break Ended::Late,
            _ = ticks.tick() => look().await,
        }
    };
    stop_group(group).await;
    // What left the group may still hold the pipe: it is not waited for.
    while let Ok(Some(line)) = tokio::time::timeout(LOOK, lines.recv()).await {
        hear(desk, &line);
    }
    ended
}

/// Ends whatever the agent left running.
async fn stop_group(group: Option<u32>) {
    if let Some(group) = group {
        let _ = Command::new("sh")
            .args(["-c", "kill -KILL -- \"-$1\" 2>/dev/null", "sh", &group.to_string()])
            .status()
            .await;
    }
}

async fn forward(stream: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line).await, Ok(1..)) {
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        line.clear();
        if lines.send(text).await.is_err() {
            return;
        }
    }
}

/// Keeps the line for the session log, and shows it as far as it is readable.
fn hear(desk: &Desk, line: &str) {
    desk.append("session.log", line);
    if let Some(text) = readable(line) {
        desk.say(&text);
    }
}

/// What of a line is shown in the job's log: a line of stream-json becomes its words and the names of the tools used.
fn readable(line: &str) -> Option<String> {
    let Some(event) = line.starts_with('{').then(|| serde_json::from_str::<Value>(line).ok()).flatten()
    else {
        return Some(line.to_owned());
    };
    match event["type"].as_str() {
        Some("assistant") => {
            let parts = event["message"]["content"].as_array()?;
            let words: Vec<String> = parts
                .iter()
                .filter_map(|part| match part["type"].as_str() {
                    Some("text") => part["text"].as_str().map(str::to_owned),
                    Some("tool_use") => part["name"].as_str().map(|name| format!("[{name}]")),
                    _ => None,
                })
                .collect();
            (!words.is_empty()).then(|| words.join("\n"))
        }
        Some("result") => event["result"].as_str().map(str::to_owned),
        Some(_) => None,
        None => Some(line.to_owned()),
    }
}

/// The session's name, as the agent gave it in its stream.
pub fn session_id(log: &str) -> Option<String> {
    log.lines()
        .filter(|line| line.contains("\"session_id\""))
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|event| event["session_id"].as_str().map(str::to_owned))
        .filter(|id| !id.is_empty())
}

/// While it lives, the runner takes no workflow commands from what is printed.
struct StopCommands(String);

impl StopCommands {
    fn begin() -> StopCommands {
        let token = format!("agent-{:032x}", rand::random::<u128>());
        println!("::stop-commands::{token}");
        StopCommands(token)
    }
}

impl Drop for StopCommands {
    fn drop(&mut self) {
        println!("::{}::", self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::desk::tests::desk;
    use super::*;

    async fn run_script(script: &str, minutes: u64) -> (Result<(), Failure>, String, usize) {
        let (_folder, desk) = desk(&[("MODEL_NAME", "m1")]);
        desk.write_at(".waymark/prompts", "plan.md", "the prompt\n").expect("a file");
        let config = Config {
            agent: super::super::config::Agent {
                command: ["sh", "-c", script, "{model}"].map(str::to_owned).to_vec(),
                ..Default::default()
            },
            ..Default::default()
        };
        let mut looks = 0;
        let result = run(&desk, &config, "plan", minutes, async || looks += 1).await;
        (result, desk.private("session.log").unwrap_or_default(), looks)
    }

    #[tokio::test]
    async fn it_gets_the_prompt_and_its_phase_and_its_words_are_kept() {
        let (result, log, looks) =
            run_script("cat; echo \"$WAYMARK_PHASE $0 $MODEL\"; echo secret-secret >&2", 1).await;
        assert_eq!(result, Ok(()));
        assert!(looks >= 1);
        assert!(log.contains("the prompt\nplan m1 m1\n"), "{log}");
        assert!(log.contains("***\n") && !log.contains("secret-secret"), "{log}");
    }

    #[tokio::test]
    async fn a_failure_says_the_exit_status_and_a_late_one_the_limit() {
        let (result, ..) = run_script("exit 3", 1).await;
        assert!(result.expect_err("failed").message.contains("exit status 3"));
        let (result, ..) = run_script("sleep 60 & wait", 0).await;
        assert!(result.expect_err("late").message.contains("0 minutes"));
    }

    #[tokio::test]
    async fn an_agent_that_is_not_there_is_named() {
        let (_folder, desk) = desk(&[]);
        desk.write_at(".waymark/prompts", "plan.md", "x").expect("a file");
        let config = Config::parse("[agent]\ncommand = [\"no-such-agent\"]").expect("sound");
        let failure = run(&desk, &config, "plan", 1, async || {}).await.expect_err("not there");
        assert!(failure.message.contains("no-such-agent"), "{failure}");
    }

    #[test]
    fn tokens_and_the_runners_files_are_withheld() {
        for name in ["GH_TOKEN", "GITHUB_ENV", "GITHUB_OUTPUT", "ACTIONS_RUNTIME_TOKEN"] {
            assert!(is_withheld(name), "{name}");
        }
        for name in ["PATH", "ANTHROPIC_API_KEY", "GITHUB_RUN_ATTEMPT", "PLAN_ISSUE_NUMBER"] {
            assert!(!is_withheld(name), "{name}");
        }
    }

    #[test]
    fn a_stream_is_shown_as_words() {
        assert_eq!(readable("plain"), Some("plain".into()));
        assert_eq!(readable("{not json"), Some("{not json".into()));
        assert_eq!(readable(r#"{"type":"system","session_id":"s"}"#), None);
        let line = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"I read."},{"type":"tool_use","name":"Read"}]}}"#;
        assert_eq!(readable(line), Some("I read.\n[Read]".into()));
        assert_eq!(session_id("x\n{\"type\":\"system\",\"session_id\":\"s-1\"}\n"), Some("s-1".into()));
    }
}
