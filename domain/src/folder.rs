//! The files of `.worker-impl/` and `.impl/` beside the plan and its progress.
//!
//! What is written is what erk's generation of issue-backed plans reads; reading takes older and newer
//! spellings too.

use serde_json::{Value, json};

/// The plan a folder belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRef {
    /// Number of the issue (or of the pull request that is the plan).
    pub number: u64,
    pub url: String,
    pub created_at: String,
    pub synced_at: String,
    pub objective: Option<u64>,
    /// Whether the plan is a pull request.
    pub is_pull: bool,
}

impl PlanRef {
    /// `issue.json`.
    pub fn issue_json(&self) -> String {
        file(&json!({
            "issue_number": self.number,
            "issue_url": self.url,
            "created_at": self.created_at,
            "synced_at": self.synced_at,
        }))
    }

    /// `plan-ref.json`.
    pub fn plan_ref_json(&self) -> String {
        file(&json!({
            "provider": if self.is_pull { "github-draft-pr" } else { "github" },
            "plan_id": self.number.to_string(),
            "url": self.url,
            "created_at": self.created_at,
            "synced_at": self.synced_at,
            "labels": [],
            "objective_id": self.objective,
        }))
    }

    /// `README.md`.
    pub fn readme(&self) -> String {
        let source = if self.is_pull { "Plan" } else { "GitHub issue" };
        format!(
            "# .worker-impl/ - Worker Implementation Plan\n\n\
             This folder contains the implementation plan for this branch.\n\n\
             **Status:** Queued for remote implementation\n\n\
             **Source:** {source} #{}\n{}\n\n\
             **This folder is temporary** and will be automatically removed after implementation completes.\n",
            self.number, self.url
        )
    }

    /// Read `issue.json`, `plan-ref.json` or `ref.json`; nothing when it names no plan.
    pub fn parse(text: &str) -> Option<PlanRef> {
        let value: Value = serde_json::from_str(text).ok()?;
        let number =
            ["issue_number", "plan_id", "pr_id", "pr_number"].iter().find_map(|key| number(&value[key]))?;
        let text =
            |keys: &[&str]| keys.iter().find_map(|key| value[key].as_str()).unwrap_or_default().to_owned();
        Some(PlanRef {
            number,
            url: text(&["url", "issue_url"]),
            created_at: text(&["created_at"]),
            synced_at: text(&["synced_at"]),
            objective: number_or(&value, &["objective_id", "objective_issue"]),
            is_pull: value["provider"].as_str() == Some("github-draft-pr"),
        })
    }
}

/// `run-info.json`: the run that implements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    pub run_id: String,
    pub run_url: String,
}

impl RunInfo {
    /// The file.
    pub fn render(&self) -> String {
        file(&json!({"run_id": self.run_id, "run_url": self.run_url}))
    }

    /// Read the file.
    pub fn parse(text: &str) -> Option<RunInfo> {
        let value: Value = serde_json::from_str(text).ok()?;
        let run_id = value["run_id"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| number(&value["run_id"]).map(|n| n.to_string()))?;
        Some(RunInfo { run_id, run_url: value["run_url"].as_str().unwrap_or_default().to_owned() })
    }
}

/// `plan-result.json`: what planning came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanResult {
    Planned {
        /// Absent where the agent was not told of an issue.
        issue: Option<u64>,
        title: String,
    },
    /// The planner refused, with its reason.
    Rejected(String),
}

impl PlanResult {
    /// Read and validate the file.
    ///
    /// # Errors
    /// What is wrong with it, in words for the annotation of the run.
    pub fn parse(text: &str) -> Result<PlanResult, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("plan-result.json is not JSON: {error}"))?;
        if value["rejected"].as_bool() == Some(true) {
            let reason = value["reason"].as_str().map(str::trim).filter(|reason| !reason.is_empty());
            return Ok(PlanResult::Rejected(reason.unwrap_or("no reason given").to_owned()));
        }
        let title = value["title"].as_str().map(str::trim).filter(|title| !title.is_empty());
        let title = title.ok_or("plan-result.json has no title")?.to_owned();
        let given =
            ["issue_number", "pr_number"].iter().map(|key| &value[key]).find(|value| !value.is_null());
        let issue = match given {
            None => None,
            Some(given) => {
                Some(number(given).ok_or("plan-result.json has an issue_number that is no number")?)
            }
        };
        Ok(PlanResult::Planned { issue, title })
    }

    /// The file.
    pub fn render(&self) -> String {
        match self {
            PlanResult::Planned { issue, title } => file(&json!({"issue_number": issue, "title": title})),
            PlanResult::Rejected(reason) => file(&json!({"rejected": true, "reason": reason})),
        }
    }
}

/// `task.md`: the instruction, with one line end behind it.
pub fn task(instruction: &str) -> String {
    format!("{instruction}\n")
}

/// The instruction in a `task.md`.
pub fn instruction(task: &str) -> &str {
    task.strip_suffix("\r\n").or_else(|| task.strip_suffix('\n')).unwrap_or(task)
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| *number > 0)
}

fn number_or(value: &Value, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| number(&value[key]))
}

/// JSON with an indent of two, and a line end.
fn file(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> PlanRef {
        PlanRef {
            number: 123,
            url: "https://github.com/o/r/issues/123".to_owned(),
            created_at: "2026-01-15T14:30:00Z".to_owned(),
            synced_at: "2026-01-15T14:31:00Z".to_owned(),
            objective: Some(42),
            is_pull: false,
        }
    }

    #[test]
    fn references_are_read_back() {
        assert_eq!(PlanRef::parse(&plan().plan_ref_json()), Some(plan()));
        assert_eq!(PlanRef::parse(&plan().issue_json()), Some(PlanRef { objective: None, ..plan() }));
        assert_eq!(PlanRef::parse(r#"{"provider": "github-draft-pr", "title": "x"}"#), None);
    }

    #[test]
    fn the_readme_is_the_one_erk_writes() {
        assert_eq!(
            plan().readme(),
            "# .worker-impl/ - Worker Implementation Plan\n\nThis folder contains the implementation plan for this branch.\n\n**Status:** Queued for remote implementation\n\n**Source:** GitHub issue #123\nhttps://github.com/o/r/issues/123\n\n**This folder is temporary** and will be automatically removed after implementation completes.\n"
        );
        let pull = PlanRef { is_pull: true, ..plan() };
        assert!(pull.readme().contains("**Source:** Plan #123\n"));
    }

    #[test]
    fn files_have_the_keys_erk_writes_in_its_order() {
        assert_eq!(
            plan().issue_json(),
            "{\n  \"issue_number\": 123,\n  \"issue_url\": \"https://github.com/o/r/issues/123\",\n  \"created_at\": \"2026-01-15T14:30:00Z\",\n  \"synced_at\": \"2026-01-15T14:31:00Z\"\n}\n"
        );
        assert_eq!(
            plan().plan_ref_json(),
            "{\n  \"provider\": \"github\",\n  \"plan_id\": \"123\",\n  \"url\": \"https://github.com/o/r/issues/123\",\n  \"created_at\": \"2026-01-15T14:30:00Z\",\n  \"synced_at\": \"2026-01-15T14:31:00Z\",\n  \"labels\": [],\n  \"objective_id\": 42\n}\n"
        );
    }

    #[test]
    fn results_are_validated() {
        assert_eq!(
            PlanResult::parse(r#"{"issue_number": "7", "title": " Add x "}"#),
            Ok(PlanResult::Planned { issue: Some(7), title: "Add x".to_owned() })
        );
        assert_eq!(
            PlanResult::parse(r#"{"rejected": true, "reason": "unclear"}"#),
            Ok(PlanResult::Rejected("unclear".to_owned()))
        );
        for bad in ["", "[]", r#"{"title": ""}"#, r#"{"title": "x", "issue_number": "y"}"#] {
            assert!(PlanResult::parse(bad).is_err(), "{bad}");
        }
        let planned = PlanResult::Planned { issue: Some(1), title: "t".to_owned() };
        assert_eq!(PlanResult::parse(&planned.render()), Ok(planned));
    }

    #[test]
    fn tasks_and_runs_are_read_back() {
        assert_eq!(instruction(&task("do\nit\n")), "do\nit\n");
        let run = RunInfo { run_id: "1".to_owned(), run_url: "u".to_owned() };
        assert_eq!(RunInfo::parse(&run.render()), Some(run.clone()));
        assert_eq!(RunInfo::parse(r#"{"run_id": 1, "run_url": "u"}"#), Some(run));
    }
}
