//! The real program: how it starts, and that a restart changes nothing for those who use it.

use reqwest::StatusCode;

use crate::support::world_without_server;

#[tokio::test]
async fn a_restart_keeps_people_signed_in_and_their_drafts() {
    world_without_server(
        |_| (),
        async |world| {
            let process = world.process().await;
            let browser = world.sign_in("writer").await;
            let kept = browser.form("/do/preview", &[("instruction", "Keep this over a restart")]).await;
            let place = kept.location().expect("a page").to_owned();
            process.kill().await;
            let _process = world.process().await;
            let viewer = browser.get("/api/v1/viewer").await;
            assert_eq!((viewer.status, viewer.json()["login"].as_str()), (StatusCode::OK, Some("writer")));
            let form = browser.visit(&place).await;
            assert!(form.body.contains("Keep this over a restart"), "{form:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn the_program_offers_itself_with_its_digest() {
    world_without_server(
        |_| (),
        async |world| {
            let _process = world.process().await;
            let browser = world.anonymous();
            let line = browser.get("/download/waymark.sha256").await.body;
            let program = std::fs::read(env!("CARGO_BIN_EXE_waymark")).expect("the program");
            use sha2::Digest;
            assert_eq!(line, format!("{}  waymark\n", hex::encode(sha2::Sha256::digest(&program))));
            let head = browser.send(reqwest::Method::HEAD, "/download/waymark", &[], String::new()).await;
            assert_eq!(head.status, StatusCode::OK);
        },
    )
    .await;
}

/// Runs `waymark serve --sandbox` with an environment until it ends by itself; answers what it said.
async fn refused(environment: &[(&str, String)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("site");
    std::fs::create_dir_all(site.join("pkg")).expect("a site");
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_waymark"));
    program.args(["serve", "--sandbox"]).current_dir(folder.path()).env("WAYMARK_SITE_DIR", site);
    program.envs(environment.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
    let ended = tokio::time::timeout(crate::support::PATIENCE, program.output()).await;
    let output = ended.expect("it ends by itself").expect("it runs");
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_busy_port_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let busy = taken.local_addr().expect("its address");
    for (setting, other) in
        [("WAYMARK_ADDR", "WAYMARK_SANDBOX_ADDR"), ("WAYMARK_SANDBOX_ADDR", "WAYMARK_ADDR")]
    {
        let said = refused(&[(setting, busy.to_string()), (other, "127.0.0.1:0".to_owned())]).await;
        assert!(said.contains(&format!("{setting}: another program listens on {busy}")), "{said}");
        assert!(said.contains("choose another address"), "{said}");
    }
}
