//! Hostile text in everything that a page shows: from GitHub, people, agents and addresses. Whatever it says, a
//! page holds only elements, attributes and addresses of ours, in its head as in its body.

pub mod dom;
mod fill;
mod payloads;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use reqwest::StatusCode;

use crate::support::{Browser, Page, world_with};
use fill::Filled;

/// Payloads that stand in a field together.
const TOGETHER: usize = 12;
/// What stands in every field when nothing is hostile.
const HARMLESS: &str = "Zebra";
/// The names that pages and commands look for in an address.
const NAMES: [&str; 27] = [
    "q",
    "to",
    "node",
    "made",
    "draft",
    "notice",
    "problem",
    "repo",
    "base",
    "instruction",
    "back",
    "author",
    "label",
    "sort",
    "cols",
    "page",
    "show",
    "plan",
    "title",
    "name",
    "phase",
    "parts",
    "objective",
    "model",
    "mode",
    "template",
    "owner",
];

/// Elements that load, run, send or lead elsewhere.
const POWERFUL: [&str; 17] = [
    "script", "style", "meta", "base", "link", "title", "form", "iframe", "frame", "object", "embed",
    "template", "noscript", "math", "applet", "html", "body",
];
/// What a browser takes for an address.
const ADDRESSES: [&str; 12] = [
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "cite",
    "background",
    "xlink:href",
    "srcset",
    "ping",
    "manifest",
];
/// What the sanitizer lets through.
const MARKDOWN: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "span",
];

/// What our pages consist of.
#[derive(Default)]
struct Ours {
    /// Elements with their attributes.
    parts: BTreeSet<(String, String)>,
    /// The powerful elements of each page, in order.
    powerful: BTreeMap<String, Vec<String>>,
}

fn is_markdown(node: &dom::Node) -> bool {
    node.attribute("class").as_deref() == Some("markdown")
}

/// An element with the names of its attributes, and where a form goes.
fn outline(node: &dom::Node) -> String {
    let mut names: Vec<String> = node.attributes().into_iter().map(|(name, _)| name).collect();
    names.sort();
    let to = ["action", "method", "http-equiv", "rel"].map(|name| node.attribute(name).unwrap_or_default());
    // The address of a page that searches itself.
    let to = to.map(|to| if to.starts_with('/') && !to.starts_with("/do/") { "/".to_owned() } else { to });
    format!("{}{names:?}{to:?}", node.name())
}

fn learn(ours: &mut Ours, name: &str, page: &str) {
    let nodes = dom::parse(page);
    for node in nodes.iter().filter(|node| !node.within(&is_markdown)) {
        ours.parts.insert((node.name().to_owned(), String::new()));
        for (attribute, _) in node.attributes() {
            ours.parts.insert((node.name().to_owned(), attribute));
        }
    }
    ours.powerful.insert(name.to_owned(), powerful(&nodes));
}

fn powerful(nodes: &[std::rc::Rc<dom::Node>]) -> Vec<String> {
    nodes.iter().filter(|node| POWERFUL.contains(&node.name())).map(|node| outline(node)).collect()
}

/// Everything on a page that is not ours.
fn foreign(ours: &Ours, name: &str, page: &str) -> Vec<String> {
    let nodes = dom::parse(page);
    let mut found = Vec::new();
    for node in &nodes {
        if let Some(comment) = node.comment.as_ref().filter(|comment| comment.contains("evil")) {
            found.push(format!("a comment: {comment}"));
        }
        let markdown = node.within(&is_markdown);
        let is_ours = |attribute: &str| ours.parts.contains(&(node.name().to_owned(), attribute.to_owned()));
        let known = if markdown { MARKDOWN.contains(&node.name()) } else { is_ours("") };
        if !known && !node.name().is_empty() {
            found.push(format!("an element: {}", outline(node)));
        }
        for (attribute, value) in node.attributes() {
            let allowed = match markdown && !is_markdown(node) {
                true => matches!(
                    (node.name(), attribute.as_str()),
                    ("a", "href" | "title" | "rel") | ("ol", "start")
                ),
                false => is_ours(&attribute),
            };
            if !allowed || attribute.starts_with("on") || attribute.contains("evil") {
                found.push(format!("an attribute: {} {attribute}={value}", node.name()));
            }
            if ADDRESSES.contains(&attribute.as_str()) && !leads_nowhere_else(&value, node.name(), markdown) {
                found.push(format!("an address: {} {attribute}={value}", node.name()));
            }
        }
    }
    if let Some(expected) = ours.powerful.get(name).filter(|expected| **expected != powerful(&nodes)) {
        found.push(format!("other powerful elements: {:#?} instead of {expected:#?}", powerful(&nodes)));
    }
    found
}

/// Whether an address is one of this site, or a link that people see to be one.
fn leads_nowhere_else(value: &str, element: &str, markdown: bool) -> bool {
    let here = value.starts_with('/') && !value.starts_with("//") && !value.contains('\\');
    let link = element == "a" || element == "img";
    let away = link && (value.starts_with("https://") || value.starts_with("http://"));
    let mail = markdown && value.starts_with("mailto:");
    here || away || mail || value.is_empty() || value.starts_with('#') || value.starts_with('?')
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Every page that the router has, each as it is and with hostile text in its address.
fn addresses(routes: &[String], filled: &Filled, text: &str) -> Vec<(String, String)> {
    let query: Vec<String> = NAMES.iter().map(|name| format!("{name}={}", encoded(text))).collect();
    let query = query.join("&");
    let mut all = Vec::new();
    for route in routes {
        for (at, values) in filled.of_route(route).into_iter().enumerate() {
            let (mut plain, mut hostile) = (route.clone(), route.clone());
            for (name, value) in values {
                plain = plain.replace(&format!("{{{name}}}"), &value);
                hostile = hostile.replace(&format!("{{{name}}}"), &encoded(text));
            }
            all.push((format!("{route} {at}"), plain.clone()));
            all.push((format!("{route} {at} with a query"), format!("{plain}?{query}")));
            if hostile != plain {
                all.push((format!("{route} {at} elsewhere"), hostile));
            }
        }
    }
    all.push(("no page".to_owned(), format!("/{}/nothing?{query}", encoded(text))));
    all.extend(filled.more());
    all
}

async fn visited(browser: &Browser, all: Vec<(String, String)>) -> Vec<(String, Page)> {
    let visits = all.into_iter().map(async |(name, address)| (name, browser.get(&address).await));
    futures::stream::iter(visits).buffer_unordered(4).collect().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "unfinished: eight routes show nothing of it yet"]
async fn hostile_text_stays_text_on_every_page() {
    if std::env::var("WAYMARK_TEST_DATABASE").is_ok() {
        return; // The pages are the same; the fields are found in SQLite's own catalogue.
    }
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    world_with(
        |config| config.reconcile_every = day,
        async |world| {
            let browser = world.sign_in("writer").await;
            let filled = Filled::new(world, &browser).await;
            let routes = leptos_axum::generate_route_list(waymark_app::App);
            let routes: Vec<String> = routes.iter().map(|route| route.path().to_owned()).collect();
            assert!(routes.len() >= 20, "{routes:?}");

            let mut ours = Ours::default();
            let mut shown: BTreeSet<String> = BTreeSet::new();
            filled.with(world, HARMLESS).await;
            for (name, page) in visited(&browser, addresses(&routes, &filled, HARMLESS)).await {
                learn(&mut ours, &name, &page.body);
                let main = page.body.split_once("<main").map_or("", |(_, main)| main);
                if page.status == StatusCode::OK && main.contains(HARMLESS) {
                    shown.insert(name.split(' ').next().unwrap_or_default().to_owned());
                }
            }
            // Each page shows some of it.
            let silent: Vec<&String> = routes.iter().filter(|route| !shown.contains(*route)).collect();
            assert!(silent.is_empty(), "nothing hostile is tried on {silent:?}");

            let payloads = payloads::all();
            assert!(payloads.len() >= 500);
            let mut found: BTreeMap<String, String> = BTreeMap::new();
            for together in payloads.chunks(TOGETHER) {
                let text = together.join(" ");
                filled.with(world, &text).await;
                for (name, page) in visited(&browser, addresses(&routes, &filled, &text)).await {
                    assert!(page.status.as_u16() < 500 && page.status != 429, "{name}: {page:?}");
                    if let Some(first) = foreign(&ours, &name, &page.body).into_iter().next() {
                        found.entry(name).or_insert(first);
                    }
                }
            }
            assert!(found.is_empty(), "{found:#?}");
            world.github.writes().await;
        },
    )
    .await;
}

#[test]
fn what_is_foreign_is_found() {
    let page = |title: &str, text: &str| {
        format!(
            "<!DOCTYPE html><html><head><title>{title}</title></head><body><p id=a>{text}</p></body></html>"
        )
    };
    let mut ours = Ours::default();
    learn(&mut ours, "page", &page("a", "b"));
    assert_eq!(foreign(&ours, "page", &page("x", "y")), [] as [String; 0]);
    for payload in payloads::all() {
        let escaped = payload.replace('&', "&amp;").replace('<', "&lt;");
        assert_eq!(foreign(&ours, "page", &page(&escaped, &escaped)), [] as [String; 0], "{payload}");
        // Only what holds a tag breaks out of where a tag may stand.
        if payload.contains("refresh content=\"") || payload.contains("<form") || payload.contains("<img") {
            assert!(
                !foreign(&ours, "page", &page("x", &payload)).is_empty() || payload.contains("<!--"),
                "{payload}"
            );
        }
    }
    for out in ["</title><meta http-equiv=refresh content='0;url=x", "</title><base href=//x>"] {
        // The apostrophe ends the attribute that the first of them leaves open.
        assert!(!foreign(&ours, "page", &page(out, "it's")).is_empty(), "{out}");
    }
}
