//! The two objectives of the demo world, written as Waymark writes objectives.

use std::collections::HashMap;

use serde_json::json;
use waymark_domain::roadmap::{self, Change, Node, PhaseKey, Status};

use super::hand::Hand;
use crate::mirror::objectives::LABEL;

pub struct Objective {
    pub repo: &'static str,
    pub by: &'static str,
    /// When it was written, in minutes before now.
    pub ago: i64,
    title: &'static str,
    prose: &'static str,
    /// Its first node, and the name of the phase.
    phases: &'static [(&'static str, &'static str)],
    /// Id, description, and what it builds on.
    nodes: &'static [(&'static str, &'static str, &'static [&'static str])],
}

pub const WIDGETS: Objective = Objective {
    repo: "acme/widgets",
    by: "admin",
    ago: 11 * 24 * 60,
    title: "Widgets in every colour",
    prose: "Widgets have a name and a number. They should have a colour too, everywhere one sees or orders \
        them.\n\n## Done when\n\n- A widget can be made, listed and ordered by its colour.\n- The README says how.",
    phases: &[("1.1", "Groundwork"), ("2.1", "Colour everywhere"), ("3.1", "Tell people")],
    nodes: &[
        ("1.1", "Agree on the names of the colours", &[]),
        ("1.2", "Give every widget a colour", &["1.1"]),
        ("2.1", "List widgets by colour", &["1.2"]),
        ("2.2", "Order widgets by colour", &["1.2"]),
        ("2.3", "Count widgets of each colour", &["1.2"]),
        ("2.4", "Refuse colours that do not exist", &["1.1"]),
        ("3.1", "Describe colours in the README", &["2.1", "2.2", "2.3"]),
        ("3.2", "Announce the colours", &["3.1", "2.4"]),
    ],
};

pub const CHECKOUT: Objective = Objective {
    repo: "acme/shop",
    by: "nora",
    ago: 10 * 24 * 60,
    title: "Checkout without an account",
    prose: "A third of the people who fill a basket leave when they are asked to register. They should be able \
        to order with nothing but an e-mail address.\n\n## Done when\n\n- An order can be placed, confirmed and \
        looked up without an account.\n- We know how many people finish the checkout.",
    phases: &[("1.1", "Ordering"), ("2.1", "After the order"), ("3.1", "Finding out")],
    nodes: &[
        ("1.1", "Keep the basket when nobody is signed in", &[]),
        ("1.2", "Ask for an e-mail address at checkout", &[]),
        ("1.3", "Show prices with VAT before the last step", &[]),
        ("2.1", "Send the confirmation to that address", &["1.2"]),
        ("2.2", "Look up an order by its number", &["1.2"]),
        ("2.3", "Offer an account after the order", &["1.1", "1.2"]),
        ("3.1", "Count how many finish the checkout", &["2.1", "2.2"]),
    ],
};

/// An objective on GitHub, as it was written.
pub struct Written {
    pub number: i64,
    by: &'static str,
    path: String,
    body: String,
    comment: (i64, String),
}

/// Writes an objective of which nothing is done yet, now.
///
/// # Errors
/// What the sandbox refused, in words.
pub(super) async fn write(hand: &mut Hand, objective: &Objective, at: &str) -> Result<Written, String> {
    hand.enter(objective.by).await?;
    let nodes = objective.nodes.iter().map(|(id, description, needs)| Node {
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
        objective.phases.iter().map(|(id, name)| (PhaseKey::of(id), (*name).to_owned())).collect();
    let roadmap = roadmap::assemble(nodes.collect(), &names);
    let title = format!("Objective: {}", objective.title);
    let prose = format!("# {title}\n\n{}", objective.prose);
    let texts = roadmap::compose(&prose, &roadmap, at, objective.by).map_err(|error| error.to_string())?;
    let issue = json!({"title": title, "body": texts.body, "labels": [LABEL]});
    let issue = hand.post(objective.by, &format!("/repos/{}/issues", objective.repo), issue).await?;
    let path = format!("/repos/{}/issues/{}", objective.repo, issue["number"]);
    let comment =
        hand.post(objective.by, &format!("{path}/comments"), json!({"body": texts.comment})).await?;
    let id = comment["id"].as_i64().unwrap_or_default();
    let body = roadmap::with_comment(&texts.body, id).map_err(|error| error.to_string())?;
    hand.patch(objective.by, &path, json!({"body": body})).await?;
    let number = issue["number"].as_i64().unwrap_or_default();
    Ok(Written { number, by: objective.by, path, body, comment: (id, texts.comment) })
}

impl Written {
    /// Moves a node on, now.
    ///
    /// # Errors
    /// A node that is not there, or what the sandbox refused.
    pub(super) async fn mark(
        &mut self,
        hand: &Hand,
        node: &str,
        status: Status,
        pull: i64,
    ) -> Result<(), String> {
        let change = Change { pr: Some(format!("#{pull}")), status: Some(status), ..Change::default() };
        self.body = roadmap::update(&self.body, node, &change).map_err(|error| error.to_string())?;
        hand.patch(self.by, &self.path, json!({"body": self.body})).await?;
        if let Some(comment) = roadmap::redrawn(&self.body, &self.comment.1) {
            let (repo, _) = self.path.rsplit_once("/issues/").unwrap_or_default();
            let path = format!("{repo}/issues/comments/{}", self.comment.0);
            hand.patch(self.by, &path, json!({"body": comment})).await?;
            self.comment.1 = comment;
        }
        Ok(())
    }
}
