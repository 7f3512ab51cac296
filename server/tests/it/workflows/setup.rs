//! `setup.sh` as a runner without `waymark` meets it: the download, and the sum that decides.

use std::path::Path;
use std::process::Output;

use axum::Router;
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

const PROGRAM: &str = "#!/bin/sh\necho downloaded waymark\n";

/// Serves the program as a Waymark does; answers its address.
async fn served() -> String {
    let sum = hex::encode(Sha256::digest(PROGRAM));
    let line = format!("{sum}  waymark\n");
    let routes = Router::new()
        .route("/download/waymark", get(|| async { PROGRAM }))
        .route("/download/waymark.sha256", get(move || async { line }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}/")
}

async fn setup(folder: &Path, vars: &[(&str, &str)]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflows/setup.sh");
    std::fs::create_dir_all(folder.join(".waymark")).expect("a folder");
    std::fs::write(folder.join(".waymark/config.toml"), "[agent]\ncommand = [\"sh\"]\n").expect("a file");
    let mut command = Command::new("sh");
    command.arg(script).current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin");
    command.env("RUNNER_TEMP", folder).env("GITHUB_PATH", folder.join("path")).envs(vars.iter().copied());
    command.output().await.expect("sh runs")
}

#[tokio::test]
async fn waymark_is_downloaded_when_its_sum_is_right_and_refused_when_not() {
    let url = served().await;
    let folder = tempfile::tempdir().expect("a folder");
    let out = setup(folder.path(), &[("WAYMARK_URL", &url)]).await;
    assert!(out.status.success(), "{out:?}");
    assert_eq!(String::from_utf8_lossy(&out.stdout), "downloaded waymark\n");
    let path = std::fs::read_to_string(folder.path().join("path")).expect("the later steps' PATH");
    assert_eq!(path.trim_end(), folder.path().join("waymark-bin").display().to_string());

    for (vars, words) in [
        (
            vec![("WAYMARK_URL", url.as_str()), ("WAYMARK_SHA256", &*"0".repeat(64))],
            "does not have the expected SHA-256",
        ),
        (vec![("WAYMARK_URL", "http://127.0.0.1:9/")], "could not be downloaded"),
        (vec![], "WAYMARK_URL is not set"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = setup(folder.path(), &vars).await;
        let told = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(!out.status.success() && told.contains(words), "{words}: {out:?}");
        assert!(!folder.path().join("path").exists(), "{words}");
    }
}
