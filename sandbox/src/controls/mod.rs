//! What tests and demos turn, under `/_sandbox/`: reset, seed, latency, faults, hidden objects, webhook
//! trouble, the clock, and a journal of every request.

pub mod faults;
pub mod hide;
mod history;
pub mod journal;
mod routes;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::http::rate::Rates;
pub use routes::router;

/// The state of all controls.
#[derive(Debug, Default)]
pub struct Controls {
    pub faults: faults::Faults,
    pub journal: journal::Journal,
    pub rates: Rates,
    pub hidden: hide::Hidden,
    pub violations: crate::contract::Violations,
    pub webhooks: crate::webhooks::trouble::Trouble,
    latency_ms: AtomicU64,
}

impl Controls {
    /// How long every exchange waits before it starts.
    pub fn latency(&self) -> Option<Duration> {
        let ms = self.latency_ms.load(Ordering::Relaxed);
        (ms > 0).then(|| Duration::from_millis(ms))
    }

    pub fn set_latency(&self, ms: u64) {
        self.latency_ms.store(ms, Ordering::Relaxed);
    }

    /// Turns everything off and forgets the journal.
    pub fn reset(&self) {
        self.faults.clear();
        self.journal.clear();
        self.rates.clear();
        self.hidden.clear();
        self.webhooks.clear();
        self.set_latency(0);
    }
}
