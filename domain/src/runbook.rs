//! Runbook documents: Markdown with front matter, common context, numbered steps and instructions for
//! whoever orchestrates them; and their splitting into the files an execution needs.
//!
//! Properties: headings inside code fences are text; the same document gives the same files, so that
//! splitting it again overwrites with what is there already.

use crate::fences::outside_fences;
use crate::yaml::{self, Mapping};

/// A step of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// As written: `1`, or `2.1`.
    pub number: String,
    pub title: String,
    pub text: String,
}

/// A runbook that can be executed.
#[derive(Clone, Debug, PartialEq)]
pub struct Runbook {
    pub name: String,
    /// The model of steps that name none.
    pub model: Option<String>,
    pub front_matter: Mapping,
    /// Shared knowledge for all steps; empty when there is none.
    pub common_context: String,
    pub steps: Vec<Step>,
    /// Empty when there are none.
    pub orchestrator: String,
    /// What is odd but no hindrance.
    pub warnings: Vec<String>,
}

/// Why a runbook can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunbookError {
    #[error("the front matter can't be read (line {line}): {message}")]
    FrontMatter { line: usize, message: String },
    #[error("the runbook has no name: give one in its front matter")]
    NoName,
    #[error("{0:?} can't be the name of a runbook: letters, digits, `-` and `_` make names of files")]
    Name(String),
    #[error("the runbook has no steps: a step begins with a heading like `## Step 1: Title`")]
    NoSteps,
    #[error("step {0} is there more than once (line {1})")]
    DuplicateStep(String, usize),
    #[error("the baseline agent is missing: the plan-specific agent is made from it")]
    NoBaseline,
}

/// A file an execution needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// From the root of the repository.
    pub path: String,
    pub text: String,
}

/// The files of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub files: Vec<File>,
    /// Those of the runbook, and files that are overwritten or left over.
    pub warnings: Vec<String>,
}

/// Read a runbook. `fallback_name` (the folder it lies in) names one that doesn't name itself.
///
/// # Errors
/// No name, no steps, a number twice, or front matter that can't be read.
pub fn parse(text: &str, fallback_name: Option<&str>) -> Result<Runbook, RunbookError> {
    let text = text.replace("\r\n", "\n");
    let (front_matter, body, skipped) = front_matter(&text)?;
    let field = |key: &str| {
        front_matter.get(key).and_then(|value| value.as_str()).map(str::trim).filter(|text| !text.is_empty())
    };
    let name = field("name").or(fallback_name).ok_or(RunbookError::NoName)?.to_owned();
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return Err(RunbookError::Name(name));
    }
    let model = field("model").map(str::to_owned);
    let mut book = Runbook {
        name,
        model,
        front_matter,
        common_context: String::new(),
        steps: Vec::new(),
        orchestrator: String::new(),
        warnings: Vec::new(),
    };
    for (line, title, text) in sections(body) {
        let text = text.trim().to_owned();
        if let Some((number, title)) = step_heading(title) {
            if book.steps.iter().any(|step| step.number == number) {
                return Err(RunbookError::DuplicateStep(number, skipped + line + 1));
            }
            if text.is_empty() {
                book.warnings.push(format!("step {number} has no instructions"));
            }
            book.steps.push(Step { number, title, text });
        } else if title.eq_ignore_ascii_case("Common Context") {
            book.common_context = text;
        } else if title.eq_ignore_ascii_case("Orchestrator Instructions") {
            book.orchestrator = text;
        } else {
            book.warnings.push(format!("the section {title:?} belongs to no step and is left out"));
        }
    }
    if book.steps.is_empty() {
        return Err(RunbookError::NoSteps);
    }
    let mut missing = Vec::new();
    for (is_missing, what) in [
        (book.common_context.is_empty(), "there is no section `## Common Context`"),
        (
            book.orchestrator.is_empty(),
            "there is no section `## Orchestrator Instructions`; the usual ones are used",
        ),
        (book.model.is_none(), "the front matter names no model"),
    ] {
        if is_missing {
            missing.push(what.to_owned());
        }
    }
    book.warnings.splice(0..0, missing);
    Ok(book)
}

/// The files of a runbook: one per step, the orchestrator's plan, and the plan-specific agent made from
/// the baseline. `existing` are paths that are there already.
///
/// # Errors
/// No baseline.
pub fn split(
    book: &Runbook,
    source: &str,
    baseline: Option<&str>,
    existing: &[&str],
) -> Result<Split, RunbookError> {
    let baseline = baseline.map(str::trim).filter(|text| !text.is_empty()).ok_or(RunbookError::NoBaseline)?;
    let folder = format!("plans/{}", book.name);
    let mut files = vec![
        File { path: format!(".claude/agents/{}-task.md", book.name), text: agent(book, baseline) },
        File { path: format!("{folder}/orchestrator-plan.md"), text: orchestrator(book) },
    ];
    let step_path = |step: &Step| format!("{folder}/steps/step-{}.md", step.number.replace('.', "-"));
    for step in &book.steps {
        files.push(File { path: step_path(step), text: step_file(step, source) });
    }
    let mut warnings = book.warnings.clone();
    for path in existing {
        if files.iter().any(|file| file.path == *path) {
            warnings.push(format!("{path} is there already and is overwritten"));
        } else if path.starts_with(&format!("{folder}/steps/step-")) {
            warnings.push(format!("{path} is of no step any more"));
        }
    }
    Ok(Split { files, warnings })
}

fn agent(book: &Runbook, baseline: &str) -> String {
    let (_, body) = split_front_matter(baseline).unwrap_or(("", baseline));
    let mut front = Mapping::new();
    front.insert("name".to_owned(), format!("{}-task", book.name).into());
    front.insert("description".to_owned(), format!("Executes the steps of the runbook {}", book.name).into());
    if let Some(model) = &book.model {
        front.insert("model".to_owned(), model.as_str().into());
    }
    // Three short texts can always be written.
    let front = yaml::write(&front).unwrap_or_default();
    let context = match book.common_context.as_str() {
        "" => "There is no common context.",
        context => context,
    };
    format!("---\n{front}---\n\n{}\n\n---\n\n# Context of the runbook\n\n{context}\n", body.trim())
}

fn orchestrator(book: &Runbook) -> String {
    let instructions = match book.orchestrator.as_str() {
        "" => "Execute the steps one after another. Stop at the first error and report it.",
        instructions => instructions,
    };
    let steps: Vec<String> = book
        .steps
        .iter()
        .map(|step| format!("- steps/step-{}.md: {}", step.number.replace('.', "-"), step.title))
        .collect();
    format!(
        "# Orchestrator plan: {}\n\nEach step is executed by the agent `{}-task`.\n\n## Steps\n\n{}\n\n## Instructions\n\n{instructions}\n",
        book.name,
        book.name,
        steps.join("\n")
    )
}

fn step_file(step: &Step, source: &str) -> String {
    format!(
        "# Step {}: {}\n\n**Runbook:** `{source}`\n\n{}\n",
        step.number,
        step.title,
        if step.text.is_empty() { "No instructions." } else { &step.text }
    )
}

/// Front matter, the rest, and how many lines stand before the rest.
fn front_matter(text: &str) -> Result<(Mapping, &str, usize), RunbookError> {
    let Some((front, body)) = split_front_matter(text) else { return Ok((Mapping::new(), text, 0)) };
    let skipped = text[..text.len() - body.len()].matches('\n').count();
    if front.trim().is_empty() {
        return Ok((Mapping::new(), body, skipped));
    }
    match yaml::parse_mapping(front) {
        Ok(map) => Ok((map, body, skipped)),
        Err(error) => Err(RunbookError::FrontMatter { line: error.line + 1, message: error.message }),
    }
}

fn split_front_matter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---\n")?;
    if let Some(body) = rest.strip_prefix("---\n") {
        return Some(("", body));
    }
    let (front, body) = rest.split_once("\n---")?;
    Some((front, body.strip_prefix('\n').unwrap_or(body)))
}

/// Line (from 0), title and text of each section of the second level.
fn sections(body: &str) -> Vec<(usize, &str, &str)> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(body.match_indices('\n').map(|(at, _)| at + 1));
    let headings: Vec<(usize, &str)> = outside_fences(body)
        .filter_map(|(line, text)| Some((line, text.strip_prefix("## ")?.trim())))
        .collect();
    headings
        .iter()
        .enumerate()
        .map(|(at, (line, title))| {
            let from = starts.get(line + 1).copied().unwrap_or(body.len());
            let to = headings.get(at + 1).map_or(body.len(), |(next, _)| starts[*next]);
            (*line, *title, &body[from.min(to)..to])
        })
        .collect()
}

/// Number and title of `Step 1: Title`.
fn step_heading(title: &str) -> Option<(String, String)> {
    let rest =
        title.get(..5).filter(|word| word.eq_ignore_ascii_case("step ")).map(|_| title[5..].trim_start())?;
    let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let number = rest[..length].trim_end_matches('.');
    let parts = number
        .split('.')
        .map(|part| part.trim_start_matches('0'))
        .map(|part| if part.is_empty() { "0" } else { part });
    let number = parts.collect::<Vec<_>>().join(".");
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let title = rest[length..].trim_start_matches([':', '-', '–', '—', ' ']).trim();
    Some((number, if title.is_empty() { "Untitled".to_owned() } else { title.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOK: &str = "---\nname: move-db\nmodel: sonnet\n---\n\n# Move\n\n## Common Context\n\nShared.\n\n## Step 1: Export\n\nDo it:\n\n```\n## Step 9: not a step\n```\n\n## Step 2: Import\n\nLoad.\n\n## Orchestrator Instructions\n\nIn order.\n";

    #[test]
    fn a_runbook_is_read_and_split() {
        let book = parse(BOOK, None).expect("a runbook");
        assert_eq!((book.name.as_str(), book.model.as_deref()), ("move-db", Some("sonnet")));
        assert_eq!(book.warnings, [""; 0]);
        assert_eq!(
            book.steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>(),
            ["Export", "Import"]
        );
        assert!(book.steps[0].text.ends_with("not a step\n```"));
        let files = split(&book, "plans/move-db/runbook.md", Some("---\nname: base\n---\nBe quiet.\n"), &[]);
        let files = files.expect("files").files;
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                ".claude/agents/move-db-task.md",
                "plans/move-db/orchestrator-plan.md",
                "plans/move-db/steps/step-1.md",
                "plans/move-db/steps/step-2.md",
            ]
        );
        assert_eq!(
            files[0].text,
            "---\nname: move-db-task\ndescription: Executes the steps of the runbook move-db\nmodel: sonnet\n---\n\nBe quiet.\n\n---\n\n# Context of the runbook\n\nShared.\n"
        );
        assert!(
            files[1].text.contains("- steps/step-2.md: Import\n") && files[1].text.ends_with("In order.\n")
        );
    }

    #[test]
    fn splitting_again_gives_the_same_and_says_what_is_overwritten() {
        let book = parse(BOOK, None).expect("a runbook");
        let again = parse(&BOOK.replace('\n', "\r\n"), None).expect("a runbook");
        assert_eq!(book, again);
        let existing = ["plans/move-db/steps/step-1.md", "plans/move-db/steps/step-7.md", "src/a.rs"];
        let split = split(&book, "x", Some("base"), &existing).expect("files");
        assert_eq!(
            split.warnings,
            [
                "plans/move-db/steps/step-1.md is there already and is overwritten",
                "plans/move-db/steps/step-7.md is of no step any more"
            ]
        );
    }

    #[test]
    fn what_makes_it_unusable_is_named() {
        assert_eq!(parse("---\nname: x\n---\n## Common Context\n", None), Err(RunbookError::NoSteps));
        let twice = "---\nname: x\n---\n## Step 1: a\n\n## Step 01: b\n";
        assert_eq!(parse(twice, None), Err(RunbookError::DuplicateStep("1".to_owned(), 6)));
        assert_eq!(parse("## Step 1: a\n", None), Err(RunbookError::NoName));
        assert_eq!(parse("## Step 1: a\n", Some("../x")), Err(RunbookError::Name("../x".to_owned())));
        assert!(matches!(
            parse("---\nname: &x y\n---\n", None),
            Err(RunbookError::FrontMatter { line: 2, .. })
        ));
        let book = parse("## Step 1: a\n", Some("x")).expect("a runbook");
        assert_eq!(split(&book, "x", Some(" "), &[]), Err(RunbookError::NoBaseline));
        assert_eq!(book.warnings.len(), 4);
    }
}
