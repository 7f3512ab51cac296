//! The lines of a Markdown text that stand outside code fences.

/// A line with its number (from 0) that is not part of a fenced code block.
pub(crate) fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<(u8, usize)> = None;
    text.lines().enumerate().filter(move |(_, line)| {
        let trimmed = line.trim_start();
        let marker = trimmed.bytes().next().unwrap_or(0);
        let length = trimmed.bytes().take_while(|byte| *byte == marker).count();
        match fence {
            None if matches!(marker, b'`' | b'~') && length >= 3 => {
                fence = Some((marker, length));
                false
            }
            None => true,
            Some((open, least)) => {
                if marker == open && length >= least && trimmed[length..].trim().is_empty() {
                    fence = None;
                }
                false
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fenced_lines_are_left_out() {
        let text = "a\n```sh\nb\n~~~\n```\nc\n~~~~\nd\n~~~\n~~~~\ne";
        let lines: Vec<_> = outside_fences(text).collect();
        assert_eq!(lines, [(0, "a"), (5, "c"), (10, "e")]);
    }
}
