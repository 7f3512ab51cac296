//! The place a command works at: the clone, the `.impl/` folder, the record of what was printed.
//!
//! Everything printed is recorded too, with secrets blanked, so that a failure can be reported with the end of its log.

use std::io::Write as _;
use std::path::PathBuf;

use super::config::Config;
use super::failure::{Failure, annotation};
use super::git;
use super::job::Job;
use super::mask::{mask, secrets_of_environment};

pub struct Desk {
    pub job: Job,
    /// Root of the clone.
    pub root: PathBuf,
    /// The token that writes to GitHub, in the steps that have it.
    pub token: Option<String>,
    secrets: Vec<String>,
}

impl Desk {
    /// Opens the current folder with the job of the environment.
    ///
    /// # Errors
    /// When the environment is not that of a workflow of ours, or the folder can not be read.
    pub fn open() -> Result<Desk, Failure> {
        let job = Job::read(&|name| std::env::var(name).ok())?;
        let root =
            std::env::current_dir().map_err(|error| Failure::new("Current folder", error.to_string()))?;
        let token = std::env::var("GH_TOKEN").ok().filter(|token| !token.trim().is_empty());
        Ok(Desk { job, root, token, secrets: secrets_of_environment() })
    }

    /// Prints and records a line.
    pub fn say(&self, line: &str) {
        let line = mask(line, &self.secrets);
        println!("{line}");
        self.record(&line);
    }

    /// Shows a warning on the run's page; the command goes on.
    pub fn warn(&self, title: &str, message: &str) {
        let message = mask(message, &self.secrets);
        println!("{}", annotation("warning", title, &message));
        self.record(&format!("warning: {title}: {message}"));
    }

    /// Shows why the command stops.
    pub fn fail(&self, failure: &Failure) {
        let masked = Failure::new(failure.title.as_str(), mask(&failure.message, &self.secrets));
        println!("{}", masked.annotation());
        self.record(&format!("error: {masked}"));
    }

    /// Records a line without printing it. A record that can not be written is given up: it is a help, not a result.
    pub fn record(&self, line: &str) {
        self.append("log.txt", &mask(line, &self.secrets));
    }

    /// Appends a line, blanked, to a file of the run's private folder.
    pub fn append(&self, name: &str, line: &str) {
        let line = mask(line, &self.secrets);
        let _ = std::fs::create_dir_all(&self.job.temp);
        if let Ok(mut file) =
            std::fs::OpenOptions::new().create(true).append(true).open(self.job.temp.join(name))
        {
            let _ = writeln!(file, "{line}");
        }
    }

    /// Reads a file of the run's private folder, if it is there.
    pub fn private(&self, name: &str) -> Option<String> {
        std::fs::read(self.job.temp.join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Gives a value to the steps that follow. Line breaks become spaces: the value stays one value.
    ///
    /// # Errors
    /// When the runner's file can not be written.
    pub fn output(&self, name: &str, value: &str) -> Result<(), Failure> {
        let line = format!("{name}={}", value.replace(['\r', '\n'], " "));
        self.say(&format!("output: {line}"));
        let Ok(path) = std::env::var("GITHUB_OUTPUT") else { return Ok(()) };
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| writeln!(file, "{line}"))
            .map_err(|error| Failure::new("Output", format!("{path} can not be written: {error}")))
    }

    /// The text of `.impl/{name}`, if it is there.
    pub fn read(&self, name: &str) -> Option<String> {
        std::fs::read(self.root.join(".impl").join(name))
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Writes `.impl/{name}`.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        self.write_at(".impl", name, text)
    }

    /// Writes `{folder}/{name}` in the clone.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn write_at(&self, folder: &str, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.root.join(folder).join(name);
        std::fs::create_dir_all(self.root.join(folder))
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| Failure::new("Files", format!("{folder}/{name} can not be written: {error}")))
    }

    /// Removes `.impl/{name}`, if it is there.
    pub fn remove(&self, name: &str) {
        let _ = std::fs::remove_file(self.root.join(".impl").join(name));
    }

    /// The repository's configuration.
    ///
    /// # Errors
    /// When `.waymark/config.toml` is there but not sound.
    pub async fn config(&self) -> Result<Config, Failure> {
        Config::parse(&self.setting("config.toml").await.unwrap_or_default())
    }

    /// The prompt for a phase: the file as it is, nothing put into it.
    ///
    /// # Errors
    /// When the repository has none.
    pub async fn prompt(&self, phase: &str) -> Result<String, Failure> {
        let name = format!("prompts/{phase}.md");
        self.setting(&name).await.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            Failure::new("Prompt", format!(".waymark/{name} is missing on the default branch. Install it from Waymark's settings page."))
        })
    }

    /// A file of `.waymark/` as it was in the commit that the run was started on.
    async fn setting(&self, name: &str) -> Option<String> {
        match &self.job.sha {
            Some(sha) => git::git(&self.root, &["show", &format!("{sha}:.waymark/{name}")]).await.ok(),
            None => std::fs::read_to_string(self.root.join(".waymark").join(name)).ok(),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A desk in a folder of its own, which lives as long as the first part.
    pub fn desk(more: &[(&str, &str)]) -> (tempfile::TempDir, Desk) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut job = super::super::job::tests::job(more).expect("a plain job");
        job.temp = folder.path().join("temp");
        let root = folder.path().join("clone");
        std::fs::create_dir_all(&root).expect("a folder");
        (folder, Desk { job, root, token: None, secrets: vec!["secret-secret".into()] })
    }

    #[test]
    fn what_is_said_is_recorded_without_secrets() {
        let (_folder, desk) = desk(&[]);
        desk.say("a secret-secret b");
        desk.fail(&Failure::new("T", "of secret-secret"));
        assert_eq!(desk.private("log.txt").as_deref(), Some("a *** b\nerror: T: of ***\n"));
    }

    #[tokio::test]
    async fn a_missing_prompt_is_named() {
        let (_folder, desk) = desk(&[]);
        let failure = desk.prompt("plan").await.expect_err("there is none");
        assert!(failure.message.contains(".waymark/prompts/plan.md"), "{failure}");
        assert_eq!(desk.config().await, Ok(Config::default()));
    }
}
