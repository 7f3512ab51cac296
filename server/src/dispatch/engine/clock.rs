//! The time, in the shapes that a dispatch writes.

use jiff::Timestamp;

/// Epoch milliseconds.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// `2026-02-18T10:11:12.345678+00:00`, as erk writes it.
pub fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
}

/// `02-18-1011`: month, day, hour and minute in UTC.
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%m-%d-%H%M").to_string()
}

/// `10:11:12 UTC` for people.
pub fn clock(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map(|at| at.strftime("%H:%M:%S UTC").to_string()).unwrap_or_default()
}

/// `2026-02-18 10:11:12 UTC` for people, of what may be long ago.
pub fn day_and_time(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms);
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_shapes_of_the_formats() {
        let at: Timestamp = "2026-02-18T10:11:12.345678Z".parse().unwrap();
        assert_eq!(iso(at), "2026-02-18T10:11:12.345678+00:00");
        assert_eq!(stamp(at), "02-18-1011");
        assert_eq!(clock(at.as_millisecond()), "10:11:12 UTC");
        assert_eq!(day_and_time(at.as_millisecond()), "2026-02-18 10:11:12 UTC");
        let whole: Timestamp = "2026-02-18T10:11:12Z".parse().unwrap();
        assert_eq!(iso(whole), "2026-02-18T10:11:12.000000+00:00");
    }
}
