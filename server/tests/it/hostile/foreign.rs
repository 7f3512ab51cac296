//! What on a page is not ours: elements, attributes and addresses that a text brought.

use std::collections::{BTreeMap, BTreeSet};

use super::{dom, payloads};

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
pub struct Ours {
    /// Elements with their attributes.
    parts: BTreeMap<String, BTreeSet<String>>,
    /// The powerful elements of each page, in order.
    powerful: BTreeMap<String, Vec<String>>,
}

fn is_markdown(node: &dom::Node) -> bool {
    node.has("class", "markdown")
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

fn powerful(nodes: &[std::rc::Rc<dom::Node>]) -> Vec<String> {
    nodes.iter().filter(|node| POWERFUL.contains(&node.name())).map(|node| outline(node)).collect()
}

impl Ours {
    /// Takes a page that holds nothing hostile for what pages of this name consist of.
    pub fn learn(&mut self, name: &str, page: &str) {
        let nodes = dom::parse(page);
        for node in nodes.iter().filter(|node| !node.within(&is_markdown)) {
            let known = self.parts.entry(node.name().to_owned()).or_default();
            known.extend(node.attributes().into_iter().map(|(attribute, _)| attribute));
        }
        self.powerful.insert(name.to_owned(), powerful(&nodes));
    }

    /// Everything on a page that is not ours.
    pub fn foreign(&self, name: &str, page: &str) -> Vec<String> {
        let nodes = dom::parse(page);
        let mut found = Vec::new();
        for node in &nodes {
            if let Some(comment) = node.comment.as_ref().filter(|comment| comment.contains("evil")) {
                found.push(format!("a comment: {comment}"));
            }
            let markdown = node.within(&is_markdown);
            let own = self.parts.get(node.name());
            let is_ours = |attribute: &str| own.is_some_and(|own| own.contains(attribute));
            let known = if markdown { MARKDOWN.contains(&node.name()) } else { own.is_some() };
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
                if ADDRESSES.contains(&attribute.as_str())
                    && !leads_nowhere_else(&value, node.name(), markdown)
                {
                    found.push(format!("an address: {} {attribute}={value}", node.name()));
                }
            }
        }
        if let Some(expected) = self.powerful.get(name).filter(|expected| **expected != powerful(&nodes)) {
            found.push(format!("other powerful elements: {:#?} instead of {expected:#?}", powerful(&nodes)));
        }
        // Scripts hold no text from elsewhere at all, quoted or not.
        let scripts = nodes.iter().filter(|node| node.name() == "script").map(|node| node.text());
        found.extend(scripts.filter(|text| text.contains("evil")).map(|text| format!("a script: {text}")));
        found
    }
}

/// Whether an address is one of this site, or a link that people see to be one.
fn leads_nowhere_else(value: &str, element: &str, markdown: bool) -> bool {
    let here = value.starts_with('/') && !value.starts_with("//") && !value.contains('\\');
    let link = element == "a" || element == "img";
    let away = link && (value.starts_with("https://") || value.starts_with("http://"));
    let mail = markdown && value.starts_with("mailto:");
    here || away || mail || value.is_empty() || value.starts_with('#') || value.starts_with('?')
}

#[test]
fn what_is_foreign_is_found() {
    let page = |title: &str, text: &str| {
        format!(
            "<!DOCTYPE html><html><head><title>{title}</title></head><body><p id=a>{text}</p></body></html>"
        )
    };
    let mut ours = Ours::default();
    ours.learn("page", &page("a", "b"));
    assert_eq!(ours.foreign("page", &page("x", "y")), [] as [String; 0]);
    for payload in payloads::all() {
        let escaped = payload.replace('&', "&amp;").replace('<', "&lt;");
        assert_eq!(ours.foreign("page", &page(&escaped, &escaped)), [] as [String; 0], "{payload}");
        // Only what holds a tag breaks out of where a tag may stand.
        if payload.contains("refresh content=\"") || payload.contains("<form") || payload.contains("<img") {
            assert!(
                !ours.foreign("page", &page("x", &payload)).is_empty() || payload.contains("<!--"),
                "{payload}"
            );
        }
    }
    for out in ["</title><meta http-equiv=refresh content='0;url=x", "</title><base href=//x>"] {
        // The apostrophe ends the attribute that the first of them leaves open.
        assert!(!ours.foreign("page", &page(out, "it's")).is_empty(), "{out}");
    }
}
