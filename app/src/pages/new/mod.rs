//! `/new`: the form, and under it the preview of every write.
//!
//! What the form shows comes from the draft named in the address, over which single fields of the
//! address are laid. Previewing is part of showing the page: it writes nothing, so it may be a GET.

mod drafts;
mod form;
mod preview;

use leptos::prelude::*;

pub(super) use drafts::objective_drafts;
pub(super) use preview::writes;

use crate::address::value;
use crate::areas::{Mode, NewForm, Preview, Problem, RepoName, Viewer};
use crate::commands::notice;
use crate::components::{PageTitle, icon, notice_view};
use crate::context::{areas, query, set_status, viewer};

/// What the form needs around its fields.
struct Surroundings {
    viewer: Option<Viewer>,
    draft: Option<String>,
    /// Suggestions for those without JavaScript: value and note.
    repositories: Vec<(String, String)>,
    branches: Vec<String>,
    templates: Vec<String>,
}

#[component]
pub(crate) fn NewPage() -> impl IntoView {
    super::page(async {
        let areas = areas();
        let viewer = viewer();
        let query = query();
        let mut notice = notice();
        let (draft, mut form) = match value(&query, "draft") {
            None => (None, NewForm::default()),
            Some(id) => match areas.dispatches.draft(viewer.as_ref(), &id).await {
                Ok(draft) => (Some(draft.id), draft.form),
                Err(problem) => {
                    notice.problems.push(problem);
                    (None, NewForm::default())
                }
            },
        };
        lay_over(&mut form, &query);

        let mut shown = None;
        if value(&query, "show").as_deref() == Some("preview")
            && let Some(viewer) = &viewer
        {
            match areas.dispatches.preview(viewer, &form).await {
                Ok(preview) => shown = Some(preview),
                Err(problems) => add(&mut notice.problems, problems),
            }
        }
        if let Some(problem) = notice.problems.first() {
            set_status(problem.kind.status());
        }

        let mut surroundings = Surroundings {
            viewer,
            draft,
            repositories: Vec::new(),
            branches: Vec::new(),
            templates: Vec::new(),
        };
        let mut drafts = Vec::new();
        if let Some(viewer) = &surroundings.viewer {
            // Suggestions help; without them the fields still take what is typed.
            let found = areas.repositories.search(viewer, "").await.unwrap_or_default();
            surroundings.repositories = found
                .iter()
                .take(100)
                .map(crate::islands::Suggestion::of)
                .map(|suggestion| (suggestion.value, suggestion.note))
                .collect();
            if let Some(repo) = RepoName::parse(&form.repo) {
                surroundings.branches =
                    areas.repositories.branches(viewer, &repo, "").await.unwrap_or_default();
                surroundings.templates =
                    areas.repositories.templates(viewer, &repo).await.unwrap_or_default();
            }
            drafts = areas.dispatches.drafts(viewer).await.unwrap_or_default();
        }
        body(&form, &notice, &surroundings, shown, drafts)
    })
}

fn body(
    form: &NewForm,
    notice: &crate::commands::Notice,
    around: &Surroundings,
    shown: Option<Preview>,
    drafts: Vec<crate::areas::Draft>,
) -> AnyView {
    let sign_in = around.viewer.is_none().then(|| {
        view! {
            <p class="notice hint">
                {icon("info")}
                <span>"You are not signed in. You can write now; what you type is kept while you sign in."</span>
            </p>
        }
    });
    view! {
        <PageTitle text="New"/>
        <main id="main" class="page form-page" tabindex="-1">
            <h1>"New instruction"</h1>
            <p class="lead">
                "Say what should be done. An agent plans it, does it in GitHub Actions, and opens a pull request for review. "
                <a href="/plans/new">"Or write the plan yourself."</a>
            </p>
            {notice_view(notice)}
            {sign_in}
            {form::form(form, &notice.problems, around)}
            {shown.map(|preview| preview::preview(&form.instruction, &preview))}
            {drafts::drafts(&drafts, around.draft.as_deref())}
        </main>
    }
    .into_any()
}

/// Adds problems that are not told already.
fn add(known: &mut Vec<Problem>, more: Vec<Problem>) {
    for problem in more {
        if !known.contains(&problem) {
            known.push(problem);
        }
    }
}

/// Lays the fields that the address names over the form.
fn lay_over(form: &mut NewForm, query: &str) {
    for (name, field) in [
        ("repo", &mut form.repo),
        ("base", &mut form.base),
        ("instruction", &mut form.instruction),
        ("model", &mut form.model),
        ("objective", &mut form.objective),
        ("node", &mut form.node),
    ] {
        if let Some(text) = value(query, name) {
            *field = text;
        }
    }
    match value(query, "mode").as_deref() {
        Some("plan-first") => form.mode = Mode::PlanFirst,
        Some("one-shot") => form.mode = Mode::OneShot,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_fills_the_form_over_the_draft() {
        let mut form = NewForm { repo: "acme/old".into(), base: "main".into(), ..NewForm::default() };
        lay_over(
            &mut form,
            "repo=acme%2Fwidgets&instruction=Do+it%0Anow&mode=plan-first&objective=&node=1.2",
        );
        assert_eq!(
            form,
            NewForm {
                repo: "acme/widgets".into(),
                base: "main".into(),
                instruction: "Do it\nnow".into(),
                mode: Mode::PlanFirst,
                node: "1.2".into(),
                ..NewForm::default()
            }
        );
    }
}
