//! The files that Waymark installs in a repository, as this executable carries them.

/// Path in a repository, and content.
pub const FILES: [(&str, &str); 7] = [
    (".github/workflows/one-shot.yml", include_str!("../../../workflows/one-shot.yml")),
    (".github/workflows/plan-implement.yml", include_str!("../../../workflows/plan-implement.yml")),
    (".waymark/config.toml", include_str!("../../../workflows/config.toml")),
    (".waymark/setup.sh", include_str!("../../../workflows/setup.sh")),
    (".waymark/prompts/plan.md", include_str!("../../../workflows/prompts/plan.md")),
    (".waymark/prompts/implement.md", include_str!("../../../workflows/prompts/implement.md")),
    (".waymark/prompts/summarise.md", include_str!("../../../workflows/prompts/summarise.md")),
];

/// The content of a file by its path in a repository.
pub fn file(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, content)| *content)
}

#[cfg(test)]
mod tests {
    use clap::Subcommand as _;

    use super::*;
    use crate::ci::Ci;

    #[test]
    fn the_workflows_call_only_commands_that_exist() {
        let known = Ci::augment_subcommands(clap::Command::new("ci"));
        let known: Vec<&str> = known.get_subcommands().map(clap::Command::get_name).collect();
        let mut called = 0;
        for path in [".github/workflows/one-shot.yml", ".github/workflows/plan-implement.yml"] {
            for line in file(path).expect("shipped").lines() {
                if let Some(name) = line.trim().strip_prefix("run: waymark ci ") {
                    assert!(known.contains(&name), "{path}: {name}");
                    called += 1;
                }
            }
        }
        assert!(called > 15);
    }
}
