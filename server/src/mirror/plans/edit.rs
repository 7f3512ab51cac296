//! Editing the plan's text on GitHub: read, compare, write, read again.
//!
//! Properties kept:
//! - There is one writer per issue inside Waymark, dispatches included.
//! - Nothing that somebody else wrote meanwhile is overwritten or removed: the text must still be the one that
//!   was shown, and whatever is written is read again right before. Everything beside the plan stays.
//! - A save whose answer was lost can be sent again, and what GitHub's lists do not show yet is not made again.

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use waymark_app::areas::{EditRefusal, Problem, ProblemKind, RepoName, Viewer};
use waymark_domain::block;
use waymark_domain::plan::{Found, Source, comments as parts, rewrite};

use crate::github::model::{Comment, Issue};
use crate::github::{Client, Error};
use crate::mirror::access::{self, Level};
use crate::mirror::snapshot::{Snapshot, number as field};
use crate::mirror::{read, refresh_plan, text as plan_text};
use crate::state::App;

/// Longest text of a plan, in characters.
const LONGEST: usize = 240_000;
/// So often a plan is read while it is saved; what surrounds it may change each time.
const TURNS: usize = 5;

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
    let access = access::require(app, Some(viewer), repo, Level::Write).await.map_err(refuse)?;
    // As GitHub spells it, so that there is one writer however the name was typed.
    let repo = &access.name;
    let text = checked(text).map_err(refuse)?;
    let client = access::client(app, Some(viewer)).await.map_err(refuse)?;
    let writer = app.engine.writer_of(&format!("/repos/{repo}/issues/{number}"));
    let one = writer.lock().await;
    let saved = save(&client, repo, number, shown, &text).await;
    drop(one);
    if let Err(problem) = refresh_plan(app, repo, number).await {
        tracing::debug!(%repo, number, %problem, "a plan was not read after an edit");
    }
    saved
}

/// Writes until the text stands there. It is read before each turn, so that what somebody else writes is seen:
/// when it is the plan it is told, and when it is something around the plan it stays.
async fn save(
    client: &Client,
    repo: &RepoName,
    number: i64,
    shown: &str,
    text: &str,
) -> Result<(), EditRefusal> {
    let refuse = EditRefusal::Problem;
    let mut made: Vec<Comment> = Vec::new();
    for _ in 0..TURNS {
        let plan = fresh(client, repo, number, &made).await;
        let plan = plan.map_err(|error| refuse(error.problem("the plan was read")))?;
        let Some(plan) = plan else { return Err(refuse(super::no_plan(repo, number))) };
        // A plan that is missing is written as a new one is.
        let missing = || Found { text: String::new(), source: Source::Comment, comments: Vec::new() };
        let found = plan_text::found(&plan).unwrap_or_else(missing);
        let theirs = found.text.trim();
        let unseen = version(theirs) != shown;
        if theirs == text {
            // Unseen, it was saved in an earlier turn, or by a request whose answer was lost.
            return if unseen { link(client, repo, &plan, &found).await.map_err(refuse) } else { Ok(()) };
        }
        if unseen {
            return Err(EditRefusal::Changed { theirs: theirs.to_owned(), version: version(theirs) });
        }
        let written = match found.source {
            Source::Comment => write(client, repo, &plan, &found, text, &mut made).await,
            _ => write_in_place(client, repo, plan, &found, text).await,
        };
        written.map_err(refuse)?;
    }
    let words = "Somebody else keeps changing this plan on GitHub: it changed several times in a row.";
    Err(refuse(Problem::new(ProblemKind::Conflict, words).next("Try again in a moment.")))
}

/// The issue and its comments as they are now. Those that were just made may not be listed yet.
async fn fresh(
    client: &Client,
    repo: &RepoName,
    number: i64,
    made: &[Comment],
) -> Result<Option<Snapshot>, Error> {
    let issue: Issue = client.get(&format!("/repos/{repo}/issues/{number}")).await?;
    if !read::is_plan(&issue) {
        return Ok(None);
    }
    let path = format!("/repos/{repo}/issues/{number}/comments?per_page=100");
    let mut comments: Vec<Comment> = client.get_all(&path).await?;
    let unlisted = made.iter().filter(|one| !comments.iter().any(|comment| comment.id == one.id));
    let unlisted: Vec<Comment> = unlisted.cloned().collect();
    comments.extend(unlisted);
    Ok(Some(Snapshot { issue, comments, ..Snapshot::default() }))
}

fn unwritable(error: &dyn std::fmt::Display) -> Problem {
    let words = format!("This text cannot be kept in a plan: {error}.");
    wrong(&words, "Take out what looks like a marker of a metadata block.")
}

/// Whether an issue or a comment still has the body that was read.
async fn still(client: &Client, path: &str, before: &str) -> Result<bool, Problem> {
    match client.get::<Value>(path).await {
        Ok(now) => Ok(now["body"].as_str().unwrap_or_default() == before),
        Err(Error::Answer { status: 404 | 410, .. }) => Ok(false),
        Err(error) => Err(error.problem("the plan was read")),
    }
}

/// Puts another body in the place of the one that was read. GitHub knows no compare-and-swap, so it is read
/// again right before. Answers whether it was still the same.
async fn replace(client: &Client, path: &str, before: &str, after: &str) -> Result<bool, Problem> {
    if !still(client, path, before).await? {
        return Ok(false);
    }
    let sent = client.send::<Value>(Method::PATCH, path, Some(&json!({"body": after}))).await;
    sent.map(|_| true).map_err(|error| error.problem("the plan was saved"))
}

/// Writes the text of an older generation where it stands: in a comment, or in the issue itself.
async fn write_in_place(
    client: &Client,
    repo: &RepoName,
    mut plan: Snapshot,
    found: &Found,
    text: &str,
) -> Result<(), Problem> {
    let (path, holder) = match found.comments.first() {
        None => (format!("/repos/{repo}/issues/{}", plan.issue.number), &mut plan.issue.body),
        Some(id) => {
            let comment = plan.comments.iter_mut().find(|comment| comment.id.unsigned_abs() == *id);
            let comment = comment.ok_or_else(|| unwritable(&"its comment is gone"))?;
            (format!("/repos/{repo}/issues/comments/{id}"), &mut comment.body)
        }
    };
    let before = holder.clone().unwrap_or_default();
    let after = rewrite(&before, found.text.trim(), text).ok_or_else(|| {
        let words = "The plan cannot be told from the rest of its issue.";
        Problem::new(ProblemKind::Conflict, words).next("Edit it on GitHub.")
    })?;
    *holder = Some(after.clone());
    if plan_text::plan(&plan).as_deref() != Some(text) {
        return Err(unwritable(&"it would not be read back the same"));
    }
    replace(client, &path, &before, &after).await.map(drop)
}

/// Writes the text into the plan's comments, as long as each still is what was read.
async fn write(
    client: &Client,
    repo: &RepoName,
    plan: &Snapshot,
    found: &Found,
    text: &str,
    made: &mut Vec<Comment>,
) -> Result<(), Problem> {
    let parts = parts(text).map_err(|error| unwritable(&error))?;
    let path = |id: &u64| format!("/repos/{repo}/issues/comments/{id}");
    let body = |id: &u64| {
        let known = plan.comments.iter().find(|comment| comment.id.unsigned_abs() == *id);
        known.map(Comment::text).unwrap_or_default()
    };
    // Of a plan in several comments none is written when another one is not the same any more.
    for id in found.comments.iter().skip(1) {
        if !still(client, &path(id), body(id)).await? {
            return Ok(());
        }
    }
    for (at, part) in parts.iter().enumerate() {
        let Some(id) = found.comments.get(at) else {
            let path = format!("/repos/{repo}/issues/{}/comments", plan.issue.number);
            let sent = client.send::<Comment>(Method::POST, &path, Some(&json!({"body": part}))).await;
            made.push(sent.map_err(|error| error.problem("the plan was saved"))?.body);
            continue;
        };
        // The first comment may hold more than the plan; the others are Waymark's own.
        let after = if at == 0 {
            let own = block::read(part).text("plan-body").unwrap_or_default().to_owned();
            block::update_content(body(id), "plan-body", &own).map_err(|error| unwritable(&error))?
        } else {
            part.clone()
        };
        if !replace(client, &path(id), body(id), &after).await? {
            return Ok(());
        }
    }
    for id in found.comments.iter().skip(parts.len()) {
        if !still(client, &path(id), body(id)).await? {
            return Ok(());
        }
        match client.send::<Value>(Method::DELETE, &path(id), None).await {
            Ok(_) | Err(Error::Answer { status: 404 | 410, .. }) => {}
            Err(error) => {
                return Err(error.problem("a part of the plan that is no longer needed was removed"));
            }
        }
    }
    Ok(())
}

/// Notes the comment that holds the plan in the issue's header, where that names none that is there.
async fn link(client: &Client, repo: &RepoName, plan: &Snapshot, found: &Found) -> Result<(), Problem> {
    let body = plan.issue.text();
    let header = block::first(body, "plan-header");
    let named = header.as_ref().and_then(|header| field(header, "plan_comment_id"));
    let there = named.is_some_and(|id| plan.comments.iter().any(|comment| comment.id == id));
    let (Some(comment), false) = (found.comments.first(), there) else { return Ok(()) };
    let change = serde_json::Map::from_iter([("plan_comment_id".to_owned(), json!(comment))]);
    let Ok(linked) = block::update(body, "plan-header", &change) else { return Ok(()) };
    let path = format!("/repos/{repo}/issues/{}", plan.issue.number);
    replace(client, &path, body, &linked).await.map(drop)
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
