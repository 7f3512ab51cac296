//! Names in the paths of GitHub's API.

/// `text` for a path or query: everything but letters, digits, `-`, `.`, `_`, `~` and `/` is escaped.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
        encoded
    })
}

/// Whether a path stays where it is written to lead: no segment goes up, written out or encoded.
pub(super) fn stays(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.split('/').all(|part| !matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_so_that_it_means_itself() {
        assert_eq!(encode("acme:P1-a/b c#d"), "acme%3AP1-a/b%20c%23d");
    }

    #[test]
    fn a_path_that_leads_up_is_known() {
        for path in ["/repos/a/b/branches/x", "/repos/a/b/contents/.github/x..y", "/search?q=/../", "/user"] {
            assert!(stays(path), "{path}");
        }
        for path in [
            "/repos/a/b/branches/../../user",
            "/repos/a/..",
            "/repos/%2e%2E/user",
            "/repos/./user",
            "/a/.%2e/b",
        ] {
            assert!(!stays(path), "{path}");
        }
    }
}
