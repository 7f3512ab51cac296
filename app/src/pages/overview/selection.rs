//! What can be done to the selected rows: one form, which works without JavaScript.

use leptos::prelude::*;

/// The form that the boxes of the rows belong to. `back` is the address of this view.
pub(super) fn form(back: String) -> AnyView {
    view! {
        <form method="post" action="/do/selected" id="selection" class="selection" aria-label="Selected plans">
            <input type="hidden" name="back" value=back/>
            <p class="selection-count"><span id="selected">"Selected plans"</span></p>
            <button type="submit" name="action" value="submit" class="button primary">"Submit plans"</button>
            {confirm(
                "cancel-run",
                "Cancel runs",
                "Asks GitHub to cancel the latest run of each selected plan; after 60 seconds it is forced. What they pushed stays.",
            )}
            {confirm(
                "close-plan",
                "Close plans",
                "Closes the issue of each selected plan as not planned. Branches and pull requests stay. Each can be reopened on GitHub.",
            )}
        </form>
    }
    .into_any()
}

fn confirm(action: &'static str, label: &'static str, effect: &'static str) -> AnyView {
    view! {
        <details class="confirm" id=format!("selection-{action}")>
            <summary class="button danger">{label}</summary>
            <div class="confirm-body">
                <p>{effect}</p>
                <button type="submit" name="action" value=action class="button danger">{format!("{label} now")}</button>
            </div>
        </details>
    }
    .into_any()
}
