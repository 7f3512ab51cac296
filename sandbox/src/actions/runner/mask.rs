//! Secrets do not appear in logs, annotations or outputs, nor do their usual encodings.

use base64::{Engine, engine::general_purpose::STANDARD};

#[derive(Debug, Clone, Default)]
pub struct Masks(Vec<String>);

impl Masks {
    /// Hides a value, each of its lines, and their encodings in base64, JSON and addresses.
    pub fn add(&mut self, value: &str) {
        for part in std::iter::once(value).chain(value.lines()) {
            if part.trim().is_empty() {
                continue;
            }
            let json = serde_json::to_string(part).unwrap_or_default();
            let form: String = url::form_urlencoded::byte_serialize(part.as_bytes()).collect();
            for text in [part, &STANDARD.encode(part), json.trim_matches('"'), &form] {
                if !text.is_empty() && !self.0.iter().any(|known| known == text) {
                    self.0.push(text.to_owned());
                }
            }
        }
        // A secret that contains another one is hidden as a whole.
        self.0.sort_by_key(|m| std::cmp::Reverse(m.len()));
    }

    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| match text.contains(secret) {
            true => text.replace(secret, "***"),
            false => text,
        })
    }

    pub fn found_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_encodings_are_hidden() {
        let mut masks = Masks::default();
        masks.add("s3cr\"et");
        masks.add("s3cr\"et-longer");
        masks.add("first line\nsecond line\n");
        masks.add(" \n");
        for (text, hidden) in [
            ("a s3cr\"et b", "a *** b"),
            ("s3cr\"et-longer", "***"),
            ("{\"k\": \"s3cr\\\"et\"}", "{\"k\": \"***\"}"),
            ("q=s3cr%22et", "q=***"),
            ("a second line", "a ***"),
            ("a b", "a b"),
        ] {
            assert_eq!(masks.hide(text), hidden);
        }
        assert_eq!(masks.hide(&STANDARD.encode("s3cr\"et")), "***");
        assert!(masks.found_in("xs3cr\"etx") && !masks.found_in("x"));
    }
}
