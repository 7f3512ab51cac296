//! A text field with suggestions. Without JavaScript the browser's own list suggests; awake, it is
//! an ARIA combobox whose suggestions come from the server. What was typed is never replaced unless
//! a suggestion is chosen.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use super::Suggestion;
use super::ask::ask;

/// Where the suggestions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    Repositories,
    /// Branches of the repository that the form's field `repo` names.
    Branches,
}

#[island]
pub fn Combobox(
    name: String,
    value: String,
    source: Source,
    described: String,
    invalid: bool,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let (awake, set_awake) = signal(false);
    let (open, set_open) = signal(false);
    let (found, set_found) = signal(Vec::<Suggestion>::new());
    let (active, set_active) = signal(None::<usize>);
    let asked = StoredValue::new(0_u32);
    let list = format!("options-{name}");
    let option = {
        let list = list.clone();
        move |index: usize| format!("{list}-{index}")
    };

    Effect::new(move |_| set_awake.set(true));

    let search = move || {
        let Some(field) = input.get_untracked() else { return };
        let text = field.value();
        asked.update_value(|count| *count += 1);
        let mine = asked.get_value();
        spawn_local(async move {
            let answer = match source {
                Source::Repositories => ask("find-repositories", &[("text", &text)]).await,
                Source::Branches => ask("find-branches", &[("repo", &repository()), ("text", &text)]).await,
            };
            // An older answer must not cover a newer one; without an answer the field is a text field.
            if asked.get_value() == mine {
                set_active.set(None);
                set_found.set(answer);
            }
        });
    };
    let choose = move |index: usize| {
        if let (Some(field), Some(suggestion)) =
            (input.get_untracked(), found.with_untracked(|f| f.get(index).cloned()))
        {
            field.set_value(&suggestion.value);
            changed(&field);
        }
        asked.update_value(|count| *count += 1);
        set_open.set(false);
        set_active.set(None);
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if !open.get_untracked() => {
                event.prevent_default();
                set_open.set(true);
                search();
            }
            "ArrowDown" if count > 0 => {
                event.prevent_default();
                set_active.update(|at| *at = Some(at.map_or(0, |at| (at + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                event.prevent_default();
                set_active.update(|at| *at = Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
            }
            "Enter" => {
                if let (true, Some(index)) = (open.get_untracked(), active.get_untracked()) {
                    event.prevent_default();
                    choose(index);
                }
            }
            "Escape" if open.get_untracked() => {
                event.prevent_default();
                event.stop_propagation();
                set_open.set(false);
            }
            _ => {}
        }
    };
    let visible = move || open.get() && found.with(|found| !found.is_empty());
    let options = {
        let option = option.clone();
        move || {
            let option = option.clone();
            found
                .get()
                .into_iter()
                .enumerate()
                .map(|(index, suggestion)| {
                    view! {
                        <li
                            role="option"
                            id=option(index)
                            aria-selected=move || if active.get() == Some(index) { "true" } else { "false" }
                            on:mousedown=move |event| {
                                event.prevent_default();
                                choose(index);
                            }
                        >
                            <span>{suggestion.value}</span>
                            <span class="muted">{suggestion.note}</span>
                        </li>
                    }
                })
                .collect_view()
        }
    };
    let plain_list = format!("list-{name}");
    let controls = list.clone();

    view! {
        <div class="combobox">
            <input
                type="text"
                node_ref=input
                id=format!("field-{name}")
                name=name
                value=value
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                list=move || (!awake.get()).then(|| plain_list.clone())
                role=move || awake.get().then_some("combobox")
                aria-expanded=move || awake.get().then(|| if visible() { "true" } else { "false" })
                aria-controls=move || awake.get().then(|| controls.clone())
                aria-autocomplete=move || awake.get().then_some("list")
                aria-activedescendant=move || active.get().map(option.clone())
                aria-invalid=invalid.then_some("true")
                aria-describedby=(!described.is_empty()).then_some(described)
                on:input=move |_| {
                    set_open.set(true);
                    search();
                }
                on:keydown=key
                on:blur=move |_| set_open.set(false)
            />
            <ul role="listbox" id=list aria-label="Suggestions" hidden=move || !visible()>
                {options}
            </ul>
        </div>
    }
}

/// The repository that the form names now.
fn repository() -> String {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let field = document().query_selector("form [name=repo]").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok()) {
            return field.value();
        }
    }
    String::new()
}

/// Tells the form that a field has changed, as typing does.
fn changed(_field: &web_sys::HtmlInputElement) {
    #[cfg(feature = "hydrate")]
    {
        let options = web_sys::EventInit::new();
        options.set_bubbles(true);
        if let Ok(event) = web_sys::Event::new_with_event_init_dict("change", &options) {
            // Nothing listens in a way that could refuse it.
            let _ = _field.dispatch_event(&event);
        }
    }
}
