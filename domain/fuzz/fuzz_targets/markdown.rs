//! Markdown: whatever the text is, the page gets harmless elements with harmless attributes.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../app/src/components/markdown/html.rs"]
mod html;

const ELEMENTS: &str = " a blockquote br code del em h3 h4 h5 h6 hr li ol p pre strong table tbody td th thead tr ul ";

fuzz_target!(|text: &str| {
    let page = html::html(text);
    let mut rest = page.as_str();
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let end = end_of(tag);
        check(&tag[..end], &page);
        rest = &tag[end..];
    }
});

/// Where a tag ends: the first `>` outside quotes.
fn end_of(tag: &str) -> usize {
    let mut quoted = false;
    tag.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    })
    .unwrap_or_else(|| panic!("a tag without end: {tag}"))
}

fn check(tag: &str, page: &str) {
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    let name = name.trim_start_matches('/');
    assert!(ELEMENTS.contains(&format!(" {name} ")), "<{tag}> in {page}");
    // name="value" name="value", the quotes inside values being entities.
    let parts: Vec<&str> = attributes.split('"').collect();
    for pair in parts.chunks(2) {
        let [attribute, value] = pair else {
            assert!(pair[0].trim().is_empty(), "<{tag}> in {page}");
            continue;
        };
        let good = match (name, attribute.trim()) {
            ("a", "href=") => ["http:", "https:", "mailto:"]
                .iter()
                .any(|scheme| value.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))),
            ("a", "rel=") => *value == "noopener noreferrer nofollow",
            ("a", "title=") => true,
            ("ol", "start=") => value.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        assert!(good, "<{tag}> in {page}");
    }
}
