//! The person's other drafts.

use leptos::prelude::*;

use crate::address::address;
use crate::areas::Draft;
use crate::components::{ago, words::middle};

/// How many drafts are listed.
const SHOWN: usize = 8;

/// Drafts of new instructions, but for the open one; nothing when there is none.
pub(super) fn drafts(drafts: &[Draft], open: Option<&str>) -> Option<AnyView> {
    let other = drafts.iter().filter(|draft| Some(draft.id.as_str()) != open);
    let instructions = other.filter(|draft| draft.form.plan.is_none() && draft.form.objective_text.is_none());
    list("/new", instructions.map(|draft| (draft, draft.form.repo.as_str(), draft.form.instruction.as_str())))
}

/// Drafts of new objectives, but for the open one; nothing when there is none.
pub(in crate::pages) fn objective_drafts(drafts: &[Draft], open: &str) -> Option<AnyView> {
    let other = drafts.iter().filter(|draft| draft.id != open);
    let objectives = other.filter_map(|draft| {
        let form = draft.form.objective_text.as_ref().filter(|form| form.number == 0)?;
        let texts = [&form.title, &form.prose, &form.outline];
        let text = texts.into_iter().find(|text| !text.trim().is_empty())?;
        Some((draft, form.repo.as_str(), text.as_str()))
    });
    list("/objectives/new", objectives)
}

fn list<'a>(
    page: &'static str,
    drafts: impl Iterator<Item = (&'a Draft, &'a str, &'a str)>,
) -> Option<AnyView> {
    let items: Vec<_> = drafts
        .filter(|(.., text)| !text.trim().is_empty())
        .take(SHOWN)
        .map(|(draft, repo, text)| {
            let first = text.trim().lines().next().unwrap_or_default();
            let repo = (!repo.is_empty()).then(|| format!("{repo} · "));
            view! {
                <li>
                    <div>
                        <a href=address(page, [("draft", draft.id.as_str())])>{middle(first, 90)}</a>
                        <p class="muted small">{repo} "saved " {ago(draft.saved_at)}</p>
                    </div>
                    <form method="post" action="/do/discard-draft">
                        <input type="hidden" name="draft" value=draft.id.clone()/>
                        <input type="hidden" name="back" value=page/>
                        <button type="submit" class="link" aria-label=format!("Discard draft: {}", middle(first, 40))>
                            "Discard draft"
                        </button>
                    </form>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <section class="drafts" aria-labelledby="drafts-heading">
                <h2 id="drafts-heading">"Your drafts"</h2>
                <ul>{items}</ul>
            </section>
        }
        .into_any()
    })
}
