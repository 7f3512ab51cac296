//! Who may come in: the list, private mode, administrators, and disconnecting.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use waymark_server::auth::entry::{Entry, EntrySettings};
use waymark_server::config::Config;

use crate::support::{Browser, Page, World, until, world, world_with};

/// The settings as somebody gives them.
fn entry(allow: &str, admins: &str, private: bool) -> impl FnOnce(&mut Config) {
    let (allow, admins) = (Some(allow.to_owned()), Some(admins.to_owned()));
    let mut wrong = Vec::new();
    let entry = Entry::checked(EntrySettings { allow, private, admins }, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:?}");
    move |config| config.entry = entry
}

/// Signs in and answers where that led.
async fn arrives(world: &World, login: &str) -> (Browser, String) {
    let browser = world.anonymous();
    let page = browser.sign_in(login, "/repos").await;
    let to = page.location().unwrap_or_default().to_owned();
    (browser, to)
}

async fn is_in(browser: &Browser) -> bool {
    browser.get("/api/v1/viewer").await.status == StatusCode::OK
}

async fn organization(world: &World, change: Value) {
    world.github.set("orgs/acme", change).await;
}

#[tokio::test]
async fn whoever_is_not_on_the_list_does_not_come_in_and_learns_whom_to_ask() {
    world_with(entry("reader, @acme/core", "admin, @acme/owners", false), async |world| {
        for login in ["reader", "writer", "admin"] {
            let (browser, to) = arrives(world, login).await;
            assert_eq!(to, "/repos", "{login} is named, in the team, or an administrator");
            assert!(is_in(&browser).await, "{login}");
        }
        let (outsider, to) = arrives(world, "outsider").await;
        assert_eq!(to, "/sign-in?problem=outside&to=%2Frepos");
        assert!(!is_in(&outsider).await);
        let told = outsider.get(&to).await;
        assert_eq!(told.status, StatusCode::FORBIDDEN);
        assert!(
            told.body.contains("not among them") && told.body.contains("admin, @acme/owners"),
            "{}",
            told.body
        );
        let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM accounts WHERE login = 'outsider'")
            .fetch_one(world.app().db.pool())
            .await
            .expect("counted");
        assert_eq!(kept, 0, "nothing of them is kept");
    })
    .await;
}

#[tokio::test]
async fn whoever_leaves_the_organisation_is_out_with_session_token_and_work() {
    world_with(entry("@acme", "", false), async |world| {
        let (writer, _) = arrives(world, "writer").await;
        let secret = token(&writer, "write").await;
        assert_eq!(bearer(world, &secret, "/api/v1/viewer").await.status, StatusCode::OK);
        organization(world, json!({ "members": { "writer": null } })).await;
        assert!(is_in(&writer).await, "an answer is believed for a while");
        // The while is over.
        world.app().door.forget();
        assert_eq!(bearer(world, &secret, "/api/v1/viewer").await.status, StatusCode::FORBIDDEN);
        let page = writer.get("/repos").await;
        assert_eq!(page.location(), Some("/sign-in?problem=outside&to=%2Frepos"), "{page:?}");
        organization(world, json!({ "members": { "writer": "member" } })).await;
        world.app().door.forget();
        assert!(!is_in(&writer).await, "the session has ended");
        let connect = "/api/v1/repositories/acme/widgets/connection";
        let refused = writer.json(Method::PUT, connect, &Value::Null).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn where_github_cannot_be_asked_nobody_comes_in() {
    world_with(entry("@acme", "", false), async |world| {
        let (writer, _) = arrives(world, "writer").await;
        assert!(is_in(&writer).await);
        world
            .github
            .set(
                "faults",
                json!({ "method": "GET", "path": "/user/memberships/orgs/acme", "status": 503, "times": 9 }),
            )
            .await;
        world.app().door.forget();
        let page = writer.get("/repos").await;
        assert_eq!(page.location(), Some("/sign-in?problem=unreachable&to=%2Frepos"), "{page:?}");
        assert_eq!(
            writer.json(Method::GET, "/api/v1/viewer", &Value::Null).await.status,
            StatusCode::BAD_GATEWAY
        );
        let (_, to) = arrives(world, "reader").await;
        assert_eq!(to, "/sign-in?problem=unreachable&to=%2Frepos");
    })
    .await;
}

/// The secret of a new token.
async fn token(browser: &Browser, scope: &str) -> String {
    let made = browser.form("/do/create-token", &[("name", "ci"), ("scope", scope), ("days", "30")]).await;
    let page = browser.get(made.location().expect("a page")).await.body;
    let secret = page.split("wmk_").nth(1).expect("a secret").chars().take_while(char::is_ascii_hexdigit);
    format!("wmk_{}", secret.collect::<String>())
}

async fn bearer(world: &World, secret: &str, path: &str) -> Page {
    let value = format!("Bearer {secret}");
    world.anonymous().send(Method::GET, path, &[("authorization", &value)], String::new()).await
}

/// What answers everybody, also where nothing else does.
const OPEN: [&str; 9] = [
    "/auth/github",
    "/auth/github/callback",
    "/auth/sign-out",
    "/sign-in",
    "/webhooks/github",
    "/healthz",
    "/readyz",
    "/download/waymark",
    "/download/waymark.sha256",
];

/// Every path that the router knows, with something in the place of its parameters, as the router itself says.
fn routes(world: &World) -> BTreeSet<String> {
    let areas = waymark_server::serve::areas(world.app());
    let router = format!("{:?}", waymark_server::serve::router(world.app(), &areas));
    let quoted = router.split('"').filter(|text| text.starts_with('/'));
    let mut paths: BTreeSet<String> = quoted.map(str::to_owned).collect();
    paths.retain(|path| !path.contains("__private"));
    assert!(paths.contains("/export/plans.csv") && paths.contains("/api/v1/plans"), "{paths:?}");
    paths.extend(waymark_app_paths());
    paths.extend(leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()));
    let filled = |path: &String| {
        let part = |part: &str| match part.starts_with(['{', ':', '*']) {
            true => "1".to_owned(),
            false => part.to_owned(),
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    };
    paths.iter().map(filled).collect()
}

/// The addresses of the pages, as the app's own router lists them.
fn waymark_app_paths() -> Vec<String> {
    waymark_server::pages::paths()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_private_mode_nothing_answers_those_who_are_not_signed_in() {
    world_with(entry("@acme", "admin", true), async |world| {
        let (writer, _) = arrives(world, "writer").await;
        writer.json(Method::PUT, "/api/v1/repositories/acme/widgets/connection", &Value::Null).await;
        let (outsider, _) = arrives(world, "outsider").await;
        let paths = routes(world);
        assert!(paths.len() > 70, "{paths:?}");
        for path in &paths {
            let file = ["/pkg", "/live.js", "/style.css", "/favicon.svg", "/icons.svg", "/robots.txt"];
            if OPEN.contains(&path.as_str()) || file.iter().any(|file| path.starts_with(file)) {
                continue;
            }
            for browser in [&world.anonymous(), &outsider] {
                for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                    let json = browser.json(method.clone(), path, &json!({})).await;
                    assert_eq!(json.status, StatusCode::UNAUTHORIZED, "{method} {path}: {json:?}");
                }
                let page = browser.get(path).await;
                let to = page.location().unwrap_or_default();
                assert!(to.starts_with("/sign-in?to="), "{path}: {page:?}");
                let form = browser.form(path, &[("repo", "acme/widgets")]).await;
                match form.location() {
                    // It is kept as a draft, and nothing is shown of it.
                    Some(to) => {
                        let to = to.to_owned();
                        assert_eq!(form.body, "null", "{path}: {form:?}");
                        let shown = browser.get(&to).await;
                        assert!(to.starts_with("/sign-in?to=") || shown.location().is_some(), "{path}: {to}");
                    }
                    None => {
                        // One that cannot be read is refused as such.
                        let read = form.status != StatusCode::UNPROCESSABLE_ENTITY;
                        assert!(!read || form.status == StatusCode::UNAUTHORIZED, "{path}: {form:?}");
                        assert!(form.body.contains("Nothing you typed is lost"), "{form:?}");
                    }
                }
            }
        }
        for path in ["/healthz", "/readyz", "/sign-in", "/style.css", "/download/waymark.sha256"] {
            assert_eq!(world.anonymous().get(path).await.status, StatusCode::OK, "{path}");
        }
        assert_eq!(writer.get("/").await.status, StatusCode::OK);
        let secret = token(&writer, "read").await;
        for path in ["/api/v1/plans", "/export/plans.json"] {
            assert_eq!(bearer(world, &secret, path).await.status, StatusCode::OK, "{path}");
        }
        assert!(world.github.writes().await.is_empty(), "nothing was written for them");
    })
    .await;
}

#[tokio::test]
async fn a_bad_token_is_refused_on_exports_and_events_too() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        writer.json(Method::PUT, "/api/v1/repositories/acme/secret/connection", &Value::Null).await;
        for path in ["/export/plans.json", "/export/plans.csv", "/events", "/api/v1/plans"] {
            let refused = bearer(world, "wmk_0", path).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
        }
        let issue = json!({ "title": "Hidden plan", "body": "# A plan", "labels": ["erk-plan"] });
        world.github.send("writer", Method::POST, "/repos/acme/secret/issues", issue).await;
        let secret = token(&writer, "read").await;
        let export = async || bearer(world, &secret, "/export/plans.json").await.body;
        until(export, |body| body.contains("Hidden plan")).await;
        assert!(!world.anonymous().get("/export/plans.json").await.body.contains("Hidden plan"));
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn administrators_end_sessions_tokens_and_connections_of_others() {
    world_with(entry("", "@acme/core", false), async |world| {
        organization(world, json!({ "teams": { "core": ["admin"] } })).await;
        let reader = world.sign_in("reader").await;
        let secret = token(&reader, "read").await;
        let writer = world.sign_in("writer").await;
        writer.json(Method::PUT, "/api/v1/repositories/acme/widgets/connection", &Value::Null).await;
        let admin = world.sign_in("admin").await;
        let account = reader.get("/api/v1/viewer").await.json()["account_id"].to_string();
        let id: String = sqlx::query_scalar("SELECT id FROM api_tokens")
            .fetch_one(world.app().db.pool())
            .await
            .expect("a token");
        let ending = [
            ("/do/admin-sign-out", ("account", account.as_str())),
            ("/do/admin-revoke", ("id", id.as_str())),
            ("/do/admin-disconnect", ("repo", "acme/widgets")),
        ];
        // Nobody else may.
        for browser in [&world.anonymous(), &writer] {
            let page = browser.get("/admin").await;
            assert!(matches!(page.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), "{page:?}");
            assert!(!page.body.contains("acme/widgets"));
            for (path, field) in ending {
                browser.form(path, &[field]).await;
            }
        }
        assert!(!writer.get("/").await.body.contains("href=\"/admin\""));
        assert!(is_in(&reader).await);
        assert_eq!(bearer(world, &secret, "/api/v1/viewer").await.status, StatusCode::OK);

        let page = admin.get("/admin").await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        for shown in [
            "reader",
            "writer",
            "acme/widgets",
            "ci",
            "Revoke",
            "Sign out",
            "Disconnect",
            " left, given back ",
        ] {
            assert!(page.body.contains(shown), "{shown} on {}", page.body);
        }
        assert!(admin.get("/").await.body.contains("href=\"/admin\""));
        for (path, field) in ending {
            let done = admin.form(path, &[field]).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
        }
        assert!(!is_in(&reader).await, "the session has ended");
        assert_eq!(bearer(world, &secret, "/api/v1/viewer").await.status, StatusCode::UNAUTHORIZED);
        let page = admin.get("/admin").await.body;
        assert!(!page.contains("acme/widgets") && page.contains("signed out"), "{page}");
        // One of two sessions.
        let (first, second) = (world.sign_in("reader").await, world.sign_in("reader").await);
        assert!(is_in(&first).await && is_in(&second).await, "they may sign in again");
        let page = admin.get("/admin").await.body;
        let forms: Vec<&str> = page
            .split("/do/admin-end-session")
            .skip(1)
            .filter_map(|form| form.split("</form>").next())
            .collect();
        let theirs =
            forms.iter().find(|form| form.contains(&format!("value=\"{account}\""))).expect("a button");
        let name = theirs
            .split("name=\"id\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a name");
        let ending = [("account", account.as_str()), ("id", name)];
        writer.form("/do/admin-end-session", &ending).await;
        assert!(is_in(&first).await && is_in(&second).await, "nobody else may");
        admin.form("/do/admin-end-session", &ending).await;
        assert_eq!([is_in(&first).await, is_in(&second).await].iter().filter(|on| **on).count(), 1);
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn a_disconnected_repository_is_no_longer_read_and_its_record_stays() {
    world(async |world| {
        let admin = world.sign_in("admin").await;
        let place = "/api/v1/repositories/acme/widgets/connection";
        admin.json(Method::PUT, place, &Value::Null).await;
        admin.json(Method::POST, "/api/v1/repositories/acme/widgets/mend/webhook", &Value::Null).await;
        let asked =
            json!({ "repo": "acme/widgets", "base": "main", "instruction": "Say hello in the README" });
        let made = admin.json(Method::POST, "/api/v1/dispatches", &asked).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let dispatch = made.location().expect("a place").to_owned();
        until(async || admin.get(&dispatch).await.json()["state"].clone(), |state| state == "sent").await;
        world.github.idle().await;
        until(async || admin.get("/api/v1/plans").await.json()["total"].clone(), |total| *total == 1).await;
        let ours = format!("{}/webhooks/github", world.url);
        let hooks = async || world.github.get("admin", "/repos/acme/widgets/hooks").await.to_string();
        assert!(hooks().await.contains(&ours));

        let reader = world.sign_in("reader").await;
        assert_eq!(reader.json(Method::DELETE, place, &Value::Null).await.status, StatusCode::FORBIDDEN);
        let outsider = world.sign_in("outsider").await;
        let secret = "/api/v1/repositories/acme/secret/connection";
        assert_eq!(outsider.json(Method::DELETE, secret, &Value::Null).await.status, StatusCode::NOT_FOUND);
        assert!(!reader.get("/acme/widgets/settings").await.body.contains("/do/disconnect"));

        assert!(admin.get("/acme/widgets/settings").await.body.contains("/do/disconnect"));
        let done = admin.json(Method::DELETE, place, &Value::Null).await;
        assert_eq!((done.status, done.json()), (StatusCode::OK, json!({ "left": null })), "{done:?}");
        assert!(!hooks().await.contains(&ours));
        assert_eq!(admin.get("/api/v1/plans").await.json()["total"], 0);
        assert_eq!(admin.get("/api/v1/repositories/acme/widgets").await.json()["row"]["connected"], false);
        assert_eq!(admin.get(&dispatch).await.status, StatusCode::OK, "the record stays");
        assert_eq!(admin.json(Method::DELETE, place, &Value::Null).await.status, StatusCode::NOT_FOUND);

        // A writer's token may not see the webhook: that is said.
        admin.json(Method::PUT, place, &Value::Null).await;
        let writer = world.sign_in("writer").await;
        let page = writer.form("/do/disconnect", &[("repo", "acme/widgets")]).await;
        let told = writer.get(page.location().expect("a page")).await.body;
        assert!(told.contains("is disconnected") && told.contains("/webhooks/github"), "{told}");
        world.github.writes().await;
    })
    .await;
}
