//! The WebAssembly entry point: wakes the islands that `waymark-app` rendered on the server.

use waymark_app as _;

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
