//! The preview: every write in order, each foldable to its exact content.

use leptos::prelude::*;

use crate::areas::{LintRemark, PlannedWrite, Preview};
use crate::components::{copy_button, icon, markdown, words::count};

pub(super) fn preview(instruction: &str, preview: &Preview) -> AnyView {
    let length = i64::try_from(preview.writes.len()).unwrap_or(i64::MAX);
    view! {
        <section class="preview" id="preview" aria-labelledby="preview-heading">
            <h2 id="preview-heading" tabindex="-1" data-arrive>"Preview"</h2>
            <p>
                "Dispatching sends "<strong>{count(length, "write")}</strong>" to "
                <code>{preview.repo.to_string()}</code>", in this order, starting from "
                <code>{preview.base.clone()}</code>". Nothing has been written yet."
            </p>
            <details open>
                <summary>"The instruction as it reads"</summary>
                <div class="rendered" tabindex="0" role="region" aria-label="The instruction as it reads">{markdown(instruction)}</div>
            </details>
            {writes(preview)}
        </section>
    }
    .into_any()
}

/// What there is to know about a preview, and its writes.
pub(in crate::pages) fn writes(preview: &Preview) -> AnyView {
    let notes = preview.notes.iter().map(|note| {
        view! { <li>{icon("info")} <span>{note.clone()}</span></li> }
    });
    let placeholders = preview.placeholders.iter().map(|(name, meaning)| {
        view! { <div><dt><code>{format!("{{{name}}}")}</code></dt><dd>{meaning.clone()}</dd></div> }
    });
    let known_later = (!preview.placeholders.is_empty()).then(|| {
        view! {
            <p class="muted">"Known only when it happens:"</p>
            <dl class="placeholders">{placeholders.collect_view()}</dl>
        }
    });
    let notes =
        (!preview.notes.is_empty()).then(|| view! { <ul class="remarks">{notes.collect_view()}</ul> });
    view! {
        {lint(&preview.lint)}
        {notes}
        {known_later}
        <ol class="writes">{preview.writes.iter().map(write).collect_view()}</ol>
    }
    .into_any()
}

fn lint(remarks: &[LintRemark]) -> Option<AnyView> {
    let items = remarks.iter().map(|remark| {
        let class = if remark.blocking { "blocking" } else { "" };
        let name = if remark.blocking { "alert" } else { "info" };
        view! {
            <li class=class>{icon(name)} <span>{format!("Line {}: {}", remark.line, remark.message)}</span></li>
        }
        .into_any()
    });
    (!remarks.is_empty()).then(|| {
        view! {
            <h3>"About the instruction"</h3>
            <ul class="remarks">{items.collect_view()}</ul>
        }
        .into_any()
    })
}

fn write(write: &PlannedWrite) -> AnyView {
    let contents = write.contents.iter().map(|(name, text)| {
        view! {
            <div class="content">
                <p class="content-name">{name.clone()} {copy_button(name, text)}</p>
                <pre tabindex="0" aria-label=name.clone()>{text.clone()}</pre>
            </div>
        }
    });
    let optional = write.best_effort.then(|| {
        view! { <span class="tag" title="A failure here does not stop the dispatch">"best effort"</span> }
    });
    view! {
        <li>
            <details>
                <summary>
                    <span class="write-title">{write.title.clone()}</span>
                    {optional}
                    <code class="write-path">{write.method.clone()} " " {write.path.clone()}</code>
                </summary>
                {contents.collect_view()}
                <details class="exact">
                    <summary>"Exact request body"</summary>
                    <pre tabindex="0" aria-label="Exact request body">{write.json.clone()}</pre>
                </details>
            </details>
        </li>
    }
    .into_any()
}
