//! What identifies a dispatch: made once, and recorded before anything is sent.

use rand::RngExt;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Random lower-case letters and digits from the operating system's generator.
fn random(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

/// Names a dispatch in addresses and markers. Unguessable: 103 bits.
pub fn dispatch_id() -> String {
    random(20)
}

/// Names a draft. Unguessable: whoever holds it may read the draft.
pub fn draft_id() -> String {
    random(26)
}

/// Six letters and digits by which the run of a dispatch is found, as erk makes them.
pub fn distinct_id() -> String {
    random(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_length_and_differ() {
        assert_eq!(distinct_id().len(), 6);
        assert_ne!(dispatch_id(), dispatch_id());
        assert!(draft_id().bytes().all(|byte| ALPHABET.contains(&byte)));
    }
}
