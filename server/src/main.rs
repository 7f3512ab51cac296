//! The `waymark` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    let line = match waymark_server::cli::parse() {
        Ok(line) => line,
        Err(code) => return code,
    };
    // Everything here speaks TLS with the same implementation; a second call would only say so.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A page that waits for another must find a second thread.
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(waymark_server::cli::run(line)),
        Err(error) => {
            eprintln!("waymark: the runtime cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
