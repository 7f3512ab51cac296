//! What differs between two texts, line by line, with a little of what stays around it.

use similar::{ChangeTag, TextDiff};
use waymark_app::areas::{DiffLine, DiffMark};

/// Lines that stay, shown before and after a change.
const AROUND: usize = 3;

/// The changed lines with their surroundings; empty for equal texts.
pub fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new) = (old.replace("\r\n", "\n"), new.replace("\r\n", "\n"));
    let diff = TextDiff::from_lines(&old, &new);
    let mut out: Vec<DiffLine> = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        if !out.is_empty() {
            out.push(DiffLine { mark: DiffMark::Gap, text: String::new() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let mark = match change.tag() {
                ChangeTag::Equal => DiffMark::Kept,
                ChangeTag::Delete => DiffMark::Removed,
                ChangeTag::Insert => DiffMark::Added,
            };
            out.push(DiffLine { mark, text: change.value().trim_end_matches('\n').to_owned() });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_with_a_little_around_them() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13";
        let told: String = lines(old, new)
            .iter()
            .map(|line| {
                let mark = match line.mark {
                    DiffMark::Kept => ' ',
                    DiffMark::Added => '+',
                    DiffMark::Removed => '-',
                    DiffMark::Gap => '…',
                };
                format!("{mark}{};", line.text)
            })
            .collect();
        assert_eq!(told, " 2; 3; 4;-5;+five; 6; 7; 8;…; 10; 11; 12;+13;");
        assert_eq!(lines("a\r\nb", "a\nb"), []);
    }
}
