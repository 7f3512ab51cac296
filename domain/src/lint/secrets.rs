//! What looks like a real secret. Placeholders (`ghp_xxxx...`, `...EXAMPLE`) do not.

use super::{Find, Kind};

/// How a kind of secret looks: what it begins with, which characters follow and how many at least.
struct Look {
    prefix: &'static str,
    /// Characters beside letters and digits.
    also: &'static str,
    least: usize,
    name: &'static str,
}

const LOOKS: &[Look] = &[
    Look { prefix: "ghp_", also: "", least: 36, name: "a personal access token of GitHub" },
    Look { prefix: "gho_", also: "", least: 36, name: "an OAuth token of GitHub" },
    Look { prefix: "ghu_", also: "", least: 36, name: "a user token of a GitHub App" },
    Look { prefix: "ghs_", also: "", least: 36, name: "an installation token of a GitHub App" },
    Look { prefix: "ghr_", also: "", least: 36, name: "a refresh token of GitHub" },
    Look { prefix: "github_pat_", also: "_", least: 40, name: "a personal access token of GitHub" },
    Look { prefix: "glpat-", also: "-_", least: 20, name: "an access token of GitLab" },
    Look { prefix: "sk-ant-", also: "-_", least: 32, name: "an API key of Anthropic" },
    Look { prefix: "sk-", also: "-_", least: 40, name: "an API key" },
    Look { prefix: "sk_live_", also: "", least: 24, name: "a live key of Stripe" },
    Look { prefix: "rk_live_", also: "", least: 24, name: "a live key of Stripe" },
    Look { prefix: "AKIA", also: "", least: 16, name: "an access key of AWS" },
    Look { prefix: "ASIA", also: "", least: 16, name: "an access key of AWS" },
    Look { prefix: "AIza", also: "-_", least: 35, name: "an API key of Google" },
    Look { prefix: "xoxb-", also: "-", least: 20, name: "a token of Slack" },
    Look { prefix: "xoxp-", also: "-", least: 20, name: "a token of Slack" },
    Look { prefix: "xoxa-", also: "-", least: 20, name: "a token of Slack" },
    Look { prefix: "xapp-", also: "-", least: 20, name: "a token of Slack" },
    Look { prefix: "npm_", also: "", least: 36, name: "an access token of npm" },
    Look { prefix: "pypi-", also: "-_", least: 50, name: "an API token of PyPI" },
    Look { prefix: "hf_", also: "", least: 30, name: "an access token of Hugging Face" },
    Look { prefix: "dop_v1_", also: "", least: 40, name: "an access token of DigitalOcean" },
    Look { prefix: "SG.", also: "-_.", least: 40, name: "an API key of SendGrid" },
];

pub(super) fn finds(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut word_start = true;
    let mut until = 0;
    for (at, c) in text.char_indices() {
        if at >= until
            && word_start
            && let Some((end, name)) = secret(&text[at..])
        {
            until = at + end;
            let message = format!(
                "This looks like {name}. It would be stored on GitHub, where many can read it: take it out, and revoke it if it was ever sent."
            );
            finds.push(Find { at, kind: Kind::Secret, message });
        }
        word_start = !c.is_ascii_alphanumeric() && c != '_';
    }
    finds
}

/// Length and name of the secret a text begins with.
fn secret(text: &str) -> Option<(usize, &'static str)> {
    if text.starts_with("-----BEGIN ") {
        return private_key(text).map(|end| (end, "a private key"));
    }
    let look = LOOKS.iter().find(|look| text.starts_with(look.prefix))?;
    let body = &text[look.prefix.len()..];
    let length =
        body.bytes().take_while(|b| b.is_ascii_alphanumeric() || look.also.as_bytes().contains(b)).count();
    (length >= look.least && is_random(&body[..length])).then_some((look.prefix.len() + length, look.name))
}

/// The head of a private key and at least some of its inside.
fn private_key(text: &str) -> Option<usize> {
    let line = text.lines().next()?;
    let inside = text.lines().nth(1)?.trim();
    let is_key = line.contains("PRIVATE KEY") && inside.len() >= 16 && is_random(inside);
    is_key.then_some(line.len())
}

/// Whether characters vary as in a secret: many different ones, no long run, no word for an example.
fn is_random(body: &str) -> bool {
    let mut seen = [false; 128];
    let (mut run, mut longest, mut last) = (0, 0, 0);
    for byte in body.bytes() {
        seen[usize::from(byte & 0x7f)] = true;
        run = if byte == last { run + 1 } else { 1 };
        longest = longest.max(run);
        last = byte;
    }
    let different = seen.iter().filter(|seen| **seen).count();
    let upper = body.to_ascii_uppercase();
    let placeholder = ["EXAMPLE", "PLACEHOLDER", "REDACTED", "YOUR", "DUMMY", "XXXX"];
    different >= 8 && longest < 6 && !placeholder.iter().any(|word| upper.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        finds(text).len()
    }

    #[test]
    fn real_looking_secrets_are_found_once() {
        let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
        for text in [
            format!("token: ghp_{random}."),
            format!("https://x:gho_{random}@github.com"),
            format!("KEY=sk-ant-api03-{random}-{random}"),
            "AKIAQ3EGBLZ7WNPX2K5T".to_owned(),
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7Kf9\n-----END RSA PRIVATE KEY-----"
                .to_owned(),
        ] {
            assert_eq!(found(&text), 1, "{text}");
        }
    }

    #[test]
    fn placeholders_and_words_are_not_secrets() {
        for text in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
            "sk-learn and task-ant-hill",
            "ghp_short",
            "rotate the `ERK_QUEUE_GH_PAT` secret",
            "write -----BEGIN PRIVATE KEY----- to a file",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }
}
