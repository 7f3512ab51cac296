//! What an operator relies on: bounds on what strangers write, a full disk, a backup, the program as a download.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use waymark_server::{db, mirror, serve};

use crate::support::database::Database;
use crate::support::{Browser, Page, Process, World, until, world, world_with, world_without_server};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Posts a form from an address, as the proxy in front of Waymark reports it.
async fn post_from(
    browser: &Browser,
    address: &str,
    accept: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> Page {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = [("accept", accept), FORM, SAME, ("x-forwarded-for", address)];
    browser.send(Method::POST, path, &headers, body).await
}

async fn drafts(world: &World) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM drafts").fetch_one(world.app().db.pool());
    count.await.expect("a number")
}

#[tokio::test]
async fn drafts_of_nobody_are_few_and_small_and_no_text_is_lost() {
    world(async |world| {
        let stranger = world.anonymous();
        let save = async |address: &str, draft: &str, text: &str| {
            let fields = [("draft", draft), ("instruction", text)];
            post_from(&stranger, address, "application/json", "/do/save-draft", &fields).await
        };
        let mine = save("192.0.2.1", "", "the first").await;
        let mine = mine.json().as_str().expect("an id").to_owned();
        let mut refused = None;
        for turn in 0..100 {
            let page = save("192.0.2.1", "", &format!("draft {turn}")).await;
            if page.status != StatusCode::OK {
                refused = Some(page);
                break;
            }
        }
        let refused = refused.expect("one address has an end");
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
        assert!(
            refused.header("retry-after").is_some() && refused.json()["kind"] == "too_many",
            "{refused:?}"
        );
        assert_eq!(drafts(world).await, 30);

        // Who has a draft goes on with it, and so do people elsewhere and people who are signed in.
        assert_eq!(save("192.0.2.1", &mine, "more of it").await.status, StatusCode::OK);
        assert_eq!(save("198.51.100.7", "", "elsewhere").await.status, StatusCode::OK);
        let writer = world.sign_in("writer").await;
        let page =
            post_from(&writer, "192.0.2.1", "application/json", "/do/save-draft", &[("instruction", "x")]);
        assert_eq!(page.await.status, StatusCode::OK);

        // A form comes back with everything in it.
        let typed = [("repo", "acme/widgets"), ("instruction", "Line one </textarea>\nline two")];
        let page = post_from(&stranger, "192.0.2.1", "text/html", "/do/preview", &typed).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{page:?}");
        assert!(page.header("retry-after").is_some() && page.header("location").is_none());
        for part in
            ["action=\"/do/preview\"", "Line one &lt;/textarea&gt;\nline two", "acme/widgets", "Sign in"]
        {
            assert!(page.body.contains(part), "{part} in {}", page.body);
        }
        let long = "word ".repeat(40_000);
        let page =
            post_from(&stranger, "203.0.113.3", "text/html", "/do/dispatch", &[("instruction", &long)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.status);
        assert!(page.body.contains(long.trim_end()) && page.body.contains("too long"));
        assert_eq!(drafts(world).await, 32);
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_address_that_asks_too_much_locks_nobody_else_out() {
    world(async |world| {
        let stranger = world.anonymous();
        let ask = async |accept: &str| {
            let fields = [("draft", "none"), ("text", "keep\nme")];
            post_from(&stranger, "192.0.2.1", accept, "/do/discard-draft", &fields).await
        };
        let mut refused = None;
        for _ in 0..5_000 {
            let page = ask("application/json").await;
            if page.status == StatusCode::TOO_MANY_REQUESTS {
                refused = Some(page);
                break;
            }
        }
        let refused = refused.expect("there is an end");
        let wait: u64 = refused.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
        assert!(refused.json()["problems"][0]["message"].is_string(), "{refused:?}");
        let page =
            until(async || ask("text/html").await, |page| page.status == StatusCode::TOO_MANY_REQUESTS).await;
        assert!(page.body.contains("keep\nme") && page.header("retry-after").is_some(), "{page:?}");

        // Elsewhere, signing in from the same address, and people behind it who are signed in.
        let other =
            post_from(&stranger, "198.51.100.7", "application/json", "/do/discard-draft", &[("draft", "x")]);
        assert_eq!(other.await.status, StatusCode::NOT_FOUND);
        let from = [("x-forwarded-for", "192.0.2.1"), ("accept", "text/html")];
        let begun = stranger.send(Method::GET, "/auth/github", &from, String::new()).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER);
        let writer = world.sign_in("writer").await;
        let kept =
            post_from(&writer, "192.0.2.1", "application/json", "/do/save-draft", &[("instruction", "x")]);
        assert_eq!(kept.await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn every_way_to_change_something_counts() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
        let limits = &world.app().limits;
        let viewer = writer.get("/api/v1/viewer").await;
        assert_eq!(viewer.status, StatusCode::OK);
        let id: i64 = sqlx::query_scalar("SELECT id FROM accounts")
            .fetch_one(world.app().db.pool())
            .await
            .expect("one");
        use waymark_server::auth::limit::{Caller, Limit};
        for limit in [Limit::Write, Limit::Light] {
            while limits.take(limit, Caller::Person(id)).is_ok() {}
        }
        let api = ["/api/v1/dispatches", "/api/v1/plans", "/api/v1/submissions"].map(str::to_owned);
        for path in functions.chain(api) {
            // Each is refused before it looks at anything; one may come through as time goes on.
            let ask = async || writer.json(Method::POST, &path, &json!({})).await.status;
            until(ask, |status| *status == StatusCode::TOO_MANY_REQUESTS).await;
        }
        assert_eq!(writer.get("/").await.status, StatusCode::OK, "reading is free");
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}

/// A file system of its own size; nothing where this may not be made.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, size: &str) -> Option<SmallDisk> {
        std::fs::create_dir_all(folder).expect("a folder");
        let options = format!("size={size}");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(folder).output();
        done.is_ok_and(|done| done.status.success()).then(|| SmallDisk(folder.to_owned()))
    }

    fn enlarge(&self, size: &str) {
        let options = format!("remount,size={size}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.0).status().expect("mount runs");
        assert!(done.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_shows_and_heals_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    if std::env::var_os("WAYMARK_TEST_DATABASE").is_some() {
        return;
    }
    // Where no disk can be made, the same is tested with SQLite's own limit, beside the pool.
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "3m") else { return };
    let url = db::sqlite_url(&disk.0.join("waymark.db"));
    world_with(
        |config| config.database_url = url.into(),
        async |world| {
            let (writer, reader) = (world.sign_in("writer").await, world.sign_in("reader").await);
            crate::auth::set_time(world.app().db.pool(), "seen", 0).await;
            let save = async |text: &str| {
                let fields = [("instruction", text)];
                let headers = [("accept", "application/json"), FORM, SAME];
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                writer.send(Method::POST, "/do/save-draft", &headers, body).await.status
            };
            let ready = async || writer.get("/readyz").await.status;
            assert_eq!(ready().await, StatusCode::OK);
            let large = "x".repeat(300_000);
            until(async || save(&large).await, |status| status.is_server_error()).await;
            for _ in 0..8 {
                save(&large).await;
            }
            std::fs::write(disk.0.join("rest"), vec![0; 4 << 20]).expect_err("the disk is full");
            until(ready, |status| *status == StatusCode::SERVICE_UNAVAILABLE).await;
            assert_eq!(writer.get("/healthz").await.status, StatusCode::OK, "it still reads");
            // Their use, which is noted once in a minute, cannot be.
            assert_eq!(reader.get("/").await.status, StatusCode::OK, "so do people");
            disk.enlarge("64m");
            until(ready, |status| *status == StatusCode::OK).await;
            for _ in 0..24 {
                assert_eq!(save("short").await, StatusCode::OK);
            }
        },
    )
    .await;
}

/// What a person sees of the world, without what differs from one moment to the next.
async fn seen(browser: &Browser, draft: &str) -> Vec<String> {
    let moment =
        regex::Regex::new("<time.*?</time>|data-since=\"[^\"]*\"[^<]*|nonce=\"[^\"]*\"").expect("a pattern");
    let mut seen = Vec::new();
    for path in ["/api/v1/plans", "/api/v1/repositories", "/api/v1/viewer"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {page:?}");
        let mut json = page.json();
        timeless(&mut json);
        seen.push(json.to_string());
    }
    for path in ["/acme/widgets/plans/1", draft, "/settings/tokens"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {page:?}");
        let (_, main) = page.body.split_once("<main").expect("a page");
        seen.push(moment.replace_all(main, "").into_owned());
    }
    seen
}

fn timeless(json: &mut Value) {
    match json {
        Value::Object(map) => {
            map.retain(|key, _| !matches!(key.as_str(), "as_of" | "synced_at" | "read_at"));
            map.values_mut().for_each(timeless);
        }
        Value::Array(list) => list.iter_mut().for_each(timeless),
        _ => {}
    }
}

/// The commands of README.md.
async fn back_up_and_restore(world: &World, to: &Database, folder: &Path) {
    let run = |command: &mut Command| {
        let done = command.output().expect("it runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let from = world.config.database_url.expose_secret();
    let file = folder.join("backup");
    if from.starts_with("sqlite:") {
        run(Command::new(env!("CARGO_BIN_EXE_waymark"))
            .arg("backup")
            .arg(&file)
            .env("WAYMARK_DATABASE_URL", from));
        let restored = to.url().strip_prefix("sqlite://").expect("a file").to_owned();
        std::fs::copy(&file, restored).expect("restored");
        return;
    }
    run(Command::new("pg_dump").args(["--exclude-table-data=mirror_*", "--file"]).arg(&file).arg(from));
    run(Command::new("psql").args(["--quiet", "--set=ON_ERROR_STOP=1", "--file"]).arg(&file).arg(to.url()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_what_people_saw() {
    world(async |world| {
        let issue = json!({"title": "A plan", "body": "# A plan\n\n1. One\n2. Two", "labels": ["erk-plan"]});
        let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
        assert_eq!(made["number"], 1);
        let writer = world.sign_in("writer").await;
        let connected =
            writer.json(Method::PUT, "/api/v1/repositories/acme/widgets/connection", &json!({})).await;
        assert_eq!(connected.status, StatusCode::NO_CONTENT, "{connected:?}");
        let total = async || writer.get("/api/v1/plans").await.json()["total"].clone();
        until(total, |total| *total == json!(1)).await;
        let kept = writer.form("/do/preview", &[("instruction", "Keep this in the backup")]).await;
        let draft = kept.location().expect("a page").replace("&show=preview", "");
        writer
            .form("/do/create-token", &[("name", "for the backup"), ("scope", "read"), ("days", "30")])
            .await;
        let before = seen(&writer, &draft).await;
        assert!(before.iter().any(|page| page.contains("Keep this in the backup")));

        let folder = tempfile::tempdir().expect("a folder");
        let restored = Database::fresh(folder.path()).await;
        back_up_and_restore(world, &restored, folder.path()).await;
        let mut config = world.config.clone();
        config.database_url = restored.url().into();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        config.addr = listener.local_addr().expect("an address");
        let url = format!("http://{}", config.addr);
        let app = serve::open(config).await.expect("the restored database opens");
        assert!(mirror::rebuild(&app).await.expect("read again").is_empty());
        let service = serve::router(&app, &serve::areas(&app));
        let service = service.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await });
        let again = Browser::new(&url);
        again.set_cookie("waymark", &writer.cookie("waymark").expect("a session"));
        let after = seen(&again, &draft).await;
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after);
        }
        serving.abort();
        app.db.pool().close().await;
        drop(app);
        restored.drop().await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test]
async fn the_program_is_sent_in_parts_and_never_compressed() {
    world(async |world| {
        let browser = world.anonymous();
        let ask = async |method: Method, headers: &[(&str, &str)]| {
            let headers = [headers, &[("accept-encoding", "br, gzip")]].concat();
            browser.send(method, "/download/waymark", &headers, String::new()).await
        };
        let size = std::fs::metadata("/proc/self/exe").expect("this program").len().to_string();
        let head = ask(Method::HEAD, &[]).await;
        assert_eq!(head.header("content-length"), Some(size.as_str()));
        assert_eq!((head.header("content-encoding"), head.header("accept-ranges")), (None, Some("bytes")));
        assert_eq!(head.header("cache-control"), Some("public, no-cache"));
        let digest = browser.get("/download/waymark.sha256").await.body;
        let tag = format!("\"{}\"", &digest[..64]);
        assert_eq!(head.header("etag"), Some(tag.as_str()));
        assert_eq!(ask(Method::GET, &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
        let part = ask(Method::GET, &[("range", "bytes=1-3"), ("if-range", &tag)]).await;
        assert_eq!((part.status, part.body.as_str()), (StatusCode::PARTIAL_CONTENT, "ELF"));
        assert_eq!(part.header("content-range"), Some(format!("bytes 1-3/{size}").as_str()));
        assert_eq!((part.header("etag"), part.header("content-encoding")), (Some(tag.as_str()), None));
        let changed = ask(Method::HEAD, &[("range", "bytes=1-3"), ("if-range", "\"another\"")]).await;
        assert_eq!(changed.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_program_is_still_there_after_it_was_replaced() {
    world_without_server(
        |_| (),
        async |world| {
            let program = world.folder().join("waymark");
            std::fs::hard_link(env!("CARGO_BIN_EXE_waymark"), &program)
                .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_waymark"), &program).map(drop))
                .expect("a copy");
            let _process = Process::start_program(&program, &world.config, world.folder()).await;
            std::fs::remove_file(&program).expect("removed");
            std::fs::write(&program, "another program").expect("replaced");
            let browser = world.anonymous();
            let part = browser
                .send(Method::GET, "/download/waymark", &[("range", "bytes=1-3")], String::new())
                .await;
            assert_eq!((part.status, part.body.as_str()), (StatusCode::PARTIAL_CONTENT, "ELF"));
            assert_eq!(browser.get("/download/waymark.sha256").await.status, StatusCode::OK);
        },
    )
    .await;
}

#[tokio::test]
async fn nothing_is_kept_of_deliveries_for_repositories_nobody_connected() {
    world(async |world| {
        use hmac::{Hmac, KeyInit, Mac};
        let body = json!({"repository": {"full_name": "some/where"}, "issue": {"number": 1}}).to_string();
        let mut mac =
            Hmac::<sha2::Sha256>::new_from_slice(crate::support::WEBHOOK_SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let headers = [
            ("x-hub-signature-256", signature.as_str()),
            ("x-github-delivery", "guid-of-nobody"),
            ("x-github-event", "issues"),
            ("content-type", "application/json"),
        ];
        let sent = world.anonymous().send(Method::POST, "/webhooks/github", &headers, body).await;
        assert_eq!(sent.status, StatusCode::ACCEPTED);
        let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM deliveries WHERE guid = 'guid-of-nobody'")
            .fetch_one(world.app().db.pool())
            .await
            .expect("a number");
        assert_eq!(kept, 0);
    })
    .await;
}

/// A way to the database that can be closed and opened again.
struct Way {
    listener: Option<tokio::task::JoinHandle<()>>,
    at: std::net::SocketAddr,
    to: String,
}

impl Way {
    async fn open(at: std::net::SocketAddr, to: &str) -> Way {
        let listener = tokio::net::TcpListener::bind(at).await.expect("the port is free");
        let at = listener.local_addr().expect("an address");
        let target = to.to_owned();
        let listener = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((mut here, _)) = listener.accept().await {
                let target = target.clone();
                open.spawn(async move {
                    let mut there = tokio::net::TcpStream::connect(target).await.expect("the database");
                    let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                });
            }
        });
        Way { listener: Some(listener), at, to: to.to_owned() }
    }

    async fn close(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.abort();
            let _ = listener.await;
        }
    }
}

/// Only a server can be away: this runs where the tests have one.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_pages_say_so_quickly() {
    let Ok(server) = std::env::var("WAYMARK_TEST_DATABASE") else { return };
    let server = url::Url::parse(&server).expect("an address");
    let to = format!("{}:{}", server.host_str().expect("a host"), server.port().unwrap_or(5432));
    let mut way = Way::open(std::net::SocketAddr::from(([127, 0, 0, 1], 0)), &to).await;
    let port = way.at.port();
    let through = |config: &mut waymark_server::config::Config| {
        let mut url = url::Url::parse(config.database_url.expose_secret()).expect("an address");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        config.database_url = url.to_string().into();
    };
    world_with(through, async |world| {
        let writer = world.sign_in("writer").await;
        assert_eq!(writer.get("/").await.status, StatusCode::OK);
        way.close().await;
        let began = std::time::Instant::now();
        let health = async || writer.get("/healthz").await.status;
        until(health, |status| *status == StatusCode::SERVICE_UNAVAILABLE).await;
        for _ in 0..8 {
            let page = writer.form("/do/save-draft", &[("instruction", "typed\nmeanwhile")]).await;
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{page:?}");
            assert!(page.body.contains("typed\nmeanwhile") && page.header("retry-after").is_some());
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(25), "{:?}", began.elapsed());
        way = Way::open(way.at, &way.to).await;
        until(health, |status| *status == StatusCode::OK).await;
        assert_eq!(writer.get("/api/v1/viewer").await.status, StatusCode::OK, "still signed in");
    })
    .await;
}

/// The process of PostgreSQL that holds the lock of this database.
async fn holder(database: &mut sqlx::AnyConnection) -> Option<i64> {
    let ask = "SELECT CAST(pid AS BIGINT) FROM pg_locks WHERE locktype = 'advisory' AND granted \
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    sqlx::query_scalar(ask).fetch_optional(database).await.expect("an answer")
}

/// Where the tests have no server, the same is tested with a file, beside the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_belongs_to_one_process() {
    if std::env::var_os("WAYMARK_TEST_DATABASE").is_none() {
        return;
    }
    world(async |world| {
        let url = world.config.database_url.expose_secret();
        let second = db::Db::open(url).await.expect_err("in use").to_string();
        assert!(second.contains("another Waymark works with the database"), "{second}");
        assert!(second.contains("end that one first") && !second.contains("://"), "{second}");

        // A lock that is lost is taken again.
        let mut database = world.database().await;
        let lost = holder(&mut database).await.expect("the lock is held");
        let end = async |database: &mut sqlx::AnyConnection, pid: i64| {
            let end =
                sqlx::query("SELECT CASE WHEN pg_terminate_backend(CAST($1 AS INTEGER)) THEN 1 ELSE 0 END");
            end.bind(pid).execute(database).await.expect("ended");
        };
        end(&mut database, lost).await;
        let mut now = None;
        while now.is_none_or(|now| now == lost) {
            now = holder(&mut database).await;
            tokio::task::yield_now().await;
        }

        // Where another was quicker, this one is to end.
        let other = "SELECT pg_advisory_lock(1467774577, hashtext(CAST(current_schema() AS TEXT)))";
        let mut waiting = world.database().await;
        let taking = async { sqlx::raw_sql(other).execute(&mut waiting).await.map(drop) };
        let (taken, ()) = tokio::join!(taking, end(&mut database, now.expect("a holder")));
        taken.expect("the other has it");
        let why = world.app().db.taken().await.to_string();
        assert!(why.contains("another Waymark works with the database"), "{why}");
    })
    .await;
}
