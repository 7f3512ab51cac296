//! What every new user does first: a repository without anything gets what remote work needs, button by button.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Browser, World, world};

const BARE: &str = "/repos/acme/bare";

async fn line(browser: &Browser, key: &str) -> (String, bool) {
    let found = browser.get("/api/v1/repositories/acme/bare").await.json();
    let lines = found["lines"].as_array().cloned().unwrap_or_default();
    let line = lines.into_iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("{found}"));
    (line["readiness"].as_str().unwrap_or_default().to_owned(), line["mendable"] == true)
}

async fn press(browser: &Browser, key: &str) -> String {
    let page = browser.form("/do/mend", &[("repo", "acme/bare"), ("key", key)]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{key}: {page:?}");
    browser.get(page.location().expect("a page")).await.body
}

/// What the buttons make, so that a second press can be seen to make nothing.
async fn made(world: &World) -> [Value; 3] {
    let labels = world.github.get("admin", &format!("{BARE}/labels")).await;
    let hooks = world.github.get("admin", &format!("{BARE}/hooks")).await;
    let hooks = hooks.as_array().into_iter().flatten().map(|hook| hook["id"].clone()).collect();
    [
        labels,
        hooks,
        world.github.get("admin", &format!("{BARE}/git/ref/heads/main")).await["object"]["sha"].take(),
    ]
}

async fn file(world: &World, path: &str) -> Value {
    world.github.get("admin", &format!("{BARE}/contents/{path}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_button_mends_its_line_and_a_second_press_changes_nothing() {
    world(async |world| {
        let admin = world.sign_in("admin").await;
        // The sandbox comes with a webhook everywhere.
        for hook in world.github.get("admin", &format!("{BARE}/hooks")).await.as_array().into_iter().flatten()
        {
            let path = format!("{BARE}/hooks/{}", hook["id"]);
            world.github.send("admin", Method::DELETE, &path, json!({})).await;
        }
        for (key, before) in [("workflows", "missing"), ("labels", "advice"), ("webhook", "advice")] {
            assert_eq!(line(&admin, key).await, (before.to_owned(), true), "{key}");
            press(&admin, key).await;
            assert_eq!(line(&admin, key).await, ("ready".to_owned(), false), "{key}");
            let once = made(world).await;
            let page = press(&admin, key).await;
            assert!(!page.contains("role=\"alert\""), "{key}: {page}");
            assert_eq!(made(world).await, once, "{key} again");
        }
        let [labels, hooks, head] = made(world).await;
        for name in ["erk-plan", "erk-objective"] {
            assert!(labels.as_array().into_iter().flatten().any(|label| label["name"] == name), "{labels}");
        }
        let hook = world.github.get("admin", &format!("{BARE}/hooks/{}", hooks[0])).await;
        assert_eq!(hook["config"]["url"], format!("{}/webhooks/github", world.url));
        assert_eq!((&hook["active"], &hook["config"]["content_type"]), (&json!(true), &json!("json")));
        let tree = format!("{BARE}/git/trees/{}?recursive=1", head.as_str().expect("a commit"));
        let tree = world.github.get("admin", &tree).await;
        let setup =
            tree["tree"].as_array().into_iter().flatten().find(|one| one["path"] == ".waymark/setup.sh");
        assert_eq!(setup.map(|one| &one["mode"]), Some(&json!("100755")), "a runner can run it: {tree}");

        // The next version of Waymark brings its own files and leaves what the team may edit.
        for path in [".waymark/config.toml", ".github/workflows/one-shot.yml"] {
            let edited =
                json!({"message": "Edit", "content": "IyBvdXJzCg==", "sha": file(world, path).await["sha"]});
            world.github.send("admin", Method::PUT, &format!("{BARE}/contents/{path}"), edited).await;
        }
        assert_eq!(line(&admin, "workflows").await, ("advice".to_owned(), true));
        press(&admin, "workflows").await;
        assert_eq!(line(&admin, "workflows").await.0, "ready");
        assert_eq!(
            file(world, ".waymark/config.toml").await["content"].as_str().map(str::trim),
            Some("IyBvdXJzCg==")
        );

        // With the secrets, which are GitHub's to keep, a first instruction can be dispatched.
        let secrets =
            json!({"ERK_QUEUE_GH_PAT": "x", "ANTHROPIC_API_KEY": "x", "CLAUDE_CODE_OAUTH_TOKEN": "x"});
        world.github.set("repos/acme/bare", json!({"secrets": secrets})).await;
        let form = json!({"repo": "acme/bare", "instruction": "Say hello in the README"});
        let preview = admin.json(Method::POST, "/api/v1/preview", &form).await;
        assert_eq!(preview.status, StatusCode::OK, "{preview:?}");

        let page = press(&admin, "secrets").await;
        assert!(page.contains("cannot mend this by itself"), "{page}");
        let before = made(world).await;
        let reader = world.sign_in("outsider").await;
        for key in ["workflows", "labels", "webhook"] {
            let path = format!("/api/v1/repositories/acme/bare/mend/{key}");
            let refused = reader.json(Method::POST, &path, &Value::Null).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{key}: {refused:?}");
        }
        assert_eq!(made(world).await, before);
        world.github.writes().await;
    })
    .await;
}
