//! Every request as it was sent, with its answer.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

use axum::http::request::Parts;
use serde::Serialize;

/// Headers that tests ask about. The token itself is never kept.
const HEADERS: &[&str] =
    &["accept", "content-type", "if-none-match", "if-modified-since", "user-agent", "x-github-api-version"];

/// The journal keeps the latest so many entries.
const KEPT: usize = 20_000;

#[derive(Debug, Clone, Default, Serialize)]
pub struct Entry {
    /// Numbers start at 1 and keep counting when the journal is emptied.
    pub n: u64,
    /// By the sandbox's clock.
    pub at: String,
    pub method: String,
    /// As sent, escapes included.
    pub path: String,
    pub query: Option<String>,
    /// Login of the token's owner.
    pub user: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    pub status: Option<u16>,
    pub response: Option<String>,
    /// A fault decided how this ended.
    pub faulted: bool,
}

#[derive(Debug, Default)]
pub struct Journal(Mutex<(u64, VecDeque<Entry>)>);

impl Entry {
    pub fn of(parts: &Parts) -> Self {
        let header = |name: &&str| {
            let value = parts.headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        };
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: HEADERS.iter().filter_map(header).collect(),
            ..Self::default()
        }
    }

    pub fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

impl Journal {
    pub fn add(&self, mut entry: Entry) {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        all.0 += 1;
        entry.n = all.0;
        all.1.push_back(entry);
        if all.1.len() > KEPT {
            all.1.pop_front();
        }
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).1.iter().cloned().collect()
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).1.clear();
    }
}
