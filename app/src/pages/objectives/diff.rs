//! What would change on GitHub: the title, the body and the comment, line by line.

use leptos::prelude::*;

use crate::areas::{DiffLine, DiffMark, ObjectiveChanges};

pub(super) fn changes(changes: &ObjectiveChanges) -> AnyView {
    let title = changes.title.as_ref().map(|(old, new)| {
        let line = |mark, text: &String| DiffLine { mark, text: text.clone() };
        part("Title", &[line(DiffMark::Removed, old), line(DiffMark::Added, new)])
    });
    if title.is_none() && changes.body.is_empty() && changes.comment.is_empty() {
        return view! { <p class="muted" id="no-changes">"Nothing changes: GitHub has it like this already."</p> }
            .into_any();
    }
    view! { {title} {part("Issue", &changes.body)} {part("Comment", &changes.comment)} }.into_any()
}

fn part(name: &'static str, lines: &[DiffLine]) -> Option<AnyView> {
    let shown = lines.iter().map(|line| {
        let (class, mark) = match line.mark {
            DiffMark::Kept => ("kept", "  "),
            DiffMark::Added => ("added", "+ "),
            DiffMark::Removed => ("removed", "- "),
            DiffMark::Gap => ("gap", "…"),
        };
        view! { <span class=class>{mark}{line.text.clone()}"\n"</span> }
    });
    (!lines.is_empty()).then(|| {
        view! {
            <h3>{name}</h3>
            <pre class="diff" tabindex="0" aria-label=format!("Changes of the {}", name.to_lowercase())>{shown.collect_view()}</pre>
        }
        .into_any()
    })
}
