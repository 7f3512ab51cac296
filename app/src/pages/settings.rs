//! `/{owner}/{repo}/settings`: what remote work needs of the repository, and mending it.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::address::address;
use crate::areas::{Prerequisite, Prerequisites, Problem, ProblemKind, Readiness, RepoName};
use crate::commands::{Notice, notice};
use crate::components::{PageTitle, ago, icon, notice_view, problem_page};
use crate::context::{areas, viewer};

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let text = |name: &str| params.get(name).unwrap_or_default();
    let repo = RepoName::parse(&format!("{}/{}", text("owner"), text("repo")));
    super::page(async move {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Settings are shown to those who are signed in.",
            ));
        };
        let Some(repo) = repo else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        let notice = notice();
        match areas().repositories.prerequisites(&viewer, &repo).await {
            Ok(found) => body(&found, &notice),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(found: &Prerequisites, notice: &Notice) -> AnyView {
    let row = &found.row;
    let repo = row.choice.repo.to_string();
    let verdict = if found.met() {
        view! { <p class="notice done">{icon("check-circle")} <span>"Everything that remote work needs is there."</span></p> }.into_any()
    } else {
        view! { <p class="notice problems">{icon("alert")} <span>"Remote work cannot start yet: mend what is missing below."</span></p> }
            .into_any()
    };
    let synced = match (&row.synced_as, row.synced_at, row.connected) {
        (Some(login), at, _) => {
            let read = at.map(|at| view! { ", last read " {ago(at)} });
            view! { <p class="muted">"Connected, synced as " <strong>{login.clone()}</strong> {read} "."</p> }
                .into_any()
        }
        (None, _, true) => view! { <p class="muted">"Connected."</p> }.into_any(),
        (None, _, false) => view! {
            <form method="post" action="/do/connect" class="row">
                <input type="hidden" name="repo" value=repo.clone()/>
                <span class="muted">"Not connected: its plans are not mirrored."</span>
                <button type="submit" class="button">"Connect repository"</button>
            </form>
        }
        .into_any(),
    };
    let disconnect = (row.connected && row.choice.can_write).then(|| {
        view! {
            <section aria-labelledby="disconnect-heading">
                <h2 id="disconnect-heading">"Disconnect"</h2>
                <p class="muted">
                    "Waymark stops reading this repository and removes its webhook where your token may. Nothing else on GitHub changes, and the record of dispatches is kept."
                </p>
                <form method="post" action="/do/disconnect">
                    <input type="hidden" name="repo" value=repo.clone()/>
                    <button type="submit" class="button danger" aria-label=format!("Disconnect {repo}")>"Disconnect"</button>
                </form>
            </section>
        }
    });
    let stale =
        row.stale.clone().map(|why| view! { <p class="notice hint">{icon("clock")} <span>{why}</span></p> });
    let lines = found
        .lines
        .iter()
        .map(|line| view! { <li id=format!("line-{}", line.key)>{self::line(&repo, line)}</li> });
    view! {
        <PageTitle text=format!("Settings of {repo}")/>
        <main id="main" class="page narrow-wide" tabindex="-1">
            <p class="crumbs"><a href="/repos">"Repositories"</a></p>
            <h1>{repo.clone()}</h1>
            {notice_view(notice)}
            {synced}
            {stale}
            <section aria-labelledby="prerequisites-heading">
                <h2 id="prerequisites-heading">"Prerequisites"</h2>
                {verdict}
                <ul class="prerequisites">{lines.collect_view()}</ul>
                <p class="muted small">"Read from GitHub " {ago(found.as_of)} "."</p>
            </section>
            <p class="row">
                <a class="button primary" href=address("/new", [("repo", repo.as_str())])>"Write an instruction"</a>
                <a class="button" href=address("/", [("repo", repo.as_str())])>"Show its plans"</a>
            </p>
            {disconnect}
        </main>
    }
    .into_any()
}

fn line(repo: &str, line: &Prerequisite) -> AnyView {
    let (class, name, word) = match line.readiness {
        Readiness::Ready => ("review", "check-circle", "ready"),
        Readiness::Missing => ("failed", "x-circle", "missing"),
        Readiness::Advice => ("working", "alert", "should be mended"),
        Readiness::Unknown => ("idle", "question", "not known"),
    };
    let advice = line.advice.clone().map(|advice| view! { <p class="advice">{advice}</p> });
    let mend = line.mendable.then(|| {
        view! {
            <form method="post" action="/do/mend">
                <input type="hidden" name="repo" value=repo.to_owned()/>
                <input type="hidden" name="key" value=line.key.clone()/>
                <button type="submit" class="button" data-busy="Mending" aria-label=format!("Mend it: {}", line.title)>"Mend it"</button>
            </form>
        }
    });
    view! {
        <span class=format!("mark tone-{class}")>{icon(name)}</span>
        <div class="line-text">
            <p><strong>{line.title.clone()}</strong> " " <span class=format!("tag tone-{class}")>{word}</span></p>
            <p class="muted">{line.detail.clone()}</p>
            {advice}
        </div>
        {mend}
    }
    .into_any()
}
