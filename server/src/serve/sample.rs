//! A first objective for whoever tries the sandbox: three phases that fan out, written as Waymark writes
//! objectives, through the sandbox's own API.

use std::collections::HashMap;

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use waymark_domain::roadmap::{self, Node, PhaseKey, Status};

use crate::github::GitHub;
use crate::mirror::objectives::LABEL;

const TITLE: &str = "Objective: Widgets in every colour";
const PROSE: &str = "# Objective: Widgets in every colour\n\nWidgets have a name and a number. They should have a \
    colour too, everywhere one sees or orders them.\n\n## Done when\n\n- A widget can be made, listed and \
    ordered by its colour.\n- The README says how.";
const PHASES: [(&str, &str); 3] =
    [("1.1", "Groundwork"), ("2.1", "Colour everywhere"), ("3.1", "Tell people")];
/// Id, description, and what it builds on.
const NODES: [(&str, &str, &[&str]); 8] = [
    ("1.1", "Agree on the names of the colours", &[]),
    ("1.2", "Give every widget a colour", &["1.1"]),
    ("2.1", "List widgets by colour", &["1.2"]),
    ("2.2", "Order widgets by colour", &["1.2"]),
    ("2.3", "Count widgets of each colour", &["1.2"]),
    ("2.4", "Refuse colours that do not exist", &["1.1"]),
    ("3.1", "Describe colours in the README", &["2.1", "2.2", "2.3"]),
    ("3.2", "Announce the colours", &["3.1", "2.4"]),
];

/// Writes the objective to `acme/widgets` as its administrator.
///
/// # Errors
/// What the sandbox refused, in words.
pub async fn objective(sandbox: &str) -> Result<(), String> {
    let url = Url::parse(sandbox).map_err(|error| error.to_string())?;
    let token = token(&url).await.map_err(|error| error.without_url().to_string())?;
    let client = GitHub::new(url, std::time::Duration::from_secs(30)).client(token);
    let nodes = NODES.iter().map(|(id, description, needs)| Node {
        id: (*id).to_owned(),
        description: (*description).to_owned(),
        status: Status::Pending,
        plan: None,
        pr: None,
        depends_on: Some(needs.iter().map(|need| (*need).to_owned()).collect()),
        slug: None,
        comment: None,
        phase: PhaseKey::of(id),
    });
    let names: HashMap<PhaseKey, String> =
        PHASES.iter().map(|(id, name)| (PhaseKey::of(id), (*name).to_owned())).collect();
    let roadmap = roadmap::assemble(nodes.collect(), &names);
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let texts = roadmap::compose(PROSE, &roadmap, &at, "admin").map_err(|error| error.to_string())?;
    let told = |error: crate::github::Error| error.to_string();
    let repo = "/repos/acme/widgets";
    let issue = json!({"title": TITLE, "body": texts.body, "labels": [LABEL]});
    let path = format!("{repo}/issues");
    let issue = client.send::<Value>(http::Method::POST, &path, Some(&issue)).await.map_err(told)?.body;
    let at = format!("{repo}/issues/{}", issue["number"]);
    let comment = json!({"body": texts.comment});
    let path = format!("{at}/comments");
    let comment = client.send::<Value>(http::Method::POST, &path, Some(&comment)).await.map_err(told)?.body;
    let id = comment["id"].as_i64().unwrap_or_default();
    let body = roadmap::with_comment(&texts.body, id).map_err(|error| error.to_string())?;
    let body = json!({"body": body});
    client.send::<Value>(http::Method::PATCH, &at, Some(&body)).await.map_err(told)?;
    Ok(())
}

async fn token(sandbox: &Url) -> Result<SecretString, reqwest::Error> {
    let at = sandbox.join("/_sandbox/token").map_or_else(|_| sandbox.to_string(), String::from);
    let client = reqwest::Client::builder().build()?;
    let answer: Value = client.post(at).json(&json!({"login": "admin"})).send().await?.json().await?;
    Ok(answer["token"].as_str().unwrap_or_default().into())
}
