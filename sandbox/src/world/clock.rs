//! The sandbox's clock: the machine's, moved by an offset that tests choose. GitHub's times are whole
//! seconds, and so are these.

use std::time::{SystemTime, UNIX_EPOCH};

use super::model::{Model, Time};

impl Model {
    /// Now, by the sandbox's clock, in seconds since the epoch.
    pub fn now(&self) -> Time {
        machine_now() + self.clock_offset
    }
}

/// The machine's clock, in seconds since the epoch.
pub fn machine_now() -> Time {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

/// `2026-02-15T09:03:00Z`, as GitHub writes times.
pub fn iso(time: Time) -> String {
    jiff::Timestamp::from_second(time)
        .map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Reads any RFC 3339 time.
pub fn parse(text: &str) -> Option<Time> {
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_in_utc() {
        assert_eq!(iso(1_771_146_180), "2026-02-15T09:03:00Z");
        assert_eq!(parse("2026-02-15T10:03:00.7+01:00"), Some(1_771_146_180));
        assert_eq!(parse("yesterday"), None);
    }
}
