//! `plan` and `check-plan`: the agent plans, and what it wrote is checked before anything of it reaches GitHub.

use waymark_domain::folder::PlanResult;

use super::agent;
use super::desk::Desk;
use super::failure::Failure;
use super::formats;

/// The plan that the agent wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub text: String,
    /// Its first heading.
    pub title: String,
}

/// Runs the agent with `prompts/plan.md`.
///
/// # Errors
/// When the agent fails.
pub async fn plan(desk: &Desk) -> Result<(), Failure> {
    let config = desk.config().await?;
    for name in ["plan.md", "plan-result.json"] {
        desk.remove(name);
    }
    agent::run(desk, &config, "plan", config.agent.plan_minutes, async || {}).await
}

/// Checks `.impl/plan.md` and `.impl/plan-result.json`.
///
/// # Errors
/// Says what is missing or wrong; also when the agent refused the task, with its reason.
pub fn check(desk: &Desk) -> Result<Planned, Failure> {
    let planned = read(desk.read("plan.md"), desk.read("plan-result.json"), desk.job.issue)?;
    let steps = formats::steps(&planned.text).len();
    desk.say(&format!("The plan {:?} has {steps} step{}.", planned.title, if steps == 1 { "" } else { "s" }));
    Ok(planned)
}

fn read(plan: Option<String>, result: Option<String>, issue: Option<u64>) -> Result<Planned, Failure> {
    let wrong = |message: String| Err(Failure::new("Plan", message));
    let Some(result) = result else {
        return wrong("The agent wrote no .impl/plan-result.json.".into());
    };
    let named = match PlanResult::parse(&result) {
        Ok(PlanResult::Planned { issue, .. }) => issue,
        Ok(PlanResult::Rejected(reason)) => {
            return Err(Failure::new("The agent did not take the task", reason));
        }
        Err(message) => return wrong(format!(".impl/{message}.")),
    };
    if named != issue {
        let name = |number: Option<u64>| number.map_or("none".to_owned(), |number| format!("#{number}"));
        return wrong(format!(
            ".impl/plan-result.json names another plan issue ({}) than this run is for ({}).",
            name(named),
            name(issue)
        ));
    }
    let Some(text) = plan.filter(|plan| !plan.trim().is_empty()) else {
        return wrong("The agent wrote no .impl/plan.md.".into());
    };
    let Some(title) = formats::heading(&text) else {
        return wrong(".impl/plan.md has no title (a line that begins with `# `).".into());
    };
    if formats::steps(&text).is_empty() {
        return wrong(".impl/plan.md has no numbered steps (`1. ...` below `## Steps`).".into());
    }
    if text.contains("erk:metadata-block:") {
        return wrong(
            ".impl/plan.md holds a metadata marker, which would break the comment that keeps it.".into(),
        );
    }
    Ok(Planned { text: format!("{}\n", text.trim()), title })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "\n# Add x\n\n## Steps\n\n1. First.\n2. Second.\n\n";

    fn result(json: &str, plan: &str) -> Result<Planned, Failure> {
        read(Some(plan.to_owned()), Some(json.to_owned()), Some(12))
    }

    #[test]
    fn a_sound_plan_has_a_title_and_steps() {
        let planned = result(r#"{"issue_number": 12, "title": "Add x"}"#, PLAN).expect("sound");
        assert_eq!(planned.title, "Add x");
        assert!(planned.text.starts_with("# Add x\n") && planned.text.ends_with("2. Second.\n"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let sound = r#"{"issue_number": 12, "title": "Add x"}"#;
        for (json, plan, word) in [
            ("", PLAN, "is not JSON"),
            (r#"{"issue_number": 13, "title": "Add x"}"#, PLAN, "another plan issue (#13)"),
            (r#"{"title": "Add x"}"#, PLAN, "another plan issue (none)"),
            (r#"{"issue_number": 12}"#, PLAN, "no title"),
            (sound, " \n", "no .impl/plan.md"),
            (sound, "1. a\n", "no title"),
            (sound, "# Add x\n\nProse.", "no numbered steps"),
            (sound, "# Add x\n\n## Steps\n\n1. <!-- erk:metadata-block:plan-body -->", "metadata marker"),
            (r#"{"rejected": true, "reason": "Not here."}"#, PLAN, "Not here."),
        ] {
            let failure = result(json, plan).expect_err(word);
            assert!(failure.message.contains(word), "{failure}");
        }
        assert!(read(Some(PLAN.into()), None, None).is_err());
    }
}
