//! Signing in and out.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row;
use tower_sessions::SessionStore;
use tower_sessions::session::Id;
use waymark_app::areas::ProblemKind;
use waymark_server::auth::Sessions;

use crate::support::{Browser, World, world};

/// The login that the server takes this browser for.
async fn login(browser: &Browser) -> Option<String> {
    let page = browser.get("/api/v1/viewer").await;
    match page.status {
        StatusCode::OK => page.json()["login"].as_str().map(str::to_owned),
        status => {
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{page:?}");
            None
        }
    }
}

async fn account(world: &World) -> i64 {
    let row = sqlx::query("SELECT id FROM accounts").fetch_one(world.app().db.pool()).await;
    row.expect("one account").get(0)
}

#[tokio::test]
async fn signing_in_returns_to_the_page_one_came_from() {
    world(async |world| {
        let browser = world.anonymous();
        assert_eq!(login(&browser).await, None);
        let page = browser.sign_in("writer", "/repos?q=a%20b").await;
        assert_eq!(page.location(), Some("/repos?q=a%20b"));
        assert_eq!(login(&browser).await.as_deref(), Some("writer"));
        for elsewhere in
            ["//evil.example/", "https://evil.example/", "/\\evil.example", "/\u{b}/x", "/\u{e4}"]
        {
            assert_eq!(world.anonymous().sign_in("writer", elsewhere).await.location(), Some("/"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_that_has_begun_is_kept_by_the_browser_alone() {
    world(async |world| {
        let rows = async || -> i64 {
            let count = sqlx::query_scalar("SELECT COUNT(*) FROM sessions").fetch_one(world.app().db.pool());
            count.await.expect("a number")
        };
        let browser = world.anonymous();
        let begun = browser.get(&format!("/auth/github?to=/{}", "a".repeat(60_000))).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER);
        let cookie = begun.header("set-cookie").expect("a cookie");
        assert!(
            cookie.len() < 4_000 && cookie.contains("Max-Age=600") && cookie.contains("HttpOnly"),
            "{cookie}"
        );
        assert_eq!(rows().await, 0, "nothing is written before GitHub has said who it is");
        let sealed = browser.cookie("waymark-sign-in").expect("a cookie");
        let state =
            begun.location().and_then(|to| to.split("state=").nth(1)?.split('&').next()).expect("a state");
        assert!(!sealed.contains(state), "whoever reads the cookie learns nothing");
        let forged = world.anonymous();
        forged.set_cookie("waymark-sign-in", &sealed.replace(&sealed[40..44], "AAAA"));
        let callback = forged.get(&format!("/auth/github/callback?code=x&state={state}")).await;
        assert_eq!(callback.location(), Some("/sign-in?problem=expired&to=%2F"));
        browser.sign_in("writer", "/").await;
        assert_eq!(rows().await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_bound_to_its_browser_and_works_once() {
    world(async |world| {
        let browser = world.anonymous();
        let callback = browser.consent("writer", "/runs").await;
        let stranger = world.anonymous();
        let refused = stranger.get(&callback).await;
        assert_eq!(refused.location(), Some("/sign-in?problem=expired&to=%2F"));
        assert_eq!(login(&stranger).await, None);
        assert_eq!(browser.get(&callback).await.location(), Some("/runs"));
        let again = browser.get(&callback).await;
        assert_eq!(again.location(), Some("/sign-in?problem=expired&to=%2F"));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_state_ends_the_sign_in() {
    world(async |world| {
        let browser = world.anonymous();
        let callback = browser.consent("writer", "/").await;
        let (path, _) = callback.split_once("state=").expect("a state");
        let refused = browser.get(&format!("{path}state=guessed")).await;
        assert_eq!(refused.location(), Some("/sign-in?problem=expired&to=%2F"));
        assert_eq!(browser.get(&callback).await.location(), Some("/sign-in?problem=expired&to=%2F"));
        assert_eq!(login(&browser).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_was_used_is_refused_by_github() {
    world(async |world| {
        let first = world.anonymous();
        let used = first.consent("writer", "/").await;
        first.get(&used).await;
        let code = |callback: &str| {
            let query = callback.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
            let found = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
            found.map(|(_, code)| code.into_owned()).expect("a code")
        };
        let second = world.anonymous();
        let fresh = second.consent("admin", "/").await;
        let replayed = fresh.replace(&code(&fresh), &code(&used));
        assert_eq!(second.get(&replayed).await.location(), Some("/sign-in?problem=refused&to=%2F"));
        assert_eq!(login(&second).await, None);
    })
    .await;
}

#[tokio::test]
async fn one_may_decline() {
    world(async |world| {
        let browser = world.anonymous();
        let callback = browser.consent("", "/new").await;
        assert_eq!(browser.get(&callback).await.location(), Some("/sign-in?problem=declined&to=%2Fnew"));
    })
    .await;
}

#[tokio::test]
async fn the_session_gets_a_new_id_at_sign_in() {
    world(async |world| {
        let browser = world.anonymous();
        let before = "c2Vzc2lvbi1vZi1hbi1hdHQ";
        browser.set_cookie("waymark", before);
        let callback = browser.consent("writer", "/").await;
        browser.get(&callback).await;
        let after = browser.cookie("waymark").expect("a session");
        assert_ne!(before, after);
        let fixed = world.anonymous();
        fixed.set_cookie("waymark", before);
        assert_eq!(login(&fixed).await, None);
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_the_session_for_every_copy_of_its_cookie() {
    world(async |world| {
        let browser = world.sign_in("writer").await;
        let copy = world.anonymous();
        copy.set_cookie("waymark", &browser.cookie("waymark").expect("a session"));
        assert_eq!(login(&copy).await.as_deref(), Some("writer"));
        let out = browser.form("/auth/sign-out", &[]).await;
        assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, Some("/")));
        assert_eq!(login(&browser).await, None);
        assert_eq!(login(&copy).await, None);
    })
    .await;
}

/// Sets the time of every sign-in, in epoch milliseconds.
async fn signed_in_at(pool: &sqlx::AnyPool, at: i64) {
    set_time(pool, "since", at).await;
}

/// Changes a time that sessions hold.
pub async fn set_time(pool: &sqlx::AnyPool, key: &str, at: i64) {
    for row in sqlx::query("SELECT id, data FROM sessions").fetch_all(pool).await.expect("sessions") {
        let (id, data): (String, Vec<u8>) = (row.get(0), row.get(1));
        let mut data: Value = serde_json::from_slice(&data).expect("data");
        if data.get(key).is_some() {
            data[key] = json!(at);
        }
        let data = serde_json::to_vec(&data).expect("data");
        let update = sqlx::query("UPDATE sessions SET data = $1 WHERE id = $2").bind(data).bind(id);
        update.execute(pool).await.expect("set");
    }
}

#[tokio::test]
async fn a_session_ends_when_unused_and_after_its_longest_life() {
    world(async |world| {
        let pool = world.app().db.pool();
        let unused = world.sign_in("writer").await;
        sqlx::query("UPDATE sessions SET expires_at = 1").execute(pool).await.expect("set");
        assert_eq!(login(&unused).await, None);

        let old = world.sign_in("admin").await;
        let day = 24 * 60 * 60 * 1000;
        let now = jiff::Timestamp::now().as_millisecond();
        signed_in_at(pool, now - 89 * day).await;
        assert_eq!(login(&old).await.as_deref(), Some("admin"));
        signed_in_at(pool, now - 91 * day).await;
        assert_eq!(login(&old).await, None);
    })
    .await;
}

#[tokio::test]
async fn an_expiring_token_is_refreshed_once_for_all_who_need_it() {
    world(async |world| {
        world.github.set("oauth", json!({ "token_lifetime": 28_800 })).await;
        world.sign_in("writer").await;
        let (app, id) = (world.app(), account(world).await);
        let update = sqlx::query("UPDATE accounts SET access_expires_at = 1");
        update.execute(app.db.pool()).await.expect("set");
        let all = futures::future::join_all((0..8).map(|_| app.tokens.of(id))).await;
        use secrecy::ExposeSecret;
        let mut tokens: Vec<String> =
            all.into_iter().map(|token| token.expect("a token").expose_secret().to_owned()).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        let asked = world.github.journal().await;
        let asked = asked.iter().filter(|entry| entry.path == "/login/oauth/access_token").count();
        assert_eq!(asked, 2, "the sign-in and one refresh");
    })
    .await;
}

#[tokio::test]
async fn a_refused_refresh_asks_to_sign_in_again() {
    world(async |world| {
        world.github.set("oauth", json!({ "token_lifetime": 28_800 })).await;
        world.sign_in("writer").await;
        let (app, id) = (world.app(), account(world).await);
        world.github.set("revoke", json!({ "login": "writer" })).await;
        let update = sqlx::query("UPDATE accounts SET access_expires_at = 1");
        update.execute(app.db.pool()).await.expect("set");
        for _ in 0..2 {
            let problem = app.tokens.of(id).await.expect_err("refused");
            assert_eq!(problem.kind, ProblemKind::SignedOut);
        }
        world.sign_in("writer").await;
        assert!(app.tokens.of(id).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_before_signing_in_is_there_afterwards() {
    world(async |world| {
        let browser = world.anonymous();
        let text = "Tidy the <widgets> & keep this text";
        let sent = browser
            .form("/do/dispatch", &[("repo", "acme/widgets"), ("base", "main"), ("instruction", text)])
            .await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
        let to = sent.location().expect("a way to sign in");
        let query = to.strip_prefix("/sign-in?").unwrap_or_else(|| panic!("{to}"));
        let back = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
        let back = back.expect("a way back").1.into_owned();
        let page = browser.sign_in("writer", &back).await;
        assert_eq!(page.location(), Some(back.as_str()));
        let form = browser.get(&back).await;
        assert_eq!(form.status, StatusCode::OK);
        assert!(form.body.contains("Tidy the &lt;widgets&gt; &amp; keep this text"), "{}", form.body);
        assert!(world.github.writes().await.is_empty());
        let stranger = world.sign_in("reader").await.get(&back).await;
        assert!(!stranger.body.contains("Tidy the"), "a draft that was claimed is its owner's alone");
        let none = browser.json(Method::GET, "/api/v1/viewer", &json!({})).await;
        assert_eq!(none.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_ends_when_github_takes_its_token_no_more() {
    world(async |world| {
        for path in ["/api/v1/repositories", "/api/v1/repositories/acme/widgets/branches", "/repos"] {
            let browser = world.sign_in("writer").await;
            assert_eq!(login(&browser).await.as_deref(), Some("writer"));
            world.github.set("revoke", json!({ "login": "writer" })).await;
            browser.get(path).await;
            assert_eq!(login(&browser).await, None, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_that_person_alone() {
    world(async |world| {
        let (here, there) = (world.sign_in("writer").await, world.sign_in("writer").await);
        let other = world.sign_in("admin").await;
        assert!(here.get("/settings/sessions").await.body.contains("/auth/sign-out-everywhere"));
        let out = here.form("/auth/sign-out-everywhere", &[]).await;
        assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, Some("/")));
        assert_eq!((login(&here).await, login(&there).await), (None, None));
        assert_eq!(login(&other).await.as_deref(), Some("admin"));
    })
    .await;
}

/// The names of the sessions on a page, as its buttons send them.
fn sessions(page: &str) -> Vec<String> {
    let forms = page.split("action=\"/do/end-session\"").skip(1);
    let names = forms.filter_map(|form| form.split("name=\"id\" value=\"").nth(1)?.split('"').next());
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_them() {
    world(async |world| {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
        let (here, there, third) = (world.anonymous(), world.anonymous(), world.anonymous());
        for browser in [&here, &there, &third] {
            let callback = browser.consent("writer", "/").await;
            let headers = [("accept", "text/html"), ("user-agent", agent), ("sec-fetch-site", "same-origin")];
            browser.send(Method::GET, &callback, &headers, String::new()).await;
        }
        let other = world.sign_in("admin").await;
        let page = here.get("/settings/sessions").await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(
            page.body.contains("this browser") && page.body.matches("Firefox on Linux").count() >= 3,
            "{page:?}"
        );
        let names = sessions(&page.body);
        assert_eq!(names.len(), 2, "{page:?}");
        let cookies = [&here, &there, &third].map(|browser| browser.cookie("waymark").expect("a session"));
        assert!(cookies.iter().all(|cookie| !page.body.contains(cookie.as_str())), "no way in is shown");

        // Nobody else ends it, and it names no session of theirs.
        for name in &names {
            other.form("/do/end-session", &[("id", name)]).await;
        }
        assert_eq!(login(&there).await.as_deref(), Some("writer"));
        assert_eq!(sessions(&other.get("/settings/sessions").await.body), Vec::<String>::new());

        let done = here.form("/do/end-session", &[("id", &names[0])]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
        let left = [login(&there).await, login(&third).await];
        assert_eq!(left.iter().flatten().count(), 1, "one has ended: {left:?}");
        here.form("/do/end-other-sessions", &[]).await;
        assert_eq!((login(&there).await, login(&third).await), (None, None));
        assert_eq!(login(&here).await.as_deref(), Some("writer"));
        assert_eq!(login(&other).await.as_deref(), Some("admin"));
    })
    .await;
}

#[tokio::test]
async fn a_session_lives_on_with_its_use_and_one_that_has_ended_stays_ended() {
    world(async |world| {
        let pool = world.app().db.pool();
        let writer = world.sign_in("writer").await;
        let times = async || {
            let row =
                sqlx::query("SELECT expires_at, seen_at FROM sessions").fetch_one(pool).await.expect("one");
            (row.get::<i64, _>(0), row.get::<i64, _>(1))
        };
        let begun = times().await;
        assert_eq!(login(&writer).await.as_deref(), Some("writer"));
        assert_eq!(times().await, begun, "noted once in a minute");
        let now = jiff::Timestamp::now().as_millisecond();
        let day = 24 * 60 * 60 * 1000;
        set_time(pool, "seen", now - day).await;
        sqlx::query("UPDATE sessions SET expires_at = $1").bind(now + day).execute(pool).await.expect("set");
        assert_eq!(login(&writer).await.as_deref(), Some("writer"));
        let (expires_at, seen_at) = times().await;
        assert!(expires_at > now + 13 * day && seen_at >= now, "{expires_at} {seen_at}");

        // Of a person the sessions that were used last are kept.
        let account: i64 =
            sqlx::query_scalar("SELECT account_id FROM sessions").fetch_one(pool).await.expect("an account");
        for at in 0..60 {
            let insert = "INSERT INTO sessions (id, data, expires_at, account_id, seen_at) SELECT $1, data, expires_at, $2, $3 FROM sessions WHERE seen_at > 1000";
            let insert = sqlx::query(insert).bind(format!("old {at}")).bind(account).bind(at);
            insert.execute(pool).await.expect("a session");
        }
        let again = world.sign_in("writer").await;
        let kept: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM sessions").fetch_one(pool).await.expect("a count");
        assert_eq!(kept, 50);
        for browser in [&writer, &again] {
            assert_eq!(login(browser).await.as_deref(), Some("writer"));
        }
        again.form("/do/end-other-sessions", &[]).await;
        let writer = again;

        // Ended while a request of it is under way.
        let id = session_of(&writer);
        let store = Sessions::new(&world.app().db);
        let record = store.load(&id).await.expect("read").expect("a session");
        store.end_all(record.data["account"].as_i64().expect("an account")).await.expect("ended");
        store.save(&record).await.expect("nothing to save");
        assert_eq!(login(&writer).await, None);
    })
    .await;
}

fn session_of(browser: &Browser) -> Id {
    browser.cookie("waymark").expect("a session").parse().expect("an id")
}
