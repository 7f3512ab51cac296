//! A SQLite file holds everybody's work, so that only the account of the process may read it.

use std::io;
use std::path::{Path, PathBuf};

/// Makes the file when it is not there and may be made, and takes it and its companions from everybody but its
/// owner. SQLite gives new companions the permissions of the file itself.
pub(super) fn keep(file: &Path, make: bool) -> io::Result<()> {
    if make && !file.exists() {
        create(file)?;
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        restrict(&PathBuf::from(path))?;
    }
    Ok(())
}

#[cfg(unix)]
fn create(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file).map(drop)
}

#[cfg(unix)]
fn restrict(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = std::fs::metadata(file) else { return Ok(()) };
    if found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn create(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}
