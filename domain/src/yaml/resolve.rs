//! What a plain scalar means in YAML 1.1, exactly as PyYAML's safe loader decides it.

use serde_json::Value;

/// The value of a plain scalar, or why PyYAML cannot build one (an impossible date, `=`, `0b_`).
///
/// Timestamps are checked and stay the text they were.
pub fn plain(text: &str) -> Result<Value, &'static str> {
    let Some(first) = text.bytes().next() else { return Ok(Value::Null) };
    match first {
        b'~' | b'n' | b'N' if matches!(text, "~" | "null" | "Null" | "NULL") => return Ok(Value::Null),
        b'=' if text == "=" => return Err("a plain `=` has no value"),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            if let Some(value) = boolean(text) {
                return Ok(Value::Bool(value));
            }
        }
        b'-' | b'+' | b'.' | b'0'..=b'9' => return number_or_time(text),
        _ => {}
    }
    Ok(Value::from(text))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number_or_time(text: &str) -> Result<Value, &'static str> {
    let (sign, digits) = match text.as_bytes()[0] {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if let Some(number) = float(text, digits) {
        return Ok(real(if sign < 0 { -number } else { number }, text));
    }
    if let Some(number) = int(digits) {
        return number.map(|number| whole(sign * number));
    }
    if let Some(valid) = timestamp(text)
        && !valid
    {
        return Err("a date or time that does not exist");
    }
    Ok(Value::from(text))
}

fn is_digits_and_bars(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_')
}

/// JSON has no infinities; they stay the text they were.
fn real(number: f64, text: &str) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| Value::from(text), Value::Number)
}

/// Integers beyond JSON's become floating point numbers.
fn whole(number: i128) -> Value {
    serde_json::Number::from_i128(number).map_or_else(|| real(number as f64, "0"), Value::Number)
}

fn starts_with_digit(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| *c != '_').collect()
}

/// A float, without its sign; `whole` is the text with it (some forms allow none).
fn float(whole: &str, text: &str) -> Option<f64> {
    if matches!(text, ".inf" | ".Inf" | ".INF") {
        return Some(f64::INFINITY);
    }
    if matches!(whole, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let (before, after) = text.split_once('.')?;
    if before.contains(':') {
        let mut parts = before.split(':');
        let head = parts.next()?;
        let sixties = parts.clone().all(|part| sixtieth(part).is_some());
        if !starts_with_digit(head.as_bytes())
            || !is_digits_and_bars(head.as_bytes())
            || !is_digits_and_bars(after.as_bytes())
            || !sixties
        {
            return None;
        }
        let last = before.rsplit(':').next()?;
        let mut value: f64 = clean(head).parse().ok()?;
        let count = parts.clone().count();
        for (at, part) in parts.enumerate() {
            let number: f64 = if at + 1 == count {
                format!("{last}.{}", clean(after)).parse().ok()?
            } else {
                part.parse().ok()?
            };
            value = value * 60.0 + number;
        }
        return Some(value);
    }
    let (fraction, exponent) = match after.find(['e', 'E']) {
        Some(at) => (&after[..at], Some(&after[at + 1..])),
        None => (after, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+'])?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
    }
    let valid = if before.is_empty() {
        whole.len() == text.len() && starts_with_digit(fraction.as_bytes())
    } else {
        starts_with_digit(before.as_bytes()) && is_digits_and_bars(before.as_bytes())
    };
    if !valid || !is_digits_and_bars(fraction.as_bytes()) {
        return None;
    }
    clean(text).parse().ok()
}

/// A part of a sexagesimal number after the first: one or two digits below 60.
fn sixtieth(part: &str) -> Option<i128> {
    let bytes = part.as_bytes();
    let valid = match bytes {
        [only] => only.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    };
    if valid { part.parse().ok() } else { None }
}

/// An integer without its sign: decimal, `0b`, `0` octal, `0x` or sexagesimal.
fn int(text: &str) -> Option<Result<i128, &'static str>> {
    const LARGE: &str = "a number that is too large";
    let bytes = text.as_bytes();
    let of_radix = |digits: &str, radix: u32| {
        let digits = clean(digits);
        if digits.is_empty() {
            return Err("a number without digits");
        }
        i128::from_str_radix(&digits, radix).map_err(|_| LARGE)
    };
    if bytes == b"0" {
        return Some(Ok(0));
    }
    if let Some(digits) = text.strip_prefix("0b") {
        let valid = !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'_'));
        return valid.then(|| of_radix(digits, 2));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
        return valid.then(|| of_radix(digits, 16));
    }
    if bytes.first() == Some(&b'0') {
        let valid = bytes[1..].iter().all(|byte| matches!(byte, b'0'..=b'7' | b'_'));
        return valid.then(|| of_radix(text, 8));
    }
    if !starts_with_digit(bytes) {
        return None;
    }
    let mut parts = text.split(':');
    let head = parts.next()?;
    if !is_digits_and_bars(head.as_bytes()) {
        return None;
    }
    let mut value = of_radix(head, 10);
    for part in parts {
        let part = sixtieth(part)?;
        value = value.and_then(|value| value.checked_mul(60).and_then(|v| v.checked_add(part)).ok_or(LARGE));
    }
    Some(value)
}

/// Whether the text looks like a timestamp, and then whether that time exists.
fn timestamp(text: &str) -> Option<bool> {
    let bytes = text.as_bytes();
    let mut scan = Scan { bytes, at: 0 };
    let year = scan.digits(4, 4)?;
    scan.byte(b'-')?;
    let month = scan.digits(1, 2)?;
    scan.byte(b'-')?;
    let day = scan.digits(1, 2)?;
    let exists =
        |y: u32, m: u32, d: u32| y >= 1 && jiff::civil::Date::new(y as i16, m as i8, d as i8).is_ok();
    if scan.done() {
        return (bytes.len() == 10).then(|| exists(year, month, day));
    }
    if scan.byte(b'T').or_else(|| scan.byte(b't')).is_none() && scan.blanks() == 0 {
        return None;
    }
    let hour = scan.digits(1, 2)?;
    scan.byte(b':')?;
    let minute = scan.digits(2, 2)?;
    scan.byte(b':')?;
    let second = scan.digits(2, 2)?;
    if scan.byte(b'.').is_some() {
        while scan.digits(1, 1).is_some() {}
    }
    let mut offset_exists = true;
    if !scan.done() {
        scan.blanks();
        if scan.byte(b'Z').is_none() {
            scan.byte(b'+').or_else(|| scan.byte(b'-'))?;
            let hours = scan.digits(1, 2)?;
            let minutes = if scan.byte(b':').is_some() { scan.digits(2, 2)? } else { 0 };
            offset_exists = hours * 60 + minutes < 24 * 60;
        }
    }
    let time_exists = hour < 24 && minute < 60 && second < 60;
    scan.done().then(|| exists(year, month, day) && time_exists && offset_exists)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn done(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        (self.bytes.get(self.at) == Some(&wanted)).then(|| self.at += 1)
    }

    fn blanks(&mut self) -> usize {
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at - start
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let start = self.at;
        let mut value = 0;
        while self.at - start < most
            && let Some(byte) = self.bytes.get(self.at)
            && byte.is_ascii_digit()
        {
            value = value * 10 + u32::from(byte - b'0');
            self.at += 1;
        }
        (self.at - start >= least).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> Value {
        Value::from(source)
    }

    #[test]
    fn numbers_are_those_of_yaml_1_1() {
        for (source, value) in [
            ("0123", Value::from(83)),
            ("089", text("089")),
            ("1:30", Value::from(90)),
            ("-190:20:30", Value::from(-685230)),
            ("190:20:30.15", Value::from(685230.15)),
            ("1.1", Value::from(1.1)),
            ("0x1F", Value::from(31)),
            ("0b101", Value::from(5)),
            ("1_000", Value::from(1000)),
            ("1e3", text("1e3")),
            ("1.5e3", text("1.5e3")),
            ("1.5e+3", Value::from(1500.0)),
            ("-.5", text("-.5")),
            ("+.5", text("+.5")),
            (".5", Value::from(0.5)),
            ("-1.5", Value::from(-1.5)),
            ("1.2.3", text("1.2.3")),
            ("+12", Value::from(12)),
            ("1:60", text("1:60")),
            ("0:30", text("0:30")),
            ("-.inf", text("-.inf")),
            ("+.nan", text("+.nan")),
            (".", text(".")),
            ("-", text("-")),
            ("12.e+3", Value::from(12000.0)),
            ("12345678901234567890123", Value::from(12345678901234567890123.0)),
        ] {
            assert_eq!(plain(source), Ok(value), "{source}");
        }
    }

    #[test]
    fn words_are_those_of_yaml_1_1() {
        for (source, value) in [
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("y", text("y")),
            ("n", text("n")),
            ("yEs", text("yEs")),
            ("", Value::Null),
            ("~", Value::Null),
            ("Null", Value::Null),
            ("nil", text("nil")),
        ] {
            assert_eq!(plain(source), Ok(value), "{source}");
        }
    }

    #[test]
    fn times_stay_text_and_impossible_ones_are_refused() {
        for source in [
            "2026-01-15",
            "2026-1-5T1:02:03Z",
            "2026-01-15 14:30:00.5 +2",
            "2026-1-5",
            "2026-01-15T14:30",
            "2026-01-15T14:30:00+02:00x",
        ] {
            assert_eq!(plain(source), Ok(text(source)), "{source}");
        }
        for source in
            ["2026-13-45", "2026-02-30", "0000-01-01", "2026-01-15T24:00:00Z", "2026-01-15T14:30:00+24:00"]
        {
            assert!(plain(source).is_err(), "{source}");
        }
        assert!(plain("=").is_err());
        assert!(plain("0x_").is_err());
    }
}
