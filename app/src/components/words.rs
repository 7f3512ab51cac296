//! Words for times, spans and long texts.

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago, or how soon: "5 minutes ago", "in 2 hours", "now". Epoch milliseconds.
///
/// `client/times.js` keeps the words fresh by the same rules.
pub(crate) fn relative(at: i64, now: i64) -> String {
    let away = (now - at).abs();
    let (count, unit) = match away {
        _ if away < 10 * SECOND => return "now".to_owned(),
        _ if away < MINUTE => (away / SECOND, "second"),
        _ if away < HOUR => (away / MINUTE, "minute"),
        _ if away < DAY => (away / HOUR, "hour"),
        _ if away < 30 * DAY => (away / DAY, "day"),
        _ if away < 365 * DAY => (away / (30 * DAY), "month"),
        _ => (away / (365 * DAY), "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if at > now { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

/// A span of time in at most two units: "48 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". Milliseconds.
pub(crate) fn span(millis: i64) -> String {
    let seconds = millis.max(0) / SECOND;
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{big} {big_unit}")
        } else {
            format!("{big} {big_unit} {small} {small_unit}")
        }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// The exact time in UTC, for titles, and in ISO 8601, for machines. Epoch milliseconds.
pub(crate) fn exact(at: i64) -> (String, String) {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(time) => (
            time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ),
        Err(_) => (String::new(), String::new()),
    }
}

/// A long text cut in the middle to at most `longest` characters.
pub(crate) fn middle(text: &str, longest: usize) -> String {
    let count = text.chars().count();
    if count <= longest || longest < 3 {
        return text.to_owned();
    }
    let tail = (longest - 1) / 2;
    let head = longest - 1 - tail;
    text.chars().take(head).chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

/// "1 step", "3 steps".
pub(crate) fn count(number: impl Into<i64>, one: &str) -> String {
    let number = number.into();
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_whole_unit() {
        let now = 1_000 * DAY;
        for (ago, words) in [
            (0, "now"),
            (9_999, "now"),
            (10_000, "10 seconds ago"),
            (MINUTE, "1 minute ago"),
            (59 * MINUTE, "59 minutes ago"),
            (25 * HOUR, "1 day ago"),
            (45 * DAY, "1 month ago"),
            (800 * DAY, "2 years ago"),
            (-2 * HOUR, "in 2 hours"),
        ] {
            assert_eq!(relative(now - ago, now), words);
        }
    }

    #[test]
    fn spans_have_at_most_two_units() {
        for (millis, words) in [
            (-5, "0 s"),
            (48_200, "48 s"),
            (185_000, "3 min 5 s"),
            (180_000, "3 min"),
            (2 * HOUR + 10 * MINUTE, "2 h 10 min"),
            (4 * DAY + 3 * HOUR, "4 d 3 h"),
        ] {
            assert_eq!(span(millis), words);
        }
    }

    #[test]
    fn long_texts_keep_both_ends() {
        assert_eq!(middle("P12-add-a-greeting-01-02-0304", 11), "P12-a…-0304");
        assert_eq!(middle("short", 11), "short");
        assert_eq!(middle("äöüäöüäöü", 5).chars().count(), 5);
    }

    #[test]
    fn exact_times_are_utc() {
        assert_eq!(exact(0), ("1970-01-01 00:00:00 UTC".to_owned(), "1970-01-01T00:00:00Z".to_owned()));
    }
}
