//! An objective as it was typed, checked: everything that is wrong at once, each with its field.

use waymark_app::areas::{ObjectiveForm, Problem, ProblemKind};
use waymark_domain::lint;
use waymark_domain::roadmap::{Roadmap, outline};

/// The longest title that GitHub takes, in characters.
const LONGEST_TITLE: usize = 256;
/// The longest prose and the longest outline, in characters. What comes of them must fit GitHub's bodies.
const LONGEST: usize = 60_000;
/// GitHub's limit for a body, in characters.
pub const LONGEST_BODY: usize = 65_536;
/// The most nodes of a roadmap.
const MOST_NODES: usize = 300;

/// A checked objective.
#[derive(Clone, Debug)]
pub struct Typed {
    pub title: String,
    pub prose: String,
    pub roadmap: Roadmap,
}

/// Checks the fields. `known` is the description that is there already: as it is, it may stay.
///
/// # Errors
/// Every problem at once, each with its field.
pub fn typed(form: &ObjectiveForm, known: &str) -> Result<Typed, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut say = |field: &str, words: String, next: &str| {
        problems.push(Problem::new(ProblemKind::Invalid, words).next(next).field(field));
    };
    let title = form.title.trim().to_owned();
    let prose = form.prose.replace("\r\n", "\n").trim().to_owned();
    if title.is_empty() {
        say("title", "The objective has no title.".to_owned(), "Say in a few words what it is about.");
    } else if title.chars().count() > LONGEST_TITLE || title.contains('\n') {
        let words = format!("The title is longer than {LONGEST_TITLE} characters.");
        say("title", words, "Say the rest in the description.");
    }
    let texts = [("prose", "description", &form.prose), ("outline", "roadmap", &form.outline)];
    let same = prose == known.trim();
    for (field, name, text) in texts.into_iter().filter(|(field, ..)| *field != "prose" || !same) {
        let length = text.chars().count();
        if length > LONGEST {
            let words = format!("The {name} has {length} characters; at most {LONGEST} fit.");
            say(field, words, "Shorten it, or make two objectives of it.");
        }
        for remark in lint::lint(text).into_iter().filter(lint::Remark::is_blocking) {
            let words = format!("Line {}: {}", remark.line, remark.message);
            say(field, words, "Take it out: everyone who sees the repository reads it.");
        }
    }
    if !same && (prose.contains("<!-- erk:") || prose.contains("<!-- /erk:")) {
        let words = "The description holds a marker of a metadata block or of a table.".to_owned();
        say("prose", words, "Take it out: Waymark writes them itself.");
    }
    let outline = outline::read(&form.outline);
    if let [first, rest @ ..] = outline.remarks.as_slice() {
        let line = first.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
        let more = if rest.is_empty() { String::new() } else { format!(" And {} more.", rest.len()) };
        let words = format!("{line}{}.{more}", first.message);
        say("outline", capital(&words), "Each fault is listed below the roadmap.");
    } else if outline.roadmap.nodes.len() > MOST_NODES {
        let words = format!("The roadmap has more than {MOST_NODES} nodes.");
        say("outline", words, "Make two objectives of it.");
    }
    match problems.is_empty() {
        true => Ok(Typed { title, prose, roadmap: outline.roadmap }),
        false => Err(problems),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_said_at_its_field() {
        let form = ObjectiveForm {
            title: "x".repeat(300),
            prose: "<!-- erk:roadmap-table -->".into(),
            outline: "- 1.1 a (after 1.2)\nb".into(),
            ..ObjectiveForm::default()
        };
        let problems = typed(&form, "").expect_err("refused");
        let fields: Vec<_> = problems.iter().filter_map(|problem| problem.field.as_deref()).collect();
        assert_eq!(fields, ["title", "prose", "outline"]);
        assert!(problems[2].message.starts_with("Line 1: node 1.1: depends on 1.2"), "{problems:?}");
        let good = ObjectiveForm {
            title: " Objective: A ".into(),
            prose: "Why.\r\n".into(),
            outline: "- do it".into(),
            ..form
        };
        let typed = typed(&good, "").expect("fine");
        assert_eq!((typed.title.as_str(), typed.prose.as_str()), ("Objective: A", "Why."));
        assert_eq!(typed.roadmap.nodes[0].id, "1.1");
    }
}
