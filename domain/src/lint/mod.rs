//! Remarks about an instruction before it is dispatched: what is hidden in it, what should not be in
//! it, and what will probably not work well.
//!
//! Properties: every remark has its place and its reason; nothing but a secret blocks; the same
//! instruction gives the same remarks, in the order of the text.

mod fit;
mod hidden;
mod secrets;

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An HTML comment: the page doesn't show it, the agent reads it.
    HiddenComment,
    /// Characters without width.
    ZeroWidth,
    /// Characters that turn the direction of the text.
    Bidirectional,
    /// What looks like a secret.
    Secret,
    /// Too little to work with.
    Vague,
    /// Work that goes on, rather than a change made once.
    NotOneShot,
}

/// A remark about an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub kind: Kind,
    /// From 1.
    pub line: u32,
    /// In characters of the line, from 1.
    pub column: u32,
    pub message: String,
}

impl Remark {
    /// Whether the instruction may not be dispatched as it is.
    pub fn is_blocking(&self) -> bool {
        self.kind == Kind::Secret
    }
}

/// A find at a byte of the instruction.
struct Find {
    at: usize,
    kind: Kind,
    message: String,
}

/// All remarks about an instruction.
pub fn lint(instruction: &str) -> Vec<Remark> {
    let mut finds = hidden::finds(instruction);
    finds.extend(secrets::finds(instruction));
    finds.extend(fit::finds(instruction));
    finds.sort_by_key(|find| find.at);
    let (mut at, mut line, mut start) = (0, 1, 0);
    finds
        .into_iter()
        .map(|find| {
            for (offset, _) in instruction[at..find.at].match_indices('\n') {
                line += 1;
                start = at + offset + 1;
            }
            at = find.at;
            let column = instruction[start..at].chars().count() as u32 + 1;
            Remark { kind: find.kind, line, column, message: find.message }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_carry_their_place_and_only_secrets_block() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        let remarks =
            lint(&format!("Fix src/a.rs\nÜse {token} here <!-- and\nhidden -->\nend\u{200b} of \u{202e}it"));
        let told: Vec<_> = remarks.iter().map(|r| (r.kind, r.line, r.column, r.is_blocking())).collect();
        assert_eq!(
            told,
            [
                (Kind::Secret, 2, 5, true),
                (Kind::HiddenComment, 2, 51, false),
                (Kind::ZeroWidth, 4, 4, false),
                (Kind::Bidirectional, 4, 9, false),
            ]
        );
        assert!(remarks.iter().all(|remark| !remark.message.contains(&token)));
    }

    #[test]
    fn an_ordinary_instruction_has_no_remarks() {
        assert_eq!(lint("Add TypeScript types to the UserProfile.tsx file"), []);
        assert_eq!(lint("Fix the flaky test in `auth_test.rs` 👩‍💻 ❤️"), []);
    }
}
