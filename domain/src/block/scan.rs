//! Finds where blocks begin and end, in one pass over the text.
//!
//! A block runs from its opening marker to the first closing marker that is bare or names the same key.
//! Markers count wherever they stand, code fences included; a block inside a block belongs to the outer.

use std::collections::HashMap;
use std::ops::Range;

const OPEN: &str = "<!-- erk:metadata-block:";
const CLOSE: &str = "<!-- /erk:metadata-block";
const END: &str = " -->";

/// A block by its place; offsets are bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub key: &'a str,
    /// From the opening marker to the end of the closing one.
    pub whole: Range<usize>,
    /// Between the markers.
    pub inner: Range<usize>,
}

/// What the scan found.
pub(super) struct Scan<'a> {
    pub spans: Vec<Span<'a>>,
    /// Opening markers without a close: key and offset.
    pub unclosed: Vec<(&'a str, usize)>,
}

struct Close<'a> {
    /// Nothing for a bare marker, which closes any block.
    key: Option<&'a str>,
    range: Range<usize>,
}

pub(super) fn scan(text: &str) -> Scan<'_> {
    let closes = closes(text);
    let mut by_key: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
    for (index, close) in closes.iter().enumerate() {
        by_key.entry(close.key).or_default().push(index);
    }
    // The first close of this key (or bare) that begins at or after `from`.
    let next = |key: Option<&str>, from: usize| -> Option<usize> {
        let of_key = by_key.get(&key)?;
        of_key.get(of_key.partition_point(|index| closes[*index].range.start < from)).copied()
    };
    let mut found = Scan { spans: Vec::new(), unclosed: Vec::new() };
    let mut at = 0;
    while let Some(start) = text[at..].find(OPEN).map(|offset| at + offset) {
        let key_from = start + OPEN.len();
        let Some(length) = text[key_from..].find(END) else { break };
        let key = text[key_from..key_from + length].trim();
        let inner = key_from + length + END.len();
        if key.is_empty() || key.contains("<!--") {
            at = key_from;
            continue;
        }
        let close = [next(Some(key), inner), next(None, inner)].into_iter().flatten().min();
        match close {
            Some(index) => {
                let close = &closes[index].range;
                found.spans.push(Span { key, whole: start..close.end, inner: inner..close.start });
                at = close.end;
            }
            None => {
                found.unclosed.push((key, start));
                at = inner;
            }
        }
    }
    found
}

fn closes(text: &str) -> Vec<Close<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(CLOSE).map(|offset| at + offset) {
        let rest = start + CLOSE.len();
        at = rest;
        let after = &text[rest..];
        if after.starts_with(END) {
            found.push(Close { key: None, range: start..rest + END.len() });
        } else if let Some(keyed) = after.strip_prefix(':') {
            // A key stands on the marker's own line.
            let line = &keyed[..keyed.find('\n').unwrap_or(keyed.len())];
            if let Some(length) = line.find(END) {
                let end = rest + 1 + length + END.len();
                found.push(Close { key: Some(keyed[..length].trim()), range: start..end });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<&str> {
        scan(text).spans.iter().map(|span| span.key).collect()
    }

    #[test]
    fn the_first_fitting_close_ends_a_block() {
        let text = "<!-- erk:metadata-block:a -->1<!-- /erk:metadata-block:b -->2<!-- /erk:metadata-block -->\
                    <!-- erk:metadata-block:a -->3<!-- /erk:metadata-block:a -->";
        let found = scan(text);
        assert_eq!(keys(text), ["a", "a"]);
        assert_eq!(&text[found.spans[1].inner.clone()], "3");
    }

    #[test]
    fn an_unclosed_block_is_reported_and_hides_nothing() {
        let text =
            "<!-- erk:metadata-block:a -->x<!-- erk:metadata-block:b -->y<!-- /erk:metadata-block:b -->";
        assert_eq!(keys(text), ["b"]);
        assert_eq!(scan(text).unclosed, [("a", 0)]);
    }
}
