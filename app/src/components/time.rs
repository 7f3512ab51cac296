//! Times: relative words, kept fresh by the page's script, exact on hover.

use leptos::prelude::*;

use super::words::{exact, relative, span};
use crate::context::now;

/// "5 minutes ago". Epoch milliseconds.
pub(crate) fn ago(at: i64) -> AnyView {
    let (title, iso) = exact(at);
    view! { <time datetime=iso title=title data-relative>{relative(at, now())}</time> }.into_any()
}

/// How long from `start` to `end`, or until now while it has not ended. Epoch milliseconds.
pub(crate) fn lasted(start: Option<i64>, end: Option<i64>) -> Option<AnyView> {
    start.map(|start| {
        let (title, iso) = exact(start);
        let since = end.is_none().then_some(iso);
        view! {
            <span class="tabular muted" title=format!("since {title}") data-since=since>
                {span(end.unwrap_or_else(now) - start)}
            </span>
        }
        .into_any()
    })
}

/// How long until then: "45 s". Epoch milliseconds.
pub(crate) fn until(at: i64) -> AnyView {
    let (title, iso) = exact(at);
    view! { <time class="tabular" datetime=iso title=title data-until>{span(at - now())}</time> }.into_any()
}
