//! The title of a page in the browser's tab.
//!
//! `leptos_meta` writes what it is given between `<title>` and `</title>` as it stands, so the text is escaped
//! here, and nothing else may use its `Title`: a test looks for it.

use leptos::prelude::*;
use leptos_meta::Title;

/// The title, followed by the name of the site. The last one on a page counts.
#[component]
pub(crate) fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    view! { <Title text=whole(&text)/> }
}

fn whole(page: &str) -> String {
    let page = page.replace('&', "&amp;").replace('<', "&lt;");
    if page.is_empty() { "Waymark".to_owned() } else { format!("{page} · Waymark") }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn a_title_stays_text() {
        assert_eq!(whole(""), "Waymark");
        assert_eq!(whole("</title>&lt;b> #8"), "&lt;/title>&amp;lt;b> #8 · Waymark");
    }

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn nothing_else_writes_into_the_head() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let own = src.join("components/title.rs");
        for path in sources(&src).into_iter().filter(|path| *path != own) {
            let text = std::fs::read_to_string(&path).expect("a source");
            for line in text.lines().filter(|line| line.contains("leptos_meta")) {
                let allowed = line.trim() == "use leptos_meta::{MetaTags, provide_meta_context};";
                assert!(allowed, "{}: {line}", path.display());
            }
        }
    }
}
