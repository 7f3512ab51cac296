//! What is left of GitHub's limits for one token, as the headers of its answers say, and how much of it the
//! reading in the background may use.
//!
//! Properties kept:
//! - A fifth of the hourly limit is left for what people do.
//! - Half of the rest is used as it is needed; the other half is spread over what is left of the hour.
//! - After a refusal for a limit nothing is read in the background for at least a minute, and longer each time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use waymark_app::areas::{Problem, ProblemKind};

/// The part of the limit that is left for people: one in so many.
const KEPT_FOR_PEOPLE: i64 = 5;
/// Requests a minute, those that cost nothing included: half of what GitHub's secondary limit allows.
const MOST_A_MINUTE: i64 = 450;
/// The first and the longest wait after a refusal that does not say how long, in seconds.
const FIRST_WAIT: i64 = 60;
const LONGEST_WAIT: i64 = 15 * 60;

/// Until when reading in the background waits: epoch seconds by GitHub's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub until: i64,
}

impl Wait {
    /// The wait in words.
    pub fn problem(&self) -> Problem {
        let until = jiff::Timestamp::from_second(self.until).unwrap_or_default();
        let words = "GitHub's limit is nearly used, and the rest is kept for what people do.";
        Problem::new(ProblemKind::TooMany, words)
            .next(format!("Reading goes on by itself at {}.", until.strftime("%H:%M:%S UTC")))
    }
}

/// Shared by everything that acts with the token.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    limit: i64,
    remaining: i64,
    /// When the count starts again, by GitHub's clock.
    reset: i64,
    /// How far GitHub's clock is ahead of this machine's, in seconds.
    ahead: i64,
    /// The minute by GitHub's clock, what was left when it began, and the requests since.
    minute: i64,
    left_at_minute: i64,
    sent: i64,
    /// Requests of the background that are not answered yet.
    in_flight: i64,
    /// Refused: nothing before this time.
    held_until: i64,
    refusals: u32,
}

impl Budget {
    /// Takes in the headers of an answer.
    pub(super) fn saw(&self, status: u16, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| text(name).and_then(|value| value.parse::<i64>().ok());
        let date = text("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let core = text("x-ratelimit-resource").is_none_or(|resource| resource == "core");
        let window =
            (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"));
        let mut state = self.state();
        if let Some(date) = date {
            state.ahead = date.timestamp().as_second() - machine_now();
        }
        let now = machine_now() + state.ahead;
        state.turn(now);
        state.sent += 1;
        if status < 400 && state.held_until <= now {
            state.refusals = 0;
        }
        let (true, (Some(limit), Some(remaining), Some(reset))) = (core, window) else { return };
        // Answers arrive out of order: within one hour the smallest number is the newest.
        match reset.cmp(&state.reset) {
            std::cmp::Ordering::Less if state.reset > now => {}
            std::cmp::Ordering::Equal => state.remaining = state.remaining.min(remaining),
            _ => {
                (state.limit, state.remaining, state.reset) = (limit, remaining, reset);
                state.left_at_minute = remaining;
            }
        }
    }

    /// GitHub refused for a limit; `retry_after_s` where it says for how long.
    pub(super) fn refused(&self, retry_after_s: Option<u64>) {
        let mut state = self.state();
        let now = machine_now() + state.ahead;
        let unsaid = (FIRST_WAIT << state.refusals.min(4)).min(LONGEST_WAIT);
        let wait = retry_after_s.and_then(|wait| i64::try_from(wait).ok()).unwrap_or(unsaid);
        state.held_until = state.held_until.max(now.saturating_add(wait));
        state.refusals += 1;
    }

    /// Whether something may be read in the background now.
    ///
    /// # Errors
    /// Until when not.
    pub fn background(&self) -> Result<(), Wait> {
        let mut state = self.state();
        let now = machine_now() + state.ahead;
        state.background(now)
    }

    /// Begins a request of the background: the part that is left for people is not touched.
    ///
    /// # Errors
    /// Until when none may begin.
    pub(super) fn begin(&self) -> Result<InFlight, Wait> {
        let mut state = self.state();
        state.kept(machine_now() + state.ahead)?;
        state.in_flight += 1;
        Ok(InFlight(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(super) struct InFlight(Budget);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

impl State {
    /// Begins a new minute.
    fn turn(&mut self, now: i64) {
        if self.minute != now / 60 {
            (self.minute, self.left_at_minute, self.sent) = (now / 60, self.remaining, 0);
        }
    }

    /// What background reading may still use, beside the part for people.
    fn spare(&self, left: i64) -> i64 {
        left - self.limit / KEPT_FOR_PEOPLE
    }

    fn kept(&self, now: i64) -> Result<(), Wait> {
        if self.held_until > now {
            return Err(Wait { until: self.held_until });
        }
        if self.reset > now && self.spare(self.remaining - self.in_flight) <= 0 {
            return Err(Wait { until: self.reset });
        }
        Ok(())
    }

    fn background(&mut self, now: i64) -> Result<(), Wait> {
        self.kept(now)?;
        self.turn(now);
        if self.sent >= MOST_A_MINUTE {
            return Err(Wait { until: (self.minute + 1) * 60 });
        }
        let plenty = self.spare(self.remaining) * 2 >= self.spare(self.limit);
        if self.reset <= now || plenty {
            return Ok(());
        }
        let minutes = (self.reset - now + 59) / 60;
        let share = (self.spare(self.left_at_minute) / minutes).max(1);
        if self.left_at_minute - self.remaining >= share {
            return Err(Wait { until: (self.minute + 1) * 60 });
        }
        Ok(())
    }
}

fn machine_now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn left(remaining: i64, minutes: i64) -> State {
        State {
            limit: 5000,
            remaining,
            reset: NOW + minutes * 60,
            minute: NOW / 60,
            left_at_minute: remaining,
            ..State::default()
        }
    }

    #[test]
    fn a_fifth_is_left_for_people_until_the_hour_is_over() {
        assert_eq!(left(5000, 60).background(NOW), Ok(()));
        assert_eq!(left(1001, 1).background(NOW), Ok(()));
        assert_eq!(left(1000, 30).background(NOW), Err(Wait { until: NOW + 1800 }));
        assert_eq!(left(0, 30).background(NOW + 1800), Ok(()), "a new hour");
        assert_eq!(State::default().background(NOW), Ok(()), "nothing is known yet");
    }

    #[test]
    fn requests_that_are_not_answered_yet_count() {
        let budget = Budget::default();
        *budget.state() = State { reset: machine_now() + 60, ..left(1002, 0) };
        let under_way = [budget.begin(), budget.begin()];
        assert!(under_way.iter().all(Result::is_ok) && budget.begin().is_err());
        drop(under_way);
        assert!(budget.begin().is_ok());
    }

    #[test]
    fn the_second_half_is_spread_over_the_hour() {
        let mut state = left(2000, 50);
        state.remaining -= 19;
        assert_eq!(state.background(NOW), Ok(()));
        state.remaining -= 1;
        assert_eq!(state.background(NOW), Err(Wait { until: (NOW / 60 + 1) * 60 }));
        assert_eq!(state.background(NOW + 60), Ok(()), "the next minute has its own share");
        let mut fresh = left(4000, 50);
        fresh.remaining -= 500;
        assert_eq!(fresh.background(NOW), Ok(()), "the first half is free");
    }

    #[test]
    fn no_minute_has_more_requests_than_half_of_the_secondary_limit() {
        let mut state = State { sent: MOST_A_MINUTE, ..left(5000, 60) };
        assert_eq!(state.background(NOW), Err(Wait { until: (NOW / 60 + 1) * 60 }));
        assert_eq!(state.background(NOW + 60), Ok(()));
    }

    #[test]
    fn a_refusal_that_does_not_say_how_long_is_waited_for_longer_each_time() {
        let budget = Budget::default();
        let wait = || budget.background().expect_err("held").until - machine_now();
        budget.refused(None);
        assert!((59..=60).contains(&wait()));
        budget.refused(None);
        assert!((119..=120).contains(&wait()));
        budget.refused(Some(7));
        assert!((119..=120).contains(&wait()), "never shorter than before");
    }

    #[test]
    fn the_smallest_number_of_an_hour_is_the_newest() {
        let budget = Budget::default();
        let answer = |remaining: &str, reset: i64| {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("x-ratelimit-limit", "5000".to_owned()),
                ("x-ratelimit-remaining", remaining.to_owned()),
                ("x-ratelimit-reset", reset.to_string()),
                ("x-ratelimit-resource", "core".to_owned()),
            ] {
                headers.insert(name, value.parse().expect("a value"));
            }
            budget.saw(200, &headers);
        };
        let reset = machine_now() + 1800;
        answer("900", reset);
        answer("4000", reset);
        assert_eq!(budget.background(), Err(Wait { until: reset }), "a late answer");
        answer("5000", reset + 3600);
        assert_eq!(budget.background(), Ok(()), "the next hour");
    }
}
