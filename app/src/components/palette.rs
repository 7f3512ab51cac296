//! The palette (Ctrl-K): every page and every action of this one by typing, and from a number, branch
//! or address to its plan; and the help (`?`) with the keys. `client/palette.js` brings them to life;
//! without it `/go` does the same.

use leptos::prelude::*;

/// Where one can go from everywhere.
const PLACES: [(&str, &str); 11] = [
    ("/new", "New instruction"),
    ("/", "Plans"),
    ("/?needs=1", "Plans that need you"),
    ("/?mine=1", "Your plans"),
    ("/objectives", "Objectives"),
    ("/objectives/new", "New objective"),
    ("/runs", "Runs"),
    ("/repos", "Repositories"),
    ("/settings/tokens", "API tokens"),
    ("/settings/sessions", "Sessions"),
    ("/go", "Go to a plan by number, branch or address"),
];

const KEYS: [(&str, &str); 8] = [
    ("Ctrl K", "Open the palette: pages, plans and every action of the page"),
    ("?", "Show these keys"),
    ("N", "Write a new instruction"),
    ("/", "Search the plans on the overview"),
    ("J, K", "Go to the next or the previous row"),
    ("Enter", "Open the row"),
    ("X", "Select the row, or take it out"),
    ("Esc", "Close what is open"),
];

#[component]
pub(crate) fn Palette() -> impl IntoView {
    let places = PLACES.iter().enumerate().map(|(index, (to, name))| {
        view! { <li role="option" id=format!("palette-{index}") aria-selected="false" data-to=*to>{*name}</li> }
    });
    let keys = KEYS.map(|(key, what)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> });
    view! {
        <button type="button" class="button small palette-button" id="open-palette" aria-haspopup="dialog" aria-keyshortcuts="Control+K">
            "Search"
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </button>
        <dialog id="palette" class="palette" aria-label="Go to">
            <form method="get" action="/go">
                <input
                    type="text"
                    name="to"
                    role="combobox"
                    aria-label="Search pages, plans and actions"
                    aria-expanded="true"
                    aria-controls="palette-options"
                    aria-autocomplete="list"
                    aria-describedby="palette-help"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder="A page, a plan, an action, a number, a branch, an address"
                />
                <ul role="listbox" id="palette-options" aria-label="Pages, plans and actions">{places.collect_view()}</ul>
                <p class="help" id="palette-help">"Arrows choose, Enter opens, Esc closes."</p>
            </form>
        </dialog>
        <dialog id="keys" class="help-dialog" aria-labelledby="keys-heading">
            <h2 id="keys-heading">"Keys"</h2>
            <dl>{keys}</dl>
            <form method="dialog"><button type="submit" class="button">"Close"</button></form>
        </dialog>
    }
}
