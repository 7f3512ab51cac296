//! The real program as a process of its own, to be killed at the worst moment.

use std::path::Path;
use std::process::Stdio;

use secrecy::ExposeSecret;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use waymark_server::config::Config;

use super::PATIENCE;

pub struct Process {
    child: Child,
}

impl Process {
    /// Starts `waymark serve` and waits until it says where it is reached.
    pub async fn start(config: &Config, folder: &Path) -> Process {
        Process::start_program(Path::new(env!("CARGO_BIN_EXE_waymark")), config, folder).await
    }

    /// The same with another copy of the program.
    pub async fn start_program(program: &Path, config: &Config, folder: &Path) -> Process {
        let seconds = |time: std::time::Duration| time.as_secs_f64().to_string();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("waymark.log"))
            .expect("a log");
        let mut child = Command::new(program)
            .arg("serve")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("WAYMARK_ADDR", config.addr.to_string())
            .env("WAYMARK_PUBLIC_URL", config.public())
            .env("WAYMARK_DATABASE_URL", config.database_url.expose_secret())
            .env("WAYMARK_DATA_DIR", &config.data_dir)
            .env("WAYMARK_SITE_DIR", &config.site_dir)
            .env("WAYMARK_GITHUB_URL", config.github())
            .env("WAYMARK_GITHUB_API_URL", config.github_api_url.as_str())
            .env("WAYMARK_GITHUB_CLIENT_ID", &config.github_client_id)
            .env("WAYMARK_GITHUB_CLIENT_SECRET", config.github_client_secret.expose_secret())
            .env("WAYMARK_WEBHOOK_SECRET", config.webhook_secret.expose_secret())
            .env("WAYMARK_ENCRYPTION_KEY", hex::encode(config.encryption_key.0))
            .env("WAYMARK_GITHUB_TIMEOUT", seconds(config.github_timeout))
            .env("WAYMARK_WRITE_PAUSE", seconds(config.write_pause))
            .env("WAYMARK_LOOKUP_LAG", seconds(config.lookup_lag))
            .env("WAYMARK_RECONCILE_EVERY", seconds(config.reconcile_every))
            .env("WAYMARK_AUTOSTART_DELAY", seconds(config.autostart_delay))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.expect("its output is read") {
                if line.starts_with("Waymark ") {
                    return true;
                }
            }
            false
        };
        if !tokio::time::timeout(PATIENCE, listening).await.unwrap_or(false) {
            let log = std::fs::read_to_string(folder.join("waymark.log")).unwrap_or_default();
            panic!("waymark serve does not come to listen:\n{log}");
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Process { child }
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }
}
