//! How fast an account writes: one write at a time, a pause between two, and never more than GitHub's
//! limits for content (80 a minute, 500 an hour).

use std::collections::VecDeque;
use std::time::Duration;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const PER_MINUTE: usize = 80;
const PER_HOUR: usize = 500;

/// The writes of the last hour, by epoch milliseconds.
#[derive(Debug, Default)]
pub struct Pace {
    sent: VecDeque<i64>,
    /// GitHub wants nothing before this. Epoch milliseconds.
    held: i64,
}

impl Pace {
    /// When the next write may go out, given the time and the pause between two writes.
    pub fn due(&mut self, now: i64, pause: Duration) -> i64 {
        while self.sent.front().is_some_and(|at| *at <= now - HOUR_MS) {
            self.sent.pop_front();
        }
        let nth_last = |n: usize| self.sent.len().checked_sub(n).and_then(|at| self.sent.get(at)).copied();
        let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        [
            nth_last(1).map(|at| at.saturating_add(pause)),
            nth_last(PER_MINUTE).map(|at| at + MINUTE_MS),
            nth_last(PER_HOUR).map(|at| at + HOUR_MS),
        ]
        .into_iter()
        .flatten()
        .fold(now.max(self.held), i64::max)
    }

    /// GitHub's limit was reached: nothing goes out before `until`.
    pub fn hold(&mut self, until: i64) {
        self.held = self.held.max(until);
    }

    /// Counts a write.
    pub fn count(&mut self, now: i64) {
        self.sent.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_write_goes_at_once_and_the_second_after_the_pause() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(1_000, Duration::from_secs(1)), 1_000);
        pace.count(1_000);
        assert_eq!(pace.due(1_200, Duration::from_secs(1)), 2_000);
        assert_eq!(pace.due(1_200, Duration::ZERO), 1_200);
    }

    #[test]
    fn a_limit_of_github_holds_everything_back() {
        let mut pace = Pace::default();
        pace.hold(9_000);
        pace.hold(4_000);
        assert_eq!(pace.due(1_000, Duration::ZERO), 9_000);
        assert_eq!(pace.due(9_500, Duration::ZERO), 9_500);
    }

    #[test]
    fn eighty_a_minute_and_five_hundred_an_hour() {
        let mut pace = Pace::default();
        for n in 0..80 {
            pace.count(n);
        }
        assert_eq!(pace.due(100, Duration::ZERO), 60_000);
        for n in 80..500 {
            pace.count(n * 1_000);
        }
        assert_eq!(pace.due(600_000, Duration::ZERO), 3_600_000);
        assert_eq!(pace.due(3_600_000, Duration::ZERO), 3_600_000);
    }
}
