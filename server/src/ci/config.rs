//! `.waymark/config.toml` and the prompts, read from the commit that the run was started on.

use serde::Deserialize;

use super::failure::Failure;

/// What a repository configures. Absent parts have the values of the file that Waymark ships.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    pub agent: Agent,
    pub secrets: Secrets,
    pub checks: Checks,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Agent {
    /// Program and arguments; `{model}` is replaced by the model's name.
    pub command: Vec<String>,
    /// Used when the dispatch names none.
    pub model: String,
    pub plan_minutes: u64,
    pub implement_minutes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// Names of the secrets without which nothing starts.
    pub required: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Checks {
    /// A shell command; empty for none.
    pub command: String,
}

impl Default for Agent {
    fn default() -> Agent {
        let words =
            ["claude", "--print", "--model", "{model}", "--output-format", "stream-json", "--verbose"];
        let command =
            words.iter().chain(&["--dangerously-skip-permissions"]).map(|word| (*word).to_owned()).collect();
        Agent { command, model: "claude-opus-4-6".into(), plan_minutes: 25, implement_minutes: 165 }
    }
}

impl Default for Secrets {
    fn default() -> Secrets {
        let names = ["ERK_QUEUE_GH_PAT", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"];
        Secrets { required: names.map(str::to_owned).to_vec() }
    }
}

impl Config {
    /// Reads the text of `.waymark/config.toml`.
    ///
    /// # Errors
    /// When it is not TOML of this form, or names no agent; the message has the line.
    pub fn parse(text: &str) -> Result<Config, Failure> {
        let config: Config =
            toml::from_str(text).map_err(|error| Failure::new(".waymark/config.toml", error.to_string()))?;
        if config.agent.command.first().is_none_or(|program| program.trim().is_empty()) {
            return Err(Failure::new(".waymark/config.toml", "agent.command names no program."));
        }
        Ok(config)
    }

    /// The agent's program and arguments with the model put in.
    pub fn agent_command(&self, model: Option<&str>) -> (String, Vec<String>) {
        let model = self.model(model);
        let mut words = self.agent.command.iter().map(|word| word.replace("{model}", model));
        (words.next().unwrap_or_default(), words.collect())
    }

    /// The model that a dispatch chose, or the repository's own.
    pub fn model<'a>(&'a self, chosen: Option<&'a str>) -> &'a str {
        chosen.unwrap_or(&self.agent.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_says_what_holds_without_a_file() {
        let shipped = crate::ci::shipped::file(".waymark/config.toml").expect("shipped");
        assert_eq!(Config::parse(shipped), Ok(Config::default()));
        assert_eq!(Config::parse(""), Ok(Config::default()));
    }

    #[test]
    fn the_model_is_put_into_the_command() {
        let config =
            Config::parse("[agent]\ncommand = [\"x\", \"-m={model}\"]\nmodel = \"m1\"").expect("sound");
        assert_eq!(config.agent_command(None), ("x".into(), vec!["-m=m1".into()]));
        assert_eq!(config.agent_command(Some("m2")), ("x".into(), vec!["-m=m2".into()]));
    }

    #[test]
    fn a_broken_file_is_named_with_the_line() {
        assert!(Config::parse("\n[agent\n").expect_err("broken").message.contains("line 2"));
        assert!(Config::parse("[agent]\ncommand = []").is_err());
    }
}
