//! The log: to standard error, by level (`RUST_LOG`), never with a secret.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// Libraries that write what they are given: page text of private repositories, headers, sessions. They stay
/// quiet whatever level is asked for.
const QUIET: [&str; 8] = [
    "html5ever=warn",
    "markup5ever=warn",
    "selectors=warn",
    "h2=warn",
    "hyper=info",
    "sqlx=warn",
    "tower_sessions=warn",
    "tower_sessions_core=warn",
];

/// Starts the log; a second call changes nothing.
pub fn start(json: bool) {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter(asked.as_deref())).with_writer(std::io::stderr);
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}

/// What is asked for, and never more of the quiet ones.
fn filter(asked: Option<&str>) -> EnvFilter {
    let usual = || EnvFilter::new("warn,waymark=info,waymark_server=info");
    let filter = asked.and_then(|asked| EnvFilter::try_new(asked).ok()).unwrap_or_else(usual);
    let quiet = QUIET.iter().filter_map(|text| text.parse::<Directive>().ok());
    quiet.fold(filter, EnvFilter::add_directive)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("one writer").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_libraries_are_given_is_not_written_whatever_is_asked_for() {
        for asked in ["debug", "trace", "html5ever=trace,tower_sessions_core=debug,debug"] {
            let kept = Kept::default();
            let writer = kept.clone();
            let log = tracing_subscriber::fmt()
                .with_env_filter(filter(Some(asked)))
                .with_writer(move || writer.clone())
                .finish();
            tracing::subscriber::with_default(log, || {
                tracing::debug!(target: "html5ever::tokenizer", "a page's canary");
                tracing::debug!(target: "tower_sessions_core::session", "a session's canary");
                tracing::debug!(target: "waymark_server", "our own words");
            });
            let text = String::from_utf8(kept.0.lock().expect("one reader").clone()).expect("a text");
            assert!(text.contains("our own words") && !text.contains("canary"), "{asked}: {text}");
        }
    }
}
