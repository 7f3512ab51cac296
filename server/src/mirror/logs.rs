//! Logs of jobs: read once from GitHub when the job is over, and kept.

use sqlx::Row;
use waymark_app::areas::{Problem, ProblemKind, RepoName};

use super::{Reader, fault, now_ms};
use crate::github::Error;
use crate::github::model::millis;
use crate::state::App;

/// The longest log that is kept, in bytes; of a longer one the end.
const LONGEST: usize = 2_000_000;

/// The log of a job, as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub text: String,
    /// Only the end is kept.
    pub cut: bool,
}

/// The log of a job, from GitHub the first time.
///
/// # Errors
/// `NotFound` while GitHub has no log (the job is not over, or the log is too old).
pub async fn of_job(app: &App, repo: &RepoName, job: i64, over: bool) -> Result<Log, Problem> {
    let kept = sqlx::query("SELECT text, cut FROM mirror_logs WHERE repo = $1 AND job = $2")
        .bind(repo.to_string())
        .bind(job)
        .fetch_optional(app.db.pool())
        .await
        .map_err(fault)?;
    if let Some(row) = kept {
        let (text, cut): (String, i64) =
            (row.try_get("text").map_err(fault)?, row.try_get("cut").map_err(fault)?);
        return Ok(Log { text, cut: cut != 0 });
    }
    let reader = Reader::of(app, repo).await?;
    let text = match reader.client.text(&format!("/repos/{repo}/actions/jobs/{job}/logs")).await {
        Ok(text) => text,
        Err(Error::Answer { status: 404 | 410, .. }) => {
            let problem = Problem::new(ProblemKind::NotFound, "GitHub has no log of this job.");
            return Err(
                problem.next("A log appears when its job is over, and GitHub deletes it after some months.")
            );
        }
        Err(error) => return Err(reader.failed(app, error, "the log was read").await),
    };
    let log = plain(&text);
    if over {
        sqlx::query(
            "INSERT INTO mirror_logs (repo, job, text, cut, read_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (repo, job) DO NOTHING",
        )
        .bind(repo.to_string())
        .bind(job)
        .bind(&log.text)
        .bind(i64::from(log.cut))
        .bind(now_ms())
        .execute(app.db.pool())
        .await
        .map_err(fault)?;
    }
    Ok(log)
}

/// The lines without time stamps, colours and control characters, cut to the end that is kept.
fn plain(log: &str) -> Log {
    let lines: Vec<String> = log.lines().map(plain_line).collect();
    let mut bytes = 0;
    let kept = lines.iter().rev().take_while(|line| {
        bytes += line.len() + 1;
        bytes <= LONGEST
    });
    let kept = kept.count();
    Log { text: lines[lines.len() - kept..].join("\n"), cut: kept < lines.len() }
}

/// A line of a log as plain text.
pub fn plain_line(line: &str) -> String {
    let line = match line.trim_start_matches('\u{feff}').split_once(' ') {
        Some((stamp, rest)) if stamp.ends_with('Z') && millis(stamp).is_some() => rest,
        _ => line,
    };
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            // An escape sequence ends with a letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else if !c.is_control() || c == '\t' {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_keeps_its_end() {
        let log = "2026-01-01T00:00:00.0000000Z \u{1b}[31mred\u{1b}[0m\n2026-01-01T00:00:01Z done\nraw";
        assert_eq!(plain(log), Log { text: "red\ndone\nraw".into(), cut: false });
        let long = plain(&format!("{}\nend", "x".repeat(LONGEST)));
        assert_eq!(long, Log { text: "end".into(), cut: true });
    }
}
