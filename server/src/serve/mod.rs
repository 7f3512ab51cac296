//! `waymark serve`: the wiring.

#[cfg(feature = "sandbox")]
mod demo;
mod download;
mod listen;
pub mod log;
mod refused;
mod router;
#[cfg(feature = "sandbox")]
pub mod sandbox;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use waymark_app::areas::Areas;

use crate::auth::{self, Tokens};
use crate::config::Config;
use crate::db::Db;
use crate::dispatch::{self, Engine};
use crate::events::Events;
use crate::github::{GitHub, Installations};
use crate::mirror;
use crate::mirror::access::AccessCache;
use crate::objectives;
use crate::retention;
use crate::state::App;
use crate::tasks::Tasks;
use crate::tokens;

pub use router::router;

/// How long requests under way may take after the process was told to stop.
const GRACE: Duration = Duration::from_secs(2);
/// Objectives that are looked after at the same time.
const FLOWS: usize = 8;

/// Why the server stopped, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    fn of(what: &str, error: &dyn std::fmt::Display) -> Failure {
        Failure(format!("{what}: {error}"))
    }

    /// An address that cannot be listened on, with what to do about it.
    fn of_address(setting: &str, addr: SocketAddr, error: &io::Error) -> Failure {
        let next = || SocketAddr::new(addr.ip(), addr.port().saturating_add(1));
        Failure(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "{setting}: another program listens on {addr}, perhaps another Waymark. End it, or choose \
                 another address, such as {setting}={}.",
                next()
            ),
            io::ErrorKind::AddrNotAvailable => {
                format!("{setting}: this machine has no address {}. Choose one of its own.", addr.ip())
            }
            io::ErrorKind::PermissionDenied => format!(
                "{setting}: ports below 1024 need administrator rights, and {addr} is one. Choose a higher one."
            ),
            _ => format!("{setting}: {addr} cannot be listened on: {error}."),
        })
    }
}

/// Opens what the server stands on.
///
/// # Errors
/// A database that cannot be opened, or addresses that cannot be used.
pub async fn open(config: Config) -> Result<App, Failure> {
    let db = Db::open(config.database_url.expose_secret())
        .await
        .map_err(|error| Failure::of("WAYMARK_DATABASE_URL", &error))?;
    let tokens = Tokens::new(&db, &config).map_err(|error| Failure::of("configuration", &error))?;
    let github = GitHub::new(config.github_api_url.clone(), config.github_timeout);
    let installations = Installations::new(github.clone(), config.github_app.clone());
    Ok(App {
        config: Arc::new(config),
        db,
        github,
        installations,
        tokens,
        events: Events::default(),
        access: AccessCache::default(),
        door: auth::door::Door::default(),
        engine: Engine::default(),
        mirror: mirror::Mirror::default(),
        plans: mirror::PlanTable::default(),
        limits: Default::default(),
        streams: Default::default(),
        flows: Tasks::at_most(FLOWS),
        cancellations: Tasks::default(),
        inbox: Arc::default(),
        reset: Arc::default(),
    })
}

/// The areas on the running server.
pub fn areas(app: &App) -> Areas {
    let repositories = Arc::new(mirror::Repositories::new(app.clone()));
    let dispatches = Arc::new(dispatch::Area::new(app.clone(), repositories.clone()));
    Areas {
        account: Arc::new(app.clone()),
        administration: Arc::new(auth::administration::Area::new(app.clone())),
        objective_texts: Arc::new(objectives::Texts::new(app.clone())),
        objectives: Arc::new(objectives::Area::new(app.clone())),
        plans: Arc::new(mirror::Plans::new(app.clone(), dispatches.clone())),
        dispatches,
        repositories,
        sessions: Arc::new(auth::browsers::BrowserArea::new(&app.db)),
        tokens: Arc::new(tokens::Area::new(&app.db)),
    }
}

/// Serves until the process is told to stop.
///
/// # Errors
/// What keeps it from starting.
pub async fn serve(config: Config) -> Result<(), Failure> {
    let listener = TcpListener::bind(config.addr)
        .await
        .map_err(|error| Failure::of_address("WAYMARK_ADDR", config.addr, &error))?;
    #[cfg(feature = "sandbox")]
    if config.demo {
        return sandbox::lives(config, listener).await;
    }
    live(config, listener).await.map(drop)
}

/// Why the server no longer serves.
enum Ended {
    /// The process was told to stop.
    Stopped,
    /// The demo is to begin anew.
    Reset,
}

async fn live(config: Config, listener: TcpListener) -> Result<Ended, Failure> {
    #[cfg(feature = "sandbox")]
    let mut embedded = match config.sandbox {
        true => Some(sandbox::embedded(&config).await?),
        false => None,
    };
    let public = config.public().to_owned();
    let github = config.github().to_owned();
    let in_a_box = config.sandbox;
    let app = open(config).await?;
    let areas = areas(&app);
    #[cfg(feature = "sandbox")]
    if let Some(embedded) = &mut embedded {
        sandbox::reset(&app).await?;
        embedded.finish(&app, &areas).await?;
    }
    spawn_background(&app);
    println!("Waymark    {public}");
    if in_a_box {
        println!("Sandbox    {github}  (GitHub in a box, with a demo agent)");
        println!("Next       open {public}, and follow what its first page says");
    } else {
        println!("GitHub     {github}");
    }
    let (end, mut ending) = tokio::sync::watch::channel(());
    let serving = listen::serve(listener, router(&app, &areas), listen::HEAD_WITHIN, async move {
        let _ = ending.changed().await;
    });
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        () = serving.as_mut() => return Ok(Ended::Stopped),
        () = stopped() => Ended::Stopped,
        () = app.reset.notified() => Ended::Reset,
        taken = app.db.taken() => return Err(Failure::of("WAYMARK_DATABASE_URL", &taken)),
    };
    end.send_replace(());
    if in_a_box {
        println!("Stopping   runs at work in the sandbox end with it");
    }
    // Live updates never end by themselves, so requests under way get a moment and no more.
    let _ = tokio::time::timeout(GRACE, serving).await;
    // From here on nothing can be recorded: a dispatch under way is no failure, and goes on at the next start.
    let _ = tokio::time::timeout(GRACE, app.db.pool().close()).await;
    #[cfg(feature = "sandbox")]
    if let Some(embedded) = embedded {
        embedded.sandbox.shutdown().await;
    }
    Ok(ended)
}

/// Starts what goes on beside requests.
pub fn spawn_background(app: &App) {
    dispatch::spawn_resume_all(app);
    mirror::spawn_cancellations(app);
    crate::webhooks::spawn(app);
    crate::reconcile::spawn(app);
    objectives::auto::spawn(app);
    retention::spawn(app);
}

/// Drops the mirror and reads it again.
///
/// # Errors
/// What kept it from being read.
pub async fn rebuild(config: Config) -> Result<(), Failure> {
    let app = open(config).await?;
    let failed =
        mirror::rebuild(&app).await.map_err(|problem| Failure::of("the mirror was not rebuilt", &problem))?;
    for (repo, problem) in &failed {
        eprintln!("{repo} was not read: {problem}");
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure(format!("{} repositories were not read", failed.len())))
    }
}

/// Asks a server's health check.
///
/// # Errors
/// No answer, or one that says that it is not well.
pub async fn health(addr: SocketAddr) -> Result<(), Failure> {
    let mut addr = addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let failed = |error: reqwest::Error| Failure::of("the server does not answer", &error.without_url());
    let client = reqwest::Client::builder().timeout(Duration::from_secs(4)).build().map_err(failed)?;
    let answer = client.get(format!("http://{addr}/healthz")).send().await.map_err(failed)?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(Failure(format!("the server answered {}", answer.status())))
    }
}

async fn stopped() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
