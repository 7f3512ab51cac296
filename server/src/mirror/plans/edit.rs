//! Editing the plan's text on GitHub: read, compare, write, read again.
//!
//! Nothing that somebody else wrote meanwhile is overwritten: the text must still be the one that was
//! shown. Everything in the comment beside the plan stays as it is.

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use waymark_app::areas::{EditRefusal, Problem, ProblemKind, RepoName, Viewer};
use waymark_domain::block;
use waymark_domain::plan::{Found, Source, comments as parts, rewrite};

use crate::github::model::{Comment, Issue};
use crate::github::{Client, Error};
use crate::mirror::access::{self, Level};
use crate::mirror::snapshot::Snapshot;
use crate::mirror::{read, refresh_plan, text as plan_text};
use crate::state::App;

/// Longest text of a plan, in characters.
const LONGEST: usize = 240_000;

/// Identifies a plan's text.
pub(super) fn version(text: &str) -> String {
    hex::encode(&Sha256::digest(text.trim().as_bytes())[..16])
}

fn wrong(message: &str, next: &str) -> Problem {
    Problem::new(ProblemKind::Invalid, message).next(next).field("text")
}

/// The text as it is saved.
fn checked(text: &str) -> Result<String, Problem> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Err(wrong("A plan cannot be empty.", "Write what is to be done, or close the plan."));
    }
    if text.chars().count() > LONGEST {
        return Err(wrong("This plan is too long.", "Shorten it to 240,000 characters."));
    }
    Ok(text)
}

pub(super) async fn edit(
    app: &App,
    viewer: &Viewer,
    repo: &RepoName,
    number: i64,
    shown: &str,
    text: &str,
) -> Result<(), EditRefusal> {
    let refuse = EditRefusal::Problem;
    access::require(app, Some(viewer), repo, Level::Write).await.map_err(refuse)?;
    let text = checked(text).map_err(refuse)?;
    let client = access::client(app, Some(viewer)).await.map_err(refuse)?;
    let snapshot = fresh(&client, repo, number).await;
    let snapshot = snapshot.map_err(|error| refuse(error.problem("the plan was read")))?;
    let Some(snapshot) = snapshot else { return Err(refuse(super::no_plan(repo, number))) };
    // A plan that is missing is written as a new one is.
    let missing = || Found { text: String::new(), source: Source::Comment, comments: Vec::new() };
    let found = plan_text::found(&snapshot).unwrap_or_else(missing);
    let theirs = found.text.trim();
    // Also when the answer to the same request was lost before.
    if theirs == text {
        return Ok(());
    }
    if version(theirs) != shown {
        return Err(EditRefusal::Changed { theirs: theirs.to_owned(), version: version(theirs) });
    }
    let mut written = match found.source {
        Source::Comment => write(&client, repo, number, &found, &snapshot.comments, &text).await,
        _ => write_in_place(app, &client, repo, snapshot, &found, &text).await.map(|()| None),
    };
    if let (Ok(Some(comment)), true) = (&written, found.comments.is_empty()) {
        let path = format!("/repos/{repo}/issues/{number}");
        let writer = app.engine.writer_of(&path);
        let _one = writer.lock().await;
        written = link(&client, repo, number, *comment).await.map(|()| Some(*comment));
    }
    let after = fresh(&client, repo, number).await;
    if let Err(problem) = refresh_plan(app, repo, number).await {
        tracing::debug!(%repo, number, %problem, "a plan was not read after an edit");
    }
    written.map_err(refuse)?;
    let after = after.map_err(|error| refuse(error.problem("the saved plan was read again")))?;
    let stands = after.as_ref().and_then(plan_text::plan).unwrap_or_default();
    match stands == text {
        true => Ok(()),
        false => Err(EditRefusal::Changed { version: version(&stands), theirs: stands }),
    }
}

/// The issue and its comments as they are now.
async fn fresh(client: &Client, repo: &RepoName, number: i64) -> Result<Option<Snapshot>, Error> {
    let issue: Issue = client.get(&format!("/repos/{repo}/issues/{number}")).await?;
    if !read::is_plan(&issue) {
        return Ok(None);
    }
    let path = format!("/repos/{repo}/issues/{number}/comments?per_page=100");
    let comments: Vec<Comment> = client.get_all(&path).await?;
    Ok(Some(Snapshot { issue, comments, ..Snapshot::default() }))
}

fn unwritable(error: &dyn std::fmt::Display) -> Problem {
    let words = format!("This text cannot be kept in a plan: {error}.");
    wrong(&words, "Take out what looks like a marker of a metadata block.")
}

/// Writes the text of an older generation where it stands: in a comment, or in the issue itself.
async fn write_in_place(
    app: &App,
    client: &Client,
    repo: &RepoName,
    mut plan: Snapshot,
    found: &Found,
    text: &str,
) -> Result<(), Problem> {
    let issue = format!("/repos/{repo}/issues/{}", plan.issue.number);
    let writer = app.engine.writer_of(&issue);
    let _one = writer.lock().await;
    let (path, holder) = match found.comments.first() {
        None => (issue, &mut plan.issue.body),
        Some(id) => {
            let comment = plan.comments.iter_mut().find(|comment| comment.id.unsigned_abs() == *id);
            let comment = comment.ok_or_else(|| unwritable(&"its comment is gone"))?;
            (format!("/repos/{repo}/issues/comments/{id}"), &mut comment.body)
        }
    };
    let body = rewrite(holder.as_deref().unwrap_or_default(), found.text.trim(), text).ok_or_else(|| {
        let words = "The plan cannot be told from the rest of its issue.";
        Problem::new(ProblemKind::Conflict, words).next("Edit it on GitHub.")
    })?;
    *holder = Some(body.clone());
    if plan_text::plan(&plan).as_deref() != Some(text) {
        return Err(unwritable(&"it would not be read back the same"));
    }
    let answer = client.send::<Value>(Method::PATCH, &path, Some(&json!({"body": body}))).await;
    answer.map(drop).map_err(|error| error.problem("the plan was saved"))
}

/// Writes the text into the plan's comments; answers the id of the first.
async fn write(
    client: &Client,
    repo: &RepoName,
    number: i64,
    found: &Found,
    comments: &[Comment],
    text: &str,
) -> Result<Option<i64>, Problem> {
    let parts = parts(text).map_err(|error| unwritable(&error))?;
    let mut first = None;
    for (at, part) in parts.iter().enumerate() {
        let id = found.comments.get(at);
        let before = comments.iter().find(|comment| id == Some(&comment.id.unsigned_abs()));
        let body = match before.filter(|_| at == 0) {
            // The first comment may hold more than the plan; the others are Waymark's own.
            Some(before) => {
                let own = block::read(part).text("plan-body").unwrap_or_default().to_owned();
                block::update_content(before.text(), "plan-body", &own).map_err(|error| unwritable(&error))?
            }
            None => part.clone(),
        };
        let (method, path) = match id {
            Some(id) => (Method::PATCH, format!("/repos/{repo}/issues/comments/{id}")),
            None => (Method::POST, format!("/repos/{repo}/issues/{number}/comments")),
        };
        let answer = client.send::<Value>(method, &path, Some(&json!({"body": body}))).await;
        let made = answer.map_err(|error| error.problem("the plan was saved"))?.body;
        first = first.or(made["id"].as_i64());
    }
    for id in found.comments.iter().skip(parts.len()) {
        let path = format!("/repos/{repo}/issues/comments/{id}");
        match client.send::<Value>(Method::DELETE, &path, None).await {
            Ok(_) | Err(Error::Answer { status: 404 | 410, .. }) => {}
            Err(error) => {
                return Err(error.problem("a part of the plan that is no longer needed was removed"));
            }
        }
    }
    Ok(first)
}

/// Notes the comment that holds the plan in the issue's header, where that is one.
async fn link(client: &Client, repo: &RepoName, number: i64, comment: i64) -> Result<(), Problem> {
    let path = format!("/repos/{repo}/issues/{number}");
    let issue: Issue = client.get(&path).await.map_err(|error| error.problem("the plan was read"))?;
    let change = serde_json::Map::from_iter([("plan_comment_id".to_owned(), json!(comment))]);
    let Ok(body) = block::update(issue.text(), "plan-header", &change) else { return Ok(()) };
    let answer = client.send::<Value>(Method::PATCH, &path, Some(&json!({"body": body}))).await;
    answer.map(drop).map_err(|error| error.problem("the plan comment was noted in the issue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_of_the_text_alone() {
        assert_eq!(version("a\n"), version(" a"));
        assert_ne!(version("a"), version("b"));
        assert_eq!(version("a").len(), 32);
    }

    #[test]
    fn blank_and_endless_plans_are_refused_at_the_field() {
        assert_eq!(checked(" a\r\nb "), Ok("a\nb".to_owned()));
        for bad in [" \n".to_owned(), "x".repeat(LONGEST + 1)] {
            let problem = checked(&bad).expect_err("refused");
            assert_eq!((problem.kind, problem.field.as_deref()), (ProblemKind::Invalid, Some("text")));
        }
    }
}
