//! Bringing an older roadmap into today's form: shown first, then written.

use waymark_app::areas::{ObjectiveChanges, Problem, ProblemKind, RepoName, Viewer};
use waymark_domain::roadmap::{self, Version};

use super::diff;
use crate::dispatch;
use crate::mirror::objectives::Snapshot;
use crate::objectives::write::Writing;
use crate::state::App;

/// Identifies the body that was shown.
fn version(body: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(&Sha256::digest(body.as_bytes())[..16])
}

fn unusable(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(ProblemKind::Conflict, format!("The roadmap cannot be upgraded: {error}."))
        .next("Mend it on GitHub first.")
}

/// The body and, for a roadmap in tables, the comment that upgrading writes.
///
/// # Errors
/// A roadmap that cannot be used, or that is not older.
pub fn changes(snapshot: &Snapshot) -> Result<ObjectiveChanges, Problem> {
    let roadmap = snapshot.roadmap().map_err(|error| unusable(&error))?;
    if !roadmap::is_older(&roadmap) {
        return Err(Problem::new(ProblemKind::Conflict, "This roadmap has today's form already."));
    }
    let body = snapshot.issue.text();
    let (new, comment) = match roadmap.version {
        Version::Tables => {
            let texts = roadmap::upgrade_tables(body, &snapshot.issue.created_at, &snapshot.issue.author());
            let texts = texts.map_err(|error| unusable(&error))?;
            // The id is known only when the comment is there.
            let body = texts.body.replacen("comment_id: null", "comment_id: {comment}", 1);
            (body, diff::lines("", &texts.comment))
        }
        Version::Block(_) => (roadmap::upgrade_block(body).map_err(|error| unusable(&error))?, Vec::new()),
    };
    Ok(ObjectiveChanges { title: None, body: diff::lines(body, &new), comment, version: version(body) })
}

/// Writes it. Answers the dispatch that does so, where more than the body is written.
///
/// # Errors
/// As [`changes`], `Conflict` when the body is not the one that was shown, and GitHub's refusals.
pub async fn upgrade(
    app: &App,
    viewer: &Viewer,
    repo: &RepoName,
    snapshot: &Snapshot,
    shown: &str,
) -> Result<Option<String>, Problem> {
    let found = changes(snapshot)?;
    if found.version != shown {
        let words = "Someone changed the objective on GitHub since this was shown. Nothing was written.";
        return Err(Problem::new(ProblemKind::Conflict, words).next("Look at the changes again."));
    }
    let tables = snapshot.roadmap().is_ok_and(|roadmap| roadmap.version == Version::Tables);
    if tables {
        let id = dispatch::upgrade_objective(app, viewer, repo, &snapshot.issue).await?;
        return Ok(Some(id));
    }
    let writing = Writing::of(app, viewer, repo, snapshot.issue.number).await?;
    writing.change(|_| None, roadmap::upgrade_block).await?;
    Ok(None)
}
