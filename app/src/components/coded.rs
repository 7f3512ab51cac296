//! A line of text whose parts between backticks are code.

use leptos::prelude::*;

/// The line with its code set as code; backticks that do not pair stay as they are.
pub(crate) fn coded(line: &str) -> AnyView {
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return line.to_owned().into_any();
    }
    let parts = parts.into_iter().enumerate().map(|(at, part)| match at % 2 {
        0 => part.to_owned().into_any(),
        _ => view! { <code>{part.to_owned()}</code> }.into_any(),
    });
    parts.collect_view().into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_backticks_is_code() {
        let html = |line: &str| coded(line).to_html();
        assert!(html("List it in `a<b.md`.").contains("<code>a&lt;b.md</code>"));
        assert!(!html("An odd ` one").contains("<code>"));
    }
}
