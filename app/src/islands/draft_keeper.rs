//! Saves the form of `/new` while a person types, and says so.

use leptos::html::Output;
use leptos::prelude::*;

/// The words about the draft. Awake, it listens to the form around it.
#[island]
pub fn DraftKeeper() -> impl IntoView {
    let place = NodeRef::<Output>::new();
    let (state, set_state) = signal("");
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            keeper::listen(&place, set_state);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = set_state;
    view! { <output node_ref=place class="muted small draft-state">{state}</output> }
}

#[cfg(feature = "hydrate")]
mod keeper {
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use wasm_bindgen::prelude::*;
    use web_sys::{FormData, HtmlElement, HtmlFormElement, HtmlInputElement};

    use crate::commands::save_draft;

    /// How long a person must pause before the form is saved.
    const PAUSE: Duration = Duration::from_millis(800);

    pub(super) fn listen(place: &HtmlElement, say: WriteSignal<&'static str>) {
        let Some(form) =
            place.closest("form").ok().flatten().and_then(|form| form.dyn_into::<HtmlFormElement>().ok())
        else {
            return;
        };
        let waiting = StoredValue::new(None::<TimeoutHandle>);
        let submitted = StoredValue::new(false);
        let target = form.clone();
        let typed = Closure::<dyn Fn()>::new(move || {
            if let Some(handle) = waiting.get_value() {
                handle.clear();
            }
            submitted.set_value(false);
            let form = target.clone();
            let handle = set_timeout_with_handle(
                move || {
                    if !submitted.get_value() {
                        save(form, say);
                    }
                },
                PAUSE,
            );
            waiting.set_value(handle.ok());
        });
        // The form's own buttons save it: nothing is saved beside them.
        let stop = Closure::<dyn Fn()>::new(move || submitted.set_value(true));
        for event in ["input", "change"] {
            let _ = form.add_event_listener_with_callback(event, typed.as_ref().unchecked_ref());
        }
        let _ = form.add_event_listener_with_callback("submit", stop.as_ref().unchecked_ref());
        typed.forget();
        stop.forget();
    }

    fn save(form: HtmlFormElement, say: WriteSignal<&'static str>) {
        let Ok(data) = FormData::new_with_form(&form) else { return };
        let text = move |name: &str| data.get(name).as_string().unwrap_or_default();
        say.set("Saving the draft");
        spawn_local(async move {
            let saved = save_draft(
                text("draft"),
                text("repo"),
                text("base"),
                text("instruction"),
                text("mode"),
                text("model"),
                text("objective"),
                text("node"),
                text("override_node"),
            );
            match saved.await {
                Ok(id) => {
                    remember(&form, &id);
                    say.set("Draft saved");
                }
                Err(_) => say
                    .set("The draft could not be saved. It stays on this page; the next change tries again."),
            }
        });
    }

    /// Names the draft in the form and in the address, so that a reload finds it.
    fn remember(form: &HtmlFormElement, id: &str) {
        let field = form.query_selector("[name=draft]").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
            field.set_value(id);
        }
        let address = window().location();
        let named = address.search().is_ok_and(|query| query.contains("draft="));
        if !named
            && address.pathname().is_ok_and(|path| path == "/new")
            && let Ok(history) = window().history()
        {
            // A browser that refuses keeps the old address; the form still knows its draft.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("/new?draft={id}")));
        }
    }
}
