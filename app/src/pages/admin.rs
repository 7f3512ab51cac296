//! `/admin`: who is here, with which tokens and connections, and ending any of them.

use leptos::prelude::*;

use super::sessions;
use crate::areas::{
    ConnectionRow, Household, LimitRow, PersonRow, Problem, ProblemKind, SessionRow, TokenRow, TokenScope,
};
use crate::commands::{Notice, notice};
use crate::components::{PageTitle, ago, notice_view, problem_page, words::count};
use crate::context::{areas, now, viewer};

#[component]
pub(crate) fn AdminPage() -> impl IntoView {
    super::page(async {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "This page is for the administrators of this Waymark.",
            ));
        };
        let notice = notice();
        match areas().administration.household(&viewer).await {
            Ok(found) => body(&found, &notice),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(found: &Household, notice: &Notice) -> AnyView {
    let people = found.people.iter().map(person).collect_view().into_any();
    let connections = found.connections.iter().map(connection).collect_view().into_any();
    let tokens = found.tokens.iter().map(token).collect_view().into_any();
    let limits = found.limits.iter().map(limit).collect_view().into_any();
    view! {
        <PageTitle text="Administration"/>
        <main id="main" class="page narrow-wide" tabindex="-1">
            <h1>"Administration"</h1>
            {notice_view(notice)}
            {section("people", "People", found.people.len(), people)}
            {section("connections", "Connected repositories", found.connections.len(), connections)}
            {section("tokens", "API tokens", found.tokens.len(), tokens)}
            {section("limits", "Calls to GitHub this hour", found.limits.len(), limits)}
        </main>
    }
    .into_any()
}

fn section(id: &'static str, heading: &'static str, count: usize, rows: AnyView) -> AnyView {
    let list = match count {
        0 => view! { <p class="muted">"None."</p> }.into_any(),
        _ => view! { <ul class="run-rows">{rows}</ul> }.into_any(),
    };
    view! {
        <section id=id aria-labelledby=format!("{id}-heading")>
            <h2 id=format!("{id}-heading")>{heading} <span class="count">{count}</span></h2>
            {list}
        </section>
    }
    .into_any()
}

/// A button that ends something.
fn end(
    action: &'static str,
    field: &'static str,
    value: String,
    word: &'static str,
    label: String,
) -> AnyView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name=field value=value/>
            <button type="submit" class="button danger small" aria-label=label>{word}</button>
        </form>
    }
    .into_any()
}

fn person(row: &PersonRow) -> AnyView {
    let name = row.name.clone().map(|name| view! { " " <span class="muted">{name}</span> });
    let seen = match row.seen_at {
        Some(at) => view! { "seen " {ago(at)} }.into_any(),
        None => view! { "signed in " {ago(row.signed_in_at)} }.into_any(),
    };
    let ended = match row.sessions.is_empty() {
        false => end(
            "/do/admin-sign-out",
            "account",
            row.account_id.to_string(),
            "Sign out",
            format!("Sign {} out everywhere", row.login),
        ),
        true => view! { <span class="tag">"signed out"</span> }.into_any(),
    };
    let sessions = (!row.sessions.is_empty()).then(|| {
        let rows = row.sessions.iter().map(|session| self::session(row, session)).collect_view();
        view! {
            <details class="more sessions">
                <summary>{count(u32::try_from(row.sessions.len()).unwrap_or(u32::MAX), "session")}</summary>
                <ul class="run-rows">{rows}</ul>
            </details>
        }
    });
    view! {
        <li id=format!("person-{}", row.account_id)>
            <span class="grow"><strong>{row.login.clone()}</strong> {name}</span>
            <span class="muted">{seen}</span>
            {ended}
            {sessions}
        </li>
    }
    .into_any()
}

fn session(person: &PersonRow, session: &SessionRow) -> AnyView {
    let label = format!("End the session of {} in {}", person.login, sessions::browser(session));
    view! {
        <li>
            {sessions::row(session)}
            <form method="post" action="/do/admin-end-session">
                <input type="hidden" name="account" value=person.account_id.to_string()/>
                <input type="hidden" name="id" value=session.id.clone()/>
                <button type="submit" class="button danger small" aria-label=label>"End"</button>
            </form>
        </li>
    }
    .into_any()
}

fn connection(row: &ConnectionRow) -> AnyView {
    let repo = row.repo.to_string();
    let read = row.synced_at.map(|at| view! { ", read " {ago(at)} });
    let stale = row.stale.clone().map(|why| view! { <span class="error small">{why}</span> });
    let label = format!("Disconnect {repo}");
    view! {
        <li>
            <strong class="grow">{repo.clone()}</strong>
            <span class="muted">"by " {row.login.clone()} " " {ago(row.connected_at)} {read}</span>
            {stale}
            {end("/do/admin-disconnect", "repo", repo, "Disconnect", label)}
        </li>
    }
    .into_any()
}

fn token(row: &TokenRow) -> AnyView {
    let token = &row.token;
    let scope = match token.scope {
        TokenScope::Read => "reads",
        TokenScope::Write => "reads and writes",
    };
    let life = match token.expires_at {
        None => view! { "never expires" }.into_any(),
        Some(at) if at <= now() => view! { "expired " {ago(at)} }.into_any(),
        Some(at) => view! { "expires " {ago(at)} }.into_any(),
    };
    let used = match token.used_at {
        None => view! { "never used" }.into_any(),
        Some(at) => view! { "used " {ago(at)} }.into_any(),
    };
    let label = format!("Revoke token {} of {}", token.name, row.login);
    view! {
        <li>
            <span class="grow"><strong>{row.login.clone()}</strong> " " {token.name.clone()}</span>
            <span class="muted">{scope} ", " {life} ", " {used}</span>
            {end("/do/admin-revoke", "id", token.id.clone(), "Revoke", label)}
        </li>
    }
    .into_any()
}

fn limit(row: &LimitRow) -> AnyView {
    let calls = match row.calls {
        Some((most, left, at)) => {
            view! { {format!("{left} of {most} left, given back ")} {ago(at)} }.into_any()
        }
        None => view! { "GitHub did not say" }.into_any(),
    };
    view! {
        <li>
            <strong class="grow">{row.login.clone()}</strong>
            <span class="muted">{calls}</span>
        </li>
    }
    .into_any()
}
