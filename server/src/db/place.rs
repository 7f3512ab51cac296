//! Where a database is, in words, and who has it.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::OpenError;

/// A file that is still locked after so many tries, so long apart, belongs to another process.
pub(super) const LOCK_TRIES: u32 = 40;
pub(super) const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// A database as it may be named: without user and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    Memory,
    /// Host, port and name.
    Server(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "the database file {}", path.display()),
            Place::Memory => write!(f, "the database in memory"),
            Place::Server(name) => write!(f, "the database {name}"),
        }
    }
}

impl Place {
    pub fn of(url: &str) -> Place {
        match file(url) {
            Some((path, _)) => Place::File(path),
            None if url.starts_with("sqlite:") => Place::Memory,
            None => Place::Server(Url::parse(url).ok().map_or_else(
                || "of WAYMARK_DATABASE_URL".to_owned(),
                |url| {
                    let host = url.host_str().filter(|host| !host.is_empty()).unwrap_or("localhost");
                    format!("{host}:{}{}", url.port().unwrap_or(5432), url.path())
                },
            )),
        }
    }

    /// Takes the file for this process. A lock of the system goes with its holder, however that ends; a program
    /// that the holder is just starting has it for a moment too, so that it is asked for more than once.
    pub(super) async fn lock(&self) -> Result<Option<File>, OpenError> {
        let Place::File(path) = self else { return Ok(None) };
        let failed = |error| OpenError::Lock(self.clone(), error);
        let mut beside = path.clone().into_os_string();
        beside.push(".lock");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(beside).map_err(failed)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(OpenError::InUse(self.clone()))
    }
}

/// The file of a SQLite URL, and the query behind it with its question mark.
fn file(url: &str) -> Option<(PathBuf, &str)> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    if path.is_empty() || path == ":memory:" || query.contains("mode=memory") {
        return None;
    }
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    Some((PathBuf::from(path.into_owned()), query))
}

/// The SQLite URL of a file.
pub fn sqlite_url(path: &Path) -> String {
    let path = path.display().to_string();
    format!("sqlite://{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
}

/// The same URL with an absolute path.
///
/// # Errors
/// As [`std::path::absolute`].
pub fn absolute(url: &str) -> std::io::Result<String> {
    match file(url) {
        Some((path, query)) => Ok(format!("{}{query}", sqlite_url(&std::path::absolute(path)?))),
        None => Ok(url.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_without_its_password() {
        for (url, named) in [
            ("postgres://ada:secret@db.example/waymark", "the database db.example:5432/waymark"),
            ("postgres://ada:se%40cret@db:6432/x?sslmode=require", "the database db:6432/x"),
            ("sqlite:///var/lib/w.db?mode=rwc", "the database file /var/lib/w.db"),
            ("sqlite::memory:", "the database in memory"),
        ] {
            assert_eq!(Place::of(url).to_string(), named);
        }
    }

    #[test]
    fn a_relative_path_becomes_absolute_where_it_is_read() {
        let here = std::env::current_dir().expect("a folder");
        let made = absolute("sqlite://data/w.db?mode=rw").expect("made");
        assert_eq!(made, format!("{}?mode=rw", sqlite_url(&here.join("data/w.db"))));
        for url in ["sqlite:///var/w.db", "sqlite::memory:", "postgres://h/n"] {
            assert_eq!(absolute(url).expect("made"), url);
        }
        let odd = Path::new("/a b/50%?/w.db");
        assert_eq!(Place::of(&sqlite_url(odd)), Place::File(odd.to_owned()));
    }
}
