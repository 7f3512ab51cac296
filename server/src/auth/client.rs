//! From where a request comes: the peer of the connection, or what a trusted proxy says of it.
//!
//! - Only a proxy of `WAYMARK_TRUSTED_PROXIES` is believed; what it was told by others is not.
//! - `X-Forwarded-For` counts, and `Forwarded` only where that is absent: a proxy that sets the one may pass
//!   the other on as a stranger sent it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, header};
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use sha2::Sha256;

use crate::config::EncryptionKey;

/// The address that limits count by. Of IPv6 it is the network of 64 bits, which one subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Where a request with these headers comes from.
    pub fn of(peer: Option<SocketAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> ClientAddress {
        let Some(peer) = peer else { return ClientAddress(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)) };
        let mut client = peer.ip().to_canonical();
        let mut before = forwarded(headers);
        // From the nearest hop outwards, as long as the one that reports is trusted.
        while trusted.iter().any(|network| network.contains(&client))
            && let Some(Some(next)) = before.pop()
        {
            client = next;
        }
        ClientAddress(match client {
            IpAddr::V4(_) => client,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

impl ClientAddress {
    /// The address as the database may keep it: it says whether two are the same, and no more.
    pub fn hashed(&self, key: &EncryptionKey) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.0) else { return String::new() };
        mac.update(b"client address ");
        mac.update(self.0.to_string().as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

/// The addresses that the proxies report, the nearest last. Nothing stands for one that cannot be read.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = |name| headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    if headers.contains_key("x-forwarded-for") {
        return lines("x-forwarded-for").flat_map(|line| line.split(',')).map(address).collect();
    }
    lines(header::FORWARDED.as_str())
        .flat_map(|line| line.split(','))
        .map(|hop| {
            let pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
            let mut hosts = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
            hosts.next().and_then(|(_, host)| address(host))
        })
        .collect()
}

/// An address with or without its port, quotes and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare =
        text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inside, _)| inside);
    let parsed = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, trusted: &str, name: &'static str, value: &str) -> String {
        let mut headers = HeaderMap::new();
        if !value.is_empty() {
            headers.insert(name, value.parse().expect("a header"));
        }
        let trusted: Vec<IpNet> = trusted.split(',').map(|text| text.parse().expect("a network")).collect();
        let peer = SocketAddr::new(peer.parse().expect("an address"), 4711);
        ClientAddress::of(Some(peer), &headers, &trusted).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let here = |peer, value| of(peer, "10.0.0.0/8", "x-forwarded-for", value);
        assert_eq!(here("203.0.113.9", "198.51.100.1"), "203.0.113.9", "a stranger says what it likes");
        assert_eq!(here("10.0.0.2", "198.51.100.1"), "198.51.100.1");
        assert_eq!(here("10.0.0.2", "192.0.2.7, 198.51.100.1"), "198.51.100.1", "what it was told is not");
        assert_eq!(here("10.0.0.2", "198.51.100.1, 10.0.0.3"), "198.51.100.1", "two proxies in a row");
        assert_eq!(here("10.0.0.2", "198.51.100.1, nonsense"), "10.0.0.2");
        assert_eq!(here("10.0.0.2", ""), "10.0.0.2");
        assert_eq!(here("::ffff:10.0.0.2", "198.51.100.1"), "198.51.100.1");
    }

    #[test]
    fn each_way_of_writing_an_address_is_read() {
        let forwarded = |value| of("10.0.0.2", "10.0.0.0/8", "forwarded", value);
        assert_eq!(forwarded("for=198.51.100.1;proto=https"), "198.51.100.1");
        assert_eq!(forwarded("proto=https;For=\"198.51.100.1:80\""), "198.51.100.1");
        assert_eq!(forwarded("for=192.0.2.1, for=\"[2001:db8:1:2::5]:8080\""), "2001:db8:1:2::");
        assert_eq!(forwarded("for=_hidden"), "10.0.0.2");
        let listed = |value| of("10.0.0.2", "10.0.0.0/8", "x-forwarded-for", value);
        assert_eq!(listed("2001:db8:1:2:3::4"), "2001:db8:1:2::", "one subscriber has a whole network");
        assert_eq!(listed("198.51.100.1:1234"), "198.51.100.1");
    }
}
