//! `/plans/new`: a plan that a person wrote, from text or a Markdown file, with a preview of how it
//! reads and of the exact issue. Previewing writes nothing, so it may be a GET.

use leptos::prelude::*;

use super::new::writes;
use crate::address::value;
use crate::areas::{NewForm, Preview, Problem};
use crate::commands::notice;
use crate::components::{
    PageTitle, area_text, described_by, field, icon, markdown, notice_view, problem_of, text_field,
};
use crate::context::{areas, query, set_status, viewer};
use crate::islands::{Combobox, Source};

#[component]
pub(crate) fn CreatePage() -> impl IntoView {
    super::page(async {
        let areas = areas();
        let viewer = viewer();
        let query = query();
        let mut notice = notice();
        let (draft, mut form) = match value(&query, "draft") {
            None => (String::new(), NewForm::default()),
            Some(id) => match areas.dispatches.draft(viewer.as_ref(), &id).await {
                Ok(draft) => (draft.id, draft.form),
                Err(problem) => {
                    notice.problems.push(problem);
                    (String::new(), NewForm::default())
                }
            },
        };
        for (name, field) in
            [("repo", &mut form.repo), ("objective", &mut form.objective), ("node", &mut form.node)]
        {
            if let Some(text) = value(&query, name) {
                *field = text;
            }
        }
        let mut shown = None;
        if value(&query, "show").as_deref() == Some("preview")
            && let Some(viewer) = &viewer
        {
            match areas.dispatches.preview_plan(viewer, &form).await {
                Ok(preview) => shown = Some(preview),
                Err(problems) => {
                    notice.problems.extend(
                        problems.into_iter().filter(|p| !notice.problems.contains(p)).collect::<Vec<_>>(),
                    );
                }
            }
        }
        if let Some(problem) = notice.problems.first() {
            set_status(problem.kind.status());
        }
        let signed_in = viewer.is_some();
        let fields = fields(&form, &notice.problems, &draft);
        view! {
            <PageTitle text="New plan"/>
            <main id="main" class="page form-page" tabindex="-1">
                <h1>"New plan"</h1>
                <p class="lead">
                    "Write the plan yourself, or drop a Markdown file. It becomes an issue on GitHub; you submit it when you like."
                </p>
                {notice_view(&notice)}
                {(!signed_in).then(|| view! {
                    <p class="notice hint">{icon("info")} <span>"You are not signed in. You can write now; what you type is kept while you sign in."</span></p>
                })}
                {fields}
                {shown.map(|preview| self::preview(&form, &preview))}
            </main>
        }
        .into_any()
    })
}

fn fields(form: &NewForm, problems: &[Problem], draft: &str) -> AnyView {
    let repo_problem = problem_of(problems, "repo");
    let repo = view! {
        <Combobox
            name="repo".to_owned()
            value=form.repo.clone()
            source=Source::Repositories
            described=described_by("repo", true, repo_problem).unwrap_or_default()
            invalid=repo_problem.is_some()
        />
    };
    let problem = problem_of(problems, "instruction");
    let text = view! {
        <textarea
            id="field-instruction"
            name="instruction"
            rows="18"
            data-drop
            aria-invalid=problem.map(|_| "true")
            aria-describedby=described_by("instruction", true, problem)
            placeholder="# Add a health endpoint\n\n## Steps\n\n1. Answer 200 at /healthz."
        >
            {area_text(&form.instruction)}
        </textarea>
    };
    let override_node = (problem_of(problems, "node").is_some() || form.override_node).then(|| {
        view! {
            <div class="choice">
                <input type="checkbox" name="override_node" id="override-node" value="true" checked=form.override_node/>
                <label for="override-node">"Create it although the node already runs or is done"</label>
            </div>
        }
    });
    let help = "Markdown. The first heading is the title; numbered steps are followed one by one. A file can be dropped here.";
    view! {
        <form method="post" action="/do/preview-plan" class="stack" id="plan-form" novalidate>
            <input type="hidden" name="draft" value=draft.to_owned()/>
            {field("repo", "Repository", Some("owner/name"), repo_problem, repo.into_any())}
            {field("instruction", "Plan", Some(help), problem, text.into_any())}
            <div class="pair">
                {text_field("objective", "Objective", "Its issue number, if this belongs to one.", &form.objective, problems)}
                {text_field("node", "Node", "The node of the objective's roadmap, such as 1.2.", &form.node, problems)}
            </div>
            {override_node}
            <div class="form-end">
                <button type="submit" class="button">"Preview"</button>
                <button type="submit" class="button primary" formaction="/do/create-plan" data-busy="Creating">
                    "Create plan"
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn preview(form: &NewForm, preview: &Preview) -> AnyView {
    let title = preview
        .writes
        .iter()
        .find(|write| write.operation == "create-issue")
        .and_then(|write| write.contents.iter().find(|(name, _)| name == "title"))
        .map(|(_, title)| title.clone());
    view! {
        <section class="preview" id="preview" aria-labelledby="preview-heading">
            <h2 id="preview-heading" tabindex="-1" data-arrive>"Preview"</h2>
            <p>"The issue " <strong>{title}</strong> " in " <code>{preview.repo.to_string()}</code> ". Nothing has been written yet."</p>
            <div class="rendered" id="rendered-plan">{markdown(&form.instruction)}</div>
            {writes(preview)}
        </section>
    }
    .into_any()
}
