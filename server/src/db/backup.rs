//! A copy of a SQLite database as it is at one moment, while the server goes on.

use std::fs::File;
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, Connection};

use super::Place;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is not a SQLite file: back it up with pg_dump, as README.md says")]
    NoFile(Place),
    #[error("{0} cannot be made: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{0} could not be copied: {1}")]
    Database(Place, sqlx::Error),
}

/// Copies the database of a URL into a new file, readable by its owner alone.
///
/// # Errors
/// Another kind of database, a file that is there already, or what SQLite says.
pub async fn backup(url: &str, to: &Path) -> Result<(), BackupError> {
    sqlx::any::install_default_drivers();
    let place = Place::of(url);
    if !matches!(&place, Place::File(_)) {
        return Err(BackupError::NoFile(place));
    }
    // SQLite writes into a file that is empty.
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(to).map_err(|error| BackupError::File(to.to_owned(), error))?;
    let copied = async {
        let mut connection = AnyConnection::connect(url).await?;
        sqlx::query("VACUUM INTO $1").bind(to.display().to_string()).execute(&mut connection).await?;
        connection.close().await
    };
    copied.await.map_err(|error| {
        let _ = std::fs::remove_file(to);
        BackupError::Database(place, error)
    })
}
