//! `waymark-bindgen WASM FOLDER`: writes `waymark.js` and `waymark_bg.wasm` into a folder, as the `wasm-bindgen`
//! program would. That program brings a test runner with a web server and takes four times as long to build.

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(wasm), Some(folder)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: waymark-bindgen WASM FOLDER");
    };
    Bindgen::new()
        .input_path(&wasm)
        .out_name("waymark")
        .web(true)?
        .typescript(false)
        .generate(&folder)
        .with_context(|| format!("{} cannot be bound", wasm.display()))
}
