//! GitHub in a box beside the server, or alone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use waymark_sandbox::{Options, Sandbox, WebhookTarget};

use super::Failure;
use crate::config::Config;

/// The demo agent: a script that plans and commits without any model.
const DEMO_AGENT: &str = include_str!("../../../sandbox/demo-agent/waymark-demo-agent");

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

/// Starts the sandbox of `waymark serve --sandbox`; its world is kept in the data folder.
///
/// # Errors
/// An address that is taken, or a folder that cannot be written.
pub async fn embedded(config: &Config) -> Result<Sandbox, Failure> {
    let addr = config
        .github_url
        .socket_addrs(|| None)
        .ok()
        .and_then(|found| found.first().copied())
        .ok_or_else(|| Failure("WAYMARK_SANDBOX_ADDR is not an address".to_owned()))?;
    let tools = tools(&config.data_dir)?;
    let world = config.data_dir.join("sandbox");
    let fresh = !world.exists();
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
        super::sample::objective(&sandbox.url())
            .await
            .map_err(|error| Failure::of("the sample objective was not made", &error))?;
    }
    Ok(sandbox)
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
