//! Settings of `waymark serve --sandbox`: everything has a default, and the secrets are made once and
//! kept, readable by their owner alone, so that a restart keeps people signed in.

use std::io::Write;
use std::path::Path;

use secrecy::SecretString;
use url::Url;

use super::{Config, ConfigErrors, Settings, checked};

pub(super) fn config(mut settings: Settings) -> Result<Config, ConfigErrors> {
    let wrong = |error: String| ConfigErrors(vec![error]);
    let folder = settings.storage.data_dir.clone();
    super::given::data_dir(&folder).map_err(wrong)?;
    let secret = |given: Option<SecretString>, name: &str| match given {
        Some(given) => Ok(Some(given)),
        None => kept(&folder.join(name))
            .map(Some)
            .map_err(|error| wrong(format!("{} cannot be kept: {error}.", folder.join(name).display()))),
    };
    settings.github_client_secret = secret(settings.github_client_secret, "client-secret")?;
    settings.webhook_secret = secret(settings.webhook_secret, "webhook-secret")?;
    settings.encryption_key = secret(settings.encryption_key, "encryption-key")?;
    settings.github_client_id.get_or_insert_with(|| "waymark-sandbox".to_owned());
    let here = Url::parse(&format!("http://{}", settings.sandbox_addr))
        .map_err(|error| wrong(format!("WAYMARK_SANDBOX_ADDR: {error}.")))?;
    settings.github_url = here.clone();
    settings.github_api_url = here;
    checked(settings, true)
}

/// The secret in a file; made with 32 random bytes when it is not there.
fn kept(path: &Path) -> std::io::Result<SecretString> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text.trim().into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let secret = hex::encode(rand::random::<[u8; 32]>());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(secret.as_bytes())?;
    Ok(secret.into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let first = kept(&path).expect("made");
        assert_eq!(first.expose_secret().len(), 64);
        assert_eq!(kept(&path).expect("read").expose_secret(), first.expose_secret());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::MetadataExt::mode(&path.metadata().expect("there"));
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
