//! Before anything is checked: secrets that are given as files, and paths made absolute.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{ConfigErrors, Settings, Storage};

/// Reads the files of secrets into the settings, and makes every path absolute.
///
/// # Errors
/// A file that cannot be read, or a secret that is given twice.
pub(super) fn read(settings: &mut Settings) -> Result<(), ConfigErrors> {
    let mut wrong = storage(&mut settings.storage).err().map(|errors| errors.0).unwrap_or_default();
    for (name, value, file) in [
        (
            "WAYMARK_GITHUB_CLIENT_SECRET",
            &mut settings.github_client_secret,
            &settings.github_client_secret_file,
        ),
        (
            "WAYMARK_GITHUB_APP_PRIVATE_KEY",
            &mut settings.github_app_private_key,
            &settings.github_app_private_key_file,
        ),
        ("WAYMARK_WEBHOOK_SECRET", &mut settings.webhook_secret, &settings.webhook_secret_file),
        ("WAYMARK_ENCRYPTION_KEY", &mut settings.encryption_key, &settings.encryption_key_file),
    ] {
        wrong.extend(secret(name, value, file.as_deref()).err());
    }
    if let Some(site_dir) = &mut settings.site_dir {
        wrong.extend(absolute("WAYMARK_SITE_DIR", site_dir).err());
    }
    if wrong.is_empty() { Ok(()) } else { Err(ConfigErrors(wrong)) }
}

/// The same for where things are kept.
pub(super) fn storage(storage: &mut Storage) -> Result<(), ConfigErrors> {
    let file = storage.database_url_file.as_deref();
    let read = secret("WAYMARK_DATABASE_URL", &mut storage.database_url, file);
    let wrong: Vec<String> =
        read.err().into_iter().chain(absolute("WAYMARK_DATA_DIR", &mut storage.data_dir).err()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(ConfigErrors(wrong)) }
}

fn secret(name: &str, value: &mut Option<SecretString>, file: Option<&Path>) -> Result<(), String> {
    let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else { return Ok(()) };
    if value.is_some() {
        return Err(format!("{name} and {name}_FILE are both set: give one of them."));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("{name}_FILE: {} cannot be read: {error}.", file.display()))?;
    *value = Some(text.trim().into());
    Ok(())
}

fn absolute(name: &str, path: &mut PathBuf) -> Result<(), String> {
    *path = std::path::absolute(&*path)
        .map_err(|error| format!("{name}: {} is no path: {error}.", path.display()))?;
    Ok(())
}
