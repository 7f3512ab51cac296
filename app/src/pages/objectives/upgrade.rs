//! `/{owner}/{repo}/objectives/{n}/upgrade`: what bringing an older roadmap into today's form changes, and
//! the button that does it.

use leptos::prelude::*;

use super::diff;
use super::edit::place;
use crate::areas::{Problem, ProblemKind};
use crate::commands::notice;
use crate::components::{PageTitle, notice_view, problem_page};
use crate::context::{areas, viewer};

#[component]
pub(crate) fn UpgradeRoute() -> impl IntoView {
    let place = place();
    crate::pages::page(async move {
        let Some((repo, number)) = place else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        let Some(viewer) = viewer() else {
            let words = "Objectives are upgraded by those who are signed in.";
            return problem_page(Problem::new(ProblemKind::SignedOut, words));
        };
        let changes = match areas().objective_texts.upgrade_changes(&viewer, &repo, number).await {
            Ok(changes) => changes,
            Err(problem) => return problem_page(problem),
        };
        let notice = notice();
        let moved = (!changes.comment.is_empty())
            .then_some(" Its text moves into a comment, where the tables stay for people to read; {comment} stands for its id, which GitHub gives.");
        let back = format!("/{repo}/objectives/{number}");
        view! {
            <PageTitle text=format!("Upgrade objective #{number}")/>
            <main id="main" class="page form-page" tabindex="-1">
                <p class="crumbs"><a href=back.clone()>{repo.to_string()} " " <span class="tabular">{format!("#{number}")}</span></a></p>
                <h1>"Upgrade roadmap"</h1>
                {notice_view(&notice)}
                <p class="lead">
                    "The roadmap goes into the form that Waymark and erk write today. Nodes and their states stay." {moved}
                </p>
                <form method="post" action="/do/upgrade-objective" class="form-end">
                    <input type="hidden" name="repo" value=repo.to_string()/>
                    <input type="hidden" name="number" value=number.to_string()/>
                    <input type="hidden" name="version" value=changes.version.clone()/>
                    <button type="submit" class="button primary" data-busy="Upgrading">"Upgrade roadmap"</button>
                    <a href=back>"Cancel"</a>
                </form>
                <section class="preview" aria-labelledby="changes-heading">
                    <h2 id="changes-heading">"What changes"</h2>
                    {diff::changes(&changes)}
                </section>
            </main>
        }
        .into_any()
    })
}
