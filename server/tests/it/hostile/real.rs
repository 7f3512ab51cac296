//! What GitHub itself holds, for the pages that ask it: an objective, one in tables, and a plan, each with the
//! texts wherever GitHub takes them.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_domain::roadmap;

use super::HARMLESS;
use super::fill::{self, fitting};
use crate::support::World;

const ISSUES: &str = "/repos/acme/widgets/issues";
const REFS: &str = "/repos/acme/widgets/git/refs";
/// What GitHub takes at most, in characters.
const TITLE: usize = 256;
const DESCRIPTION: usize = 350;

/// Issues of `acme/widgets`.
pub struct Real {
    pub objective: i64,
    comment: i64,
    /// An objective whose roadmap stands in tables.
    pub older: i64,
    /// A plan that can be submitted.
    pub plan: i64,
    branch: std::sync::Mutex<Option<String>>,
}

async fn number(world: &World, path: &str, body: Value, key: &str) -> i64 {
    let made = world.github.send("admin", Method::POST, path, body).await;
    made[key].as_i64().unwrap_or_else(|| panic!("no {key}: {made}"))
}

/// An objective whose roadmap stands in tables.
fn tables(texts: &[String]) -> String {
    let body = |text: &str| {
        let line = fill::on_one_line(text);
        format!(
            "{text}\n\n## Roadmap\n\n### Phase 1: {line}\n\n| Step | Description | Status | PR |\n\
             |------|-------------|--------|-----|\n| 1.1 | {line} | pending | |\n"
        )
    };
    body(&fitting(texts, |text| {
        let body = body(text);
        let older = roadmap::read(&body, None).is_ok_and(|found| found.nodes.len() == 1);
        older && roadmap::upgrade_tables(&body, fill::WHEN, "admin").is_ok()
    }))
}

/// What of a text a name of a branch may hold that stands in an address as it is.
fn in_a_branch(texts: &[String]) -> String {
    let may = |c: &char| c.is_ascii_graphic() && !"~^:?*[]\\.@/<>\"{}|`#%&".contains(*c);
    texts.concat().chars().filter(may).take(120).collect()
}

impl Real {
    pub async fn new(world: &World) -> Real {
        let issue = |label: &str| json!({"title": HARMLESS, "body": HARMLESS, "labels": [label]});
        let objective = number(world, ISSUES, issue("erk-objective"), "number").await;
        let comments = format!("{ISSUES}/{objective}/comments");
        Real {
            objective,
            comment: number(world, &comments, json!({"body": HARMLESS}), "id").await,
            older: number(world, ISSUES, issue("erk-objective"), "number").await,
            plan: number(world, ISSUES, issue("erk-plan"), "number").await,
            branch: Default::default(),
        }
    }

    /// Puts these texts everywhere.
    pub async fn with(&self, world: &World, texts: &[String]) {
        // So many pages in an hour are more than GitHub lets one person read.
        world.github.set("limit", json!({"login": "admin", "remaining": 5000})).await;
        // GitHub keeps no such character.
        let texts: Vec<String> = texts.iter().map(|text| text.replace('\0', "")).collect();
        let short = |most: usize| texts.join(" ").chars().take(most).collect::<String>();
        let (title, all) = (short(TITLE), texts.join(" "));
        let send = async |method: Method, path: String, body: Value| {
            world.github.send("admin", method, &path, body).await
        };
        let objective = fill::objective_texts(&texts);
        let plan = format!("# {all}\n\n{all}\n\n1. {}\n", fill::on_one_line(&all));
        for (number, body) in
            [(self.objective, objective.body), (self.older, tables(&texts)), (self.plan, plan)]
        {
            let body = json!({"title": title, "body": body});
            send(Method::PATCH, format!("{ISSUES}/{number}"), body).await;
        }
        let comment = format!("{ISSUES}/comments/{}", self.comment);
        send(Method::PATCH, comment, json!({"body": objective.comment})).await;
        send(Method::PATCH, "/repos/acme/widgets".into(), json!({"description": short(DESCRIPTION)})).await;

        let main = world.github.get("admin", "/repos/acme/widgets/git/ref/heads/main").await;
        let branch = format!("P{}-{}", self.plan, in_a_branch(&texts));
        let made = json!({"ref": format!("refs/heads/{branch}"), "sha": main["object"]["sha"]});
        let known = self.branch.lock().expect("a lock").replace(branch);
        if let Some(known) = known {
            let name: String = url::form_urlencoded::byte_serialize(known.as_bytes()).collect();
            send(Method::DELETE, format!("{REFS}/heads/{name}"), json!({})).await;
        }
        send(Method::POST, REFS.into(), made).await;
    }
}
