//! Configuration: one name per setting, by flag or environment. Everything that is missing or wrong is
//! named at once, with how to get it. Every path is absolute once it has been read.

mod files;
mod given;
#[cfg(feature = "sandbox")]
mod sandbox;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use ipnet::IpNet;
use octocrab::auth::AppAuth;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::auth::entry::{Entry, EntrySettings};
pub(crate) use given::address;

/// The settings as given.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, env = "WAYMARK_ADDR", default_value = "127.0.0.1:3000", value_parser = given::address)]
    pub addr: SocketAddr,

    /// Where people reach Waymark, without a trailing slash [default: http://ADDR]
    #[arg(long, env = "WAYMARK_PUBLIC_URL")]
    pub public_url: Option<Url>,

    #[command(flatten)]
    pub storage: Storage,

    /// Folder with the built site [default: site beside the program, else target/site]
    #[arg(long, env = "WAYMARK_SITE_DIR")]
    pub site_dir: Option<PathBuf>,

    /// Run GitHub in a box beside the server, with demo repositories and a demo agent
    #[cfg(feature = "sandbox")]
    #[arg(long)]
    pub sandbox: bool,

    /// Address of the embedded sandbox; loopback only
    #[cfg(feature = "sandbox")]
    #[arg(long, env = "WAYMARK_SANDBOX_ADDR", default_value = "127.0.0.1:3100", value_parser = given::address)]
    pub sandbox_addr: SocketAddr,

    /// What the sandbox holds at first: demo, a world that lives, or bare
    #[cfg(feature = "sandbox")]
    #[arg(long, env = "WAYMARK_SANDBOX_WORLD", default_value = "demo", hide_possible_values = true)]
    pub sandbox_world: SandboxWorld,

    /// Where people open GitHub, without a trailing slash
    #[arg(long, env = "WAYMARK_GITHUB_URL", default_value = "https://github.com")]
    pub github_url: Url,

    /// Root of GitHub's REST API; https://HOST/api/v3 for GitHub Enterprise Server
    #[arg(long, env = "WAYMARK_GITHUB_API_URL", default_value = "https://api.github.com")]
    pub github_api_url: Url,

    /// Client id of the OAuth App or GitHub App that people sign in with
    #[arg(long, env = "WAYMARK_GITHUB_CLIENT_ID")]
    pub github_client_id: Option<String>,

    /// A client secret of that App
    #[arg(long, env = "WAYMARK_GITHUB_CLIENT_SECRET", hide_env_values = true)]
    pub github_client_secret: Option<SecretString>,

    /// File with that client secret
    #[arg(long, env = "WAYMARK_GITHUB_CLIENT_SECRET_FILE")]
    pub github_client_secret_file: Option<PathBuf>,

    /// Number of the GitHub App whose installations read for the mirror, beside its private key
    #[arg(long, env = "WAYMARK_GITHUB_APP_ID")]
    pub github_app_id: Option<u64>,

    /// Private key of that App, as PEM; line ends may be written as \n
    #[arg(long, env = "WAYMARK_GITHUB_APP_PRIVATE_KEY", hide_env_values = true)]
    pub github_app_private_key: Option<SecretString>,

    /// File with that private key
    #[arg(long, env = "WAYMARK_GITHUB_APP_PRIVATE_KEY_FILE")]
    pub github_app_private_key_file: Option<PathBuf>,

    /// Secret that GitHub signs webhook deliveries with, 16 characters or more
    #[arg(long, env = "WAYMARK_WEBHOOK_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<SecretString>,

    /// File with the secret of the webhook
    #[arg(long, env = "WAYMARK_WEBHOOK_SECRET_FILE")]
    pub webhook_secret_file: Option<PathBuf>,

    /// 64 hexadecimal digits that encrypt people's tokens at rest
    #[arg(long, env = "WAYMARK_ENCRYPTION_KEY", hide_env_values = true)]
    pub encryption_key: Option<SecretString>,

    /// File with those 64 digits
    #[arg(long, env = "WAYMARK_ENCRYPTION_KEY_FILE")]
    pub encryption_key_file: Option<PathBuf>,

    /// Longest time for one call to GitHub, in seconds
    #[arg(long, env = "WAYMARK_GITHUB_TIMEOUT", default_value_t = 10.0)]
    pub github_timeout: f64,

    /// Shortest time between two writes to GitHub of one person, in seconds; GitHub asks for 1
    /// [default: 1, on the sandbox 0]
    #[arg(long, env = "WAYMARK_WRITE_PAUSE")]
    pub write_pause: Option<f64>,

    /// How long GitHub's lists may lag behind its writes, in seconds: so long a lost write is looked up
    /// before it is believed to have made nothing [default: 20, on the sandbox 6]
    #[arg(long, env = "WAYMARK_LOOKUP_LAG")]
    pub lookup_lag: Option<f64>,

    /// Seconds between two readings of plans that are under way
    #[arg(long, env = "WAYMARK_RECONCILE_EVERY", default_value_t = 60.0)]
    pub reconcile_every: f64,

    /// Seconds between the announcement of a node that starts by itself and its start
    #[arg(long, env = "WAYMARK_AUTOSTART_DELAY", default_value_t = 60.0)]
    pub autostart_delay: f64,

    /// Proxies in front of Waymark, as addresses or networks between commas: what they say in X-Forwarded-For or
    /// Forwarded about where a request comes from is believed
    #[arg(long, env = "WAYMARK_TRUSTED_PROXIES", default_value = "127.0.0.0/8,::1")]
    pub trusted_proxies: String,

    #[command(flatten)]
    pub entry: EntrySettings,

    /// Write the log as JSON lines
    #[arg(long, env = "WAYMARK_LOG_JSON", value_parser = BoolishValueParser::new())]
    pub log_json: bool,
}

/// What the embedded sandbox holds when it is made.
#[cfg(feature = "sandbox")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SandboxWorld {
    /// Three connected repositories with two dozen plans in every phase; it can be reset.
    Demo,
    /// The fixture's repositories, with one objective and no plans.
    Bare,
}

/// Where things are kept.
#[derive(Clone, Debug, clap::Args)]
pub struct Storage {
    /// sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME [default: sqlite://DATA_DIR/waymark.db]
    #[arg(long, env = "WAYMARK_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// File with the address of the database, instead of the address itself
    #[arg(long, env = "WAYMARK_DATABASE_URL_FILE")]
    pub database_url_file: Option<PathBuf>,

    /// Folder for what is kept beside the database
    #[arg(long, env = "WAYMARK_DATA_DIR", default_value = ".waymark-data")]
    pub data_dir: PathBuf,
}

/// The checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    pub addr: SocketAddr,
    pub public_url: Url,
    pub database_url: SecretString,
    pub data_dir: PathBuf,
    pub site_dir: PathBuf,
    /// Whether the GitHub behind this server is the embedded sandbox.
    pub sandbox: bool,
    /// Whether it holds the demo world, which people may reset.
    pub demo: bool,
    pub github_url: Url,
    pub github_api_url: Url,
    pub github_client_id: String,
    pub github_client_secret: SecretString,
    /// What the GitHub App signs itself with; without it the mirror reads with people's tokens.
    pub github_app: Option<AppAuth>,
    pub webhook_secret: SecretString,
    pub encryption_key: EncryptionKey,
    pub github_timeout: Duration,
    pub write_pause: Duration,
    pub lookup_lag: Duration,
    /// After this a request whose answer was lost can no longer take effect.
    pub lookup_in_flight: Duration,
    pub reconcile_every: Duration,
    /// From the announcement of a start to the start.
    pub autostart_delay: Duration,
    /// After this a run that was asked to stop is forced to.
    pub force_cancel_after: Duration,
    /// Whose word counts about where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may come in.
    pub entry: Entry,
}

/// The key of the tokens at rest. Does not print.
#[derive(Clone)]
pub struct EncryptionKey(pub [u8; 32]);

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptionKey(..)")
    }
}

/// What is missing or wrong, each with how to get it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigErrors(pub Vec<String>);

impl Config {
    /// Checks the settings; with the sandbox, what is not given is made and kept in the data folder.
    ///
    /// # Errors
    /// Everything that is missing or wrong, at once.
    pub fn from_settings(mut settings: Settings) -> Result<Config, ConfigErrors> {
        files::read(&mut settings)?;
        #[cfg(feature = "sandbox")]
        if settings.sandbox {
            return sandbox::config(settings);
        }
        checked(settings, false)
    }

    /// Whether people reach Waymark by https.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The public address without a trailing slash.
    pub fn public(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }

    /// GitHub's address without a trailing slash.
    pub fn github(&self) -> &str {
        self.github_url.as_str().trim_end_matches('/')
    }
}

fn checked(settings: Settings, sandbox: bool) -> Result<Config, ConfigErrors> {
    let mut wrong = Vec::new();
    let mut need = |name: &str, value: Option<SecretString>, how: &str| match value {
        Some(value) if !value.expose_secret().trim().is_empty() => value,
        _ => {
            wrong.push(format!("{name} is missing. {how}"));
            SecretString::default()
        }
    };
    let public =
        settings.public_url.clone().map_or_else(|| format!("http://{}", settings.addr), String::from);
    let callback = format!("{}/auth/github/callback", public.trim_end_matches('/'));
    let app = format!(
        "Register an OAuth App at {}/settings/developers with the callback address {callback}, \
         or try `waymark serve --sandbox`.",
        settings.github_url.as_str().trim_end_matches('/')
    );
    let client_id = need("WAYMARK_GITHUB_CLIENT_ID", settings.github_client_id.map(Into::into), &app);
    let client_secret = need(
        "WAYMARK_GITHUB_CLIENT_SECRET",
        settings.github_client_secret,
        "Generate a client secret on the page of that App.",
    );
    let webhook_secret = need(
        "WAYMARK_WEBHOOK_SECRET",
        settings.webhook_secret,
        "Make one with `openssl rand -hex 32`, and give the same to GitHub's webhook.",
    );
    let key = need(
        "WAYMARK_ENCRYPTION_KEY",
        settings.encryption_key,
        "Make one with `openssl rand -hex 32`, and keep it: without it everyone must sign in again.",
    );
    let github_app = given::app(settings.github_app_id, settings.github_app_private_key);
    let github_app = usable(&mut wrong, github_app).flatten();
    let encryption_key = usable(&mut wrong, given::encryption_key(&key));
    usable(&mut wrong, given::webhook_secret(&webhook_secret));
    let mut seconds = |name: &str, value: f64| {
        Duration::try_from_secs_f64(value).unwrap_or_else(|_| {
            wrong.push(format!("{name} is not a number of seconds: {value}."));
            Duration::ZERO
        })
    };
    let github_timeout = seconds("WAYMARK_GITHUB_TIMEOUT", settings.github_timeout);
    let write_pause =
        seconds("WAYMARK_WRITE_PAUSE", settings.write_pause.unwrap_or(if sandbox { 0.0 } else { 1.0 }));
    let lookup_lag =
        seconds("WAYMARK_LOOKUP_LAG", settings.lookup_lag.unwrap_or(if sandbox { 6.0 } else { 20.0 }));
    let reconcile_every = seconds("WAYMARK_RECONCILE_EVERY", settings.reconcile_every.max(1.0));
    let autostart_delay = seconds("WAYMARK_AUTOSTART_DELAY", settings.autostart_delay);
    let database_url =
        usable(&mut wrong, given::database_url(settings.storage.database_url, &settings.storage.data_dir));
    let trusted_proxies = usable(&mut wrong, given::networks(&settings.trusted_proxies));
    let public_url = usable(&mut wrong, given::public_url(&public));
    usable(&mut wrong, given::github_url("WAYMARK_GITHUB_URL", &settings.github_url));
    usable(&mut wrong, given::github_url("WAYMARK_GITHUB_API_URL", &settings.github_api_url));
    let site_dir = usable(&mut wrong, given::site_dir(settings.site_dir));
    if wrong.is_empty() {
        usable(&mut wrong, given::data_dir(&settings.storage.data_dir));
    }
    let entry = Entry::checked(settings.entry, &mut wrong);
    let (
        true,
        Some(database_url),
        Some(trusted_proxies),
        Some(public_url),
        Some(site_dir),
        Some(encryption_key),
    ) = (wrong.is_empty(), database_url, trusted_proxies, public_url, site_dir, encryption_key)
    else {
        return Err(ConfigErrors(wrong));
    };
    if given::is_plain_and_public(&public_url) {
        tracing::warn!(
            "WAYMARK_PUBLIC_URL is http: whoever is on the way to {public_url} can read people's sessions. \
             Put a TLS proxy in front of Waymark and give its https address."
        );
    }
    Ok(Config {
        addr: settings.addr,
        public_url,
        database_url,
        data_dir: settings.storage.data_dir,
        site_dir,
        sandbox,
        #[cfg(feature = "sandbox")]
        demo: sandbox && settings.sandbox_world == SandboxWorld::Demo,
        #[cfg(not(feature = "sandbox"))]
        demo: false,
        github_url: settings.github_url,
        github_api_url: settings.github_api_url,
        github_client_id: client_id.expose_secret().to_owned(),
        github_client_secret: client_secret,
        github_app,
        webhook_secret,
        encryption_key,
        github_timeout,
        write_pause,
        lookup_lag,
        lookup_in_flight: github_timeout * 2,
        force_cancel_after: Duration::from_secs(60),
        reconcile_every,
        autostart_delay,
        trusted_proxies,
        entry,
    })
}

impl Storage {
    /// The URL of the database, as [`Config`] has it.
    ///
    /// # Errors
    /// As [`Config::from_settings`].
    pub fn database_url(mut self) -> Result<SecretString, ConfigErrors> {
        files::storage(&mut self)?;
        given::database_url(self.database_url, &self.data_dir).map_err(|words| ConfigErrors(vec![words]))
    }
}

/// What can be used; what cannot is noted.
fn usable<T>(wrong: &mut Vec<String>, given: Result<T, String>) -> Option<T> {
    given.map_err(|words| wrong.push(words)).ok()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    fn config(arguments: &[&str]) -> Result<Config, ConfigErrors> {
        let line = Line::try_parse_from(["waymark"].iter().chain(arguments)).expect("the flags are known");
        Config::from_settings(line.settings)
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let errors = config(&["--encryption-key", "abc"]).expect_err("much is missing").0.join("\n");
        for name in ["CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_SECRET", "ENCRYPTION_KEY is not 64"] {
            assert!(errors.contains(name), "{name} in {errors}");
        }
        assert!(errors.contains("http://127.0.0.1:3000/auth/github/callback"), "{errors}");
    }

    #[test]
    fn an_app_needs_its_number_and_its_key() {
        for (arguments, word) in [
            (&["--github-app-id", "7"][..], "belong together"),
            (&["--github-app-id", "7", "--github-app-private-key", "abc"][..], "not an RSA key"),
        ] {
            let errors = config(arguments).expect_err("half of it").0.join("\n");
            assert!(errors.contains(word), "{errors}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let site = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(site.path().join("pkg")).expect("a folder");
        let key = hex::encode(std::array::from_fn::<u8, 32, _>(|at| at as u8 * 5 + 99));
        let config = config(&[
            "--data-dir",
            &site.path().join("data").display().to_string(),
            "--site-dir",
            &site.path().display().to_string(),
            "--github-client-id",
            "id",
            "--github-client-secret",
            "canary-1",
            "--webhook-secret",
            "canary-2-of-some-length",
            "--encryption-key",
            &key,
        ])
        .expect("all is there");
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("canary") && !printed.contains(&key) && !printed.contains("104, 109"),
            "{printed}"
        );
    }

    /// What is given beside these is what a test is about.
    fn with(folder: &std::path::Path, more: &[&str]) -> Result<Config, ConfigErrors> {
        std::fs::create_dir_all(folder.join("site/pkg")).expect("a folder");
        let key = hex::encode(std::array::from_fn::<u8, 32, _>(|at| at as u8 * 5 + 99));
        let (site, data) = (folder.join("site"), folder.join("made/data"));
        let (site, data) = (site.display().to_string(), data.display().to_string());
        let mut arguments =
            vec!["--site-dir", &site, "--github-client-id", "id", "--github-client-secret", "x"];
        for (flag, value) in [
            ("--data-dir", data.as_str()),
            ("--webhook-secret", "sixteen letters."),
            ("--encryption-key", key.as_str()),
        ] {
            let file = format!("{flag}-file");
            if !more.contains(&flag) && !more.contains(&file.as_str()) {
                arguments.extend([flag, value]);
            }
        }
        config(&[arguments.as_slice(), more].concat())
    }

    #[test]
    fn what_is_wrong_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let (zeros, repeated) = ("0".repeat(64), "a1b2".repeat(16));
        for (arguments, reason) in [
            (
                ["--public-url", "ftp://waymark.example"],
                "WAYMARK_PUBLIC_URL must begin with https:// or http://",
            ),
            (["--public-url", "https://x.example/waymark"], "WAYMARK_PUBLIC_URL has a path"),
            (["--public-url", "https://me@x.example"], "WAYMARK_PUBLIC_URL"),
            (["--github-url", "ftp://github.com"], "WAYMARK_GITHUB_URL must begin"),
            (["--encryption-key", &zeros], "WAYMARK_ENCRYPTION_KEY is not random"),
            (["--encryption-key", &repeated], "WAYMARK_ENCRYPTION_KEY is not random"),
            (["--webhook-secret", "fifteen letters"], "WAYMARK_WEBHOOK_SECRET is shorter than 16"),
            (["--database-url", "mysql://x"], "WAYMARK_DATABASE_URL is neither"),
            (["--trusted-proxies", "10.0.0.0/8,proxy"], "WAYMARK_TRUSTED_PROXIES: proxy is"),
            (["--webhook-secret-file", "/nowhere/x"], "WAYMARK_WEBHOOK_SECRET_FILE: /nowhere/x"),
        ] {
            let errors = with(folder.path(), &arguments).expect_err(reason).0;
            assert!(errors.len() == 1 && errors[0].contains(reason), "{arguments:?}: {errors:?}");
        }
    }

    #[test]
    fn every_path_is_absolute_and_the_data_folder_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = std::env::current_dir().expect("a folder");
        let made = with(folder.path(), &[]).expect("all is there");
        assert!(made.data_dir.is_dir());
        assert_eq!(
            made.database_url.expose_secret(),
            crate::db::sqlite_url(&made.data_dir.join("waymark.db"))
        );
        let relative = with(folder.path(), &["--database-url", "sqlite://some/w.db"]).expect("all is there");
        assert_eq!(relative.database_url.expose_secret(), crate::db::sqlite_url(&here.join("some/w.db")));
        let line = Line::try_parse_from(["waymark", "--data-dir", "target/made-by-a-test"]).expect("known");
        let mut settings = line.settings;
        files::read(&mut settings).expect("read");
        assert_eq!(settings.storage.data_dir, here.join("target/made-by-a-test"));
    }

    #[test]
    fn a_secret_may_come_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        std::fs::write(&file, "a secret of many letters\n").expect("written");
        let file = file.display().to_string();
        let read = with(folder.path(), &["--webhook-secret-file", &file]).expect("all is there");
        assert_eq!(read.webhook_secret.expose_secret(), "a secret of many letters");
        let both =
            with(folder.path(), &["--webhook-secret", "sixteen letters.", "--webhook-secret-file", &file]);
        assert!(both.expect_err("both").0[0].contains("give one of them"));
    }
}
