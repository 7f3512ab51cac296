//! Addresses: every state of a page has one, and reading it back gives the same state.

/// Writes `path?name=value&...`, leaving out empty values.
pub(crate) fn address<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        if !value.is_empty() {
            out.append_pair(name, value);
        }
    }
    let query = out.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The pairs of a query, decoded.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The first value of a name in a query, without blank ones.
pub(crate) fn value(query: &str, name: &str) -> Option<String> {
    pairs(query).into_iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value)
}

/// The address with some pairs of its query replaced; an empty value takes the pair out.
pub(crate) fn with(address_now: &str, changes: &[(&str, &str)]) -> String {
    let (path, query) = address_now.split_once('?').unwrap_or((address_now, ""));
    let kept: Vec<(String, String)> =
        pairs(query).into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)).collect();
    let kept = kept.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    address(path, kept.chain(changes.iter().copied()))
}

/// An address within this site, or the overview: never somewhere else.
pub(crate) fn local(address: &str) -> String {
    let within = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && address.chars().all(|c| c.is_ascii_graphic());
    if within { address.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_back_as_written() {
        let written =
            address("/new", [("instruction", "Füge 1+1 & mehr\nhinzu?"), ("base", ""), ("repo", "a/b")]);
        let (_, query) = written.split_once('?').expect("a query");
        assert_eq!(
            pairs(query),
            [
                ("instruction".to_owned(), "Füge 1+1 & mehr\nhinzu?".to_owned()),
                ("repo".to_owned(), "a/b".to_owned())
            ]
        );
    }

    #[test]
    fn changes_replace_and_remove() {
        assert_eq!(
            with("/new?draft=1&show=preview&notice=x", &[("show", ""), ("notice", "y")]),
            "/new?draft=1&notice=y"
        );
        assert_eq!(with("/?page=3", &[("page", "")]), "/");
    }

    #[test]
    fn only_addresses_of_this_site_are_kept() {
        assert_eq!(local("/new?draft=1"), "/new?draft=1");
        for elsewhere in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/a\nb",
            "/\u{e4}",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
