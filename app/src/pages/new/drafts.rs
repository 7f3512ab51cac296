//! The person's other drafts.

use leptos::prelude::*;

use crate::address::address;
use crate::areas::Draft;
use crate::components::{ago, words::middle};

/// How many drafts are listed.
const SHOWN: usize = 8;

/// Drafts of new instructions, but for the open one; nothing when there is none.
pub(super) fn drafts(drafts: &[Draft], open: Option<&str>) -> Option<AnyView> {
    let items: Vec<_> = drafts
        .iter()
        .filter(|draft| Some(draft.id.as_str()) != open && draft.form.plan.is_none() && draft.form.objective_text.is_none())
        .filter(|draft| !draft.form.instruction.trim().is_empty())
        .take(SHOWN)
        .map(|draft| {
            let first = draft.form.instruction.trim().lines().next().unwrap_or_default();
            let repo = (!draft.form.repo.is_empty()).then(|| format!("{} · ", draft.form.repo));
            view! {
                <li>
                    <div>
                        <a href=address("/new", [("draft", draft.id.as_str())])>{middle(first, 90)}</a>
                        <p class="muted small">{repo} "saved " {ago(draft.saved_at)}</p>
                    </div>
                    <form method="post" action="/do/discard-draft">
                        <input type="hidden" name="draft" value=draft.id.clone()/>
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
