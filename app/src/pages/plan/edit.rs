//! Editing the plan text in place. When someone changed it on GitHub meanwhile, both texts are shown.

use leptos::prelude::*;

use super::Edit;
use crate::areas::{ActionKind, PlanPage};
use crate::components::area_text;

/// The editor, folded; nothing where there is no text to edit or nobody to edit it.
pub(super) fn editor(plan: &PlanPage, edit: &Edit) -> Option<AnyView> {
    let (Some(version), true) = (&plan.plan_version, edit.signed_in) else { return None };
    let now = plan.plan.clone().unwrap_or_default();
    let goes_on =
        plan.actions.iter().find(|offer| offer.kind == ActionKind::Continue && offer.refused.is_none());
    let go_on = goes_on.map(|offer| {
        view! {
            <button type="submit" class="button" name="then" value="continue" title=offer.effect.clone() data-busy="Saving">
                "Save and go on from the failed step"
            </button>
        }
    });
    let mine = edit.draft.as_ref().map_or_else(|| now.clone(), |draft| draft.form.instruction.clone());
    let draft = edit.draft.as_ref().map(|draft| draft.id.clone()).unwrap_or_default();
    let rows = mine.lines().count().clamp(10, 30).to_string();
    let theirs = (edit.conflict && edit.draft.is_some()).then(|| {
        view! {
            <div class="theirs">
                <p class="label" id="theirs-heading">"On GitHub now"</p>
                <pre tabindex="0" aria-labelledby="theirs-heading">{now.clone()}</pre>
            </div>
        }
        .into_any()
    });
    let both = theirs.is_some();
    let help = if both {
        "Your text. Saving replaces what is on GitHub now."
    } else {
        "Markdown. Saved to the issue on GitHub as you."
    };
    Some(
        view! {
            <details class="editor" id="editor" open=edit.draft.is_some() data-keep-open>
                <summary>{if plan.plan.is_some() { "Edit plan" } else { "Write plan" }}</summary>
                <form method="post" action="/do/edit-plan" class="stack">
                    <input type="hidden" name="repo" value=plan.repo.to_string()/>
                    <input type="hidden" name="number" value=plan.number.to_string()/>
                    <input type="hidden" name="version" value=version.clone()/>
                    <input type="hidden" name="draft" value=draft/>
                    <div class:both=both>
                        {theirs}
                        <div class="field">
                            <label for="field-text">"Plan"</label>
                            <textarea id="field-text" name="text" rows=rows aria-describedby="help-text">
                                {area_text(&mine)}
                            </textarea>
                            <p class="help" id="help-text">{help}</p>
                        </div>
                    </div>
                    <div class="form-end">
                        {go_on}
                        <button type="submit" class="button primary" data-busy="Saving">"Save plan"</button>
                    </div>
                </form>
            </details>
        }
        .into_any(),
    )
}
