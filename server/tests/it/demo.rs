//! The world that `waymark serve --sandbox` opens on, with every default but the addresses.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::process::{Child, Command};

use crate::support::{Browser, free_address, until};

struct Demo {
    url: String,
    child: Child,
}

impl Demo {
    /// Starts the program, and waits until it answers.
    async fn start(folder: &Path) -> Demo {
        let (addr, sandbox) = (free_address().await, free_address().await);
        std::fs::create_dir_all(folder.join("site/pkg")).expect("a site");
        let child = Command::new(env!("CARGO_BIN_EXE_waymark"))
            .args(["serve", "--sandbox"])
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("WAYMARK_ADDR", addr.to_string())
            .env("WAYMARK_SANDBOX_ADDR", sandbox.to_string())
            .env("WAYMARK_DATA_DIR", folder.join("data"))
            .env("WAYMARK_SITE_DIR", folder.join("site"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let url = format!("http://{addr}");
        let healthy = async || match reqwest::get(format!("{url}/healthz")).await {
            Ok(answer) => answer.status().is_success(),
            Err(_) => false,
        };
        until(healthy, |healthy| *healthy).await;
        Demo { url, child }
    }

    async fn writer(&self) -> Browser {
        let browser = Browser::new(&self.url);
        assert_eq!(browser.sign_in("writer", "/").await.location(), Some("/"));
        browser
    }

    /// Ends it as Ctrl-C does, so that its run ends too.
    async fn stop(mut self) {
        let pid = self.child.id().expect("it runs").to_string();
        Command::new("kill").args(["-INT", &pid]).status().await.expect("kill is there");
        self.child.wait().await.expect("it ends");
    }
}

const PHASES: [&str; 14] = [
    "prompted",
    "created",
    "submitted",
    "planning",
    "implementing",
    "needs-approval",
    "complete",
    "merged",
    "failed",
    "cancelled",
    "no-changes",
    "closed",
    "stuck",
    "plan-missing",
];

/// Plans of each phase.
async fn counts(browser: &Browser) -> Vec<(String, u64)> {
    let overview = browser.get("/api/v1/plans").await.json();
    serde_json::from_value(overview["counts"].clone()).expect("counts")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_world_lives_and_can_be_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let writer = demo.writer().await;

    let mut seen = BTreeSet::new();
    let every = async || {
        seen.extend(
            counts(&writer).await.into_iter().filter(|(_, plans)| *plans > 0).map(|(phase, _)| phase),
        );
        PHASES.iter().filter(|phase| !seen.contains(**phase)).copied().collect::<Vec<_>>()
    };
    until(every, Vec::is_empty).await;
    let one =
        async |phase: &str| writer.get(&format!("/api/v1/plans?phase={phase}")).await.json()["rows"].clone();
    assert_eq!(one("needs-approval").await.as_array().map(Vec::len), Some(1));
    let failed = one("failed").await;
    assert_eq!(failed.as_array().map(Vec::len), Some(1));
    assert_eq!(failed[0]["run"]["failed"], "implement, step “Implement”");
    assert_eq!(failed[0]["steps"], json!([2, 4]));
    assert_eq!(writer.get("/api/v1/plans").await.json()["total"], 25);

    let mut unready = Vec::new();
    for repo in ["acme/handbook", "acme/shop", "acme/widgets"] {
        let found = writer.get(&format!("/api/v1/repositories/{repo}")).await.json();
        assert_eq!(found["row"]["connected"], true, "{repo}");
        let lines = found["lines"].as_array().expect("lines");
        let missing = lines.iter().filter(|line| line["readiness"] == "missing");
        unready.extend(missing.map(|line| (repo, line["key"].as_str().unwrap_or_default().to_owned())));
    }
    assert!(unready.iter().all(|(repo, _)| *repo == "acme/handbook"), "{unready:?}");
    let keys: BTreeSet<&str> = unready.iter().map(|(_, key)| key.as_str()).collect();
    assert!(keys.contains("workflows") && keys.contains("secrets"), "{keys:?}");

    let objectives = writer.get("/api/v1/objectives").await.json();
    let rows = objectives["rows"].as_array().expect("rows");
    let half_way = rows.iter().filter(|row| {
        let (done, total) = (row["done"].as_u64().unwrap_or(0), row["total"].as_u64().unwrap_or(0));
        done > 1 && done < total - 1
    });
    assert_eq!((rows.len(), half_way.count()), (2, 2), "{objectives}");

    let token = writer.form("/do/create-token", &[("name", "of the world before"), ("scope", "read")]).await;
    assert_eq!(token.status, StatusCode::SEE_OTHER, "{token:?}");
    let mine = async |browser: &Browser| {
        browser.visit("/settings/tokens").await.body.contains("of the world before")
    };
    assert!(mine(&writer).await);
    let closed = one("created").await[0].clone();
    let at = format!(
        "/api/v1/repositories/{}/plans/{}",
        closed["repo"].as_str().expect("a name"),
        closed["number"]
    );
    let close = json!({"action": "close-plan"});
    let answer = writer.json(Method::POST, &format!("{at}/actions"), &close).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");

    let anonymous = Browser::new(&demo.url).form("/do/reset-demo", &[]).await;
    assert!(anonymous.location().is_some_and(|to| to.starts_with("/sign-in")), "{anonymous:?}");
    let reset = writer.form("/do/reset-demo", &[]).await;
    assert_eq!(reset.status, StatusCode::SEE_OTHER, "{reset:?}");
    // Whoever comes meanwhile waits, and is served by the new world.
    let again = demo.writer().await;
    assert!(!mine(&again).await, "a token of the world before");
    assert_eq!(writer.get("/api/v1/viewer").await.status, StatusCode::UNAUTHORIZED);
    let writer = again;
    until(async || writer.get(&at).await.json()["phase"].clone(), |phase| phase == "created").await;
    until(async || writer.get("/api/v1/plans").await.json()["total"].clone(), |total| *total == 25).await;
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_that_was_not_finished_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = folder.path().join("data/sandbox");
    std::fs::create_dir_all(&world).expect("a folder");
    // As if it had been killed while its repositories were made.
    std::fs::write(world.join("unfinished"), "").expect("a mark");
    std::fs::write(world.join("world.json"), "{").expect("half a world");
    let demo = Demo::start(folder.path()).await;
    assert!(!world.join("unfinished").exists(), "what is served is finished");
    let writer = demo.writer().await;
    until(async || writer.get("/api/v1/plans").await.json()["total"].clone(), |total| *total == 25).await;
    demo.stop().await;
}
