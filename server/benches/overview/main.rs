//! How long the overview takes with ten thousand plans in forty repositories, beside the same page
//! rendered from rows that are in memory already, and beside the same bytes from memory.
//!
//! Requests alternate, so that a busy machine is busy for all three. Prints a line per view: the 95th
//! percentiles and their ratio. `WAYMARK_TEST_DATABASE` names a PostgreSQL server; otherwise SQLite.
//! Fails where a page takes more than twice as long from the database.

mod plans;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceExt;
use waymark_app::areas::{
    ActionKind, Areas, EditRefusal, JobLog, Overview, OverviewQuery, PlanPage, PlanRow, Plans, Problem,
    ProblemKind, RepoName, Viewer,
};
use waymark_app::read_overview_query;
use waymark_server::auth::Current;
use waymark_server::config::{Config, EncryptionKey};
use waymark_server::serve;
use waymark_server::state::App;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const PLANS: i64 = 10_000;
const ROUNDS: usize = 200;
const LIMIT: f64 = 2.0;
const VIEWS: [(&str, &str); 9] = [
    ("page 1", ""),
    ("page 100", "page=100"),
    ("one phase", "phase=stuck"),
    ("one repository", "repo=acme/repository-07"),
    ("one person", "author=grace"),
    ("mine", "mine=1"),
    ("by phase, page 50", "sort=phase&page=50"),
    ("by author", "sort=author"),
    ("text", "q=widget+cache"),
];

/// Plans whose overview is in memory.
struct Held(Overview);

fn unused<T>() -> Result<T, Problem> {
    Err(Problem::new(ProblemKind::NotFound, "Only the overview is measured."))
}

#[async_trait::async_trait]
impl Plans for Held {
    async fn overview(&self, _: Option<&Viewer>, _: &OverviewQuery) -> Result<Overview, Problem> {
        Ok(self.0.clone())
    }

    async fn export(&self, _: Option<&Viewer>, _: &OverviewQuery) -> Result<Vec<PlanRow>, Problem> {
        unused()
    }

    async fn find(&self, _: Option<&Viewer>, _: &str) -> Result<Vec<PlanRow>, Problem> {
        unused()
    }

    async fn plan(&self, _: Option<&Viewer>, _: &RepoName, _: i64) -> Result<PlanPage, Problem> {
        unused()
    }

    async fn log(&self, _: Option<&Viewer>, _: &RepoName, _: i64, _: i64) -> Result<JobLog, Problem> {
        unused()
    }

    async fn edit(&self, _: &Viewer, _: &RepoName, _: i64, _: &str, _: &str) -> Result<(), EditRefusal> {
        unused().map_err(EditRefusal::Problem)
    }

    async fn act(
        &self,
        _: &Viewer,
        _: &RepoName,
        _: i64,
        _: ActionKind,
        _: Option<&str>,
    ) -> Result<(), Problem> {
        unused()
    }
}

fn config(folder: &Path, database: String) -> Result<Config, Fault> {
    let nowhere: url::Url = "http://127.0.0.1:9".parse()?;
    Ok(Config {
        addr: "127.0.0.1:0".parse()?,
        public_url: nowhere.clone(),
        database_url: database.into(),
        data_dir: folder.to_owned(),
        site_dir: folder.to_owned(),
        demo: false,
        sandbox: false,
        github_url: nowhere.clone(),
        github_api_url: nowhere,
        github_client_id: "bench".into(),
        github_client_secret: String::new().into(),
        webhook_secret: String::new().into(),
        encryption_key: EncryptionKey([7; 32]),
        github_app: None,
        github_timeout: Duration::from_secs(1),
        force_cancel_after: Duration::from_secs(60),
        trusted_proxies: Vec::new(),
        write_pause: Duration::ZERO,
        lookup_lag: Duration::ZERO,
        lookup_in_flight: Duration::ZERO,
        reconcile_every: Duration::from_secs(3600),
        autostart_delay: Duration::from_secs(60),
        entry: Default::default(),
    })
}

fn pages(app: &App, areas: &Areas, viewer: &Viewer) -> Router {
    waymark_server::pages::routes(app, areas)
        .with_state(app.clone())
        .layer(Extension(Current(Some(viewer.clone()))))
}

async fn timed(router: &Router, address: &str) -> Result<(Duration, Bytes), Fault> {
    let request = Request::builder().uri(address).header("accept", "text/html").body(Body::empty())?;
    let began = Instant::now();
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    let took = began.elapsed();
    if status != StatusCode::OK {
        return Err(format!("{address}: {status}").into());
    }
    Ok((took, body))
}

/// The 95th percentile in milliseconds.
fn p95(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times.get(times.len() * 95 / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

async fn run() -> Result<bool, Fault> {
    let folder = tempfile::tempdir()?;
    let (name, database) = match std::env::var("WAYMARK_TEST_DATABASE") {
        Ok(url) => ("PostgreSQL", url),
        Err(_) => ("SQLite", format!("sqlite://{}", folder.path().join("bench.db").display())),
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let app = serve::open(config(folder.path(), database)?).await?;
    plans::fill(&app, PLANS).await?;
    // As the database's own housekeeping does by and by.
    let settle = if name == "SQLite" { "ANALYZE" } else { "VACUUM ANALYZE" };
    sqlx::query(settle).execute(app.db.pool()).await?;
    let viewer = Viewer { account_id: 1, login: "grace".into(), name: None, avatar_url: None };
    let areas = serve::areas(&app);
    let database = pages(&app, &areas, &viewer);
    println!("{name}, {PLANS} plans in {} repositories, p95 of {ROUNDS} requests in ms", plans::REPOSITORIES);
    println!("{:20} {:>9} {:>9} {:>7} {:>9} {:>9}", "view", "database", "memory", "ratio", "bytes", "size");
    let mut within = true;
    for (view, query) in VIEWS {
        let address = format!("/?{query}");
        let overview = areas.plans.overview(Some(&viewer), &read_overview_query(query)).await?;
        let held = Areas { plans: Arc::new(Held(overview)), ..areas.clone() };
        let memory = pages(&app, &held, &viewer);
        let (_, page) = timed(&database, &address).await?;
        let size = page.len();
        let bytes = Router::new().fallback(get(move || std::future::ready(page.clone())));
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..ROUNDS {
            for (times, router) in times.iter_mut().zip([&database, &memory, &bytes]) {
                times.push(timed(router, &address).await?.0);
            }
        }
        let [database, memory, bytes] = times.map(|mut times| p95(&mut times));
        let ratio = database / memory;
        within &= ratio <= LIMIT;
        println!("{view:20} {database:9.2} {memory:9.2} {ratio:6.2}x {bytes:9.3} {:6} kB", size / 1000);
    }
    Ok(within)
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    // `cargo test --benches` and the like only want to know that it is there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    if run().await? { Ok(()) } else { Err("a view takes more than twice as long from the database".into()) }
}
