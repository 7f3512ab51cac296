//! One client per token, so that no cached answer is ever shown to somebody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::Client;
use super::cache::Cache;

/// More clients than this are not kept; the rest are made anew.
const KEPT_CLIENTS: usize = 256;

/// Makes clients for tokens and keeps them with their caches.
#[derive(Clone)]
pub struct GitHub {
    api: Url,
    timeout: Duration,
    clients: Arc<Mutex<HashMap<[u8; 32], Client>>>,
    cache: Cache,
}

impl GitHub {
    /// `api` is the root of the REST API, such as `https://api.github.com` or `https://HOST/api/v3`;
    /// `timeout` is the limit of a single call.
    pub fn new(api: Url, timeout: Duration) -> Self {
        GitHub { api, timeout, clients: Arc::default(), cache: Cache::default() }
    }

    /// The client that acts with this token.
    pub fn client(&self, token: SecretString) -> Client {
        let key: [u8; 32] = Sha256::digest(token.expose_secret()).into();
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return client.clone();
        }
        if clients.len() >= KEPT_CLIENTS {
            clients.clear();
        }
        let client = Client::new(&self.api, Some(token), self.timeout, Some(self.cache.of(key)));
        clients.insert(key, client.clone());
        client
    }

    /// A client without a token, for the controls of the sandbox. GitHub itself answers it 60 times an hour for
    /// everybody together, so that nothing but tests may have one.
    #[cfg(test)]
    pub fn anonymous(&self) -> Client {
        Client::new(&self.api, None, self.timeout, None)
    }

    /// A client for a token that is used once.
    pub(super) fn once(&self, token: SecretString) -> Client {
        Client::new(&self.api, Some(token), self.timeout, None)
    }
}
