//! The web pages that `html_url`s lead to, as plain as can be: enough to see that a link from Waymark
//! leads to the right thing. Without sign-in, so of public repositories only.

use std::fmt::Write;

use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{Html, IntoResponse},
    routing::get,
};
use serde_json::Value;

use crate::{
    actions::{Conclusion, Status},
    http::path::Path,
    views,
    world::{Held, World, access::Caller, clock::iso, model::Repo, refusal::Refusal},
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/avatars/u/{id}", get(avatar))
        .route("/{owner}/{repo}", get(repo))
        .route("/{owner}/{repo}/{*rest}", get(page))
}

type Page = Result<Html<String>, Refusal>;

/// Text as content of an element or of a quoted attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn document(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} · sandbox</title><style>:root{{color-scheme:light dark;\
         font:16px/1.5 system-ui,sans-serif}}body{{max-width:48rem;margin:2rem auto;padding:0 1rem}}\
         pre{{white-space:pre-wrap;border:1px solid GrayText;border-radius:.5rem;padding:.75rem}}</style>\
         <body><main>{body}</main></body></html>",
        title = escape(title),
    ))
}

fn visible<'m>(m: &'m Held<'_>, owner: &str, name: &str) -> Result<&'m Repo, Refusal> {
    let found = m.repo(owner, name).filter(|r| Caller::default().role_on(r).is_some());
    found.ok_or_else(Refusal::not_found)
}

async fn repo(State(w): State<World>, Path((owner, name)): Path<(String, String)>) -> Page {
    let m = w.lock().await;
    let r = visible(&m, &owner, &name)?;
    let full = escape(&r.full_name());
    let mut body = format!("<h1>{full}</h1><p>{}</p><ul>", escape(&r.description));
    for i in r.issues.values().rev() {
        let kind = if i.pull.is_some() { "pull" } else { "issues" };
        let state = if i.open { "open" } else { "closed" };
        let number = i.number;
        write!(body, "<li><a href=\"/{full}/{kind}/{number}\">#{number} {}</a> {state}", escape(&i.title))
            .ok();
    }
    body.push_str("</ul>");
    Ok(document(&full, &body))
}

async fn page(State(w): State<World>, Path((owner, name, rest)): Path<(String, String, String)>) -> Page {
    let m = w.lock().await;
    let r = visible(&m, &owner, &name)?;
    let parts: Vec<&str> = rest.split('/').collect();
    match parts[..] {
        ["issues" | "pull", number, ..] => issue(&m, r, number),
        ["actions", "runs", id, ..] => run(&m, r, id),
        ["commit", sha] => {
            let commit = m.git(r.id).commit(sha).await.ok_or_else(Refusal::not_found)?;
            let text = views::git::commit(&m, r, &commit);
            Ok(document(sha, &format!("<h1>Commit</h1><pre>{}</pre>", shown(&text["commit"]))))
        }
        ["tree", ..] => {
            let branch = rest.trim_start_matches("tree/");
            let sha = r.branch(branch).ok_or_else(Refusal::not_found)?;
            let files = m.git(r.id).files_under(sha, "").await.join("\n");
            Ok(document(branch, &format!("<h1>{}</h1><pre>{}</pre>", escape(branch), escape(&files))))
        }
        _ => Err(Refusal::not_found()),
    }
}

fn run(m: &Held<'_>, r: &Repo, id: &str) -> Page {
    let found = id.parse().ok().and_then(|id| m.actions.run_of(r.id, id)).ok_or_else(Refusal::not_found)?;
    let words = |status: Status, end: Option<Conclusion>| end.map_or(status.name(), Conclusion::name);
    let full = escape(&r.full_name());
    let mut body = format!(
        "<p><a href=\"/{full}\">{full}</a></p><h1>{}</h1><p>{} · attempt {} · {}</p>",
        escape(&found.title),
        words(found.status, found.conclusion),
        found.attempt,
        escape(&found.actor),
    );
    if let Some(problem) = &found.problem {
        write!(body, "<pre>{}</pre>", escape(problem)).ok();
    }
    for job in m.actions.jobs_of(found, None) {
        let (name, state) = (escape(&job.name), words(job.status, job.conclusion));
        write!(body, "<h2 id=\"job-{}\">{name}</h2><p>{state}</p><ol>", job.id).ok();
        for step in &job.steps {
            write!(body, "<li>{} · {}</li>", escape(&step.name), words(step.status, step.conclusion)).ok();
        }
        body.push_str("</ol>");
    }
    Ok(document(&found.title, &body))
}

/// The first letter of the login on a colour of the account's own.
async fn avatar(State(w): State<World>, Path(id): Path<u64>) -> Result<impl IntoResponse, Refusal> {
    let m = w.lock().await;
    let account = m.accounts.values().find(|account| account.id == id).ok_or_else(Refusal::not_found)?;
    let letter = account.login.chars().next().unwrap_or('?').to_ascii_uppercase();
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\"><rect width=\"48\" height=\"48\" \
         fill=\"hsl({} 45% 40%)\"/><text x=\"24\" y=\"32\" font-family=\"sans-serif\" font-size=\"24\" \
         text-anchor=\"middle\" fill=\"#fff\">{}</text></svg>",
        id * 67 % 360,
        escape(&letter.to_string()),
    );
    Ok(([(CONTENT_TYPE, "image/svg+xml")], svg))
}

fn shown(value: &Value) -> String {
    escape(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn issue(m: &Held<'_>, r: &Repo, number: &str) -> Page {
    let number: u64 = number.parse().map_err(|_| Refusal::not_found())?;
    let i = r.issues.get(&number).ok_or_else(Refusal::not_found)?;
    let state = match (&i.pull, i.open) {
        (Some(p), _) if p.merged_at.is_some() => "merged",
        (Some(p), true) if p.draft => "draft",
        (_, true) => "open",
        (_, false) => "closed",
    };
    let mut body = format!(
        "<p><a href=\"/{full}\">{full}</a></p><h1>{} #{number}</h1><p>{state} · {} · {}</p><pre>{}</pre>",
        escape(&i.title),
        escape(&i.author),
        i.labels.iter().map(|l| escape(l)).collect::<Vec<_>>().join(", "),
        escape(i.body.as_deref().unwrap_or_default()),
        full = escape(&r.full_name()),
    );
    for c in r.comments.values().filter(|c| c.issue == number) {
        let (id, who, at) = (c.id, escape(&c.author), iso(c.created_at));
        write!(body, "<p id=\"issuecomment-{id}\">{who} · {at}</p><pre>{}</pre>", escape(&c.body)).ok();
    }
    write!(body, "<p>The sandbox of {}</p>", escape(&m.base)).ok();
    Ok(document(&i.title, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("<b a=\"&\">"), "&lt;b a=&quot;&amp;&quot;&gt;");
    }
}
