//! Editing an objective's title, description and roadmap on GitHub.
//!
//! Nothing that somebody else wrote meanwhile is overwritten: what is edited must still be what was opened.
//! What goes on in the nodes (their states, plans and pull requests) is no conflict and stays.

use std::fmt;

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use waymark_app::areas::{
    ObjectiveChanges, ObjectiveForm, ObjectiveRefusal, OpenedObjective, Problem, ProblemKind, RepoName,
    Viewer,
};
use waymark_domain::roadmap::{self, Roadmap, Version, edit, outline};

use super::diff;
use crate::github::Client;
use crate::github::model::Issue;
use crate::mirror::access;
use crate::mirror::objectives::Snapshot;
use crate::objectives::typed::{LONGEST_BODY, Typed, typed};
use crate::objectives::write::Writing;
use crate::state::App;

/// Identifies the texts of an objective.
fn version(title: &str, prose: &str, outline: &str) -> String {
    let texts = [title, prose, outline].map(|text| text.trim().replace("\r\n", "\n"));
    hex::encode(&Sha256::digest(texts.join("\0").as_bytes())[..16])
}

/// What of an objective is edited.
///
/// # Errors
/// A roadmap that cannot be edited as it is.
pub fn opened(repo: &RepoName, snapshot: &Snapshot) -> Result<OpenedObjective, Problem> {
    let number = snapshot.issue.number;
    let unusable = |words: String, next: &str| Problem::new(ProblemKind::Conflict, words).next(next);
    let roadmap = snapshot.roadmap().map_err(|error| {
        unusable(format!("The roadmap of #{number} cannot be edited: {error}."), "Mend it on GitHub.")
    })?;
    if roadmap.version == Version::Tables {
        let words = format!("The roadmap of #{number} stands in tables, as older objectives have it.");
        return Err(unusable(words, "Upgrade it first, on the page of the objective."));
    }
    let prose = snapshot.comment.as_ref().and_then(|comment| edit::prose(comment.text()));
    let outline = outline::write(&roadmap);
    let title = snapshot.issue.title.clone();
    let told = prose.is_some();
    let prose = prose.unwrap_or_default().replace("\r\n", "\n");
    let version = version(&title, &prose, &outline);
    let form = ObjectiveForm { repo: repo.to_string(), number, title, prose, outline, version };
    Ok(OpenedObjective { form, told, named: snapshot.comment.is_some() })
}

/// What saving would change.
///
/// # Errors
/// Every problem of the form, and why the roadmap cannot become this one.
pub fn changes(
    repo: &RepoName,
    snapshot: &Snapshot,
    form: &ObjectiveForm,
) -> Result<ObjectiveChanges, Vec<Problem>> {
    let one = |problem: Problem| vec![problem];
    let now = opened(repo, snapshot).map_err(one)?;
    let wanted = typed(form, &now.form.prose)?;
    let body = snapshot.issue.text();
    let refused = |error: &dyn fmt::Display| one(cannot(error));
    let new = edit::replace(body, &wanted.roadmap).map_err(|error| refused(&error))?;
    let comment = match &snapshot.comment {
        Some(comment) => {
            let roadmap = roadmap::read(&new, Some(comment.text())).map_err(|error| refused(&error))?;
            let told = told(comment.text(), &now, &wanted, &roadmap).map_err(|error| refused(&error))?;
            diff::lines(comment.text(), &told)
        }
        None => Vec::new(),
    };
    Ok(ObjectiveChanges {
        title: (now.form.title != wanted.title).then_some((now.form.title, wanted.title)),
        body: diff::lines(body, &new),
        comment,
        version: now.form.version,
    })
}

/// The comment with the wanted texts.
fn told(comment: &str, now: &OpenedObjective, wanted: &Typed, roadmap: &Roadmap) -> Result<String, Refused> {
    let prose = if now.told { &wanted.prose } else { &now.form.prose };
    let stands = edit::prose(comment).unwrap_or_default().replace("\r\n", "\n");
    if now.told && ![&now.form.prose, prose].iter().any(|known| known.trim() == stands.trim()) {
        return Err(Refused::Changed("description"));
    }
    edit::retell(comment, prose, &wanted.roadmap, roadmap).map_err(|error| Refused::Words(error.to_string()))
}

fn cannot(error: &dyn fmt::Display) -> Problem {
    let words = format!("The roadmap cannot become this one: {error}.");
    Problem::new(ProblemKind::Conflict, words)
        .next("Keep its id in the roadmap; its words may change.")
        .field("outline")
}

/// Why a change is not applied.
enum Refused {
    /// Somebody else changed this of it.
    Changed(&'static str),
    Words(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Changed(what) => write!(f, "somebody changed its {what} on GitHub at the same moment"),
            Refused::Words(words) => f.write_str(words),
        }
    }
}

/// The nodes of a roadmap as far as they are edited.
fn nodes(roadmap: &Roadmap) -> Vec<(&str, String, Option<&[String]>)> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let listed = roadmap.has_listed_dependencies();
    roadmap
        .nodes
        .iter()
        .map(|node| {
            let needs = listed.then(|| node.depends_on.as_deref().unwrap_or_default());
            (node.id.as_str(), words(&node.description), needs)
        })
        .collect()
}

/// Saves what was edited. What is there already is not written again.
///
/// # Errors
/// Every problem of the form, `Changed` when somebody edited it meanwhile, and GitHub's refusals.
pub async fn save(
    app: &App,
    viewer: &Viewer,
    repo: &RepoName,
    snapshot: &Snapshot,
    form: &ObjectiveForm,
) -> Result<(), ObjectiveRefusal> {
    let now = opened(repo, snapshot)?;
    let wanted = typed(form, &now.form.prose).map_err(ObjectiveRefusal::Problems)?;
    let prose = if now.told { wanted.prose.as_str() } else { now.form.prose.as_str() };
    if version(&wanted.title, prose, &outline::write(&wanted.roadmap)) == now.form.version {
        return Ok(());
    }
    if now.form.version != form.version {
        return Err(ObjectiveRefusal::Changed);
    }
    let body = edit::replace(snapshot.issue.text(), &wanted.roadmap).map_err(|error| cannot(&error))?;
    if body.chars().count() > LONGEST_BODY {
        let words =
            format!("GitHub takes at most {LONGEST_BODY} characters in an issue; this roadmap makes more.");
        return Err(Problem::new(ProblemKind::Invalid, words)
            .next("Shorten its nodes.")
            .field("outline")
            .into());
    }
    let before = snapshot.roadmap().map_err(|error| cannot(&error))?;
    let number = snapshot.issue.number;
    let client = access::client(app, Some(viewer)).await?;
    if now.form.title != wanted.title && other_title(&client, repo, number, &now, &wanted).await? {
        return Err(ObjectiveRefusal::Changed);
    }
    let writing = Writing::of(app, viewer, repo, number).await?;
    writing
        .change_and_tell(
            |_| None,
            |body| {
                let found = roadmap::read(body, None).map_err(|error| Refused::Words(error.to_string()))?;
                let known = nodes(&found) == nodes(&before) || nodes(&found) == nodes(&wanted.roadmap);
                if !known {
                    return Err(Refused::Changed("nodes"));
                }
                edit::replace(body, &wanted.roadmap).map_err(|error| Refused::Words(error.to_string()))
            },
            |comment, roadmap| told(comment, &now, &wanted, roadmap),
        )
        .await?;
    if now.form.title != wanted.title {
        if other_title(&client, repo, number, &now, &wanted).await? {
            let words = "Someone changed the title on GitHub just now. The roadmap and the description are saved; \
                         the title is theirs.";
            return Err(Problem::new(ProblemKind::Conflict, words)
                .next("Open it again to change the title.")
                .into());
        }
        let path = format!("/repos/{repo}/issues/{number}");
        let sent = client.send::<Value>(Method::PATCH, &path, Some(&json!({"title": wanted.title}))).await;
        sent.map_err(|error| error.problem("the title was changed"))?;
        crate::mirror::refresh_plan(app, repo, number).await?;
    }
    Ok(())
}

/// Whether the objective has on GitHub a title that is neither the one that was opened nor the wanted one.
async fn other_title(
    client: &Client,
    repo: &RepoName,
    number: i64,
    opened: &OpenedObjective,
    wanted: &Typed,
) -> Result<bool, Problem> {
    let issue: Result<Issue, _> = client.get(&format!("/repos/{repo}/issues/{number}")).await;
    let issue = issue.map_err(|error| error.problem("the objective was read"))?;
    Ok(issue.title != opened.form.title && issue.title != wanted.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_of_the_texts_alone() {
        assert_eq!(version("a ", "b\r\nc", "d"), version("a", "b\nc\n", "d"));
        assert_ne!(version("a", "b", "c"), version("ab", "", "c"));
    }

    #[test]
    fn nodes_are_compared_by_what_can_be_edited() {
        let one = outline::read("- 1.1 a  b\n- 1.2 c").roadmap;
        let two = outline::read("- 1.1 a b\n- 1.2 c").roadmap;
        let free = outline::read("- 1.1 a b\n- 1.2 c (after nothing)").roadmap;
        assert_eq!(nodes(&one), nodes(&two));
        assert_ne!(nodes(&one), nodes(&free));
    }
}
