//! `/settings/tokens`: the viewer's tokens of the API. The secret of a new one is shown once.

use leptos::prelude::*;

use crate::address::value;
use crate::areas::{ApiToken, Problem, ProblemKind, TokenScope};
use crate::commands::{Notice, notice};
use crate::components::{
    PageTitle, ago, copy_button, described_by, field, icon, notice_view, problem_of, problem_page,
};
use crate::context::{areas, installation, now, query, viewer};

#[component]
pub(crate) fn TokensPage() -> impl IntoView {
    super::page(async {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(ProblemKind::SignedOut, "Tokens are shown to their owner."));
        };
        let areas = areas();
        let made = value(&query(), "made");
        let secret = match &made {
            Some(id) => areas.tokens.reveal(&viewer, id).await,
            None => None,
        };
        match areas.tokens.list(&viewer).await {
            Ok(tokens) => body(&tokens, made.is_some(), secret, &notice()),
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(tokens: &[ApiToken], made: bool, secret: Option<String>, notice: &Notice) -> AnyView {
    let shown = match (made, secret) {
        (true, Some(secret)) => Some(new_token(&secret)),
        (true, None) => Some(
            view! { <p class="notice hint">{icon("info")} <span>"A token is shown only once. If you did not keep it, revoke it and make another."</span></p> }
                .into_any(),
        ),
        _ => None,
    };
    let list = if tokens.is_empty() {
        view! { <p class="muted">"You have no tokens."</p> }.into_any()
    } else {
        view! { <ul class="run-rows" id="tokens">{tokens.iter().map(row).collect_view()}</ul> }.into_any()
    };
    view! {
        <PageTitle text="API tokens"/>
        <main id="main" class="page narrow-wide" tabindex="-1">
            <h1>"API tokens"</h1>
            <p class="muted">
                "A token lets a program use the " <a href="/api/v1/openapi.json">"JSON API"</a>
                " as you: it may what you may on GitHub, and no more."
            </p>
            {notice_view(notice)}
            {shown}
            <section aria-labelledby="tokens-heading">
                <h2 id="tokens-heading">"Your tokens"</h2>
                {list}
            </section>
            {form(notice)}
        </main>
    }
    .into_any()
}

fn new_token(secret: &str) -> AnyView {
    let url = installation().public_url;
    let example = format!("curl -H 'Authorization: Bearer {secret}' {url}/api/v1/plans");
    view! {
        <section class="notice done stack" id="new-token" tabindex="-1" data-arrive aria-labelledby="new-token-heading">
            <h2 id="new-token-heading">"Copy the new token now: it is not shown again"</h2>
            <p class="row"><code class="secret">{secret.to_owned()}</code> {copy_button("token", secret)}</p>
            <pre tabindex="0" aria-label="Example">{example}</pre>
        </section>
    }
    .into_any()
}

fn row(token: &ApiToken) -> AnyView {
    let scope = match token.scope {
        TokenScope::Read => "reads",
        TokenScope::Write => "reads and writes",
    };
    let life = match token.expires_at {
        None => view! { "never expires" }.into_any(),
        Some(at) if at <= now() => view! { <strong>"expired " {ago(at)}</strong> }.into_any(),
        Some(at) => view! { "expires " {ago(at)} }.into_any(),
    };
    let used = match token.used_at {
        None => view! { "never used" }.into_any(),
        Some(at) => view! { "used " {ago(at)} }.into_any(),
    };
    let label = format!("Revoke token {}", token.name);
    view! {
        <li id=format!("token-{}", token.id)>
            <strong class="grow">{token.name.clone()}</strong>
            <span class="muted">{scope} ", made " {ago(token.created_at)} ", " {life} ", " {used}</span>
            <form method="post" action="/do/revoke-token">
                <input type="hidden" name="id" value=token.id.clone()/>
                <button type="submit" class="button danger small" aria-label=label>"Revoke token"</button>
            </form>
        </li>
    }
    .into_any()
}

fn form(notice: &Notice) -> AnyView {
    let problems = &notice.problems;
    let typed = |name: &str| value(&query(), name);
    let writes = typed("scope").as_deref() == Some("write");
    let chosen = typed("days").unwrap_or_else(|| "30".to_owned());
    let life = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("never", "Never")];
    let life =
        life.map(|(days, words)| view! { <option value=days selected=days == chosen>{words}</option> });
    let (name, days) = (problem_of(problems, "name"), problem_of(problems, "days"));
    let name_field = view! {
        <input type="text" id="field-name" name="name" required maxlength="100" autocomplete="off" value=typed("name")
            aria-invalid=name.map(|_| "true") aria-describedby=described_by("name", true, name)/>
    };
    let scope_field = view! {
        <select id="field-scope" name="scope">
            <option value="read" selected=!writes>"Read"</option>
            <option value="write" selected=writes>"Read and write"</option>
        </select>
    };
    let days_field = view! {
        <select id="field-days" name="days" aria-invalid=days.map(|_| "true") aria-describedby=described_by("days", false, days)>
            {life.into_iter().collect_view()}
        </select>
    };
    view! {
        <section aria-labelledby="new-heading">
            <h2 id="new-heading">"New token"</h2>
            <form method="post" action="/do/create-token" class="stack">
                {field("name", "Name", Some("What it is for: “nightly report”."), name, name_field.into_any())}
                {field("scope", "May", None, None, scope_field.into_any())}
                {field("days", "Expires after", None, days, days_field.into_any())}
                <p><button type="submit" class="button primary">"Make token"</button></p>
            </form>
        </section>
    }
    .into_any()
}
