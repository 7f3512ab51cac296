//! Each setting by itself: whether it can be used, else the reason with the name of its variable.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use octocrab::auth::{AppAuth, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::EncryptionKey;
use crate::db;

/// GitHub signs with what it is given; a shorter secret can be guessed from one delivery.
const SHORTEST_SECRET: usize = 16;
/// 32 random bytes have fewer different ones less than once in a million million keys.
const FEWEST_BYTES: usize = 16;

/// An address to listen on: numbers, or a name of this machine. IPv4 comes first.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().map_err(|_| "write HOST:PORT, such as 127.0.0.1:3000".to_owned())?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| "this name has no address".to_owned())
}

pub(super) fn encryption_key(given: &SecretString) -> Result<EncryptionKey, String> {
    const HOW: &str = "Make one with `openssl rand -hex 32`.";
    let given = given.expose_secret().trim();
    let mut key = [0; 32];
    if given.is_empty() {
        // That it is missing has been said.
        return Ok(EncryptionKey(key));
    }
    if hex::decode_to_slice(given, &mut key).is_err() {
        return Err(format!("WAYMARK_ENCRYPTION_KEY is not 64 hexadecimal digits. {HOW}"));
    }
    if key.iter().collect::<HashSet<_>>().len() < FEWEST_BYTES {
        return Err(format!("WAYMARK_ENCRYPTION_KEY is not random: its digits repeat. {HOW}"));
    }
    Ok(EncryptionKey(key))
}

pub(super) fn webhook_secret(given: &SecretString) -> Result<(), String> {
    match given.expose_secret().trim().chars().count() {
        1..SHORTEST_SECRET => Err(format!(
            "WAYMARK_WEBHOOK_SECRET is shorter than {SHORTEST_SECRET} characters. Make one with \
             `openssl rand -hex 32`, and give the same to GitHub's webhook."
        )),
        _ => Ok(()),
    }
}

/// The GitHub App. Its key may come on one line, as files of variables hold it.
pub(super) fn app(id: Option<u64>, pem: Option<SecretString>) -> Result<Option<AppAuth>, String> {
    match (id, pem.filter(|pem| !pem.expose_secret().trim().is_empty())) {
        (None, None) => Ok(None),
        (Some(id), Some(pem)) => {
            let pem: SecretString = pem.expose_secret().replace("\\n", "\n").into();
            let key = EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes()).map_err(|_| {
                "WAYMARK_GITHUB_APP_PRIVATE_KEY is not an RSA key as PEM. Generate a private key on the page of the \
                 App and give the whole content of the file, or name the file in WAYMARK_GITHUB_APP_PRIVATE_KEY_FILE."
            })?;
            Ok(Some(AppAuth { app_id: id.into(), key }))
        }
        _ => Err(
            "WAYMARK_GITHUB_APP_ID and WAYMARK_GITHUB_APP_PRIVATE_KEY belong together: give both or none. \
                  Both are on the page of the App."
                .to_owned(),
        ),
    }
}

/// The URL of the database with an absolute path; without one, a file in the data folder.
pub(super) fn database_url(given: Option<SecretString>, data_dir: &Path) -> Result<SecretString, String> {
    let Some(url) = given else { return Ok(db::sqlite_url(&data_dir.join("waymark.db")).into()) };
    let url = url.expose_secret().trim();
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|kind| url.starts_with(kind)) {
        return Err("WAYMARK_DATABASE_URL is neither sqlite://PATH nor postgres://USER:PASSWORD@HOST/NAME."
            .to_owned());
    }
    db::absolute(url).map(Into::into).map_err(|error| format!("WAYMARK_DATABASE_URL: {error}."))
}

pub(super) fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("WAYMARK_PUBLIC_URL: {error}."))?;
    web("WAYMARK_PUBLIC_URL", &url)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "WAYMARK_PUBLIC_URL has a path, and Waymark answers at the root of a host alone: give it a \
                    host of its own, such as https://waymark.example."
                .to_owned(),
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("WAYMARK_PUBLIC_URL holds a name or a password: give the address alone.".to_owned());
    }
    Ok(url)
}

pub(super) fn github_url(name: &str, url: &Url) -> Result<(), String> {
    web(name, url)
}

fn web(name: &str, url: &Url) -> Result<(), String> {
    match url.scheme() {
        "http" | "https" => Ok(()),
        scheme => Err(format!("{name} must begin with https:// or http://, not with {scheme}://.")),
    }
}

/// Whether what people send can be read on the way to them.
pub(super) fn is_plain_and_public(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !local
}

/// Addresses and networks between commas; none is a list as well.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            part.parse().or(address).map_err(|_| {
                format!(
                    "WAYMARK_TRUSTED_PROXIES: {part} is neither an address nor a network, such as 10.0.0.2 or \
                     10.0.0.0/8."
                )
            })
        })
        .collect()
}

/// The folder of the site: the given one, else `site` beside the program as `make build` leaves it, else beside
/// the program's folder as in a working copy, else `target/site` here.
pub(super) fn site_dir(given: Option<PathBuf>) -> Result<PathBuf, String> {
    let beside = || {
        let exe = std::env::current_exe().ok()?;
        let folders = exe.ancestors().skip(1).take(2);
        folders.map(|folder| folder.join("site")).find(|site| site.join("pkg").is_dir())
    };
    let folder = given.or_else(beside).unwrap_or_else(|| PathBuf::from("target/site"));
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    if folder.join("pkg").is_dir() {
        return Ok(folder);
    }
    Err(format!(
        "WAYMARK_SITE_DIR: there is no built site in {}. Build it with `make site`, or name its folder.",
        folder.display()
    ))
}

/// Makes the data folder, for its owner alone.
pub(super) fn data_dir(folder: &Path) -> Result<(), String> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| format!("WAYMARK_DATA_DIR: {} cannot be made: {error}.", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_this_machine_is_an_address() {
        assert_eq!(address("localhost:3000"), Ok(SocketAddr::from(([127, 0, 0, 1], 3000))));
        assert_eq!(address("[::1]:80").expect("an address").port(), 80);
        assert!(address("3000").expect_err("no host").contains("HOST:PORT"));
    }

    #[test]
    fn a_key_on_one_line_is_a_key() {
        use rsa::pkcs1::EncodeRsaPrivateKey;
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).expect("a key");
        let pem = key.to_pkcs1_pem(rsa::pkcs1::LineEnding::LF).expect("a text").to_string();
        let line = pem.replace('\n', "\\n");
        assert!(!line.contains('\n'));
        for text in [pem, line] {
            assert!(app(Some(7), Some(text.into())).is_ok_and(|app| app.is_some()));
        }
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for (url, warned) in [
            ("http://waymark.example", true),
            ("http://192.168.1.2:3000", true),
            ("https://waymark.example", false),
            ("http://localhost:3000", false),
            ("http://127.0.0.1:3000", false),
            ("http://[::1]:3000", false),
        ] {
            assert_eq!(is_plain_and_public(&Url::parse(url).expect("an address")), warned, "{url}");
        }
    }
}
