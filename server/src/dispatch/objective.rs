//! Creating an objective: what was typed is checked, what GitHub holds is seen, and the writes are
//! described.

use waymark_app::areas::{Mode, ObjectiveForm, Problem, ProblemKind, RepoName, Viewer};

use super::begin::{Begun, Described};
use super::check::{missing_labels, repository};
use super::describe::objective::{self, Facts};
use super::engine::{fault, now_ms};
use super::slots::{Bindings, Slots};
use crate::github::model::Issue;
use crate::mirror::access;
use crate::objectives::typed::{self, LONGEST_BODY};
use crate::state::App;

/// Checks an objective that a person wrote and describes what creating it writes.
///
/// # Errors
/// Every problem at once; nothing was written.
pub async fn describe(app: &App, viewer: &Viewer, form: &ObjectiveForm) -> Result<Described, Vec<Problem>> {
    let (typed, mut problems) = match typed::typed(form, "") {
        Ok(typed) => (Some(typed), Vec::new()),
        Err(problems) => (None, problems),
    };
    let client = access::client(app, Some(viewer)).await.map_err(|problem| vec![problem])?;
    let asked = match RepoName::parse(form.repo.trim()) {
        Some(repo) => repository(&client, &repo).await,
        None => Err(Problem::new(ProblemKind::Invalid, "No repository is chosen.")
            .next("Write it as owner/name.")
            .field("repo")),
    };
    let repo = match asked {
        Ok(repo) => Some(repo.name),
        Err(problem) => {
            problems.insert(0, problem);
            None
        }
    };
    let (Some(typed), Some(repo)) = (typed, repo) else { return Err(problems) };
    let missing_labels = missing_labels(&client, &repo, objective::LABEL).await;
    let facts = Facts {
        repo,
        submitter: viewer.login.clone(),
        title: typed.title,
        prose: typed.prose,
        roadmap: typed.roadmap,
        missing_labels,
    };
    described(facts).map_err(|problem| vec![problem])
}

fn described(facts: Facts) -> Result<Described, Problem> {
    let slots = objective::slots(&facts);
    let unwritable =
        |words: String, next: &str| Problem::new(ProblemKind::Invalid, words).next(next).field("prose");
    let operations = objective::operations(&facts, &slots).map_err(|error| {
        let words = format!("This text cannot be kept in an objective: {error}.");
        unwritable(words, "Take out what looks like a marker of a metadata block.")
    })?;
    let longest = operations
        .iter()
        .filter_map(|operation| operation.body.as_ref()?["body"].as_str().map(|body| body.chars().count()))
        .max()
        .unwrap_or_default();
    if longest > LONGEST_BODY {
        let words = format!("GitHub takes at most {LONGEST_BODY} characters; this makes {longest}.");
        return Err(unwritable(words, "Shorten the description, or make two objectives of it."));
    }
    Ok(Described {
        repo: facts.repo,
        issue: None,
        workflow: objective::WORKFLOW,
        mode: Mode::OneShot,
        title: facts.title,
        instruction: None,
        slots,
        operations,
        replaced: Vec::new(),
        node: None,
        seen_at: now_ms(),
    })
}

/// Writes the roadmap of an older objective, which stands in tables of its body, in today's form. Answers the
/// id of the dispatch at once.
///
/// # Errors
/// A text that cannot be kept, and `Conflict` while something else is under way. The caller has checked that
/// the viewer may.
pub async fn upgrade(app: &App, viewer: &Viewer, repo: &RepoName, issue: &Issue) -> Result<String, Problem> {
    let slots = Slots::avoiding(&[issue.text()]);
    let operations = objective::upgrade(repo, issue, &slots).map_err(|error| {
        let words = format!("The roadmap cannot be upgraded: {error}.");
        Problem::new(ProblemKind::Conflict, words).next("Mend it on GitHub first.")
    })?;
    let described = Described {
        repo: repo.clone(),
        issue: Some(issue.number),
        workflow: objective::UPGRADE,
        mode: Mode::OneShot,
        title: issue.title.clone(),
        instruction: None,
        slots,
        operations,
        replaced: Vec::new(),
        node: None,
        seen_at: now_ms(),
    };
    let begun = Begun::new(viewer, described, Bindings::new());
    let mut tx = app.db.begin().await.map_err(fault)?;
    if let Err(error) = begun.record(&mut tx).await {
        drop(tx);
        return Err(begun.refused(app, error).await);
    }
    tx.commit().await.map_err(fault)?;
    Ok(begun.start(app, viewer).await)
}
