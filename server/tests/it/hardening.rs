//! What protects every route alike.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use sqlx::Row;
use waymark_server::db::Db;

use crate::support::{self, Browser, Page, world, world_with};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Every route that changes something: the server functions that are registered, what the API describes (a test
/// of its own holds that to what is served), and signing out.
async fn changing(browser: &Browser) -> Vec<(Method, String)> {
    let functions = leptos::server_fn::axum::server_fn_paths();
    let mut routes: Vec<(Method, String)> =
        functions.map(|(path, method)| (method, path.to_owned())).collect();
    assert!(routes.len() >= 15, "every server function is registered: {routes:?}");
    let described = browser.get("/api/v1/openapi.json").await.json();
    for (path, methods) in described["paths"].as_object().expect("paths") {
        let path: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        for method in ["post", "put", "patch", "delete"] {
            if methods.get(method).is_some() {
                let method = method.to_uppercase().parse().expect("a method");
                routes.push((method, format!("/api/v1{}", path.join("/"))));
            }
        }
    }
    for path in ["/auth/sign-out", "/auth/sign-out-everywhere"] {
        routes.push((Method::POST, path.to_owned()));
    }
    routes
}

async fn forged(browser: &Browser, method: &Method, path: &str, headers: &[(&str, &str)]) -> Page {
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([FORM]).collect();
    browser.send(method.clone(), path, &headers, "instruction=x&repo=acme%2Fwidgets".to_owned()).await
}

#[tokio::test]
async fn no_route_is_changed_from_another_site() {
    world(async |world| {
        let browser = world.sign_in("admin").await;
        for (method, path) in &changing(&browser).await {
            assert_ne!(method, Method::GET, "{path} would change something by GET");
            for headers in [
                &[("sec-fetch-site", "cross-site")][..],
                &[("sec-fetch-site", "same-site")],
                &[("sec-fetch-site", "cross-site"), ("origin", world.url.as_str())],
                &[("origin", "https://evil.example")],
                &[("origin", "null")],
            ] {
                let page = forged(&browser, method, path, headers).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{method} {path} with {headers:?}");
            }
        }
        assert!(world.github.writes().await.is_empty());
        assert_eq!(browser.get("/api/v1/viewer").await.status, StatusCode::OK, "still signed in");
    })
    .await;
}

#[tokio::test]
async fn server_functions_do_not_answer_get() {
    world(async |world| {
        let browser = world.sign_in("admin").await;
        for (path, _) in leptos::server_fn::axum::server_fn_paths() {
            let page = browser.get(&format!("{path}?instruction=x&repo=acme%2Fwidgets")).await;
            assert!(
                matches!(
                    page.status,
                    StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST
                ),
                "GET {path}: {}",
                page.status
            );
        }
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    world(async |world| {
        let browser = world.sign_in("writer").await;
        for path in [
            "/",
            "/new",
            "/sign-in",
            "/nowhere",
            "/api/v1/viewer",
            "/api/v1/nothing",
            "/healthz",
            "/style.css",
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{path}");
            assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
            let policy =
                page.header("content-security-policy").unwrap_or_else(|| panic!("no policy on {path}"));
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
                "{path}: {policy}"
            );
            assert!(
                !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
                "{path}: {policy}"
            );
            assert!(page.header("x-request-id").is_some_and(|id| id.len() >= 32), "{path}");
            let cache = page.header("cache-control").unwrap_or_default();
            let expected = if path == "/style.css" { "public, no-cache" } else { "no-store" };
            assert_eq!(cache, expected, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn scripts_of_a_page_carry_its_own_nonce() {
    world(async |world| {
        let browser = world.sign_in("writer").await;
        let nonce = async || {
            let page = browser.get("/").await;
            assert_eq!(page.status, StatusCode::OK);
            let policy = page.header("content-security-policy").expect("a policy").to_owned();
            let (_, rest) = policy.split_once("script-src 'nonce-").unwrap_or_else(|| panic!("{policy}"));
            let nonce = rest.split('\'').next().expect("a nonce").to_owned();
            assert!(nonce.len() >= 16, "{nonce}");
            for script in page.body.split("<script").skip(1) {
                let tag = script.split('>').next().unwrap_or_default();
                assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "<script{tag}>");
            }
            assert!(!page.body.contains(" style=\""), "no inline style");
            nonce
        };
        assert_ne!(nonce().await, nonce().await);
    })
    .await;
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    world(async |world| {
        let browser = world.anonymous();
        let first = browser.get("/style.css").await;
        assert_eq!(first.status, StatusCode::OK);
        let tag = first.header("etag").expect("a tag");
        let again = browser.send(Method::GET, "/style.css", &[("if-none-match", tag)], String::new()).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        for outside in ["/pkg/../../waymark.db", "/pkg/%2e%2e/%2e%2e/waymark.db", "/waymark.db"] {
            let page = browser.get(outside).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{outside}");
        }
    })
    .await;
}

#[tokio::test]
async fn over_https_the_cookie_is_for_this_host_alone() {
    let https = |config: &mut waymark_server::config::Config| {
        config.public_url = url::Url::parse("https://waymark.example").expect("an address");
    };
    world_with(https, async |world| {
        let page = world.anonymous().get("/auth/github").await;
        let cookie = page.header("set-cookie").expect("a sign-in that has begun");
        for part in ["__Host-waymark-sign-in=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert!(page.header("strict-transport-security").is_some());
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    world(async |world| {
        let browser = world.sign_in("writer").await;
        let page = browser.form("/do/save-draft", &[("instruction", &"x".repeat(3 * 1024 * 1024))]).await;
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    })
    .await;
}

#[tokio::test]
async fn no_secret_reaches_the_log_the_database_or_a_page() {
    world(async |world| {
        world.github.set("oauth", serde_json::json!({ "token_lifetime": 28_800 })).await;
        let browser = world.sign_in("writer").await;
        let app = world.app();
        let row =
            sqlx::query("SELECT id, access_token, refresh_token FROM accounts").fetch_one(app.db.pool());
        let row = row.await.expect("one account");
        let token = app.tokens.of(row.get(0)).await.expect("a token").expose_secret().to_owned();
        assert!(token.starts_with("ghu_"), "the canary is GitHub's own");
        for column in 1..=2 {
            let sealed: Vec<u8> = row.get(column);
            assert!(sealed.len() > 60 && !contains(&sealed, b"ghu_") && !contains(&sealed, b"ghr_"));
        }
        let mut pages = String::new();
        for path in ["/", "/new", "/repos", "/acme/widgets/settings", "/api/v1/viewer", "/nowhere"] {
            pages.push_str(&browser.get(path).await.body);
        }
        let log = support::logs::text();
        assert!(log.contains("/auth/github/callback"), "the log is captured");
        let session = browser.cookie("waymark").expect("a session");
        let secrets = [
            token.as_str(),
            "ghu_",
            "ghr_",
            support::CLIENT_SECRET,
            support::WEBHOOK_SECRET,
            session.as_str(),
        ];
        for secret in secrets {
            assert!(!pages.contains(secret), "{secret} on a page");
            if let Some(at) = log.find(secret) {
                panic!(
                    "{secret} in the log: {}",
                    &log[log.floor_char_boundary(at.saturating_sub(300))..][..400]
                );
            }
        }
        let url = app.config.database_url.expose_secret();
        if let Some(file) = url.strip_prefix("sqlite://") {
            let hash = hex::encode(Sha256::digest(session_id(&session).to_be_bytes()));
            let mut found = false;
            for file in [file.to_owned(), format!("{file}-wal")] {
                let bytes = std::fs::read(&file).unwrap_or_default();
                found |= contains(&bytes, hash.as_bytes());
                for secret in secrets {
                    assert!(!contains(&bytes, secret.as_bytes()), "{secret} in {file}");
                }
                for (how, canary) in ways_to_write(session_id(&session)) {
                    assert!(!contains(&bytes, &canary), "the session id in {file} as {how}");
                }
            }
            assert!(found, "the session is in the file, by its hash");
        }
    })
    .await;
}

/// The id that the cookie stands for.
fn session_id(cookie: &str) -> i128 {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cookie).expect("base64");
    i128::from_le_bytes(bytes.try_into().expect("sixteen bytes"))
}

/// Every way to write an id down that gives it back.
fn ways_to_write(id: i128) -> Vec<(String, Vec<u8>)> {
    let mut ways = vec![
        ("a decimal number".to_owned(), id.to_string().into_bytes()),
        ("an unsigned number".to_owned(), u128::from_ne_bytes(id.to_ne_bytes()).to_string().into_bytes()),
    ];
    for (order, bytes) in [("little", id.to_le_bytes()), ("big", id.to_be_bytes())] {
        let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
        for (how, text) in [
            ("hexadecimal", hex::encode(bytes)),
            ("capital hexadecimal", hex::encode_upper(bytes)),
            ("base64", BASE64_STANDARD_NO_PAD.encode(bytes)),
            ("base64url", BASE64_URL_SAFE_NO_PAD.encode(bytes)),
            ("a list of bytes", list.join(",")),
        ] {
            ways.push((format!("{how}, {order} end first"), text.into_bytes()));
        }
        ways.push((format!("bytes, {order} end first"), bytes.to_vec()));
    }
    ways
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_the_database_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("waymark.db");
    // One from before, readable by all.
    std::fs::write(&path, "").expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
    for name in ["waymark.db", "new.db"] {
        let path = folder.path().join(name);
        let db = Db::open(&format!("sqlite://{}", path.display())).await.expect("opened");
        sqlx::query("DELETE FROM sessions").execute(db.pool()).await.expect("written");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry"))
        {
            if entry.file_name().to_string_lossy().starts_with(name) {
                let mode = entry.metadata().expect("metadata").permissions().mode() & 0o777;
                assert_eq!(mode & 0o077, 0, "{} is {mode:o}", entry.path().display());
                seen += 1;
            }
        }
        assert!(seen >= 3, "the file, -wal and -shm: {seen}");
        db.pool().close().await;
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_request_names_one_host() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    world(async |world| {
        for (hosts, status) in [("Host: a\r\n", "200"), ("", "400"), ("Host: a\r\nHost: b\r\n", "400")] {
            let mut stream = tokio::net::TcpStream::connect(world.config.addr).await.expect("connected");
            let request = format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("answered");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{hosts:?}: {answer}");
        }
    })
    .await;
}
