//! Encryption at rest. A sealed value opens only for the account and the column it was sealed for.
//!
//! Layout: one byte that names the key, 24 bytes of nonce, then the text under XChaCha20-Poly1305.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::config::EncryptionKey;

const NONCE: usize = 24;

/// Seals and opens tokens.
#[derive(Clone)]
pub(super) struct Seal {
    cipher: XChaCha20Poly1305,
    key_id: u8,
}

/// The value cannot be opened: another key, another place, or damage.
#[derive(Debug, thiserror::Error)]
#[error("the stored token cannot be decrypted")]
pub(super) struct NotOurs;

impl Seal {
    pub fn new(key: &EncryptionKey) -> Self {
        Seal { cipher: XChaCha20Poly1305::new(&key.0.into()), key_id: Sha256::digest(key.0)[0] }
    }

    pub fn seal(&self, account: i64, column: &str, secret: &SecretString) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        let aad = place(account, column);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &aad };
        let mut sealed = vec![self.key_id];
        sealed.extend(nonce);
        // Encryption fails only for texts of many gigabytes.
        sealed.extend(self.cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        sealed
    }

    pub fn open(&self, account: i64, column: &str, sealed: &[u8]) -> Result<SecretString, NotOurs> {
        let (key_id, rest) = sealed.split_first().ok_or(NotOurs)?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or(NotOurs)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| NotOurs)?;
        if *key_id != self.key_id {
            return Err(NotOurs);
        }
        let aad = place(account, column);
        let text = self
            .cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: text, aad: &aad })
            .map_err(|_| NotOurs)?;
        String::from_utf8(text).map(Into::into).map_err(|_| NotOurs)
    }
}

fn place(account: i64, column: &str) -> Vec<u8> {
    format!("waymark:{account}:{column}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_where_it_belongs() {
        let seal = Seal::new(&EncryptionKey([7; 32]));
        let sealed = seal.seal(1, "access", &"gho_secret".into());
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(seal.open(1, "access", &sealed).expect("ours").expose_secret(), "gho_secret");
        assert!(seal.open(2, "access", &sealed).is_err());
        assert!(seal.open(1, "refresh", &sealed).is_err());
        assert!(Seal::new(&EncryptionKey([8; 32])).open(1, "access", &sealed).is_err());
        for end in 0..sealed.len() {
            assert!(seal.open(1, "access", &sealed[..end]).is_err());
        }
    }
}
