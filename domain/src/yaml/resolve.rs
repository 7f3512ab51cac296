//! What a plain scalar means in YAML 1.1, by PyYAML's implicit resolvers.

use serde_json::{Number, Value};

/// A plain scalar that has no value: PyYAML refuses it too.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoValue(pub &'static str);

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Result<Value, NoValue> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(Value::Bool(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(Value::Bool(false));
        }
        "=" => return Err(NoValue("a plain = has no value")),
        "<<" => return Err(NoValue("merge keys are not read")),
        _ => {}
    }
    if is_timestamp(text) {
        return if possible_date(text) {
            Ok(Value::String(text.to_owned()))
        } else {
            Err(NoValue("this date does not exist"))
        };
    }
    // Every number starts with one of these, so most words end here.
    if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && let Some(number) = integer(text).or_else(|| float(text))
    {
        return Ok(number);
    }
    Ok(Value::String(text.to_owned()))
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn only(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

fn whole(negative: bool, value: i128, source: &str) -> Value {
    let value = if negative { -value } else { value };
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(small), _) => Value::from(small),
        (_, Ok(large)) => Value::from(large),
        // Larger than JSON readers take: the text as written.
        _ => Value::String(source.to_owned()),
    }
}

fn integer(text: &str) -> Option<Value> {
    let (negative, rest) = signed(text);
    let digits = |text: &str, radix: u32| -> Option<Value> {
        let plain: String = text.chars().filter(|c| *c != '_').collect();
        match i128::from_str_radix(&plain, radix) {
            Ok(value) => Some(whole(negative, value, text)),
            Err(_) if plain.len() > 30 => Some(Value::String(text.to_owned())),
            Err(_) => None,
        }
    };
    if let Some(binary) = rest.strip_prefix("0b") {
        return only(binary, |b| matches!(b, b'0' | b'1' | b'_')).then(|| digits(binary, 2)).flatten();
    }
    if let Some(hex) = rest.strip_prefix("0x") {
        return only(hex, |b| b.is_ascii_hexdigit() || b == b'_').then(|| digits(hex, 16)).flatten();
    }
    if rest == "0" {
        return Some(Value::from(0));
    }
    if let Some(octal) = rest.strip_prefix('0') {
        return only(octal, |b| matches!(b, b'0'..=b'7' | b'_')).then(|| digits(octal, 8)).flatten();
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if only(rest, |b| b.is_ascii_digit() || b == b'_') {
        return digits(rest, 10);
    }
    let mut value: i128 = 0;
    for part in sexagesimal(rest)? {
        value = value.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(whole(negative, value, text))
}

/// The parts of `12:30:45`: the first any number, the others below 60.
fn sexagesimal(text: &str) -> Option<Vec<String>> {
    let mut parts = text.split(':');
    let first: String = parts.next()?.chars().filter(|c| *c != '_').collect();
    if !only(&first, |b| b.is_ascii_digit()) {
        return None;
    }
    let mut all = vec![first];
    for part in parts {
        if !matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']) {
            return None;
        }
        all.push(part.to_owned());
    }
    (all.len() > 1).then_some(all)
}

fn float(text: &str) -> Option<Value> {
    let (negative, rest) = signed(text);
    if matches!(rest, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        // JSON has neither: the text as written.
        return Some(Value::String(text.to_owned()));
    }
    let of = |value: f64| Number::from_f64(if negative { -value } else { value }).map(Value::Number);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let (before, after) = mantissa.split_once('.')?;
    let fraction = |text: &str| text.is_empty() || only(text, |b| b.is_ascii_digit() || b == b'_');
    if !fraction(after) {
        return None;
    }
    if let Some(exponent) = exponent {
        let (sign, digits) = exponent.split_at_checked(1)?;
        if !matches!(sign, "+" | "-") || !only(digits, |b| b.is_ascii_digit()) {
            return None;
        }
    }
    if before.contains(':') {
        if exponent.is_some() {
            return None;
        }
        let mut value = 0.0;
        for part in sexagesimal(before)? {
            value = value * 60.0 + part.parse::<f64>().ok()?;
        }
        let tail: String = after.chars().filter(|c| *c != '_').collect();
        return of(value + format!("0.{tail}0").parse::<f64>().ok()?);
    }
    if before.is_empty() {
        // `-.5` and `+.5` are strings.
        if text.len() != rest.len() || !after.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
    } else if !before.starts_with(|c: char| c.is_ascii_digit()) || !fraction(before) {
        return None;
    }
    let plain: String = rest.chars().filter(|c| *c != '_').collect();
    of(plain.parse().ok()?)
}

/// `2026-01-15`, or a date and a time of day.
fn is_timestamp(text: &str) -> bool {
    let b = text.as_bytes();
    let digits = |from: usize, least: usize, most: usize| -> Option<usize> {
        let count = b[from..].iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        (count >= least).then_some(from + count)
    };
    let at = |index: usize, wanted: u8| b.get(index) == Some(&wanted);
    let parse = || -> Option<bool> {
        let year = digits(0, 4, 4)?;
        if !at(year, b'-') {
            return None;
        }
        let month = digits(year + 1, 1, 2)?;
        if !at(month, b'-') {
            return None;
        }
        let day = digits(month + 1, 1, 2)?;
        if day == b.len() {
            return Some(b.len() == 10);
        }
        let time = match b[day] {
            b'T' | b't' => day + 1,
            b' ' | b'\t' => day + b[day..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count(),
            _ => return None,
        };
        let hour = digits(time, 1, 2)?;
        if !at(hour, b':') {
            return None;
        }
        let minute = digits(hour + 1, 2, 2)?;
        if !at(minute, b':') {
            return None;
        }
        let mut end = digits(minute + 1, 2, 2)?;
        if at(end, b'.') {
            end += 1 + b[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        }
        let zone = end + b[end..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        match b.get(zone) {
            None => Some(zone == end),
            Some(b'Z') => Some(zone + 1 == b.len()),
            Some(b'+' | b'-') => {
                let hours = digits(zone + 1, 1, 2)?;
                if hours == b.len() {
                    return Some(true);
                }
                Some(at(hours, b':') && digits(hours + 1, 2, 2)? == b.len())
            }
            Some(_) => None,
        }
    };
    b.is_ascii() && parse().unwrap_or(false)
}

/// Whether the calendar and the clock have it; PyYAML fails on what they have not.
fn possible_date(text: &str) -> bool {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse::<i64>().unwrap_or(i64::MAX));
    let mut next = |absent: i64| numbers.next().unwrap_or(absent);
    let (year, month, day) = (next(0), next(0), next(0));
    let (hour, minute, second) = (next(0), next(0), next(0));
    let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
    date.is_some_and(|((year, month), day)| year > 0 && jiff::civil::Date::new(year, month, day).is_ok())
        && hour < 24
        && minute < 60
        && second < 60
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_mean_what_yaml_1_1_says() {
        for (text, value) in [
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("y", json!("y")),
            ("~", json!(null)),
            ("0123", json!(83)),
            ("08", json!("08")),
            ("0x1F", json!(31)),
            ("-0b11", json!(-3)),
            ("1_000", json!(1000)),
            ("1:30", json!(90)),
            ("1:60", json!("1:60")),
            ("1.1", json!(1.1)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            ("-.5", json!("-.5")),
            ("1e3", json!("1e3")),
            ("1.5e3", json!("1.5e3")),
            ("1.5e+3", json!(1500.0)),
            ("190:20:30.15", json!(685230.15)),
            ("2026-01-15", json!("2026-01-15")),
            ("2026-01-15T14:30:00Z", json!("2026-01-15T14:30:00Z")),
            ("1.2.3", json!("1.2.3")),
            ("-", json!("-")),
        ] {
            assert_eq!(resolve(text), Ok(value), "{text}");
        }
        for text in ["=", "<<", "2026-13-45", "2026-02-30T00:00:00Z", "2026-01-15 25:00:00"] {
            assert!(resolve(text).is_err(), "{text}");
        }
    }
}
