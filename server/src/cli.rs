//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::ci::Ci;
use crate::config::{Config, Settings};
use crate::offline::Offline;
use crate::serve;

/// Hands work to coding agents and shows it becoming merged pull requests.
#[derive(Debug, Parser)]
#[command(name = "waymark", version, propagate_version = true, max_term_width = 100)]
pub struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the dashboard
    ///
    /// Settings are flags or environment variables. What is missing or wrong is named at start, with how to
    /// get it. `waymark serve --sandbox` needs nothing: it brings a GitHub in a box.
    Serve(Box<Settings>),
    /// Serves GitHub in a box alone, for trying things and for tests; loopback only
    #[cfg(feature = "sandbox")]
    Sandbox(serve::sandbox::Alone),
    /// Runs a step of Waymark's workflows inside GitHub Actions
    #[command(subcommand)]
    Ci(Ci),
    /// Drops Waymark's copy of GitHub and reads it again; accounts, drafts and dispatches stay
    Rebuild(Box<Settings>),
    #[command(flatten)]
    Offline(Offline),
    /// Asks a running server whether it is well; exits with 1 when it is not
    Health {
        /// Address of the server
        #[arg(long, env = "WAYMARK_ADDR", default_value = "127.0.0.1:3000")]
        addr: std::net::SocketAddr,
    },
}

/// Runs the command line.
pub async fn run(line: Line) -> ExitCode {
    match line.command {
        Command::Serve(settings) => with_config(*settings, serve::serve).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(alone) => done(serve::sandbox::alone(alone).await),
        Command::Ci(command) => crate::ci::run(command).await,
        Command::Rebuild(settings) => with_config(*settings, serve::rebuild).await,
        Command::Offline(command) => crate::offline::run(&command),
        Command::Health { addr } => done(serve::health(addr).await),
    }
}

async fn with_config<F>(settings: Settings, command: impl FnOnce(Config) -> F) -> ExitCode
where
    F: Future<Output = Result<(), serve::Failure>>,
{
    serve::log::start(settings.log_json);
    match Config::from_settings(settings) {
        Ok(config) => done(command(config).await),
        Err(errors) => {
            eprintln!("waymark cannot start:\n{errors}\n`waymark serve --help` describes every setting.");
            ExitCode::FAILURE
        }
    }
}

fn done(result: Result<(), serve::Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("waymark: {failure}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_and_every_argument_is_described() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        let line = Line::command();
        line.clone().debug_assert();
        check(&line);
    }
    /// The table between the marks in README.md is exactly this.
    #[test]
    fn the_readme_lists_every_setting() {
        let line = Line::command();
        let serve = line.find_subcommand("serve").expect("serve");
        let mut table = String::from("| variable | meaning | default |\n|---|---|---|\n");
        for argument in serve.get_arguments() {
            let Some(variable) = argument.get_env().and_then(|name| name.to_str()) else { continue };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let (meaning, default) = match help.trim_end_matches(']').split_once(" [default: ") {
                Some((meaning, default)) => (meaning.to_owned(), default.to_owned()),
                None => {
                    let given = argument.get_default_values().first().and_then(|value| value.to_str());
                    let flag = argument.get_action().takes_values();
                    (help, given.filter(|_| flag).unwrap_or_default().to_owned())
                }
            };
            table.push_str(&format!("| `{variable}` | {meaning} | {default} |\n"));
        }
        let readme = include_str!("../../README.md");
        let (_, rest) = readme.split_once("<!-- configuration -->\n").expect("the first mark");
        let (listed, _) = rest.split_once("<!-- /configuration -->").expect("the last mark");
        let without_sandbox = |text: &str| {
            let keep = |line: &&str| cfg!(feature = "sandbox") || !line.contains("_SANDBOX_");
            text.lines().filter(keep).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(without_sandbox(listed), without_sandbox(&table));
    }
}
