//! `session-log`: what the agent said is kept in a secret gist, linked from the plan's header: one gist for
//! the plan, with a file for each job of each attempt. Best effort.

use serde_json::json;

use super::desk::Desk;
use super::failure::Failure;
use super::formats;
use super::hub::Hub;
use super::{agent, time};

/// Longest log that is kept, in bytes; the middle of a longer one is left out.
const LONGEST: usize = 900_000;

/// # Errors
/// When GitHub refuses; the workflow goes on.
pub async fn keep(desk: &Desk) -> Result<(), Failure> {
    let Some(log) = desk.private("session.log").filter(|log| !log.trim().is_empty()) else {
        desk.say("The agent said nothing, so there is no session log to keep.");
        return Ok(());
    };
    let hub = Hub::open(desk)?;
    let job = &desk.job;
    let issue = job.need_issue()?;
    let session = agent::session_id(&log)
        .unwrap_or_else(|| format!("run-{}-{}-{}", job.run_id, job.run_attempt, job.job));
    let name = format!("{}-{issue}-{}-{}.log", job.job, job.run_id, job.run_attempt);
    let description = format!("Session logs of {}#{issue}", job.repository);
    let log = shortened(&log, LONGEST);
    let body = hub.issue(issue).await?.body.unwrap_or_default();
    let known = formats::field(&body, "plan-header", "last_session_gist_id").map(|id| formats::plain(&id));
    let added = match known.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())) {
        Some(id) => hub.add_to_gist(&id, &description, &name, &log).await?,
        None => None,
    };
    let (gist, url) = match added {
        Some(gist) => gist,
        None => hub.gist(&description, &name, &log).await?,
    };
    let now = time::now();
    let mut facts = json!({
        "last_session_id": session,
        "last_session_at": now,
        "last_session_source": "remote",
        "last_session_gist_id": gist,
        "last_session_gist_url": url,
    });
    if job.job == "implement" {
        facts["last_remote_impl_at"] = json!(now);
        facts["last_remote_impl_run_id"] = json!(job.run_id);
        facts["last_remote_impl_session_id"] = json!(session);
        facts["branch_name"] = json!(job.branch);
    }
    hub.rewrite_issue(issue, |body| formats::updated(body, "plan-header", &facts)).await?;
    desk.say(&format!("The session log is kept: {url}"));
    Ok(())
}

/// Beginning and end of a long text, cut between lines.
fn shortened(log: &str, longest: usize) -> String {
    if log.len() <= longest {
        return log.to_owned();
    }
    let mut head = longest / 4;
    while !log.is_char_boundary(head) {
        head -= 1;
    }
    let mut tail = log.len() - (longest - longest / 4);
    while !log.is_char_boundary(tail) {
        tail += 1;
    }
    let head = log[..head].rfind('\n').map_or(head, |at| at + 1);
    let tail = log[tail..].find('\n').map_or(tail, |at| tail + at + 1);
    format!("{}[... {} bytes left out ...]\n{}", &log[..head], tail - head, &log[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_keeps_its_beginning_and_its_end() {
        let log: String = (0..100).map(|n| format!("line {n} ü\n")).collect();
        let short = shortened(&log, 200);
        assert!(short.starts_with("line 0 ü\n") && short.ends_with("line 99 ü\n"), "{short}");
        assert!(short.len() < 260 && short.contains("bytes left out"), "{short}");
        assert_eq!(shortened("short\n", 200), "short\n");
    }
}
