//! What git takes for the name of a branch (git-check-ref-format).

/// GitHub takes no longer names, in bytes.
const LONGEST: usize = 255;

/// Whether a branch can have this name.
pub fn is_branch_name(name: &str) -> bool {
    let fits = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let refused = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    name.len() <= LONGEST
        && name.split('/').all(fits)
        && !name.contains(refused)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with('-')
        && name != "HEAD"
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "main @ feature/a.b P12-x-01-02-0304 a- ä/ö a@b 100% a#b x.locked release/v1.2.3";
    const BAD: &str = ".. a..b ../../../../user main/.. ./a a/.b .a a. a/ /a a//b a~b a^b a:b a?b a*b a[b a\\b a@{b \
                       -a HEAD a.lock a.lock/b a/b.lock / heads/../x";

    #[test]
    fn names_are_told_apart_as_git_does() {
        let bad = BAD.split_whitespace().chain(["", "a b", "a\tb", "a\nb", "a\u{7f}b"]);
        let all = GOOD.split_whitespace().map(|name| (name, true)).chain(bad.map(|name| (name, false)));
        for (name, good) in all {
            assert_eq!(is_branch_name(name), good, "{name:?}");
            let git = std::process::Command::new("git")
                .args(["check-ref-format", "--branch", name])
                .current_dir(std::env::temp_dir())
                .output()
                .expect("git runs");
            assert_eq!(git.status.success(), good, "git on {name:?}");
        }
        assert!(is_branch_name(&"a".repeat(LONGEST)) && !is_branch_name(&"a".repeat(LONGEST + 1)));
    }
}
