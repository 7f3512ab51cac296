//! Finding the markers of blocks, in one pass over the body.

use std::collections::HashMap;
use std::ops::Range;

use super::parts::is_space;

/// The line erk and Waymark put in front of every block they write.
pub const WARNING: &str = "<!-- WARNING: Machine-generated. Manual edits may break erk tooling. -->";

pub(super) const OPEN: &str = "<!-- erk:metadata-block:";
const CLOSE: &str = "<!-- /erk:metadata-block";
const END: &str = " -->";

/// Longer keys are not markers of anybody.
pub(super) const MAX_KEY: usize = 1_000;

/// More blocks, and more stray markers of a kind, than fit into any body of GitHub (65,536 characters)
/// are not listed, so that a hostile text takes no more memory than it has bytes.
pub(super) const MAX_LISTED: usize = 2_500;

/// A block by its markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub key: &'a str,
    /// From the opening marker to the end of the closing one.
    pub whole: Range<usize>,
    /// What is between the markers.
    pub inner: Range<usize>,
}

/// A marker that makes no block: an opening one never closed, or a closing one nothing waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stray<'a> {
    pub key: &'a str,
    pub at: usize,
    pub is_close: bool,
}

/// One marker, opening or closing.
struct Marker<'a> {
    key: Option<&'a str>,
    range: Range<usize>,
}

/// What the markers of a body make, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub spans: Vec<Span<'a>>,
    pub strays: Vec<Stray<'a>>,
    /// Where the first block stands that is not listed because there are too many.
    pub cut_at: Option<usize>,
}

/// All blocks and all stray markers.
pub(super) fn find(body: &str) -> Found<'_> {
    let opens = markers(body, OPEN, true);
    let closes: Vec<Marker<'_>> = markers(body, CLOSE, false).collect();
    let mut bare = Vec::new();
    let mut keyed: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, close) in closes.iter().enumerate() {
        match close.key {
            None => bare.push(at),
            Some(key) => keyed.entry(key).or_default().push(at),
        }
    }
    let first_after = |list: &[usize], from: usize| {
        let at = list.partition_point(|index| closes[*index].range.start < from);
        list.get(at).copied()
    };
    let (mut spans, mut strays, mut cut_at) = (Vec::new(), Vec::new(), None);
    let mut used = vec![false; closes.len()];
    let mut end = 0;
    for open in opens {
        let Some(key) = open.key else { continue };
        if open.range.start < end {
            continue;
        }
        if spans.len() == MAX_LISTED {
            cut_at = Some(open.range.start);
            break;
        }
        // At least one character stands between the markers.
        let from = open.range.end + 1;
        let own = keyed.get(key).and_then(|list| first_after(list, from));
        let close = match (own, first_after(&bare, from)) {
            (Some(own), Some(bare)) => Some(own.min(bare)),
            (own, bare) => own.or(bare),
        };
        match close {
            Some(close) => {
                used[close] = true;
                end = closes[close].range.end;
                spans.push(Span {
                    key: key.trim_matches(is_space),
                    whole: open.range.start..end,
                    inner: open.range.end..closes[close].range.start,
                });
            }
            None if strays.len() >= MAX_LISTED => {}
            None => {
                strays.push(Stray { key: key.trim_matches(is_space), at: open.range.start, is_close: false })
            }
        }
    }
    let mut covering = spans.iter().peekable();
    let listed = |close: &&Marker<'_>| cut_at.is_none_or(|cut| close.range.start < cut);
    for (close, used) in closes.iter().take_while(listed).zip(used) {
        while covering.peek().is_some_and(|span| span.whole.end <= close.range.start) {
            covering.next();
        }
        let covered = covering.peek().is_some_and(|span| span.whole.start < close.range.start);
        if !used && !covered && strays.len() < 2 * MAX_LISTED {
            strays.push(Stray {
                key: close.key.unwrap_or("").trim_matches(is_space),
                at: close.range.start,
                is_close: true,
            });
        }
    }
    strays.sort_by_key(|stray| stray.at);
    Found { spans, strays, cut_at }
}

/// The markers that begin with `start`. With `has_key` the key follows at once, else after a colon
/// or not at all.
fn markers<'a>(body: &'a str, start: &'static str, has_key: bool) -> impl Iterator<Item = Marker<'a>> {
    body.match_indices(start).filter_map(move |(at, _)| {
        let after = at + start.len();
        let rest = &body[after..];
        if !has_key && rest.starts_with(END) {
            return Some(Marker { key: None, range: at..after + END.len() });
        }
        if !has_key && !rest.starts_with(':') {
            return None;
        }
        let key_at = if has_key { after } else { after + 1 };
        let key = key(&body[key_at..])?;
        Some(Marker { key: Some(key), range: at..key_at + key.len() + END.len() })
    })
}

/// The key at the start of the text: at least one character up to ` -->`, on another line even, as erk
/// reads it.
fn key(text: &str) -> Option<&str> {
    let first = text.chars().next()?.len_utf8();
    let mut limit = text.len().min(MAX_KEY + END.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let head = &text[..limit];
    let end = first + head.get(first..)?.find(END)?;
    let key = &head[..end];
    (!key.trim_matches(is_space).is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(body: &str) -> Vec<&str> {
        find(body).spans.iter().map(|span| span.key).collect()
    }

    #[test]
    fn the_first_close_of_the_same_key_or_bare_ends_a_block() {
        let body = "<!-- erk:metadata-block:a -->1<!-- /erk:metadata-block:b -->2<!-- /erk:metadata-block --> \
                    <!-- /erk:metadata-block:a -->";
        let Found { spans, strays, .. } = find(body);
        assert_eq!(&body[spans[0].inner.clone()], "1<!-- /erk:metadata-block:b -->2");
        assert_eq!(strays.len(), 1);
        assert!(strays[0].is_close);
    }

    #[test]
    fn a_block_inside_a_block_belongs_to_the_outer_one() {
        let inner = "<!-- erk:metadata-block:in -->x<!-- /erk:metadata-block:in -->";
        let body = format!("<!-- erk:metadata-block:out -->{inner}<!-- /erk:metadata-block:out -->{inner}");
        assert_eq!(keys(&body), ["out", "in"]);
    }

    #[test]
    fn an_unclosed_block_is_stray_and_hides_nothing() {
        let body =
            "<!-- erk:metadata-block:a -->\n<!-- erk:metadata-block:b -->x<!-- /erk:metadata-block:b -->";
        assert_eq!(keys(body), ["b"]);
        assert_eq!(find(body).strays, [Stray { key: "a", at: 0, is_close: false }]);
    }

    #[test]
    fn more_blocks_than_a_body_can_hold_are_not_listed() {
        let body = "<!-- erk:metadata-block:a -->x<!-- /erk:metadata-block -->".repeat(MAX_LISTED + 2);
        let found = find(&body);
        assert_eq!((found.spans.len(), found.strays), (MAX_LISTED, vec![]));
        assert_eq!(found.cut_at, Some(body.len() / (MAX_LISTED + 2) * MAX_LISTED));
    }

    #[test]
    fn exactly_one_space_is_required() {
        assert_eq!(keys("<!--erk:metadata-block:a -->x<!-- /erk:metadata-block:a -->"), [""; 0]);
        assert_eq!(keys("<!-- erk:metadata-block:a-->x<!-- /erk:metadata-block:a -->"), [""; 0]);
    }

    #[test]
    fn a_key_ends_at_the_end_of_a_comment_only() {
        let body = "<!-- erk:metadata-block:a\nb -->x<!-- /erk:metadata-block -->";
        assert_eq!(keys(body), ["a\nb"]);
        let long =
            format!("<!-- erk:metadata-block:{} -->x<!-- /erk:metadata-block -->", "a".repeat(MAX_KEY + 1));
        assert_eq!(keys(&long), [""; 0]);
    }

    #[test]
    fn keys_are_trimmed_and_never_empty() {
        assert_eq!(keys("<!-- erk:metadata-block: a -->x<!-- /erk:metadata-block: a -->"), ["a"]);
        assert_eq!(keys("<!-- erk:metadata-block: -->x<!-- /erk:metadata-block -->"), [""; 0]);
    }
}
