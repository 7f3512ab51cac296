//! `/{owner}/{repo}/objectives/{n}/edit`: title, description and roadmap, with what would change on GitHub
//! before it is saved. When someone changed them there meanwhile, both are shown.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::compose::drafted;
use super::{diff, fields, graph};
use crate::address::value;
use crate::areas::{ObjectiveForm, OpenedObjective, Problem, ProblemKind, RepoName};
use crate::commands::notice;
use crate::components::{PageTitle, icon, notice_view, problem_page};
use crate::context::{areas, query, set_status, viewer};

/// Repository and number of the address.
pub(super) fn place() -> Option<(RepoName, i64)> {
    let params = use_params_map().get_untracked();
    let text = |name: &str| params.get(name).unwrap_or_default();
    let repo = RepoName::parse(&format!("{}/{}", text("owner"), text("repo")))?;
    let number = text("number").parse::<i64>().ok().filter(|number| *number > 0)?;
    Some((repo, number))
}

#[component]
pub(crate) fn EditRoute() -> impl IntoView {
    let place = place();
    crate::pages::page(async move {
        let Some((repo, number)) = place else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        let Some(viewer) = viewer() else {
            let words = "Objectives are edited by those who are signed in.";
            return problem_page(Problem::new(ProblemKind::SignedOut, words));
        };
        let texts = areas().objective_texts;
        let now = match texts.open(&viewer, &repo, number).await {
            Ok(now) => now,
            Err(problem) => return problem_page(problem),
        };
        let query = query();
        let mut notice = notice();
        let (draft, mut form) = drafted(value(&query, "draft"), &mut notice).await;
        if form.number != number || form.repo != repo.to_string() {
            form = now.form.clone();
        }
        let changed = form.version != now.form.version;
        let mut shown = None;
        if value(&query, "show").as_deref() == Some("preview") {
            match texts.changes(&viewer, &repo, number, &form).await {
                Ok(changes) => shown = Some(changes),
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
        let preview = shown.map(|changes| {
            view! {
                <section class="preview" id="preview" aria-labelledby="preview-heading">
                    <h2 id="preview-heading" tabindex="-1" data-arrive>"What changes"</h2>
                    <p>"Nothing has been written yet. The tables in the comment follow the roadmap; words between them stay."</p>
                    {graph::sketch(&texts.sketch(&form.outline))}
                    {diff::changes(&changes)}
                </section>
            }
        });
        view! {
            <PageTitle text=format!("Edit objective #{number}")/>
            <main id="main" class="page form-page" tabindex="-1">
                <p class="crumbs">
                    <a href=format!("/{repo}/objectives/{number}")>{now.form.title.clone()} " " <span class="tabular">{format!("#{number}")}</span></a>
                </p>
                <h1>"Edit objective"</h1>
                {notice_view(&notice)}
                {changed.then(|| theirs(&now))}
                {body(&form, &now, &notice.problems, &draft, value(&query, "node").as_deref())}
                {preview}
            </main>
        }
        .into_any()
    })
}

fn path(form: &ObjectiveForm) -> String {
    format!("/{}/objectives/{}", form.repo, form.number)
}

/// What is on GitHub, beside what was typed.
fn theirs(now: &OpenedObjective) -> AnyView {
    let prose = now.told.then(|| format!("{}\n\n", now.form.prose));
    view! {
        <section class="theirs" id="theirs" aria-labelledby="theirs-heading">
            <h2 id="theirs-heading">"On GitHub now"</h2>
            <p>"Someone changed this objective since you opened it. Yours is below: saving it replaces this one."</p>
            <pre tabindex="0" aria-labelledby="theirs-heading">{now.form.title.clone()} "\n\n" {prose} {now.form.outline.clone()}</pre>
            <p><a class="button" href=format!("{}/edit", path(&now.form))>"Take what is on GitHub"</a></p>
        </section>
    }
    .into_any()
}

fn body(
    form: &ObjectiveForm,
    now: &OpenedObjective,
    problems: &[Problem],
    draft: &str,
    node: Option<&str>,
) -> AnyView {
    let words = now.told.then_some("Markdown. What stands between and below the tables stays as it is.");
    let elsewhere = match (now.told, now.named) {
        (true, _) => None,
        (false, true) => {
            Some("The description of this objective is not in a place of its own: edit it on GitHub.")
        }
        (false, false) => Some(
            "This objective has no comment, so its description and the names of its phases cannot be kept. Edit it on GitHub.",
        ),
    };
    view! {
        <form
            method="post"
            action="/do/preview-objective"
            class="stack"
            id="objective-form"
            data-draft="/do/save-objective-draft"
            data-page=format!("{}/edit", path(form))
            novalidate
        >
            <input type="hidden" name="draft" value=draft.to_owned()/>
            <input type="hidden" name="repo" value=now.form.repo.clone()/>
            <input type="hidden" name="number" value=now.form.number.to_string()/>
            <input type="hidden" name="version" value=now.form.version.clone()/>
            // Enter in a field shows the changes, whichever button comes first.
            <button type="submit" class="sr" tabindex="-1" aria-hidden="true">"Show changes"</button>
            {elsewhere.map(|words| view! { <p class="notice hint">{icon("info")} <span>{words}</span></p> })}
            {fields::texts(form, problems, words)}
            {fields::arrange(form, node)}
            <div class="form-end">
                <button type="submit" class="button" id="preview-objective">"Show changes"</button>
                <button type="submit" class="button primary" id="save-objective" formaction="/do/save-objective" data-busy="Saving">
                    "Save objective"
                </button>
                <a href=path(form)>"Cancel"</a>
                <span class="draft-state muted small" role="status"></span>
            </div>
        </form>
    }
    .into_any()
}
