//! The log: to standard error, by level (`RUST_LOG`), never with a secret.

use tracing_subscriber::EnvFilter;

/// Starts the log; a second call changes nothing.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,waymark=info,waymark_server=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
