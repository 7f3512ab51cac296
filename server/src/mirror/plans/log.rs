//! A job's log in parts, one for each thing that the runner says it runs.

use waymark_app::areas::{Job, LogSection};

/// How the runner begins a step, and how it marks an error.
const BEGIN: &str = "##[group]Run ";
const ERROR: &str = "##[error]";

/// The parts of a log. They bear the names of the job's steps where there are as many of both.
pub(super) fn sections(text: &str, job: &Job) -> Vec<LogSection> {
    let mut sections: Vec<LogSection> = Vec::new();
    for line in text.lines() {
        let begun = line.strip_prefix(BEGIN);
        if begun.is_some() || sections.is_empty() {
            let name = begun.map_or_else(|| "Set up job".to_owned(), |what| format!("Run {what}"));
            sections.push(LogSection { name, failed: false, lines: Vec::new() });
        }
        if let Some(section) = sections.last_mut() {
            section.failed |= line.starts_with(ERROR);
            section.lines.push(line.to_owned());
        }
    }
    let ran = |step: &&waymark_app::areas::JobStep| {
        let own = step.name == "Set up job" || step.name == "Complete job" || step.name.starts_with("Post ");
        !own && step.conclusion.as_deref() != Some("skipped")
    };
    let names: Vec<&str> = job.steps.iter().filter(ran).map(|step| step.name.as_str()).collect();
    let begun = sections.iter_mut().filter(|section| section.name.starts_with("Run "));
    let begun: Vec<&mut LogSection> = begun.collect();
    if begun.len() == names.len() {
        begun.into_iter().zip(names).for_each(|(section, name)| section.name = name.to_owned());
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use waymark_app::areas::JobStep;

    #[test]
    fn parts_bear_the_names_of_the_steps_and_the_failing_one_is_marked() {
        let step = |name: &str, conclusion: &str| JobStep {
            number: 1,
            name: name.into(),
            status: "completed".into(),
            conclusion: Some(conclusion.into()),
            started_at: None,
            completed_at: None,
        };
        let job = Job {
            id: 1,
            name: "implement".into(),
            url: String::new(),
            status: "completed".into(),
            conclusion: None,
            started_at: None,
            completed_at: None,
            steps: vec![
                step("Set up job", "success"),
                step("Check out", "success"),
                step("Agent", "failure"),
                step("Later", "skipped"),
            ],
        };
        let log =
            "hello\n##[group]Run actions/checkout\n##[endgroup]\n##[group]Run waymark ci\nwork\n##[error]no";
        let parts = sections(log, &job);
        let shown: Vec<_> = parts.iter().map(|p| (p.name.as_str(), p.failed, p.lines.len())).collect();
        assert_eq!(shown, [("Set up job", false, 1), ("Check out", false, 2), ("Agent", true, 3)]);
        assert_eq!(sections("##[group]Run x", &job)[0].name, "Run x");
    }
}
