//! `Closes #N` and plain mentions in bodies and commit messages.

use std::sync::LazyLock;

use regex::Regex;

static CLOSING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+(?:([\w.-]+/[\w.-]+))?#(\d+)\b").ok()
});

static MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[^\w/#&])#(\d+)\b").ok());

/// Numbers of the issues of this repository (`owner/name`) that the text would close.
pub fn closing(text: &str, repo: &str) -> Vec<u64> {
    let found = CLOSING
        .iter()
        .flat_map(|re| re.captures_iter(text))
        .filter(|c| c.get(1).is_none_or(|named| named.as_str().eq_ignore_ascii_case(repo)));
    unique(found.filter_map(|c| c[2].parse().ok()))
}

/// Numbers of the issues that the text mentions.
pub fn mentions(text: &str) -> Vec<u64> {
    unique(MENTION.iter().flat_map(|re| re.captures_iter(text)).filter_map(|c| c[1].parse().ok()))
}

fn unique(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut all: Vec<u64> = numbers.collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_close_only_this_repository() {
        let text = "Closes #4, fixes: #5; resolved other/repo#6 and CLOSES acme/widgets#7, encloses #8";
        assert_eq!(closing(text, "acme/widgets"), [4, 5, 7]);
    }

    #[test]
    fn mentions_stand_alone() {
        assert_eq!(mentions("#1 see (#2) a#3 x/y#4 &#5; #2"), [1, 2]);
    }
}
