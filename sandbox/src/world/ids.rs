//! Random names: tokens, codes, delivery GUIDs, ids of gists.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hex::encode;

/// `length` letters and digits after the prefix, enough not to be guessed.
pub fn secret(prefix: &str, length: usize) -> String {
    let mut out = String::from(prefix);
    while out.len() < prefix.len() + length {
        let more = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
        out.extend(more.chars().filter(char::is_ascii_alphanumeric));
    }
    out.truncate(prefix.len() + length);
    out
}

/// A version 4 UUID.
pub fn guid() -> String {
    let mut b = rand::random::<[u8; 16]>();
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let h = encode(b);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

/// 32 hexadecimal digits, as gists are named.
pub fn hex32() -> String {
    encode(rand::random::<[u8; 16]>())
}

/// The GraphQL id of an object; opaque to clients.
pub fn node_id(kind: &str, id: u64) -> String {
    format!("{kind}_{}", URL_SAFE_NO_PAD.encode(format!("{kind}:{id}")))
}

/// The kind and database id that [`node_id`] was made of.
pub fn read_node_id(node: &str) -> Option<(String, u64)> {
    let (_, tail) = node.split_once('_')?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(tail).ok()?).ok()?;
    let (kind, id) = text.split_once(':')?;
    Some((kind.to_owned(), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_ids_read_back() {
        let node = node_id("PR", 42);
        assert_eq!(read_node_id(&node), Some(("PR".to_owned(), 42)));
        assert_eq!(read_node_id("PR_!"), None);
    }

    #[test]
    fn secrets_have_their_length() {
        assert_eq!(secret("gho_", 36).len(), 40);
        assert_ne!(secret("", 36), secret("", 36));
        assert_eq!(guid().len(), 36);
    }
}
