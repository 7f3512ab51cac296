//! GitHub in a box beside the server, or alone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use waymark_app::areas::Areas;
use waymark_sandbox::{Options, Sandbox, WebhookTarget};

use super::Failure;
use crate::config::Config;
use crate::state::App;

/// The demo agent: a script that plans and commits without any model.
const DEMO_AGENT: &str = include_str!("../../../sandbox/demo-agent/waymark-demo-agent");

/// In the folder of a world that is being made.
const UNFINISHED: &str = "unfinished";
/// In the data folder while the demo is being reset.
const RESET: &str = "reset";

/// Settings of `waymark sandbox`.
#[derive(Clone, Debug, clap::Args)]
pub struct Alone {
    /// Address to listen on; loopback only
    #[arg(long, env = "WAYMARK_SANDBOX_ADDR", default_value = "127.0.0.1:3100")]
    pub addr: SocketAddr,
    /// Folder that keeps the repositories and the world; without it they go away with the process
    #[arg(long, env = "WAYMARK_SANDBOX_DIR")]
    pub dir: Option<PathBuf>,
    /// Client id that people sign in with
    #[arg(long, env = "WAYMARK_GITHUB_CLIENT_ID", default_value = "waymark-sandbox")]
    pub client_id: String,
    /// Client secret that goes with it
    #[arg(long, env = "WAYMARK_GITHUB_CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: String,
    /// Address that every repository sends its webhooks to
    #[arg(long, env = "WAYMARK_WEBHOOK_URL", requires = "webhook_secret")]
    pub webhook_url: Option<String>,
    /// Secret that signs them
    #[arg(long, env = "WAYMARK_WEBHOOK_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<String>,
}

/// The sandbox beside the server.
pub struct Embedded {
    pub sandbox: Sandbox,
    /// Says that its world is not finished, while that is so.
    unfinished: Option<PathBuf>,
}

/// Starts the sandbox of `waymark serve --sandbox`; its world is kept in the data folder. One that was not
/// finished is made anew.
///
/// # Errors
/// An address that is taken, a folder that cannot be written, or a world that cannot be made.
pub async fn embedded(config: &Config) -> Result<Embedded, Failure> {
    let addr = config
        .github_url
        .socket_addrs(|| None)
        .ok()
        .and_then(|found| found.first().copied())
        .ok_or_else(|| Failure("WAYMARK_SANDBOX_ADDR is not an address".to_owned()))?;
    let tools = tools(&config.data_dir)?;
    let world = config.data_dir.join("sandbox");
    let unfinished = world.join(UNFINISHED);
    if unfinished.exists() || config.data_dir.join(RESET).exists() {
        gone(&world)?;
    }
    let fresh = !world.exists();
    if fresh {
        let made = std::fs::create_dir_all(&world).and_then(|()| std::fs::write(&unfinished, ""));
        made.map_err(|error| Failure::of(&format!("{} cannot be written", world.display()), &error))?;
    }
    let sandbox = start(Options {
        addr,
        data_dir: Some(world),
        oauth_client_id: config.github_client_id.clone(),
        oauth_client_secret: config.github_client_secret.expose_secret().to_owned(),
        webhook: Some(WebhookTarget {
            url: format!("{}/webhooks/github", config.public()),
            secret: config.webhook_secret.expose_secret().to_owned(),
        }),
        tool_path: vec![tools],
    })
    .await?;
    if fresh {
        let made = match config.demo {
            true => super::demo::make(&sandbox.url()).await,
            false => super::demo::bare(&sandbox.url()).await,
        };
        made.map_err(|error| Failure::of("the sandbox's world was not made", &error))?;
    }
    Ok(Embedded { sandbox, unfinished: fresh.then_some(unfinished) })
}

impl Embedded {
    /// Finishes a new world on the server that was opened on it.
    ///
    /// # Errors
    /// What kept it from being finished.
    pub async fn finish(&mut self, app: &App, areas: &Areas) -> Result<(), Failure> {
        let Some(unfinished) = self.unfinished.take() else { return Ok(()) };
        if !app.config.demo {
            return gone(&unfinished);
        }
        let connected = super::demo::connect(app, areas).await;
        connected.map_err(|error| Failure::of("the demo's repositories were not connected", &error))?;
        gone(&unfinished)?;
        // Last, since only this must not be done twice.
        let dispatched = super::demo::dispatch(app, areas).await;
        dispatched.map_err(|error| Failure::of("the demo's run was not dispatched", &error))
    }
}

/// Serves the demo, anew after each reset. Each life has a runtime of its own, so that whatever one began ends
/// with it; the address stays open meanwhile, so that nobody is refused.
///
/// # Errors
/// What keeps it from starting.
pub async fn lives(config: Config, listener: tokio::net::TcpListener) -> Result<(), Failure> {
    let told = |error: std::io::Error| Failure::of("the server cannot be started", &error);
    let listener = listener.into_std().map_err(told)?;
    let lives = move || loop {
        let threads = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        let runtime = runtime.map_err(told)?;
        let ended = runtime.block_on(async {
            let listener = listener.try_clone().and_then(tokio::net::TcpListener::from_std);
            super::live(config.clone(), listener.map_err(told)?).await
        });
        runtime.shutdown_timeout(super::GRACE);
        match ended? {
            super::Ended::Stopped => return Ok(()),
            super::Ended::Reset => {}
        }
    };
    tokio::task::spawn_blocking(lives).await.map_err(|error| Failure::of("the server ended", &error))?
}

/// Notes that the demo is to be reset at the next start.
///
/// # Errors
/// A folder that cannot be written.
pub fn ask_for_reset(config: &Config) -> std::io::Result<()> {
    std::fs::write(config.data_dir.join(RESET), "")
}

/// Empties the server's own database when the demo is being reset; the world was made anew before.
///
/// # Errors
/// A fault of the database, or a folder that cannot be written.
pub async fn reset(app: &App) -> Result<(), Failure> {
    let asked = app.config.data_dir.join(RESET);
    if asked.exists() {
        app.db.empty().await.map_err(|error| Failure::of("the demo was not reset", &error))?;
    }
    gone(&asked)
}

/// Removes a file or a folder, if it is there.
fn gone(path: &Path) -> Result<(), Failure> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::of(&format!("{} cannot be removed", path.display()), &error))
        }
        _ => Ok(()),
    }
}

/// Runs the sandbox until the process is told to stop.
///
/// # Errors
/// As [`embedded`].
pub async fn alone(alone: Alone) -> Result<(), Failure> {
    super::log::start(false);
    let kept = tempfile::tempdir().map_err(|error| Failure::of("no temporary folder", &error))?;
    let tools = tools(alone.dir.as_deref().unwrap_or(kept.path()))?;
    let webhook =
        alone.webhook_url.zip(alone.webhook_secret).map(|(url, secret)| WebhookTarget { url, secret });
    let sandbox = start(Options {
        addr: alone.addr,
        data_dir: alone.dir,
        oauth_client_id: alone.client_id,
        oauth_client_secret: alone.client_secret,
        webhook,
        tool_path: vec![tools],
    })
    .await?;
    println!("Sandbox    {}", sandbox.url());
    super::stopped().await;
    sandbox.shutdown().await;
    Ok(())
}

async fn start(options: Options) -> Result<Sandbox, Failure> {
    let addr = options.addr;
    waymark_sandbox::start(options)
        .await
        .map_err(|error| Failure::of_address("WAYMARK_SANDBOX_ADDR", addr, &error))
}

/// A folder with this program and the demo agent, for the jobs' search path.
///
/// # Errors
/// A folder that cannot be written.
pub fn tools(folder: &Path) -> Result<PathBuf, Failure> {
    let make = || {
        let tools = folder.join("tools");
        std::fs::create_dir_all(&tools)?;
        let tools = tools.canonicalize()?;
        let agent = tools.join("waymark-demo-agent");
        std::fs::write(&agent, DEMO_AGENT)?;
        let mut rights = agent.metadata()?.permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
        std::fs::set_permissions(&agent, rights)?;
        let program = tools.join("waymark");
        match std::fs::remove_file(&program) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::os::unix::fs::symlink(std::env::current_exe()?, program)?;
        Ok(tools)
    };
    make().map_err(|error: std::io::Error| Failure::of("the sandbox's tools cannot be put in place", &error))
}
