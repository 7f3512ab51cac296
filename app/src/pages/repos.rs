//! `/repos`: connected repositories, and those that could be connected.

use leptos::prelude::*;

use crate::areas::{Problem, ProblemKind, RepositoryRow};
use crate::commands::{Notice, notice};
use crate::components::{PageTitle, ago, icon, notice_view, problem_page, words::count};
use crate::context::{areas, viewer};

#[component]
pub(crate) fn ReposPage() -> impl IntoView {
    super::page(async {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Repositories are listed as GitHub shows them to you.",
            ));
        };
        let notice = notice();
        match areas().repositories.list(&viewer).await {
            Ok(rows) => body(&rows, &notice),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(rows: &[RepositoryRow], notice: &Notice) -> AnyView {
    let (connected, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.connected);
    let connected_list = if connected.is_empty() {
        view! {
            <div class="empty">
                <h3>"None yet"</h3>
                <p>"Connect one of the repositories below. Waymark then mirrors its plans and checks what remote work needs."</p>
            </div>
        }
        .into_any()
    } else {
        view! { <ul class="repositories">{connected.into_iter().map(one).collect_view()}</ul> }.into_any()
    };
    let others = (!others.is_empty()).then(|| {
        view! {
            <section aria-labelledby="others-heading">
                <h2 id="others-heading">"Can be connected"</h2>
                <ul class="repositories">{others.into_iter().map(one).collect_view()}</ul>
            </section>
        }
    });
    view! {
        <PageTitle text="Repositories"/>
        <main id="main" class="page" tabindex="-1">
            <h1>"Repositories"</h1>
            {notice_view(notice)}
            <section aria-labelledby="connected-heading">
                <h2 id="connected-heading">"Connected"</h2>
                {connected_list}
            </section>
            {others}
        </main>
    }
    .into_any()
}

fn one(row: &RepositoryRow) -> AnyView {
    let repo = row.choice.repo.to_string();
    let choice = &row.choice;
    let stale =
        row.stale.clone().map(|why| view! { <p class="error small">{icon("clock")} <span>{why}</span></p> });
    let synced = row.synced_as.clone().map(|login| {
        let read = row.synced_at.map(|at| view! { ", read " {ago(at)} });
        view! { <span>"synced as " {login} {read}</span> }
    });
    let button = if row.connected {
        view! { <a class="button" href=format!("/{repo}/settings")>"Check prerequisites" <span class="sr">{format!(" of {repo}")}</span></a> }.into_any()
    } else {
        view! {
            <form method="post" action="/do/connect">
                <input type="hidden" name="repo" value=repo.clone()/>
                <button type="submit" class="button" aria-label=format!("Connect {repo}")>"Connect"</button>
            </form>
        }
        .into_any()
    };
    let plans = crate::address::address("/", [("repo", repo.as_str())]);
    view! {
        <li id=format!("repository-{repo}")>
            <div class="repository-text">
                <p class="row">
                    {icon(if choice.private { "lock" } else { "repo" })}
                    <a href=format!("/{repo}/settings")><strong>{repo.clone()}</strong></a>
                    {choice.private.then(|| view! { <span class="tag">"private"</span> })}
                    {choice.archived.then(|| view! { <span class="tag tone-doubt">"archived"</span> })}
                    {(!choice.can_write).then(|| view! { <span class="tag">"read only"</span> })}
                </p>
                {choice.description.clone().map(|text| view! { <p class="muted">{text}</p> })}
                <p class="muted small row">
                    {row.connected.then(|| view! { <a href=plans>{count(row.plans, "plan")}</a> })}
                    {synced}
                </p>
                {stale}
            </div>
            {button}
        </li>
    }
    .into_any()
}
