//! The job a command runs in, as the workflow and the runner describe it in the environment.
//!
//! What people chose (branch, login, model) is checked here, once, so that it can be an argument of a program later.

use std::path::PathBuf;

use super::failure::Failure;

/// The facts of the running job. Optional ones are absent when empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// `owner/name`.
    pub repository: String,
    /// Address of GitHub for people and for git, without a slash at the end.
    pub server_url: String,
    /// Address of the REST API.
    pub api_url: String,
    pub run_id: String,
    pub run_attempt: u32,
    /// Key of the job in its workflow file.
    pub job: String,
    /// File name of the workflow that was started, such as `one-shot.yml`.
    pub workflow: String,
    /// Commit of the branch that the run was started on, from which configuration and prompts are read.
    pub sha: Option<String>,
    pub issue: Option<u64>,
    pub pr: Option<u64>,
    pub branch: Option<String>,
    pub base: Option<String>,
    pub submitted_by: Option<String>,
    pub distinct_id: Option<String>,
    pub model: Option<String>,
    pub objective: Option<u64>,
    pub node: Option<String>,
    pub from_step: Option<u32>,
    /// Address of the Waymark that dispatched, for links.
    pub waymark_url: Option<String>,
    /// A folder outside the clone, for this job of this attempt.
    pub temp: PathBuf,
}

impl Job {
    /// Reads the job; `get` answers with the value of a variable.
    ///
    /// # Errors
    /// When a value that is there can not be what it should be, named with the variable.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Job, Failure> {
        let text =
            |name: &str| get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let checked = |name: &str, ok: fn(&str) -> bool| match text(name) {
            Some(value) if !ok(&value) => Err(Failure::new("Input", format!("{name} can not be {value:?}."))),
            value => Ok(value),
        };
        let number = |name: &str| -> Result<Option<u64>, Failure> {
            let Some(value) = text(name) else { return Ok(None) };
            match value.trim_start_matches('#').parse() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(Failure::new("Input", format!("{name} must be a number above 0, not {value:?}."))),
            }
        };
        let workflow = text("GITHUB_WORKFLOW_REF")
            .and_then(|reference| Some(reference.split('@').next()?.rsplit('/').next()?.to_owned()))
            .or_else(|| text("GITHUB_WORKFLOW"))
            .unwrap_or_default();
        let run_id =
            checked("GITHUB_RUN_ID", |id| id.bytes().all(|b| b.is_ascii_digit()))?.unwrap_or_default();
        let run_attempt = text("GITHUB_RUN_ATTEMPT").and_then(|n| n.parse().ok()).unwrap_or(1);
        let job = checked("GITHUB_JOB", is_plain)?.unwrap_or_default();
        let folder = format!("waymark-{run_id}-{run_attempt}-{job}");
        Ok(Job {
            repository: checked("GITHUB_REPOSITORY", is_repository)?.unwrap_or_default(),
            server_url: text("GITHUB_SERVER_URL")
                .unwrap_or_else(|| "https://github.com".into())
                .trim_end_matches('/')
                .into(),
            api_url: text("GITHUB_API_URL")
                .unwrap_or_else(|| "https://api.github.com".into())
                .trim_end_matches('/')
                .into(),
            run_id,
            run_attempt,
            job,
            workflow,
            sha: checked("GITHUB_SHA", |sha| sha.bytes().all(|b| b.is_ascii_hexdigit()))?,
            issue: number("PLAN_ISSUE_NUMBER")?,
            pr: number("PR_NUMBER")?,
            branch: checked("BRANCH_NAME", is_branch)?,
            base: checked("BASE_BRANCH", is_branch)?,
            submitted_by: checked("SUBMITTED_BY", is_login)?,
            distinct_id: checked("DISTINCT_ID", |id| id.bytes().all(|b| b.is_ascii_alphanumeric()))?,
            model: checked("MODEL_NAME", is_model)?,
            objective: number("OBJECTIVE_ISSUE")?,
            node: text("NODE_ID"),
            from_step: number("FROM_STEP")?.and_then(|n| u32::try_from(n).ok()),
            waymark_url: text("WAYMARK_URL").map(|url| url.trim_end_matches('/').to_owned()),
            temp: text("RUNNER_TEMP").map_or_else(std::env::temp_dir, PathBuf::from).join(folder),
        })
    }

    /// Page of the run.
    pub fn run_url(&self) -> String {
        format!("{}/{}/actions/runs/{}", self.server_url, self.repository, self.run_id)
    }

    /// Page of an issue.
    pub fn issue_url(&self, number: u64) -> String {
        format!("{}/{}/issues/{number}", self.server_url, self.repository)
    }

    /// Page of a pull request.
    pub fn pr_url(&self, number: u64) -> String {
        format!("{}/{}/pull/{number}", self.server_url, self.repository)
    }

    /// The plan issue's number.
    ///
    /// # Errors
    /// When the workflow did not give it.
    pub fn need_issue(&self) -> Result<u64, Failure> {
        self.issue.ok_or_else(|| missing("PLAN_ISSUE_NUMBER"))
    }

    /// The pull request's number.
    ///
    /// # Errors
    /// When the workflow did not give it.
    pub fn need_pr(&self) -> Result<u64, Failure> {
        self.pr.ok_or_else(|| missing("PR_NUMBER"))
    }

    /// The branch under work.
    ///
    /// # Errors
    /// When the workflow did not give it.
    pub fn need_branch(&self) -> Result<&str, Failure> {
        self.branch.as_deref().ok_or_else(|| missing("BRANCH_NAME"))
    }
}

fn missing(name: &str) -> Failure {
    Failure::new("Input", format!("{name} is not set. Is this one of Waymark's workflows?"))
}

fn is_repository(text: &str) -> bool {
    text.split('/').count() == 2
        && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && is_plain(part))
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn is_login(text: &str) -> bool {
    let login = text.strip_suffix("[bot]").unwrap_or(text);
    !login.is_empty()
        && !login.starts_with('-')
        && login.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_model(text: &str) -> bool {
    !text.starts_with('-') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/@[]".contains(&b))
}

/// The rules of `git check-ref-format --branch`, as far as an argument of git can do harm.
fn is_branch(text: &str) -> bool {
    !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && !text.ends_with(".lock")
        && !["..", "@{", "//", "/."].iter().any(|bad| text.contains(bad))
        && !text.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A job as the workflows describe it; `more` is added or replaces.
    pub fn job(more: &[(&str, &str)]) -> Result<Job, Failure> {
        let base = [
            ("GITHUB_REPOSITORY", "acme/widgets"),
            ("GITHUB_SERVER_URL", "https://github.com/"),
            ("GITHUB_RUN_ID", "77"),
            ("GITHUB_WORKFLOW_REF", "acme/widgets/.github/workflows/one-shot.yml@refs/heads/main"),
            ("GITHUB_JOB", "plan"),
            ("PLAN_ISSUE_NUMBER", "12"),
            ("PR_NUMBER", "13"),
            ("BRANCH_NAME", "P12-add-x-01-15-1430"),
            ("SUBMITTED_BY", "writer"),
            ("DISTINCT_ID", "x1y2z3"),
        ];
        Job::read(&|name| {
            more.iter().chain(&base).find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_workflow_file_addresses_and_numbers_are_read() {
        let job = job(&[("OBJECTIVE_ISSUE", ""), ("FROM_STEP", "2")]).expect("a plain job");
        assert_eq!(job.workflow, "one-shot.yml");
        assert_eq!(job.run_url(), "https://github.com/acme/widgets/actions/runs/77");
        assert_eq!((job.issue, job.pr, job.objective, job.from_step), (Some(12), Some(13), None, Some(2)));
    }

    #[test]
    fn values_that_could_be_options_or_paths_are_refused_and_named() {
        for (name, value) in [
            ("BRANCH_NAME", "--upload-pack=x"),
            ("BRANCH_NAME", "a..b"),
            ("BRANCH_NAME", "a b"),
            ("MODEL_NAME", "--dangerous"),
            ("MODEL_NAME", "a b"),
            ("SUBMITTED_BY", "a\nb"),
            ("SUBMITTED_BY", "-x"),
            ("PR_NUMBER", "0"),
            ("PLAN_ISSUE_NUMBER", "1; rm"),
            ("GITHUB_REPOSITORY", "../x"),
            ("GITHUB_SHA", "HEAD"),
        ] {
            let failure = job(&[(name, value)]).expect_err(value);
            assert!(failure.message.contains(name), "{failure}");
        }
        assert!(
            job(&[
                ("BRANCH_NAME", "feature/ünicode_1.x"),
                ("MODEL_NAME", "claude-opus-4-6"),
                ("SUBMITTED_BY", "dependabot[bot]")
            ])
            .is_ok()
        );
    }
}
