//! The commands that need no network and no database: formats read and written on the spot.
//!
//! Properties: JSON (or the text asked for) goes to standard output and nothing else does; unusable
//! input ends with exit code 1 and a message on standard error; `-` stands for standard input.

use std::io::{Read, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;
use waymark_domain::block::{self, Mapping};
use waymark_domain::inspect::inspect;
use waymark_domain::{branch, roadmap};

/// Commands that work on files alone.
#[derive(Debug, Subcommand)]
pub enum Offline {
    /// Shows, writes or changes the metadata blocks of an issue body, pull request body or comment
    Inspect(Inspect),
    /// Shows or checks the roadmap of an objective
    Roadmap(Roadmap),
    /// Names the branch of a plan
    BranchName(BranchName),
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// Print the block with this key made of the JSON mapping in FILE (standard input when left out)
    #[arg(long, value_name = "KEY", conflicts_with = "update")]
    render: Option<String>,
    /// Print FILE with the block of this key changed by the JSON mapping on standard input
    #[arg(long, value_name = "KEY")]
    update: Option<String>,
    /// The body to read; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "render")]
    file: Option<String>,
}

#[derive(Debug, Args)]
pub struct Roadmap {
    /// Check that the objective is consistent, and print each check with its result
    #[arg(long)]
    check: bool,
    /// The body of the objective's issue; `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// The objective's first comment, which names the phases
    #[arg(long, value_name = "FILE")]
    comment: Option<String>,
    /// A label of the objective's issue; may be given more than once
    #[arg(long = "label", value_name = "LABEL", requires = "check")]
    labels: Vec<String>,
}

#[derive(Debug, Args)]
pub struct BranchName {
    /// Number of the plan's issue
    #[arg(long, value_name = "N")]
    issue: u64,
    /// Number of the objective's issue
    #[arg(long, value_name = "M")]
    objective: Option<u64>,
    /// The time of the stamp, in UTC: 2026-01-15T14:30:00Z
    #[arg(long, value_name = "TIME")]
    at: String,
    /// The instruction or title; `-` for standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: String,
}

/// Run a command with the streams of the process.
pub fn run(command: &Offline) -> ExitCode {
    let written = answer(command, &mut std::io::stdin().lock()).and_then(|text| {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| format!("can't write: {error}"))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("waymark: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What a command prints.
fn answer(command: &Offline, input: &mut dyn Read) -> Result<String, String> {
    match command {
        Offline::Inspect(Inspect { render: Some(key), file, .. }) => {
            let data = mapping(&text(file.as_deref().unwrap_or("-"), input)?)?;
            render(key, &data)
        }
        Offline::Inspect(Inspect { update: Some(key), file: Some(file), .. }) => {
            if file == "-" {
                return Err("the changes are read from standard input, so the body must be a file".to_owned());
            }
            let body = text(file, input)?;
            let changes = mapping(&text("-", input)?)?;
            update(&body, key, &changes)
        }
        Offline::Inspect(Inspect { file, .. }) => {
            let body = text(file.as_deref().unwrap_or("-"), input)?;
            Ok(json(&inspect(&body)))
        }
        Offline::Roadmap(Roadmap { check: true, file, labels, .. }) => {
            let checks = roadmap::check(labels.iter().map(String::as_str), &text(file, input)?);
            Ok(json(&serde_json::json!({"checks": checks})))
        }
        Offline::Roadmap(Roadmap { file, comment, .. }) => {
            let body = text(file, input)?;
            let comment = comment.as_deref().map(|file| text(file, input)).transpose()?;
            let read = roadmap::read(&body, comment.as_deref()).map_err(|error| error.to_string())?;
            Ok(json(&read.to_json()))
        }
        Offline::BranchName(BranchName { issue, objective, at, text }) => {
            let given = if text == "-" { self::text("-", input)? } else { text.clone() };
            Ok(line(branch::name(*issue, *objective, &given, time(at)?)))
        }
    }
}

/// A block; that of a content key is made of the mapping's `text`.
fn render(key: &str, data: &Mapping) -> Result<String, String> {
    let block = match block::is_content(key) {
        true => block::render_content(key, content(data)?),
        false => block::render_with_warning(key, data),
    };
    block.map(line).map_err(|error| error.to_string())
}

/// The body with one block changed; that of a content key takes the mapping's `text`.
fn update(body: &str, key: &str, changes: &Mapping) -> Result<String, String> {
    let body = match block::is_content(key) {
        true => block::update_content(body, key, content(changes)?),
        false => block::update(body, key, changes),
    };
    body.map_err(|error| error.to_string())
}

fn content(data: &Mapping) -> Result<&str, &'static str> {
    data.get("text").and_then(Value::as_str).ok_or("a mapping with a \"text\" is needed for this key")
}

/// A time with an offset as UTC, or one without as it is.
fn time(text: &str) -> Result<jiff::civil::DateTime, String> {
    let utc = text.parse::<jiff::Timestamp>().map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    utc.or_else(|_| text.parse::<jiff::civil::DateTime>())
        .map_err(|_| format!("{text:?} is not a time like 2026-01-15T14:30:00Z"))
}

fn text(file: &str, input: &mut dyn Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => input.read_to_end(&mut bytes).map(|_| bytes),
        file => std::fs::read(file),
    };
    let bytes = read.map_err(|error| format!("{file} can't be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8"))
}

fn mapping(text: &str) -> Result<Mapping, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err("a JSON mapping is needed".to_owned()),
        Err(error) => Err(format!("a JSON mapping is needed: {error}")),
    }
}

fn json(value: &Value) -> String {
    line(value.to_string())
}

fn line(mut text: String) -> String {
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(subcommand)]
        offline: Offline,
    }

    fn ran(arguments: &[&str], input: &str) -> Result<String, String> {
        let command =
            Command::try_parse_from([&["waymark"], arguments].concat()).map_err(|error| error.to_string())?;
        answer(&command.offline, &mut input.as_bytes())
    }

    #[test]
    fn what_is_rendered_is_inspected_and_updated() {
        let block = ran(&["inspect", "--render", "plan-header"], r#"{"schema_version": "2", "n": 1}"#);
        let block = block.expect("a block");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("body.md");
        std::fs::write(&file, format!("top\n{block}end")).expect("a file");
        let file = file.to_str().expect("a path");
        let missing = ran(&["inspect", "--update", "plan-body", file], r#"{"text": "x"}"#);
        assert_eq!(missing, Err("there is no block \"plan-body\"".to_owned()));
        let changed = ran(&["inspect", "--update", "plan-header", file], r#"{"n": null}"#).expect("a body");
        assert!(changed.starts_with("top\n") && changed.ends_with("\nend"), "{changed}");
        assert_eq!(
            ran(&["inspect", "-"], &changed).expect("json"),
            "{\"blocks\":[{\"key\":\"plan-header\",\"data\":{\"schema_version\":\"2\",\"n\":null}}],\"errors\":[],\"warnings\":[]}\n"
        );
    }

    #[test]
    fn branches_are_named_in_utc() {
        let name = |at| ran(&["branch-name", "--issue", "7", "--objective", "4", "--at", at, "Fix it"], "");
        assert_eq!(name("2026-01-15T14:30:00Z").as_deref(), Ok("P7-O4-fix-it-01-15-1430\n"));
        assert_eq!(name("2026-01-15T14:30:00+02:00").as_deref(), Ok("P7-O4-fix-it-01-15-1230\n"));
        assert_eq!(name("2026-01-15T14:30:00").as_deref(), Ok("P7-O4-fix-it-01-15-1430\n"));
        assert!(name("yesterday").is_err());
        let piped = ran(&["branch-name", "--issue", "7", "--at", "2026-01-15T14:30:00Z", "-"], "Fix it\n");
        assert_eq!(piped.as_deref(), Ok("P7-fix-it-01-15-1430\n"));
    }

    #[test]
    fn unusable_input_is_an_error_with_a_message() {
        assert_eq!(ran(&["roadmap", "-"], "nothing"), Err("there is no roadmap".to_owned()));
        assert!(ran(&["roadmap", "--check", "-", "--label", "bug"], "nothing").is_ok());
        assert!(ran(&["inspect", "--render", "a b"], "{}").is_err());
        assert!(ran(&["inspect", "--render", "k"], "[]").is_err());
        assert!(ran(&["inspect", "no-such-file"], "").is_err_and(|message| message.contains("no-such-file")));
    }
}
