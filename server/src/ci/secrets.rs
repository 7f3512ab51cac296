//! `check-secrets`: nothing starts with a secret missing, or with a token that can not do the work.

use super::desk::Desk;
use super::failure::Failure;
use super::hub::Hub;
use crate::github::Error;

const TOKEN: &str = "ERK_QUEUE_GH_PAT";

/// The scopes of a classic token that the work needs and what for.
const SCOPES: [(&str, &str); 2] = [("repo", "branches, issues and pull requests"), ("gist", "session logs")];

/// # Errors
/// Names every secret that is missing, and every scope that the token lacks.
pub async fn check(desk: &Desk) -> Result<(), Failure> {
    let required = desk.config().await?.secrets.required;
    let missing = missing(&required, &|name| std::env::var(name).ok());
    if !missing.is_empty() {
        for name in &missing {
            desk.fail(&absent(name, &desk.job.repository));
        }
        return Err(Failure::new(
            "Secrets",
            format!("The run stops here because of {}.", missing.join(", ")),
        ));
    }
    check_scopes(desk).await?;
    desk.say(&format!("All secrets are there: {}.", required.join(", ")));
    Ok(())
}

/// # Errors
/// When GitHub does not know the token, or it lacks a scope.
pub async fn check_scopes(desk: &Desk) -> Result<(), Failure> {
    match Hub::open(desk)?.scopes().await {
        Ok(Some(scopes)) => {
            let lacking = lacking(&scopes);
            if !lacking.is_empty() {
                return Err(narrow(&lacking, &scopes));
            }
        }
        Ok(None) => {
            desk.say(&format!("{TOKEN} has permissions instead of scopes; they show when they are used."))
        }
        Err(Error::Answer { status: 401, .. }) => {
            return Err(Failure::new(
                format!("Secret {TOKEN}"),
                format!(
                    "GitHub does not accept the token in the secret {TOKEN}: it has expired or was revoked. Make a new one with the scopes repo and gist, and store it under the same name."
                ),
            ));
        }
        Err(error) => return Err(super::hub::refused(&error, "check the token")),
    }
    Ok(())
}

/// The required secrets that the step does not have. The token comes as `GH_TOKEN`; of the others it is only told whether they are there.
fn missing(required: &[String], get: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let is_there = |name: &str| match name {
        TOKEN => get("GH_TOKEN").is_some_and(|token| !token.trim().is_empty()),
        other => get(&format!("HAS_{other}")).is_some_and(|there| there == "true"),
    };
    let mut names: Vec<String> = required.to_vec();
    if !names.iter().any(|name| name == TOKEN) {
        names.insert(0, TOKEN.to_owned());
    }
    names.into_iter().filter(|name| !is_there(name)).collect()
}

fn absent(name: &str, repository: &str) -> Failure {
    let what = match name {
        TOKEN => " It holds a token with the scopes repo and gist.",
        _ => "",
    };
    Failure::new(
        format!("Secret {name} is missing"),
        format!(
            "Add the secret {name} to {repository} (Settings, Secrets and variables, Actions), or remove it from secrets.required in .waymark/config.toml if your agent does not need it.{what}"
        ),
    )
}

fn lacking(scopes: &[String]) -> Vec<&'static str> {
    SCOPES.iter().map(|(name, _)| *name).filter(|name| !scopes.iter().any(|scope| scope == name)).collect()
}

fn narrow(lacking: &[&str], scopes: &[String]) -> Failure {
    let needs: Vec<String> = SCOPES
        .iter()
        .filter(|(name, _)| lacking.contains(name))
        .map(|(name, what)| format!("{name} (for {what})"))
        .collect();
    let has = if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") };
    Failure::new(
        format!("Secret {TOKEN} lacks {}", lacking.join(" and ")),
        format!(
            "The token in the secret {TOKEN} lacks the scope {}. It has: {has}. Edit the token on GitHub and add what it lacks; its value stays the same.",
            needs.join(" and ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn every_missing_secret_is_named() {
        let required = strings(&[TOKEN, "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"]);
        let with = |name: &str| match name {
            "GH_TOKEN" => Some(" ".to_owned()),
            "HAS_ANTHROPIC_API_KEY" => Some("true".to_owned()),
            "HAS_CLAUDE_CODE_OAUTH_TOKEN" => Some("false".to_owned()),
            _ => None,
        };
        assert_eq!(missing(&required, &with), [TOKEN, "CLAUDE_CODE_OAUTH_TOKEN"]);
        assert_eq!(missing(&[], &with), [TOKEN], "nothing works without the token, whatever is configured");
    }

    #[test]
    fn a_narrow_token_is_told_what_it_lacks_and_has() {
        assert!(lacking(&strings(&["repo", "gist", "workflow"])).is_empty());
        let failure = narrow(&lacking(&strings(&["repo"])), &strings(&["repo"]));
        assert_eq!(failure.title, "Secret ERK_QUEUE_GH_PAT lacks gist");
        assert!(
            failure.message.contains("gist (for session logs)") && failure.message.contains("It has: repo."),
            "{failure}"
        );
        assert_eq!(lacking(&strings(&["public_repo"])), ["repo", "gist"]);
    }
}
