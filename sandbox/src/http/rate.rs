//! The primary rate limit: 5,000 requests an hour for a person over all their tokens, 1,000 for a job's
//! token, 60 without a token. A 304 is free for whoever signs the request.

use std::{collections::HashMap, sync::Mutex};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::world::{access::Caller, model::Time};

const HOUR: Time = 3600;

/// Requests counted in the current hour, by whom.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<(String, &'static str), Window>>);

#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub limit: u64,
    pub used: u64,
    /// When the count starts again.
    pub reset: Time,
}

/// `core` or `graphql`, as the headers name it.
pub fn resource(path: &str) -> &'static str {
    if path == "/graphql" { "graphql" } else { "core" }
}

impl Rates {
    fn with<T>(&self, caller: &Caller, now: Time, path: &str, f: impl FnOnce(&mut Window) -> T) -> T {
        let limit = match &caller.token {
            None => 60,
            Some(_) if caller.is_job() => 1000,
            Some(_) => 5000,
        };
        let key = (caller.login().unwrap_or_default().to_owned(), resource(path));
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let window = all.entry(key).or_insert(Window { limit, used: 0, reset: now + HOUR });
        if window.reset <= now || window.reset > now + HOUR {
            *window = Window { limit, used: 0, reset: now + HOUR };
        }
        f(window)
    }

    pub fn look(&self, caller: &Caller, now: Time, path: &str) -> Window {
        self.with(caller, now, path, |w| *w)
    }

    /// Counts one request.
    pub fn count(&self, caller: &Caller, now: Time, path: &str) -> Window {
        self.with(caller, now, path, |w| {
            w.used = (w.used + 1).min(w.limit);
            *w
        })
    }

    /// Leaves a person so many requests of the present hour.
    pub fn leave(&self, login: &str, now: Time, remaining: u64) {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let limit = 5000;
        let used = limit - remaining.min(limit);
        all.insert((login.to_owned(), "core"), Window { limit, used, reset: now + HOUR });
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).clear();
    }
}

impl Window {
    pub fn exhausted(&self) -> bool {
        self.used >= self.limit
    }

    pub fn show(&self) -> Value {
        json!({ "limit": self.limit, "used": self.used, "remaining": self.limit - self.used, "reset": self.reset })
    }

    pub fn write(&self, resource: &'static str, headers: &mut HeaderMap) {
        for (name, value) in [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", (self.limit - self.used).to_string()),
            ("x-ratelimit-used", self.used.to_string()),
            ("x-ratelimit-reset", self.reset.to_string()),
            ("x-ratelimit-resource", resource.to_owned()),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_starts_again() {
        let (rates, nobody) = (Rates::default(), Caller::default());
        for _ in 0..60 {
            rates.count(&nobody, 100, "/user");
        }
        assert!(rates.look(&nobody, 100, "/user").exhausted());
        assert!(!rates.look(&nobody, 100 + HOUR, "/user").exhausted());
    }
}
