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

    /// Runs `setup.sh` on a machine where `curl` only notes what it is asked, and answers what it printed and
    /// what was asked.
    fn set_up(url: &str) -> (String, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let curl = folder.path().join("curl");
        std::fs::write(&curl, "#!/bin/sh\necho \"$@\" >>\"$ASKED\"\nexit 7\n").expect("written");
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&curl, rights).expect("executable");
        let asked = folder.path().join("asked");
        let run = std::process::Command::new("sh")
            .args(["-c", file(".waymark/setup.sh").expect("shipped")])
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .env("RUNNER_TEMP", folder.path())
            .env("ASKED", &asked)
            .env("WAYMARK_URL", url)
            .output()
            .expect("sh runs");
        assert!(!run.status.success());
        (
            String::from_utf8_lossy(&run.stdout).into_owned(),
            std::fs::read_to_string(asked).unwrap_or_default(),
        )
    }

    #[test]
    fn the_program_is_fetched_by_https_but_from_the_machine_itself() {
        for url in [
            "http://waymark.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://x",
        ] {
            let (said, asked) = set_up(url);
            assert!(said.contains("must begin with https://") && asked.is_empty(), "{url}: {said} {asked}");
        }
        for (url, protocol) in [
            ("https://waymark.example", "--proto =https "),
            ("http://127.0.0.1:3000", "--proto =http,https "),
            ("http://localhost:3000/", "--proto =http,https "),
            ("http://[::1]:3000", "--proto =http,https "),
        ] {
            let (said, asked) = set_up(url);
            assert!(asked.contains(protocol) && asked.contains("/download/waymark"), "{url}: {said} {asked}");
        }
    }

    #[test]
    fn the_agent_has_a_version() {
        let script = file(".waymark/setup.sh").expect("shipped");
        let version =
            script.lines().find_map(|line| line.strip_prefix("claude_version=")).expect("a version");
        assert!(
            version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u32>().is_ok())
        );
        assert!(script.contains(
            "npm install --global --no-fund --no-audit \"@anthropic-ai/claude-code@$claude_version\""
        ));
    }
}
