//! Objectives: drawn, dispatched from, moved on by their plans, and written safely.

mod auto;
mod claims;
mod flow;
mod safety;
mod several;
mod texts;

use std::collections::HashMap;

use futures::StreamExt;
use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{ObjectivePage, RepoName};
use waymark_domain::roadmap::{self, Node, PhaseKey, Roadmap, Status};

use crate::plans::Person;
use crate::support::World;

fn widgets() -> RepoName {
    RepoName::parse("acme/widgets").expect("a name")
}

pub fn node(id: &str, needs: Option<&[&str]>) -> Node {
    Node {
        id: id.to_owned(),
        description: format!("Do {id}"),
        status: Status::Pending,
        plan: None,
        pr: None,
        depends_on: needs.map(|needs| needs.iter().map(|need| (*need).to_owned()).collect()),
        slug: None,
        comment: None,
        phase: PhaseKey::of(id),
    }
}

/// Somebody writes an objective on GitHub; answers its number.
pub async fn write(world: &World, nodes: Vec<Node>) -> i64 {
    let names = HashMap::from([(PhaseKey::of("1.1"), "Groundwork".to_owned())]);
    let roadmap = roadmap::assemble(nodes, &names);
    let texts = roadmap::compose("Why.", &roadmap, "2026-01-15T14:30:00Z", "writer").expect("an objective");
    let body = format!("Before.\n\n{}\n\nAfter.", texts.body);
    let issue = json!({"title": "Objective: All", "body": body, "labels": ["erk-objective"]});
    let made = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
    let number = made["number"].as_i64().expect("a number");
    let at = format!("/repos/acme/widgets/issues/{number}");
    let comment = json!({"body": texts.comment});
    let comment = world.github.send("writer", Method::POST, &format!("{at}/comments"), comment).await;
    let linked = roadmap::with_comment(&body, comment["id"].as_i64().expect("an id")).expect("a header");
    world.github.send("writer", Method::PATCH, &at, json!({ "body": linked })).await;
    number
}

/// The objective as GitHub has it: body, comment, roadmap.
async fn on_github(world: &World, number: i64) -> (String, String, Roadmap) {
    let at = format!("/repos/acme/widgets/issues/{number}");
    let body = world.github.get("writer", &at).await["body"].as_str().expect("a body").to_owned();
    let comments = world.github.get("writer", &format!("{at}/comments")).await;
    let comment = comments[0]["body"].as_str().expect("a comment").to_owned();
    let roadmap = roadmap::read(&body, Some(&comment)).expect("a roadmap");
    (body, comment, roadmap)
}

impl Person<'_> {
    /// The person connects `acme/widgets`.
    pub async fn connect(&self) {
        self.areas.repositories.connect(&self.viewer, &widgets()).await.expect("connected");
    }

    /// Waits, moved by live updates alone, for an objective's page that fits.
    pub async fn objective(
        &self,
        number: i64,
        node: Option<&str>,
        fits: impl Fn(&ObjectivePage) -> bool,
    ) -> ObjectivePage {
        let mut changes = Box::pin(self.world.app().events.subscribe());
        let mut last = None;
        let found = async {
            loop {
                let page =
                    self.areas.objectives.objective(Some(&self.viewer), &widgets(), number, node).await;
                if let Ok(page) = page {
                    if fits(&page) {
                        return page;
                    }
                    last = Some(page);
                }
                changes.next().await;
            }
        };
        match tokio::time::timeout(crate::support::PATIENCE, found).await {
            Ok(page) => page,
            Err(_) => panic!("the objective does not come to fit: {last:#?}"),
        }
    }
}
