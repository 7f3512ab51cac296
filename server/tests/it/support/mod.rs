//! A world for one test: the sandbox, a fresh database, and the real server, all on free ports.
//!
//! Every test ends by proving that nothing broke GitHub's contract and that nothing was written to
//! GitHub that the test did not look at.

mod browser;
pub mod database;
mod github;
pub mod logs;
mod process;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use sqlx::{AnyConnection, Connection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;
use waymark_sandbox::{Options, Sandbox, WebhookTarget};
use waymark_server::config::{Config, EncryptionKey};
use waymark_server::serve;
use waymark_server::state::App;

pub use browser::{Browser, Page};
use database::Database;
pub use github::{Entry, GitHub};
pub use process::Process;

pub const CLIENT_ID: &str = "waymark-test";
pub const CLIENT_SECRET: &str = "canary-client-secret";
pub const WEBHOOK_SECRET: &str = "canary-webhook-secret";

/// Everything one test works with.
pub struct World {
    /// The sandbox as tests see it.
    pub github: GitHub,
    /// Where the server is reached, without a trailing slash.
    pub url: String,
    /// How the server was configured.
    pub config: Config,
    /// The server, when it runs in this process.
    app: Option<App>,
    stop: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    sandbox: Sandbox,
    database: Database,
    folder: TempDir,
}

/// What a test waits for comes within this time on any machine, or never.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks until the answer satisfies, for at most [`PATIENCE`]; answers the last answer.
pub async fn until<T: std::fmt::Debug>(mut ask: impl AsyncFnMut() -> T, enough: impl Fn(&T) -> bool) -> T {
    let mut last = None;
    let asking = async {
        let mut turns = tokio::time::interval(Duration::from_millis(25));
        loop {
            turns.tick().await;
            let answer = ask().await;
            if enough(&answer) {
                return answer;
            }
            last = Some(answer);
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("still not so after {PATIENCE:?}: {last:#?}"),
    }
}

/// Runs a test in a world with the server in this process.
pub async fn world(test: impl AsyncFnOnce(&World)) {
    world_with(|_| (), test).await;
}

/// The same with a changed configuration.
pub async fn world_with(change: impl FnOnce(&mut Config), test: impl AsyncFnOnce(&World)) {
    let mut world = World::prepare(change).await;
    world.serve_here().await;
    test(&world).await;
    world.finish().await;
}

/// Runs a test in a world whose server is the real program, started by the test itself with
/// [`World::process`], so that it can be killed.
pub async fn world_without_server(change: impl FnOnce(&mut Config), test: impl AsyncFnOnce(&World)) {
    let world = World::prepare(change).await;
    test(&world).await;
    world.finish().await;
}

impl World {
    async fn prepare(change: impl FnOnce(&mut Config)) -> World {
        logs::capture();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let addr = free_address().await;
        let url = format!("http://{addr}");
        let sandbox = waymark_sandbox::start(Options {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: None,
            oauth_client_id: CLIENT_ID.to_owned(),
            oauth_client_secret: CLIENT_SECRET.to_owned(),
            webhook: Some(WebhookTarget {
                url: format!("{url}/webhooks/github"),
                secret: WEBHOOK_SECRET.to_owned(),
            }),
            tool_path: vec![tools(&folder)],
        })
        .await
        .expect("the sandbox starts");
        let site_dir = folder.path().join("site");
        std::fs::create_dir_all(site_dir.join("pkg")).expect("a site");
        std::fs::write(site_dir.join("style.css"), "main { color: inherit }").expect("a style");
        let database = Database::fresh(folder.path()).await;
        let github_url = Url::parse(&sandbox.url()).expect("an address");
        // All that differs from `serve --sandbox` by itself, with the reasons. Tests run beside each other, so
        // addresses and folders are their own, and both databases take their turn.
        let mut config = Config {
            addr,
            public_url: Url::parse(&url).expect("an address"),
            database_url: database.url().into(),
            data_dir: folder.path().to_owned(),
            // The Rust tests look at pages, not at what a browser loads: that needs no built site.
            site_dir,
            sandbox: true,
            demo: false,
            github_url: github_url.clone(),
            github_api_url: github_url,
            github_client_id: CLIENT_ID.to_owned(),
            // Secrets that tests look for where they must not be.
            github_client_secret: CLIENT_SECRET.to_owned().into(),
            github_app: None,
            webhook_secret: WEBHOOK_SECRET.to_owned().into(),
            encryption_key: EncryptionKey(std::array::from_fn(|at| at as u8 * 7 + 1)),
            // A busy machine must not look like a GitHub that does not answer.
            github_timeout: Duration::from_secs(30),
            write_pause: Duration::ZERO,
            // Lost writes are looked up for seconds, in dozens of tests; nothing here lags that long.
            lookup_lag: Duration::from_secs(1),
            lookup_in_flight: Duration::from_secs(1),
            reconcile_every: Duration::from_secs(60),
            autostart_delay: Duration::from_secs(60),
            force_cancel_after: Duration::from_secs(60),
            trusted_proxies: vec!["127.0.0.1/32".parse().expect("a network")],
            entry: Default::default(),
        };
        change(&mut config);
        let github = GitHub::new(sandbox.url());
        World { github, url, config, app: None, stop: None, sandbox, database, folder }
    }

    async fn serve_here(&mut self) {
        let listener = TcpListener::bind(self.config.addr).await.expect("the address is free");
        let app = serve::open(self.config.clone()).await.expect("the server opens");
        let areas = serve::areas(&app);
        serve::spawn_background(&app);
        let service = serve::router(&app, &areas).into_make_service_with_connect_info::<SocketAddr>();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, service) => served.expect("the server serves"),
                _ = stopped => {}
            }
        });
        self.app = Some(app);
        self.stop = Some((stop, serving));
    }

    /// The server's own state, when it runs in this process.
    pub fn app(&self) -> &App {
        self.app.as_ref().expect("the server runs in this process")
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// Somebody who went through GitHub's consent page.
    pub async fn sign_in(&self, login: &str) -> Browser {
        let browser = self.anonymous();
        let page = browser.sign_in(login, "/").await;
        assert_eq!(page.location(), Some("/"), "{login} returns: {page:?}");
        browser
    }

    /// The database, past the server.
    pub async fn database(&self) -> AnyConnection {
        AnyConnection::connect(&self.database.url()).await.expect("the database is reached")
    }

    /// Starts the real program on this world's database and sandbox, and waits until it listens.
    pub async fn process(&self) -> Process {
        Process::start(&self.config, self.folder.path()).await
    }

    /// A folder that goes away with the world.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    async fn finish(mut self) {
        let violations = self.github.violations().await;
        let unseen = self.github.unseen_writes().await;
        if let Some((stop, serving)) = self.stop.take() {
            let _ = stop.send(());
            let _ = serving.await;
        }
        if let Some(app) = self.app.take() {
            app.db.pool().close().await;
        }
        self.sandbox.shutdown().await;
        self.database.drop().await;
        assert!(violations.is_empty(), "GitHub's contract was broken: {violations:#?}");
        assert!(unseen.is_empty(), "the test did not look at these writes: {unseen:#?}");
    }
}

/// A client that shows redirects and waits no longer than a test does.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(2 * PATIENCE);
    client.build().expect("a client")
}

/// An address that stays this test's own: the system gives ports of this range to nobody who does not ask for
/// one by number. It is not held until it is used: a program that is being started at that moment would hold it
/// too, until it runs.
pub async fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).await.is_ok() {
            return address;
        }
    }
}

/// The program under test and the demo agent, for the sandbox's jobs.
fn tools(folder: &TempDir) -> PathBuf {
    let tools = folder.path().join("tools");
    std::fs::create_dir(&tools).expect("a folder");
    let link = |from: PathBuf, name: &str| {
        std::os::unix::fs::symlink(from, tools.join(name)).expect("a link");
    };
    link(env!("CARGO_BIN_EXE_waymark").into(), "waymark");
    let agent = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/demo-agent/waymark-demo-agent");
    link(agent.into(), "waymark-demo-agent");
    tools
}
