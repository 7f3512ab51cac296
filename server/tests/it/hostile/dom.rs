//! A page as a browser reads it: every element with its attributes and the elements around it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, parse_document};

#[derive(Debug)]
pub struct Node {
    name: QualName,
    attributes: RefCell<Vec<Attribute>>,
    /// The text of a comment.
    pub comment: Option<String>,
    /// The text right within it.
    text: RefCell<String>,
    parent: RefCell<Option<Handle>>,
}

type Handle = Rc<Node>;

impl Node {
    fn new(name: QualName, attributes: Vec<Attribute>, comment: Option<String>) -> Handle {
        let (attributes, text, parent) = (RefCell::new(attributes), RefCell::default(), RefCell::default());
        Rc::new(Node { name, attributes, comment, text, parent })
    }

    /// Lower case; empty for what is no element.
    pub fn name(&self) -> &str {
        &self.name.local
    }

    /// Names, lower case, and values.
    pub fn attributes(&self) -> Vec<(String, String)> {
        let attributes = self.attributes.borrow();
        attributes.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect()
    }

    pub fn attribute(&self, name: &str) -> Option<String> {
        let attributes = self.attributes.borrow();
        attributes.iter().find(|one| *one.name.local == *name).map(|one| one.value.to_string())
    }

    /// Whether an attribute has this value.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.attributes.borrow().iter().any(|one| *one.name.local == *name && *one.value == *value)
    }

    pub fn text(&self) -> String {
        self.text.borrow().clone()
    }

    /// Whether one of the elements around it, or itself, satisfies.
    pub fn within(&self, fits: &impl Fn(&Node) -> bool) -> bool {
        fits(self) || self.parent.borrow().as_ref().is_some_and(|parent| parent.within(fits))
    }
}

/// Everything that the parser made, in order.
struct Sink {
    document: Handle,
    made: RefCell<Vec<Handle>>,
}

fn nameless() -> QualName {
    QualName::new(None, Default::default(), "".into())
}

impl Sink {
    fn keep(&self, node: Handle) -> Handle {
        self.made.borrow_mut().push(node.clone());
        node
    }
}

fn put(parent: Option<Handle>, child: NodeOrText<Handle>) {
    match (child, parent) {
        (NodeOrText::AppendNode(child), parent) => *child.parent.borrow_mut() = parent,
        (NodeOrText::AppendText(text), Some(parent)) => parent.text.borrow_mut().push_str(&text),
        (NodeOrText::AppendText(_), None) => {}
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Vec<Handle>;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Vec<Handle> {
        self.made.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.document.clone()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Handle {
        self.keep(Node::new(name, attributes, None))
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        self.keep(Node::new(nameless(), Vec::new(), Some(text.to_string())))
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        self.keep(Node::new(nameless(), Vec::new(), Some(format!("{target} {data}"))))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        put(Some(parent.clone()), child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let parent = element.parent.borrow().clone();
        put(Some(parent.unwrap_or_else(|| previous.clone())), child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, new: NodeOrText<Handle>) {
        put(sibling.parent.borrow().clone(), new);
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        let mut known = target.attributes.borrow_mut();
        for one in attributes {
            if known.iter().all(|other| other.name != one.name) {
                known.push(one);
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        *target.parent.borrow_mut() = None;
    }

    fn reparent_children(&self, node: &Handle, parent: &Handle) {
        for child in self.made.borrow().iter() {
            let here = child.parent.borrow().as_ref().is_some_and(|one| Rc::ptr_eq(one, node));
            if here {
                *child.parent.borrow_mut() = Some(parent.clone());
            }
        }
    }
}

/// Every element and comment of a page.
pub fn parse(page: &str) -> Vec<Handle> {
    let document = Node::new(nameless(), Vec::new(), None);
    let sink = Sink { document, made: RefCell::default() };
    parse_document(sink, ParseOpts::default()).one(page)
}

#[test]
fn a_page_is_read_as_browsers_read_it() {
    let nodes = parse(
        "<title>a</title><img src=x onerror=y><p><form action=/do/x><b>c</p></form><!--d--><script>e</script>",
    );
    let names: Vec<&str> = nodes.iter().map(|node| node.name()).filter(|name| !name.is_empty()).collect();
    assert_eq!(names[..7], ["html", "head", "title", "body", "img", "p", "form"]);
    assert_eq!(nodes[4].attribute("onerror").as_deref(), Some("y"));
    assert!(nodes.iter().any(|node| node.name() == "script" && node.text() == "e"));
    let in_head = |node: &Node| node.within(&|node: &Node| node.name() == "head");
    assert!(in_head(&nodes[2]) && !in_head(&nodes[4]));
    assert!(nodes.iter().any(|node| node.comment.as_deref() == Some("d")));
}
