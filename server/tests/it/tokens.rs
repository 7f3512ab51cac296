//! Personal tokens of the API: made on their page, good for what they say, gone when revoked.

use reqwest::{Method, StatusCode};
use serde_json::json;

use waymark_server::events::Change;

use crate::plans::repo;
use crate::support::{Browser, PATIENCE, Page, World, world};

/// Makes a token on its page and answers its id, its secret, and the page that showed it.
async fn token(browser: &Browser, scope: &str) -> (String, String, Page) {
    let fields = [("name", "nightly <report>"), ("scope", scope), ("days", "30")];
    let made = browser.form("/do/create-token", &fields).await;
    let to = made.location().unwrap_or_else(|| panic!("{made:?}")).to_owned();
    let id = to.strip_prefix("/settings/tokens?made=").expect("an id").to_owned();
    let page = browser.get(&to).await;
    let secret =
        page.body.split("wmk_").nth(1).map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect());
    let secret: String = secret.unwrap_or_else(|| panic!("no secret on {page:?}"));
    (id, format!("wmk_{secret}"), page)
}

async fn ask(world: &World, secret: &str, method: Method, path: &str, body: &str) -> Page {
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    world.anonymous().send(method, path, &headers, body.to_owned()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_acts_as_its_owner_until_it_is_revoked() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let (id, secret, page) = token(&writer, "read").await;
        assert!(page.body.contains("nightly &lt;report&gt;"));
        let again = writer.get(&format!("/settings/tokens?made={id}")).await.body;
        assert!(!again.contains(&secret), "it is shown once");
        let stored: String = sqlx::query_scalar("SELECT hash FROM api_tokens WHERE id = $1")
            .bind(&id)
            .fetch_one(world.app().db.pool())
            .await
            .expect("a row");
        assert!(stored.len() == 64 && !secret.contains(&stored));

        let viewer = ask(world, &secret, Method::GET, "/api/v1/viewer", "").await;
        assert_eq!(viewer.json()["login"], "writer");
        assert_eq!(
            ask(world, &secret, Method::GET, "/api/v1/repositories/acme/secret", "").await.status,
            StatusCode::OK
        );
        let form = json!({ "repo": "acme/widgets", "base": "main", "instruction": "Say hello" }).to_string();
        let preview = ask(world, &secret, Method::POST, "/api/v1/preview", &form).await;
        assert_eq!(preview.status, StatusCode::OK, "{preview:?}");
        for (method, path) in [
            (Method::POST, "/api/v1/dispatches"),
            (Method::PUT, "/api/v1/repositories/acme/widgets/connection"),
        ] {
            let refused = ask(world, &secret, method, path, &form).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {refused:?}");
            assert_eq!(refused.json()["problems"][0]["kind"], "forbidden");
        }
        let page = ask(world, &secret, Method::GET, "/settings/tokens", "").await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "pages take no tokens");

        let (_, writing, _) = token(&writer, "write").await;
        let path = "/api/v1/repositories/acme/widgets/connection";
        assert_eq!(ask(world, &writing, Method::PUT, path, "{}").await.status, StatusCode::NO_CONTENT);
        // Signing out ends the session alone.
        let outsider = world.sign_in("outsider").await;
        assert_eq!(writer.form("/auth/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(ask(world, &secret, Method::GET, "/api/v1/viewer", "").await.status, StatusCode::OK);

        // Nobody else's, and gone at once.
        let foreign = outsider.form("/do/revoke-token", &[("id", &id)]).await;
        assert!(foreign.location().is_some_and(|to| to.contains("notice=")));
        assert_eq!(ask(world, &secret, Method::GET, "/api/v1/viewer", "").await.status, StatusCode::OK);
        let writer = world.sign_in("writer").await;
        let page = writer.get("/settings/tokens").await.body;
        assert!(page.contains(&id) && !outsider.get("/settings/tokens").await.body.contains(&id));
        writer.form("/do/revoke-token", &[("id", &id)]).await;
        for bad in [secret.as_str(), "wmk_0", ""] {
            let refused = ask(world, bad, Method::GET, "/api/v1/viewer", "").await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{bad:?}");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
        sqlx::query("UPDATE api_tokens SET expires_at = 1")
            .execute(world.app().db.pool())
            .await
            .expect("set");
        let expired = ask(world, &writing, Method::GET, "/api/v1/viewer", "").await;
        assert_eq!(expired.status, StatusCode::UNAUTHORIZED);

        let nameless =
            writer.form("/do/create-token", &[("name", " "), ("scope", "read"), ("days", "x")]).await;
        let told = writer.get(nameless.location().unwrap_or_default()).await.body;
        assert!(told.contains("A token needs a name"), "{told}");
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_updates_of_a_token_end_when_it_is_revoked() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let connection = "/api/v1/repositories/acme/widgets/connection";
        assert!(writer.json(Method::PUT, connection, &json!({})).await.status.is_success());
        let (id, secret, _) = token(&writer, "read").await;
        let events = reqwest::Client::new().get(format!("{}/events", world.url)).bearer_auth(&secret);
        let mut stream = events.send().await.expect("the server answers");
        assert_eq!(stream.status(), StatusCode::OK);
        let tell = |plan| {
            let change =
                Change { repo: repo("acme/widgets"), plan: Some(plan), objective: None, dispatch: None };
            world.app().events.publish(change);
        };
        tell(4711);
        let mut told = String::new();
        while !told.contains("4711") {
            let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("an event in time");
            let chunk = chunk.expect("a stream").expect("it goes on while the token is good");
            told.push_str(&String::from_utf8_lossy(&chunk));
        }
        writer.form("/do/revoke-token", &[("id", &id)]).await;
        tell(4712);
        let mut rest = String::new();
        while let Some(chunk) =
            tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("an end in time").expect("a stream")
        {
            rest.push_str(&String::from_utf8_lossy(&chunk));
        }
        assert!(!rest.contains("4712"), "{rest}");
        assert!(world.github.writes().await.iter().all(|write| write.path.contains("/hooks")));
    })
    .await;
}
