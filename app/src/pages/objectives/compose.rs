//! `/objectives/new`: an objective that a person writes, from a form or a Markdown document, with a preview
//! of its picture and of the exact issue and comment. Previewing writes nothing, so it may be a GET.

use leptos::prelude::*;

use super::{fields, graph};
use crate::address::value;
use crate::areas::{ObjectiveForm, Preview, Problem, Sketch};
use crate::commands::{Notice, notice};
use crate::components::{PageTitle, described_by, field, icon, markdown, notice_view, problem_of};
use crate::context::{areas, query, set_status, viewer};
use crate::islands::{Combobox, Source};
use crate::pages::new::{objective_drafts, writes};

#[component]
pub(crate) fn ComposeRoute() -> impl IntoView {
    crate::pages::page(async {
        let query = query();
        let mut notice = notice();
        let (draft, mut form) = drafted(value(&query, "draft"), &mut notice).await;
        if let Some(repo) = value(&query, "repo") {
            form.repo = repo;
        }
        let viewer = viewer();
        let mut shown = None;
        if value(&query, "show").as_deref() == Some("preview")
            && let Some(viewer) = &viewer
        {
            match areas().dispatches.preview_objective(viewer, &form).await {
                Ok(preview) => shown = Some(preview),
                Err(problems) => {
                    let news: Vec<Problem> =
                        problems.into_iter().filter(|problem| !notice.problems.contains(problem)).collect();
                    notice.problems.extend(news);
                }
            }
        }
        if let Some(problem) = notice.problems.first() {
            set_status(problem.kind.status());
        }
        let signed_out = viewer.is_none().then(|| {
            view! {
                <p class="notice hint">{icon("info")} <span>"You are not signed in. You can write now; what you type is kept while you sign in."</span></p>
            }
        });
        let drafts = match &viewer {
            Some(viewer) => areas().dispatches.drafts(viewer).await.unwrap_or_default(),
            None => Vec::new(),
        };
        let preview =
            shown.map(|shown| preview(&form, &shown, &areas().objective_texts.sketch(&form.outline)));
        view! {
            <PageTitle text="New objective"/>
            <main id="main" class="page form-page" tabindex="-1">
                <h1>"New objective"</h1>
                <p class="lead">
                    "Large work as a roadmap: nodes in phases that build on each other, each planned on its own."
                </p>
                {notice_view(&notice)}
                {signed_out}
                {body(&form, &notice.problems, &draft, value(&query, "node").as_deref())}
                {preview}
                {objective_drafts(&drafts, &draft)}
            </main>
        }
        .into_any()
    })
}

/// The draft that the address names, with its id; an empty form without one.
pub(super) async fn drafted(id: Option<String>, notice: &mut Notice) -> (String, ObjectiveForm) {
    let Some(id) = id else { return Default::default() };
    match areas().dispatches.draft(viewer().as_ref(), &id).await {
        Ok(draft) => (draft.id, draft.form.objective_text.map(|form| *form).unwrap_or_default()),
        Err(problem) => {
            notice.problems.push(problem);
            Default::default()
        }
    }
}

fn body(form: &ObjectiveForm, problems: &[Problem], draft: &str, node: Option<&str>) -> AnyView {
    let problem = problem_of(problems, "repo");
    let repo = view! {
        <Combobox
            name="repo".to_owned()
            value=form.repo.clone()
            source=Source::Repositories
            described=described_by("repo", true, problem).unwrap_or_default()
            invalid=problem.is_some()
        />
    };
    view! {
        <form
            method="post"
            action="/do/preview-objective"
            class="stack"
            id="objective-form"
            data-draft="/do/save-objective-draft"
            data-page="/objectives/new"
            novalidate
        >
            <input type="hidden" name="draft" value=draft.to_owned()/>
            // Enter in a field previews, whichever button comes first.
            <button type="submit" class="sr" tabindex="-1" aria-hidden="true">"Preview"</button>
            {import()}
            {field("repo", "Repository", Some("owner/name"), problem, repo.into_any())}
            {fields::texts(form, problems, Some("Markdown: what it is for, and what everybody who works on it must know."))}
            {fields::arrange(form, node)}
            <div class="form-end">
                <button type="submit" class="button" id="preview-objective">"Preview"</button>
                <button type="submit" class="button primary" id="create-objective" formaction="/do/create-objective" data-busy="Creating">
                    "Create objective"
                </button>
                <span class="draft-state muted small" role="status"></span>
            </div>
        </form>
    }
    .into_any()
}

fn import() -> AnyView {
    view! {
        <details class="more" id="import">
            <summary>"Fill it from a Markdown document"</summary>
            <div class="field">
                <label for="field-document">"Document"</label>
                <textarea id="field-document" name="document" rows="5" data-drop="import-objective" aria-describedby="help-document"></textarea>
                <p class="help" id="help-document">
                    "Paste it, or drop a file here. The first heading becomes the title; headings of phases with their lists or tables become the roadmap; the rest is the description."
                </p>
            </div>
            <div class="form-end">
                <button type="submit" class="button" id="import-objective" formaction="/do/import-objective">"Fill the form"</button>
            </div>
        </details>
    }
    .into_any()
}

fn preview(form: &ObjectiveForm, preview: &Preview, sketch: &Sketch) -> AnyView {
    let prose = (!form.prose.trim().is_empty())
        .then(|| view! { <div class="rendered" id="rendered-prose">{markdown(&form.prose)}</div> });
    view! {
        <section class="preview" id="preview" aria-labelledby="preview-heading">
            <h2 id="preview-heading" tabindex="-1" data-arrive>"Preview"</h2>
            <p>
                "The objective " <strong>{form.title.trim().to_owned()}</strong> " in " <code>{preview.repo.to_string()}</code>
                ". Nothing has been written yet."
            </p>
            {prose}
            {graph::sketch(sketch)}
            {writes(preview)}
        </section>
    }
    .into_any()
}
