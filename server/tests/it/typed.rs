//! What a person typed is never lost: every form of every page, sent after the session has ended, in private mode
//! as well, and sent once too often.

use std::rc::Rc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use waymark_server::auth::entry::{Entry, EntrySettings};
use waymark_server::auth::limit::{Caller, Limit};

use crate::hostile::dom::{self, Node};
use crate::objectives;
use crate::support::{Browser, Page, World, until, world, world_with};

/// What a button of a form sends: its own fields, and what is typed in those that are for it.
#[derive(Debug)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    /// The canaries among them.
    typed: Vec<String>,
}

fn is(name: &'static str) -> impl Fn(&Node) -> bool {
    move |node| node.name() == name
}

fn around<'a>(nodes: &'a [Rc<Node>], of: &'a Node, name: &'static str) -> Option<&'a Rc<Node>> {
    nodes
        .iter()
        .filter(|node| node.name() == name)
        .rfind(|node| of.within(&|one| std::ptr::eq(one, &***node)))
}

fn is_typed(node: &Node) -> bool {
    let kind = node.attribute("type").unwrap_or_else(|| "text".to_owned());
    node.name() == "textarea" || (node.name() == "input" && matches!(kind.as_str(), "text" | "search"))
}

/// Every button of every form of a page that holds something to type into. What is folded away together is for
/// the buttons there.
fn forms(page: &str) -> Vec<Form> {
    let nodes = dom::parse(page);
    let mut found = Vec::new();
    let buttons = nodes.iter().filter(|node| is("button")(node));
    for button in buttons.filter(|button| button.attribute("type").as_deref() != Some("button")) {
        let Some(form) = around(&nodes, button, "form") else { continue };
        let method = button.attribute("formmethod").or_else(|| form.attribute("method"));
        if method.as_deref() != Some("post") {
            continue;
        }
        let within = |node: &Node| node.within(&|one| std::ptr::eq(one, &**form));
        let fold = |node: &Node| around(&nodes, node, "details").map(Rc::as_ptr).filter(|_| within(node));
        let action = button.attribute("formaction").or_else(|| form.attribute("action")).expect("an action");
        let mut one = Form { action, fields: Vec::new(), typed: Vec::new() };
        for field in nodes.iter().filter(|node| within(node)) {
            let Some(name) = field.attribute("name") else { continue };
            let kind = field.attribute("type");
            let ticked = field.attribute("checked").is_some();
            let chosen = field.name() == "input"
                && !is_typed(field)
                && (ticked || !matches!(kind.as_deref(), Some("radio" | "checkbox")));
            if is_typed(field) && (fold(field) == fold(button) || fold(field).is_none()) {
                let canary = format!("Canary{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
                one.fields.push((name, canary.clone()));
                one.typed.push(canary);
            } else if chosen || std::ptr::eq(&**field, &**button) {
                one.fields.push((name, field.attribute("value").unwrap_or_default()));
            }
        }
        if one.action == "/do/import-objective" {
            // The document takes the place of the description: that is what the button is for.
            one.typed.retain(|canary| canary != "Canaryprose");
        }
        if !one.typed.is_empty() {
            found.push(one);
        }
    }
    found
}

/// A plan and an objective, and every form of every page about them.
async fn every_form(world: &World) -> Vec<Form> {
    let writer = world.sign_in("writer").await;
    writer.json(Method::PUT, "/api/v1/repositories/acme/widgets/connection", &Value::Null).await;
    let objective = objectives::write(world, vec![objectives::node("1.1", None)]).await;
    let issue = json!({ "title": "A plan", "body": "# A plan\n\n1. Do it.", "labels": ["erk-plan"] });
    let plan = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
    let plan = plan["number"].as_i64().expect("a number");
    world.github.writes().await;
    let mut forms = Vec::new();
    for path in waymark_server::pages::paths() {
        let number = if path.contains("/objectives/") { objective } else { plan };
        let number = number.to_string();
        let part = |part: &str| match part.trim_matches([':', '{', '}']) {
            _ if !part.starts_with([':', '{']) => part.to_owned(),
            "owner" => "acme".to_owned(),
            "repo" => "widgets".to_owned(),
            "number" => number.clone(),
            other => format!("{{{other}"),
        };
        let path = path.split('/').map(part).collect::<Vec<_>>().join("/");
        let path = if path == "/submit" { format!("/submit?plan=acme/widgets/{plan}") } else { path };
        if path.contains('{') {
            continue;
        }
        let there = path.contains(&format!("/{number}"));
        let read =
            until(async || writer.get(&path).await, |page| !there || page.status != StatusCode::NOT_FOUND)
                .await;
        forms.extend(self::forms(&read.body));
    }
    let actions: std::collections::BTreeSet<&str> = forms.iter().map(|form| form.action.as_str()).collect();
    for action in
        ["/do/dispatch", "/do/create-plan", "/do/create-objective", "/do/save-objective", "/do/edit-plan"]
    {
        assert!(actions.contains(action), "{action} in {actions:?}");
    }
    assert!(actions.contains("/do/create-token") && actions.contains("/do/submit"), "{actions:?}");
    forms
}

async fn send(browser: &Browser, form: &Form) -> Page {
    let fields: Vec<(&str, &str)> =
        form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.form(&form.action, &fields).await
}

fn lost<'a>(form: &'a Form, page: &Page) -> Vec<&'a String> {
    form.typed.iter().filter(|canary| !page.body.contains(canary.as_str())).collect()
}

/// Where somebody who was sent to sign in is led after that.
fn afterwards(to: &str) -> String {
    let Some((_, query)) = to.split_once("/sign-in?") else { return to.to_owned() };
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| name == "to").map(|(_, to)| to.into_owned()).next().expect("a way back")
}

/// Sends each form without a session, and asks what is left of it after signing in.
async fn after_the_session_ended(world: &World) {
    let forms = every_form(world).await;
    let before = world.github.writes().await.len();
    let mut wrong = Vec::new();
    for form in forms {
        let browser = world.anonymous();
        let refused = send(&browser, &form).await;
        let Some(to) = refused.location().map(afterwards) else {
            wrong.extend(lost(&form, &refused).iter().map(|canary| format!("{canary} of {}", form.action)));
            continue;
        };
        browser.sign_in("writer", &to).await;
        let page = browser.get(&to).await;
        wrong.extend(lost(&form, &page).iter().map(|canary| format!("{canary} of {} at {to}", form.action)));
        for other in [world.sign_in("reader").await, world.anonymous()] {
            let page = other.visit(&to).await;
            let hidden = form.typed.iter().filter(|canary| !to.contains(canary.as_str()));
            let shown = hidden.filter(|canary| page.body.contains(canary.as_str()));
            wrong.extend(shown.map(|canary| format!("{canary} of {} is shown to another", form.action)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(world.github.writes().await.len(), before, "nothing was written for them");
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    world(after_the_session_ended).await;
}

#[tokio::test]
async fn what_was_typed_outlives_the_session_in_private_mode() {
    let settings = EntrySettings { private: true, ..EntrySettings::default() };
    let entry = Entry::checked(settings, &mut Vec::new());
    world_with(|config| config.entry = entry, after_the_session_ended).await;
}

#[tokio::test]
async fn what_was_typed_outlives_a_limit() {
    world(async |world| {
        let forms = every_form(world).await;
        let writer = world.sign_in("writer").await;
        let id: i64 = sqlx::query_scalar("SELECT id FROM accounts WHERE login = 'writer'")
            .fetch_one(world.app().db.pool())
            .await
            .expect("an account");
        for form in forms {
            let refused = async || {
                for limit in [Limit::Write, Limit::Light] {
                    while world.app().limits.take(limit, Caller::Person(id)).is_ok() {}
                }
                send(&writer, &form).await
            };
            let page = until(refused, |page| page.status == StatusCode::TOO_MANY_REQUESTS).await;
            assert_eq!(lost(&form, &page), Vec::<&String>::new(), "{form:?}: {page:?}");
        }
        world.github.writes().await;
    })
    .await;
}
