//! `/settings/sessions`: the browsers in which the viewer is signed in, and ending them.

use leptos::prelude::*;

use crate::areas::{Problem, ProblemKind, SessionRow};
use crate::commands::{Notice, notice};
use crate::components::{PageTitle, ago, notice_view, problem_page};
use crate::context::{areas, session, viewer};

#[component]
pub(crate) fn SessionsPage() -> impl IntoView {
    super::page(async {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Sessions are shown to whoever is signed in with them.",
            ));
        };
        match areas().sessions.list(&viewer).await {
            Ok(sessions) => body(&sessions, &notice()),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(sessions: &[SessionRow], notice: &Notice) -> AnyView {
    let this = session();
    let rows = sessions.iter().map(|one| {
        let end = if this.as_ref() == Some(&one.id) {
            view! { <span class="tag">"this browser"</span> }.into_any()
        } else {
            end(&one.id, format!("End the session in {}", browser(one)))
        };
        view! { <li>{row(one)} {end}</li> }
    });
    let others = (this.is_some() && sessions.len() > 1).then(|| {
        view! {
            <form method="post" action="/do/end-other-sessions">
                <button type="submit" class="button danger">"End all others"</button>
            </form>
        }
    });
    view! {
        <PageTitle text="Sessions"/>
        <main id="main" class="page narrow-wide" tabindex="-1">
            <h1>"Sessions"</h1>
            <p class="muted">
                "The browsers in which you are signed in. Ending a session does not end your "
                <a href="/settings/tokens">"API tokens"</a> "."
            </p>
            {notice_view(notice)}
            <section aria-labelledby="sessions-heading">
                <h2 id="sessions-heading">"Your sessions"</h2>
                <ul class="run-rows" id="sessions">{rows.collect_view()}</ul>
            </section>
            <div class="row">
                {others}
                <form method="post" action="/auth/sign-out-everywhere" data-native>
                    <button type="submit" class="button danger">"Sign out everywhere"</button>
                </form>
            </div>
        </main>
    }
    .into_any()
}

pub(super) fn browser(session: &SessionRow) -> String {
    session.browser.clone().unwrap_or_else(|| "an unknown browser".to_owned())
}

/// What a session is, without what ends it.
pub(super) fn row(session: &SessionRow) -> AnyView {
    let since = session.since.map(|at| view! { "signed in " {ago(at)} });
    let seen = session.seen_at.map(|at| view! { ", seen " {ago(at)} });
    view! {
        <span class="grow">
            <strong>{browser(session)}</strong> " "
            <span class="muted">{since} {seen}</span>
        </span>
    }
    .into_any()
}

/// The button that ends a session.
fn end(id: &str, label: String) -> AnyView {
    view! {
        <form method="post" action="/do/end-session">
            <input type="hidden" name="id" value=id.to_owned()/>
            <button type="submit" class="button danger small" aria-label=label>"End"</button>
        </form>
    }
    .into_any()
}
