//! Keeps secrets out of everything a command writes where people can read it.

const PREFIXES: [&str; 8] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "sk-ant-", "sk-proj-"];
const BLANK: &str = "***";

/// Blanks the given values, and whatever looks like a token of GitHub or of a model.
///
/// Values shorter than six bytes are left: blanking them would garble ordinary text.
pub fn mask(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= 6) {
        text = text.replace(secret.as_str(), BLANK);
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((at, prefix)) =
        PREFIXES.iter().filter_map(|prefix| Some((rest.find(prefix)?, *prefix))).min()
    {
        let tail = &rest[at + prefix.len()..];
        let length =
            tail.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        result.push_str(&rest[..at]);
        if length >= 16 {
            result.push_str(BLANK);
        } else {
            result.push_str(&rest[at..at + prefix.len() + length]);
        }
        rest = &tail[length..];
    }
    result + rest
}

/// The secrets in this process's environment.
pub fn secrets_of_environment() -> Vec<String> {
    ["GH_TOKEN", "GITHUB_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter(|value| !value.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_token_shapes_are_blanked_and_nothing_else() {
        let secrets = vec!["hunter2-hunter2".to_owned(), "abc".to_owned()];
        let text =
            "a hunter2-hunter2 b abc ghp_0123456789abcdefghij, ghp_short sk-ant-api03-abcdefghijklmnop. ü";
        assert_eq!(mask(text, &secrets), "a *** b abc ***, ghp_short ***. ü");
        assert_eq!(mask("ghp_ghp_0123456789abcdefghij", &[]), "***");
    }
}
