//! Writing objectives. What was typed is kept first.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::draft::keep;
use super::fields::lines;
use super::reply::{answer, person};
use crate::address::{address, with};
use crate::areas::{NewForm, ObjectiveForm, ObjectiveRefusal, Problem, ProblemKind, RepoName};
use crate::context::{areas, set_status};

/// Every field as text; one that is not sent is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectiveFields {
    pub draft: String,
    pub repo: String,
    /// The issue that is edited; empty for a new objective.
    pub number: String,
    pub title: String,
    pub prose: String,
    pub outline: String,
    pub version: String,
}

impl ObjectiveFields {
    fn read(self) -> (String, ObjectiveForm) {
        let form = ObjectiveForm {
            repo: self.repo.trim().to_owned(),
            number: self.number.parse().unwrap_or_default(),
            title: self.title.trim().to_owned(),
            prose: lines(&self.prose),
            outline: lines(&self.outline),
            version: self.version,
        };
        (self.draft, form)
    }

    /// Keeps the form. Answers the draft's id, the form, and the page that shows them.
    async fn keep(self) -> Result<(String, ObjectiveForm, String), Problem> {
        let (draft, form) = self.read();
        let kept = NewForm { objective_text: Some(Box::new(form.clone())), ..NewForm::default() };
        let id = keep(&draft, &kept).await?;
        let page = page_of(&form);
        Ok((id.clone(), form, address(&page, [("draft", id.as_str())])))
    }
}

/// The address of the form.
fn page_of(form: &ObjectiveForm) -> String {
    match form.number {
        0 => "/objectives/new".to_owned(),
        number => format!("/{}/objectives/{number}/edit", form.repo),
    }
}

/// Keeps the form and answers the draft's id. Called while the person types.
#[server(prefix = "/do", endpoint = "save-objective-draft")]
pub async fn save_objective_draft(#[server(flatten)] fields: ObjectiveFields) -> Result<String, Problem> {
    let kept = fields.keep().await;
    kept.map(|(id, ..)| id).inspect_err(|problem| set_status(problem.kind.status()))
}

/// What there is to say about a roadmap that is being typed, as a part of the page.
#[server(prefix = "/do", endpoint = "check-outline")]
pub async fn check_outline(#[server(default)] outline: String) -> Result<String, Problem> {
    // Reading takes time by its length: it keeps no request waiting.
    let checked = tokio::task::spawn_blocking(move || {
        crate::pages::outline_check(&lines(&outline)).map(|view| view.to_html()).unwrap_or_default()
    });
    checked.await.map_err(|_| Problem::new(ProblemKind::Internal, "The roadmap could not be checked."))
}

/// Keeps the objective and opens its preview. Writes nothing to GitHub.
#[server(prefix = "/do", endpoint = "preview-objective")]
pub async fn preview_objective(#[server(flatten)] fields: ObjectiveFields) -> Result<(), Problem> {
    let (_, _, page) = fields.keep().await?;
    let page = with(&page, &[("show", "preview")]);
    answer(person().map(|_| (page.clone(), None)).map_err(|problem| vec![problem]), &page)
}

/// Keeps the objective, then creates it and opens its page.
#[server(prefix = "/do", endpoint = "create-objective")]
pub async fn create_objective(#[server(flatten)] fields: ObjectiveFields) -> Result<(), Problem> {
    let (id, form, back) = fields.keep().await?;
    let viewer = match person() {
        Ok(viewer) => viewer,
        Err(problem) => return answer(Err(vec![problem]), &back),
    };
    let created = areas().dispatches.create_objective(&viewer, Some(&id), &form).await;
    answer(created.map(|id| (format!("/dispatches/{id}"), None)), &back)
}

/// Fills the form from a Markdown document. What the document does not hold stays.
#[server(prefix = "/do", endpoint = "import-objective")]
pub async fn import_objective(
    #[server(flatten)] fields: ObjectiveFields,
    #[server(default)] document: String,
) -> Result<(), Problem> {
    let mut fields = fields;
    let found = waymark_domain::roadmap::outline::import(&lines(&document));
    let empty = found.title.is_empty() && found.prose.is_empty() && found.outline.is_empty();
    for (text, field) in [
        (found.title, &mut fields.title),
        (found.prose, &mut fields.prose),
        (found.outline, &mut fields.outline),
    ] {
        if !text.is_empty() {
            *field = text;
        }
    }
    let (_, _, page) = fields.keep().await?;
    let said = match empty {
        false => Ok((page.clone(), Some("The form is filled from the document.".to_owned()))),
        true => Err(vec![
            Problem::new(ProblemKind::Invalid, "The document is empty.")
                .next("Paste a Markdown document, or drop a file.")
                .field("document"),
        ]),
    };
    answer(said, &page)
}

/// Moves or splits a node of the roadmap in the form.
#[server(prefix = "/do", endpoint = "arrange-objective")]
pub async fn arrange_objective(
    #[server(flatten)] fields: ObjectiveFields,
    #[server(default)] node: String,
    #[server(default)] how: String,
    #[server(default)] phase: String,
    #[server(default)] parts: String,
) -> Result<(), Problem> {
    use waymark_domain::roadmap::{Arrange, arrange};
    let mut fields = fields;
    let typed = [("phase", phase.clone()), ("parts", lines(&parts))];
    let how = match how.as_str() {
        "up" => Ok((Arrange::Up, "node")),
        "down" => Ok((Arrange::Down, "node")),
        "into" => Ok((Arrange::Into(phase), "phase")),
        "split" => Ok((Arrange::Split(lines(&parts).lines().map(str::to_owned).collect()), "parts")),
        _ => Err(Problem::new(ProblemKind::Invalid, "There is no such change of a node.")),
    };
    let node = node.trim().to_owned();
    let made = how.and_then(|(how, field)| {
        arrange(&lines(&fields.outline), &node, &how)
            .map_err(|words| Problem::new(ProblemKind::Invalid, words).field(field))
    });
    if let Ok((outline, _)) = &made {
        fields.outline.clone_from(outline);
    }
    let (_, _, page) = fields.keep().await?;
    let mut page = with(&page, &[("node", node.as_str())]);
    if made.is_err() {
        // What was typed for it comes back with the reason.
        page = with(&page, &typed.each_ref().map(|(name, text)| (*name, text.as_str())));
    }
    answer(made.map(|(_, done)| (page.clone(), Some(done))).map_err(|problem| vec![problem]), &page)
}

/// Keeps the edited objective, then saves it to GitHub.
#[server(prefix = "/do", endpoint = "save-objective")]
pub async fn save_objective(#[server(flatten)] fields: ObjectiveFields) -> Result<(), Problem> {
    let (id, form, back) = fields.keep().await?;
    let (viewer, repo) = match (person(), RepoName::parse(&form.repo)) {
        (Err(problem), _) => return answer(Err(vec![problem]), &back),
        (_, None) => return answer(Err(vec![no_name()]), &back),
        (Ok(viewer), Some(repo)) => (viewer, repo),
    };
    match areas().objective_texts.save(&viewer, &repo, form.number, &form).await {
        Ok(()) => {
            // The text is on GitHub: a draft that stays behind is only untidy.
            let _ = areas().dispatches.discard_draft(Some(&viewer), &id).await;
            let page = format!("/{repo}/objectives/{}", form.number);
            answer(Ok((page, Some("The objective is saved to GitHub.".to_owned()))), &back)
        }
        Err(ObjectiveRefusal::Problems(problems)) => answer(Err(problems), &back),
        Err(ObjectiveRefusal::Changed) => {
            let words = "Someone changed the objective on GitHub while you were editing. Your text is kept.";
            let problem = Problem::new(ProblemKind::Conflict, words)
                .next("Compare both, then save yours over it or take what is on GitHub.");
            answer(Err(vec![problem]), &back)
        }
    }
}

/// Brings an older roadmap into today's form. `version` is the body that was shown.
#[server(prefix = "/do", endpoint = "upgrade-objective")]
pub async fn upgrade_objective(
    repo: String,
    number: i64,
    #[server(default)] version: String,
) -> Result<(), Problem> {
    let page = format!("/{repo}/objectives/{number}");
    let result = match (person(), RepoName::parse(&repo)) {
        (Err(problem), _) => Err(problem),
        (_, None) => Err(no_name()),
        (Ok(viewer), Some(repo)) => areas().objective_texts.upgrade(&viewer, &repo, number, &version).await,
    };
    let said = result.map(|dispatch| match dispatch {
        Some(id) => (format!("/dispatches/{id}"), None),
        None => (page.clone(), Some("The roadmap is upgraded.".to_owned())),
    });
    answer(said.map_err(|problem| vec![problem]), &format!("{page}/upgrade"))
}

fn no_name() -> Problem {
    Problem::new(ProblemKind::Invalid, "This is not the name of a repository.")
}
