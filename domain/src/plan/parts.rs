//! Plan comments: one, or several in order when the plan is longer than one comment may be.
//!
//! Every part after the first carries a marker that says how it joins the one before, so that the
//! whole text comes back as it was (but for white space at its ends and for CRLF, which becomes LF).

use crate::block::{self, RenderError};

/// The longest text put into one comment, in characters. GitHub allows 65,536 for a body; the rest
/// is for the frame and for markers.
pub const MAX_PART: usize = 60_000;

const MARKER: &str = "<!-- waymark:plan-part ";

/// The longest gap of white space that a marker spells out.
const MAX_GAP: usize = 100;

/// The bodies of the comments that hold a plan, in order; never none.
///
/// # Errors
/// A text that can't be written unharmed.
pub fn comments(plan: &str) -> Result<Vec<String>, RenderError> {
    // Closing markers are made harmless before the text is measured.
    let plan = block::harmless("plan-body", &plan.trim().replace("\r\n", "\n"));
    let mut parts: Vec<(String, &str)> = Vec::new();
    let (mut gap, mut rest) = (String::new(), plan.as_str());
    while let Some((head, next, tail)) = split(rest) {
        parts.push((gap, head));
        (gap, rest) = (next, tail);
    }
    parts.push((gap, rest));
    let count = parts.len();
    parts
        .iter()
        .enumerate()
        .map(|(at, (gap, text))| {
            let block = block::render_content("plan-body", text)?;
            Ok(match at {
                0 => block,
                _ => format!("{MARKER}{} of {count}, joined by '{gap}' -->\n{block}", at + 1),
            })
        })
        .collect()
}

/// Number of the part (from 2) and the white space before it, of a comment that continues a plan.
pub fn part(comment: &str) -> Option<(usize, String)> {
    let rest = comment.trim_start().strip_prefix(MARKER)?;
    let (number, rest) = rest.split_once(" of ")?;
    let (_, rest) = rest.split_once(", joined by '")?;
    let (gap, _) = rest.split_once("' -->")?;
    let number = number.parse().ok().filter(|number| *number > 1)?;
    Some((number, spelled(gap)?))
}

/// White space from its letters, as [`letters`] made them.
fn spelled(gap: &str) -> Option<String> {
    let space = |letter| match letter {
        'n' => Some('\n'),
        's' => Some(' '),
        't' => Some('\t'),
        _ => None,
    };
    if gap.len() > MAX_GAP { None } else { gap.chars().map(space).collect() }
}

fn letters(gap: &str) -> Option<String> {
    let letter = |space| match space {
        '\n' => Some('n'),
        ' ' => Some('s'),
        '\t' => Some('t'),
        _ => None,
    };
    if gap.len() > MAX_GAP { None } else { gap.chars().map(letter).collect() }
}

/// Cut a text that is too long: head, gap, tail. Neither head's end nor tail's start is white space,
/// which a block does not keep.
fn split(text: &str) -> Option<(&str, String, &str)> {
    let (limit, _) = text.char_indices().nth(MAX_PART)?;
    // Where a paragraph ends, else a line, else a word, in the second half; else anywhere.
    for wanted in ["\n\n", "\n", " "] {
        let mut end = limit;
        while let Some(at) = text[..end].rfind(wanted).filter(|at| *at > limit / 2) {
            if let Some(cut) = cut_around(text, at) {
                return Some(cut);
            }
            end = text[..at].trim_end().len();
        }
    }
    let between_letters = |(at, c): &(usize, char)| {
        !c.is_whitespace() && !text[..*at].ends_with(char::is_whitespace) && *at > 0
    };
    let at = text[..limit].char_indices().rfind(between_letters).map_or(limit, |(at, _)| at);
    Some((&text[..at], String::new(), &text[at..]))
}

/// The cut whose gap is all the white space around a place.
fn cut_around(text: &str, at: usize) -> Option<(&str, String, &str)> {
    let head = text[..at].trim_end();
    let tail = text[at..].trim_start();
    let gap = letters(&text[head.len()..text.len() - tail.len()])?;
    (!head.is_empty() && !tail.is_empty()).then_some((head, gap, tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Source, text};

    fn read_back(plan: &str) -> (usize, Option<String>) {
        let comments = comments(plan).unwrap_or_default();
        let numbered: Vec<(u64, &str)> = (10..).zip(comments.iter().map(String::as_str)).collect();
        let found = text("", &numbered);
        assert!(found.as_ref().is_none_or(|found| found.source == Source::Comment), "{found:?}");
        assert!(comments.iter().all(|comment| comment.chars().count() < 65_536));
        (comments.len(), found.map(|found| found.text))
    }

    #[test]
    fn a_short_plan_is_one_comment() {
        assert_eq!(read_back("# Plan\n\n1. a\n"), (1, Some("# Plan\n\n1. a".to_owned())));
    }

    #[test]
    fn a_long_plan_comes_back_whole() {
        for paragraph in
            ["Ünïcode wörds here.\n\n", "    indented code\n", "x", "line\n\n\n\n- item\n", "a  ", "b \n\t"]
        {
            let plan = paragraph.repeat(3 * MAX_PART / paragraph.chars().count());
            let (count, text) = read_back(&plan);
            assert!((3..=7).contains(&count), "{count} of {paragraph:?}");
            assert!(text.as_deref() == Some(plan.trim()), "{paragraph:?}");
        }
    }
}
