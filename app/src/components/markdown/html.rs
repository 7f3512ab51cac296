//! Markdown from GitHub as HTML.
//!
//! The text is hostile: raw HTML is escaped, and what remains is sanitized once more by an
//! allow-list. Pictures are left out, since a picture tells its server who reads the plan. Headings
//! start at the third level, so that they fit under the page's own.

use std::sync::LazyLock;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, format_html, parse_document};

/// Sanitized HTML of a Markdown text.
pub(crate) fn html(text: &str) -> String {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.render.r#unsafe = false;
    options.render.escape = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    for node in root.descendants() {
        if let NodeValue::Heading(heading) = &mut node.data.borrow_mut().value {
            heading.level = (heading.level + 2).min(6);
        }
    }
    let mut out = String::new();
    if format_html(root, &options, &mut out).is_err() {
        return String::new();
    }
    CLEANER.clean(&out).to_string()
}

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .tags(
            [
                "a",
                "blockquote",
                "br",
                "code",
                "del",
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
            ]
            .into(),
        )
        .tag_attributes([("a", ["href", "title"].into()), ("ol", ["start"].into())].into())
        .generic_attributes([].into())
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_read_as_plans() {
        let page = html(
            "# Plan\n\n1. one `x`\n2. **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nhttps://example.org/ - [ ] todo",
        );
        for part in [
            "<h3>Plan</h3>",
            "<code>x</code>",
            "<strong>two</strong>",
            "<td>1</td>",
            "href=\"https://example.org/\"",
            "[ ] todo",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }

    /// What attackers write. None of it may become an element, a handler or an address that runs.
    const ATTACKS: &[&str] = &[
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><a xlink:href=\"javascript:alert(1)\">x</a></svg>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox(1))",
        "[x](//evil.example/ \"\" onmouseover=alert(1))",
        "[x](https://e.example/\" onmouseover=\"alert(1))",
        "![x](javascript:alert(1))",
        "![x\" onerror=\"alert(1)](https://e.example/x.png)",
        "<javascript:alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<form action=/do/act method=post><button>x</button></form>",
        "<style>@import 'https://e.example/x.css'</style>",
        "<base href=https://e.example/>",
        "<meta http-equiv=refresh content='0;url=https://e.example'>",
        "<details open ontoggle=alert(1)>",
        "<p style=\"position:fixed\">x</p>",
        "<a href=\"x\" target=_blank id=main class=top>x</a>",
        "<leptos-island data-component=\"x\"></leptos-island>",
        "```\"><script>alert(1)</script>\nx\n```",
        "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
        "<!-- --><script>alert(1)</script>",
        "\u{0}<scr\u{0}ipt>alert(1)</script>",
    ];

    #[test]
    fn hostile_text_stays_text() {
        for attack in ATTACKS {
            for text in [
                (*attack).to_owned(),
                format!("> 1. {attack}\n\n{attack}"),
                format!("# {attack}\n<div>\n{attack}\n</div>"),
            ] {
                let page = html(&text);
                for element in elements(&page) {
                    let name = element.split([' ', '>', '/']).next().unwrap_or_default();
                    assert!(
                        !matches!(
                            name,
                            "script"
                                | "img"
                                | "svg"
                                | "iframe"
                                | "style"
                                | "form"
                                | "button"
                                | "base"
                                | "meta"
                                | "leptos-island"
                                | "details"
                                | "input"
                                | "math"
                        ),
                        "{element} of {text:?}"
                    );
                    let lower = element.to_lowercase();
                    for word in
                        ["javascript:", "vbscript:", "data:", " on", "style=", "class=", "id=", "srcdoc"]
                    {
                        let allowed = word == " on" && !has_handler(&lower);
                        assert!(allowed || !lower.contains(word), "{word} in {element} of {text:?}");
                    }
                }
            }
        }
    }

    fn elements(page: &str) -> impl Iterator<Item = &str> {
        page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default())
    }

    /// An attribute outside quotes that starts with `on`.
    fn has_handler(element: &str) -> bool {
        element.split('"').step_by(2).any(|outside| outside.contains(" on"))
    }

    #[test]
    fn links_do_not_tell_where_they_come_from() {
        assert!(html("[x](https://example.org/)").contains("rel=\"noopener noreferrer nofollow\""));
    }
}
