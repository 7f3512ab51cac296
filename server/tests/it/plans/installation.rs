//! The GitHub App reads for the mirror where it is installed, also when nobody's token does any more.

use octocrab::auth::{AppAuth, EncodingKey};
use reqwest::Method;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::EncodePublicKey;
use rsa::{RsaPrivateKey, rand_core};
use serde_json::json;
use waymark_domain::lifecycle::Phase;
use waymark_server::mirror;

use super::{Person, repo};
use crate::support::world_with;

#[tokio::test(flavor = "multi_thread")]
async fn the_app_reads_where_it_is_installed() {
    let key = RsaPrivateKey::new(&mut rand_core::OsRng, 2048).expect("a key");
    let private = key.to_pkcs1_pem(Default::default()).expect("PEM");
    let public = key.to_public_key().to_public_key_pem(Default::default()).expect("PEM");
    let signing = EncodingKey::from_rsa_pem(private.as_bytes()).expect("a key");
    let app = AppAuth { app_id: 4711_u64.into(), key: signing };
    world_with(
        |config| config.github_app = Some(app),
        async |world| {
            let granted = json!({"actions": "write", "checks": "read", "contents": "write", "issues": "write",
                "pull_requests": "write"});
            let installed = json!({"id": 4711, "public_key": public, "repositories": ["acme/widgets"],
                "permissions": granted});
            world.github.set("app", installed).await;
            let issue = json!({"title": "Plan", "body": "# A plan\n\n1. One", "labels": ["erk-plan"]});
            let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
            let number = made["number"].as_i64().expect("a number");
            let writer = Person::signed_in(world, "writer").await;
            let reader = Person::signed_in(world, "reader").await;
            for name in ["acme/widgets", "acme/secret"] {
                mirror::track(world.app(), &writer.viewer, &repo(name)).await.expect("tracked");
                mirror::sync_repo(world.app(), &repo(name)).await.expect("read");
            }
            let rows = writer.areas.repositories.list(&writer.viewer).await.expect("rows");
            let by = |name: &str| rows.iter().find(|row| row.choice.repo == repo(name))?.synced_as.clone();
            assert_eq!(by("acme/widgets").as_deref(), Some("the GitHub App"));
            assert_eq!(by("acme/secret").as_deref(), Some("writer"), "it is not installed there");

            // The person who connected it is gone: the App reads on, and who may see it is still asked.
            world.github.set("revoke", json!({"login": "writer"})).await;
            let app = world.app();
            let token = app.tokens.of(writer.viewer.account_id).await.expect("a token");
            app.tokens.refused(writer.viewer.account_id, &app.github.client(token)).await;
            let path = format!("/repos/acme/widgets/issues/{number}");
            world.github.send("admin", Method::PATCH, &path, json!({"state": "closed"})).await;
            mirror::sync_repo(world.app(), &repo("acme/widgets")).await.expect("read by the App");
            assert_eq!(reader.plan(number).await.phase, Phase::Closed);
            let gone =
                mirror::sync_repo(world.app(), &repo("acme/secret")).await.expect_err("nobody reads it");
            assert!(gone.message.contains("synced as writer"), "{gone:?}");

            let journal = world.github.journal().await;
            let grants = journal.iter().filter(|entry| entry.path.ends_with("/access_tokens"));
            assert_eq!(grants.count(), 1, "one token serves all reads");
            world.github.writes().await;
        },
    )
    .await;
}
