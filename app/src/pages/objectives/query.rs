//! The list's filters as an address: written and read back, they are the same.

use crate::address::{address, pairs};
use crate::areas::{ObjectivesQuery, Openness};

/// Which are shown, with the name in addresses and the words.
pub(super) const SHOWN: [(&str, Openness, &str); 3] =
    [("open", Openness::Open, "Open"), ("closed", Openness::Closed, "Closed"), ("all", Openness::All, "All")];

/// Reads the filters; what cannot be read is left out.
pub(super) fn read(query: &str) -> ObjectivesQuery {
    let mut out = ObjectivesQuery::default();
    for (name, value) in pairs(query) {
        let value = value.trim().to_owned();
        match name.as_str() {
            "q" => out.q = value,
            "repo" => out.repo = value,
            "owner" => out.owner = value,
            "shown" => {
                out.shown = SHOWN.iter().find(|(slug, ..)| *slug == value).map(|s| s.1).unwrap_or_default();
            }
            "ready" => out.ready = value == "1",
            "page" => out.page = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    out
}

/// The address of the list with these filters; the usual values are left out.
pub(super) fn write(query: &ObjectivesQuery) -> String {
    let shown = SHOWN.iter().find(|(_, shown, _)| *shown == query.shown && query.shown != Openness::Open);
    let page = if query.page > 1 { query.page.to_string() } else { String::new() };
    address(
        "/objectives",
        [
            ("q", query.q.as_str()),
            ("repo", &query.repo),
            ("owner", &query.owner),
            ("shown", shown.map_or("", |(slug, ..)| slug)),
            ("ready", if query.ready { "1" } else { "" }),
            ("page", &page),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_read_back() {
        let query = ObjectivesQuery {
            q: "größer & kleiner".into(),
            repo: "acme/widgets".into(),
            owner: "ada".into(),
            shown: Openness::All,
            ready: true,
            page: 3,
            per_page: 0,
        };
        let written = write(&query);
        assert_eq!(read(written.split_once('?').map_or("", |(_, query)| query)), query);
        assert_eq!(write(&ObjectivesQuery::default()), "/objectives");
    }
}
