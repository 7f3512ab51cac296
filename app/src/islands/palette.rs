//! The palette (Ctrl-K): go anywhere by typing; and the help (`?`) with the keys there are.

use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Suggestion;
use super::ask::ask;

const PLACES: [(&str, &str); 4] =
    [("/new", "New instruction"), ("/", "Plans"), ("/runs", "Runs"), ("/repos", "Repositories")];

const KEYS: [(&str, &str); 4] = [
    ("Ctrl K", "Open the palette: pages and plans"),
    ("N", "Write a new instruction"),
    ("/", "Search the plans on the overview"),
    ("?", "Show these keys"),
];

#[island]
pub fn Palette() -> impl IntoView {
    let palette = NodeRef::<Dialog>::new();
    let help = NodeRef::<Dialog>::new();
    let input = NodeRef::<Input>::new();
    let (text, set_text) = signal(String::new());
    let (plans, set_plans) = signal(Vec::<Suggestion>::new());
    let (active, set_active) = signal(0_usize);
    let asked = StoredValue::new(0_u32);

    let found = Memo::new(move |_| {
        let typed = text.get().to_ascii_lowercase();
        let places = PLACES
            .iter()
            .filter(|(_, name)| name.to_ascii_lowercase().contains(&typed))
            .map(|(to, name)| Suggestion { value: (*to).to_owned(), note: (*name).to_owned() });
        places.chain(plans.get()).collect::<Vec<_>>()
    });
    let search = move || {
        asked.update_value(|count| *count += 1);
        let mine = asked.get_value();
        spawn_local(async move {
            let answer = ask("find-plans", &[("text", &text.get_untracked())]).await;
            if asked.get_value() == mine {
                set_plans.set(answer);
                set_active.set(0);
            }
        });
    };
    let open_palette = move || {
        let Some(dialog) = palette.get_untracked() else { return };
        if !dialog.open() && dialog.show_modal().is_ok() {
            if let Some(input) = input.get_untracked() {
                input.set_value("");
            }
            set_text.set(String::new());
            search();
        }
    };
    #[cfg(feature = "hydrate")]
    let open_help = move || {
        if let Some(dialog) = help.get_untracked()
            && !dialog.open()
        {
            // A dialog that cannot open leaves the page as it is.
            let _ = dialog.show_modal();
        }
    };
    let go = move |index: usize| {
        if let Some(to) = found.with_untracked(|found| found.get(index).map(|place| place.value.clone())) {
            visit(&to);
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                event.prevent_default();
                set_active.update(|at| *at = (*at + 1) % count);
            }
            "ArrowUp" if count > 0 => {
                event.prevent_default();
                set_active.update(|at| *at = (*at + count - 1) % count);
            }
            "Enter" => {
                event.prevent_default();
                go(active.get_untracked());
            }
            _ => {}
        }
    };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            let key = event.key();
            if (event.ctrl_key() || event.meta_key()) && key == "k" {
                event.prevent_default();
                open_palette();
            } else if !event.ctrl_key() && !event.meta_key() && !event.alt_key() && !typing() {
                match key.as_str() {
                    "?" => open_help(),
                    "n" => visit("/new"),
                    "/" if focus("#filter-q") => event.prevent_default(),
                    _ => {}
                }
            }
        });
        on_cleanup(move || handle.remove());
    });

    let option = |index: usize| format!("palette-{index}");
    let options = move || {
        found
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, place)| {
                view! {
                    <li
                        role="option"
                        id=option(index)
                        aria-selected=move || if active.get() == index { "true" } else { "false" }
                        on:click=move |_| go(index)
                    >
                        {place.note}
                    </li>
                }
            })
            .collect_view()
    };
    let rows = KEYS.map(|(key, what)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> });
    view! {
        <button type="button" class="button small palette-button" on:click=move |_| open_palette() aria-keyshortcuts="Control+K">
            "Search"
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </button>
        <dialog node_ref=palette class="palette" aria-label="Go to">
            <input
                type="text"
                node_ref=input
                role="combobox"
                aria-label="Search pages and titles"
                aria-expanded="true"
                aria-controls="palette-options"
                aria-autocomplete="list"
                aria-activedescendant=move || option(active.get())
                placeholder="Go to a page or a plan"
                autocomplete="off"
                spellcheck="false"
                on:input=move |event| {
                    set_text.set(event_target_value(&event));
                    search();
                }
                on:keydown=keys
            />
            <ul role="listbox" id="palette-options" aria-label="Found">
                {options}
            </ul>
        </dialog>
        <dialog node_ref=help class="help-dialog" aria-label="Keys">
            <h2>"Keys"</h2>
            <dl>{rows}</dl>
            <form method="dialog">
                <button type="submit" class="button">"Close help"</button>
            </form>
        </dialog>
    }
}

fn visit(_to: &str) {
    #[cfg(feature = "hydrate")]
    {
        // A browser that refuses to navigate stays where it is.
        let _ = window().location().assign(_to);
    }
}

/// Whether the person is typing into a field, or a dialog is open.
#[cfg(feature = "hydrate")]
fn typing() -> bool {
    let in_field = document().active_element().is_some_and(|element| {
        element.matches("input, textarea, select, [contenteditable]").unwrap_or(false)
    });
    in_field || document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_some())
}

#[cfg(feature = "hydrate")]
fn focus(selector: &str) -> bool {
    use wasm_bindgen::JsCast;
    let field = document().query_selector(selector).ok().flatten();
    field
        .and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok())
        .is_some_and(|field| field.focus().is_ok())
}
