//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use secrecy::ExposeSecret;

use crate::ci::Ci;
use crate::config::{self, Config, Settings, Storage};
use crate::db;
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
    /// Copies the SQLite database into a new file, also while the server runs
    ///
    /// A PostgreSQL database is backed up with pg_dump; README.md says how.
    Backup {
        /// The file to make
        file: PathBuf,
        #[command(flatten)]
        storage: Box<Storage>,
    },
    #[command(flatten)]
    Offline(Offline),
    /// Asks a running server whether it is well; exits with 1 when it is not
    Health {
        /// Address of the server
        #[arg(long, env = "WAYMARK_ADDR", default_value = "127.0.0.1:3000", value_parser = config::address)]
        addr: std::net::SocketAddr,
    },
}

/// Reads the command line. What is wrong with a variable is said of the variable, not of the flag that it
/// stands for.
///
/// # Errors
/// What to print and how to end; also for `--help`.
pub fn parse() -> Result<Line, ExitCode> {
    Line::try_parse().map_err(|error| match of_variable(&error, std::env::args()) {
        Some(words) => {
            eprintln!("waymark cannot start:\n{words}\n`waymark serve --help` describes every setting.");
            ExitCode::from(2)
        }
        None => {
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    })
}

/// The error in words when the value came from the environment: no argument names the flag.
fn of_variable(error: &clap::Error, mut arguments: impl Iterator<Item = String>) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = flag.split_whitespace().next()?;
    if arguments.any(|argument| argument.split('=').next() == Some(flag)) {
        return None;
    }
    let line = Line::command();
    let mut all = line.get_subcommands().flat_map(clap::Command::get_arguments);
    let variable =
        all.find(|argument| argument.get_long() == flag.strip_prefix("--"))?.get_env()?.to_str()?;
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => format!("{value:?} cannot be used"),
        _ => "it cannot be used".to_owned(),
    };
    let why = std::error::Error::source(error).map(|why| format!(": {why}")).unwrap_or_default();
    Some(format!("{variable}: {value}{why}."))
}

async fn backup(storage: Storage, file: PathBuf) -> ExitCode {
    match storage.database_url() {
        Ok(url) => match db::backup(url.expose_secret(), &file).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("waymark: {error}");
                ExitCode::FAILURE
            }
        },
        Err(errors) => {
            eprintln!("waymark: {errors}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command line.
pub async fn run(line: Line) -> ExitCode {
    match line.command {
        Command::Serve(settings) => with_config(*settings, serve::serve).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(alone) => done(serve::sandbox::alone(alone).await),
        Command::Ci(command) => crate::ci::run(command).await,
        Command::Rebuild(settings) => with_config(*settings, serve::rebuild).await,
        Command::Backup { file, storage } => backup(*storage, file).await,
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
    #[test]
    fn an_error_names_the_variable_that_it_came_from() {
        let given = |arguments: &[&str]| {
            let line = ["waymark", "serve"].iter().chain(arguments).map(|text| (*text).to_owned());
            Line::try_parse_from(line).expect_err("no address")
        };
        // As if it had come from the environment: nobody typed the flag.
        let error = given(&["--addr", "3000"]);
        let said = of_variable(&error, ["waymark".to_owned(), "serve".to_owned()].into_iter()).expect("said");
        assert_eq!(said, "WAYMARK_ADDR: \"3000\" cannot be used: write HOST:PORT, such as 127.0.0.1:3000.");
        let typed = ["serve", "--addr", "3000"].map(str::to_owned).into_iter();
        assert_eq!(of_variable(&error, typed), None);
        assert!(Line::try_parse_from(["waymark", "serve", "--addr", "localhost:3000"]).is_ok());
    }

    /// What a container can be told is what the server can be told, but for what the image decides.
    #[test]
    fn the_compose_file_passes_every_setting() {
        let decided = [
            "WAYMARK_ADDR",
            "WAYMARK_SITE_DIR",
            "WAYMARK_SANDBOX_ADDR",
            "WAYMARK_SANDBOX_WORLD",
            "WAYMARK_DATABASE_URL_FILE",
        ];
        let compose = include_str!("../../compose.yaml");
        let line = Line::command();
        let serve = line.find_subcommand("serve").expect("serve");
        for variable in serve.get_arguments().filter_map(|argument| argument.get_env()?.to_str()) {
            let passed = compose.lines().any(|line| line.trim().starts_with(&format!("{variable}:")));
            assert_eq!(passed, !decided.contains(&variable), "{variable} in compose.yaml");
        }
        let image = include_str!("../../Dockerfile");
        assert!(image.contains("ENV WAYMARK_ADDR=") && image.contains("CMD [\"waymark\", \"health\"]"));
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
