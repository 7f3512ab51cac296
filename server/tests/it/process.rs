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
